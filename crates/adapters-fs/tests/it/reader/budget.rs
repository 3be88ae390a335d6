//! Files made to cost much: each is refused, with its place, before it does.

use cxda_adapters_fs::reader::{
    Format, MAX_BYTES, MAX_DEPTH, MAX_DOCUMENTS, MAX_NODES, ReadOutcome, read,
};
use cxda_domain::node::Mark;

const FORMATS: [Format; 3] = [Format::Yaml, Format::Json, Format::Toml];

fn one_error(outcome: &ReadOutcome) -> (&str, Mark) {
    let [error] = outcome.errors.as_slice() else {
        panic!("expected one error, got {:?}", outcome.errors);
    };
    (&error.message, error.at)
}

/// A document with `depth` lists or maps around each other.
fn nested(format: Format, depth: usize) -> Vec<String> {
    let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let maps = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    match format {
        Format::Json => vec![lists, maps],
        Format::Yaml => {
            let block_list = format!("{}a", "- ".repeat(depth));
            // Each level is indented by one more, so that a thousand of them are half a megabyte.
            let block_map = (0..depth.min(1_000))
                .map(|indent| " ".repeat(indent) + "a:\n")
                .collect();
            vec![lists, maps, block_list, block_map]
        }
        // The document itself is a map.
        Format::Toml => vec![
            format!("a={}{}", "[".repeat(depth - 1), "]".repeat(depth - 1)),
            format!(
                "a={}{}",
                "{a=".repeat(depth - 2) + "{",
                "}".repeat(depth - 1)
            ),
            format!("{}=1", vec!["a"; depth].join(".")),
            format!("[{}]", vec!["a"; depth - 1].join(".")),
            format!("[[{}]]", vec!["a"; depth - 2].join(".")),
        ],
    }
}

#[test]
fn m_02_depth_is_limited() {
    for format in FORMATS {
        for text in nested(format, MAX_DEPTH) {
            let outcome = read(format, text.as_bytes());
            assert_eq!(outcome.errors, [], "case: {format:?} {text}");
        }
        for depth in [MAX_DEPTH + 1, 10_000] {
            for text in nested(format, depth) {
                let start = &text[..20];
                let outcome = read(format, text.as_bytes());
                let (message, _) = one_error(&outcome);
                let want = "more than 64 maps and lists stand inside each other";
                assert_eq!(message, want, "case: {format:?} {depth} {start}");
                assert_eq!(outcome.documents, [], "case: {format:?} {depth} {start}");
            }
        }
    }
}

#[test]
fn m_02_unclosed_nesting_does_not_overflow_the_stack() {
    let cases: [(Format, &[&str]); 3] = [
        (
            Format::Yaml,
            &[
                "[", "{", "{\"a\":", "- ", "? ", "- [", "&a [", "!!seq [", "a: [",
            ],
        ),
        (Format::Json, &["[", "{\"a\":", "[[{\"a\":"]),
        (
            Format::Toml,
            &["[", "a=[", "a={a=", "a.", "[a.", "[[", "a=[{a="],
        ),
    ];
    for (format, units) in cases {
        for unit in units {
            let outcome = read(format, unit.repeat(1_000_000).as_bytes());
            assert!(outcome.documents.is_empty(), "case: {format:?} {unit}");
            assert_eq!(outcome.errors.len(), 1, "case: {format:?} {unit}");
        }
    }
}

#[test]
fn m_02_a_file_has_at_most_16_mib() {
    for format in FORMATS {
        let text = match format {
            Format::Json => "1",
            Format::Yaml | Format::Toml => "a = 1 #",
        };
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(MAX_BYTES, b' ');
        assert_eq!(read(format, &bytes).errors, [], "case: {format:?}");
        bytes.push(b' ');
        let outcome = read(format, &bytes);
        let want = ("the file is longer than 16 MiB", Mark::START);
        assert_eq!(one_error(&outcome), want, "case: {format:?}");
    }
}

