//! What every notation has in common: encodings, line ends, files that hold nothing.

use cxda_adapters_fs::reader::{Format, read};

use crate::tree::{outcome, show};

const FORMATS: [(Format, &str); 3] = [
    (Format::Yaml, "a: 1\n"),
    (Format::Json, "{\"a\": 1}\n"),
    (Format::Toml, "a = 1\n"),
];

#[test]
fn format_is_told_by_the_end_of_the_name() {
    let cases = [
        ("a.cxda.yaml", Some(Format::Yaml)),
        ("a.yml", Some(Format::Yaml)),
        ("a.cxda.JSON", Some(Format::Json)),
        ("deep/a.toml", Some(Format::Toml)),
        ("a.js", None),
        ("yaml", None),
    ];
    for (name, want) in cases {
        assert_eq!(Format::of(name), want, "case: {name}");
    }
}

#[test]
fn m_06_a_byte_order_mark_is_no_part_of_the_text() {
    for (format, text) in FORMATS {
        assert_eq!(
            show(format, &format!("\u{feff}{text}")),
            show(format, text),
            "case: {format:?}"
        );
    }
}

#[test]
fn m_06_what_is_not_utf8_is_refused_with_its_place() {
    let cases: [(&str, &[u8], &str); 6] = [
        (
            "UTF-16 LE",
            b"\xff\xfea\0:\0",
            "1:1 the file is UTF-16 or UTF-32, not UTF-8",
        ),
        (
            "UTF-16 BE",
            b"\xfe\xff\0a\0:",
            "1:1 the file is UTF-16 or UTF-32, not UTF-8",
        ),
        (
            "UTF-16 without a mark",
            b"a\0:\0",
            "1:2 the file holds the character U+0000",
        ),
        (
            "NUL",
            "a: é\nb: \0".as_bytes(),
            "2:4 the file holds the character U+0000",
        ),
        ("Latin 1", b"a: 1\nb: \xe9\n", "2:4 the file is not UTF-8"),
        (
            "surrogate in UTF-8",
            b"a: \xed\xa0\x80",
            "1:4 the file is not UTF-8",
        ),
    ];
    for (label, bytes, want) in cases {
        for (format, _) in FORMATS {
            let want = format!("{want} (save the file as UTF-8 text)\n");
            assert_eq!(
                outcome(&read(format, bytes)),
                want,
                "case: {label}, {format:?}"
            );
        }
    }
}

#[test]
fn m_06_lines_may_end_with_carriage_return_and_line_feed() {
    for (format, text) in [
        (Format::Yaml, "a:\n  b: c\nd: 'é'\n"),
        (Format::Json, "{\n\"a\":\n1}\n"),
        (Format::Toml, "a = 1\n[b]\nc = 2\n"),
    ] {
        assert_eq!(
            show(format, &text.replace('\n', "\r\n")),
            show(format, text),
            "case: {format:?}"
        );
    }
}

#[test]
fn m_08_a_file_without_a_document_is_refused() {
    let nothing = "1:1 the file holds no document (declare a resource in it, or remove the file)\n";
    for (format, text) in [
        (Format::Yaml, ""),
        (Format::Yaml, "\n \n"),
        (Format::Yaml, "# only\n# comments\n"),
        (Format::Yaml, "---\n---\n...\n"),
        (Format::Json, ""),
        (Format::Json, " \r\n\t"),
        (Format::Toml, ""),
        (Format::Toml, "# only a comment"),
        (Format::Yaml, "\u{feff}"),
    ] {
        assert_eq!(show(format, text), nothing, "case: {format:?} {text:?}");
    }
}