#[test]
fn m_02_values_are_limited() {
    // One value is the list, and in TOML one the document.
    let list = |items: usize| format!("[{}1]", "1,\n".repeat(items - 1));
    for (format, before, around) in [
        (Format::Yaml, "", 1),
        (Format::Json, "", 1),
        (Format::Toml, "a = ", 2),
    ] {
        let fits = format!("{before}{}", list(MAX_NODES - around));
        assert_eq!(read(format, fits.as_bytes()).errors, [], "case: {format:?}");
        let over = format!("{before}{}", list(MAX_NODES - around + 1));
        let outcome = read(format, over.as_bytes());
        let line = u32::try_from(MAX_NODES - around + 1).unwrap();
        assert_eq!(
            one_error(&outcome),
            (
                "the file holds more than 250000 values, aliases counted as written out",
                Mark::new(line, 1)
            ),
            "case: {format:?}"
        );
    }
}

#[test]
fn m_02_a_million_keys_are_refused() {
    let keys = |write: fn(usize) -> String| (0..1_000_000).map(write).collect::<String>();
    for (format, text) in [
        (Format::Yaml, keys(|key| format!("k{key}: 1\n"))),
        (Format::Toml, keys(|key| format!("k{key}=1\n"))),
        (
            Format::Json,
            format!("{{{}\"z\":1}}", keys(|key| format!("\"k{key}\":1,"))),
        ),
    ] {
        let outcome = read(format, text.as_bytes());
        assert_eq!(outcome.documents, [], "case: {format:?}");
        assert_eq!(outcome.errors.len(), 1, "case: {format:?}");
    }
}

#[test]
fn m_02_documents_are_limited_and_those_before_are_kept() {
    let fits = "--- a\n".repeat(MAX_DOCUMENTS - 1) + "---\n";
    let outcome = read(Format::Yaml, fits.as_bytes());
    assert_eq!(
        (outcome.documents.len(), outcome.errors.len()),
        (MAX_DOCUMENTS - 1, 0)
    );

    for count in [MAX_DOCUMENTS + 1, 100_000] {
        let outcome = read(Format::Yaml, "--- a\n".repeat(count).as_bytes());
        let want = (
            "the file holds more than 1000 documents",
            Mark::new(1001, 1),
        );
        assert_eq!(one_error(&outcome), want);
        assert_eq!(outcome.documents.len(), MAX_DOCUMENTS);
    }
}

#[test]
fn m_02_broken_documents_count_as_well() {
    let outcome = read(Format::Yaml, "--- [\n".repeat(100_000).as_bytes());
    assert_eq!(outcome.errors.len(), MAX_DOCUMENTS + 1);
}

#[test]
fn m_01_alias_bombs_are_refused() {
    let level = |level: usize| {
        let inner = vec![format!("*l{}", level - 1); 10].join(", ");
        format!(
            "l{level}: &l{level} [{inner}]
"
        )
    };
    let bomb = format!(
        "l0: &l0 [{}x]
",
        "x, ".repeat(9)
    ) + &(1..10).map(level).collect::<Vec<_>>().concat();
    let big = "x".repeat(1 << 20);
    let text_bomb = format!("a: &a {big}\nb: [{}]\n", vec!["*a"; 100].join(", "));
    let nested_anchors = {
        let opens: Vec<_> = (0..60).map(|level| format!("&a{level} [")).collect();
        let (opens, closes) = (opens.concat(), "]".repeat(60));
        format!("{opens}{}{closes}", "x, ".repeat(100_000))
    };
    let cases = [
        ("nodes", bomb),
        ("text", text_bomb),
        ("anchors inside anchors", nested_anchors),
        ("many anchors", "- &a [x, x]\n".repeat(200_000)),
    ];
    for (label, text) in cases {
        let outcome = read(Format::Yaml, text.as_bytes());
        let (message, _) = one_error(&outcome);
        assert!(
            message.starts_with("anchors and aliases stand for more than 250000 values")
                || message.starts_with("the file holds more than 250000 values"),
            "case: {label} gave {message}"
        );
    }
}

#[test]
fn m_01_aliases_count_into_the_depth() {
    let anchored = format!("{}{}", "[".repeat(40), "]".repeat(40));
    let outcome = read(
        Format::Yaml,
        format!(
            "- &a {anchored}\n- {}*a{}\n",
            "[".repeat(24),
            "]".repeat(24)
        )
        .as_bytes(),
    );
    let want = (
        "more than 64 maps and lists stand inside each other",
        Mark::new(2, 27),
    );
    assert_eq!(one_error(&outcome), want);
}
