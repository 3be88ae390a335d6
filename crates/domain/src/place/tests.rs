//! A place in a script is found again in the file that holds it, in every way to write it.

use super::*;

/// The script of all cases; what is looked for is `*` in its third line, and each other character as well.
const SCRIPT: &str = "function main(c) {\n  // é🙂\n  return c * ;\n}\n";

/// Where `wanted` is found of the text that begins at the `^` of `file`, which is taken out.
fn found(file: &str, value: &str, wanted: Mark) -> Option<(u32, u32)> {
    let start = file.find('^').unwrap();
    let file = file.replacen('^', "", 1);
    let at = mark_of(&file, start);
    place_in_file(&file, at, value, wanted).map(|mark| (mark.line, mark.column))
}

/// Where the first `*` of `file` stands, the `^` being taken out.
fn star(file: &str) -> (u32, u32) {
    let file = file.replacen('^', "", 1);
    let mark = mark_of(&file, file.find('*').unwrap());
    (mark.line, mark.column)
}

#[test]
fn offsets_and_marks_are_two_names_of_a_place() {
    let text = "ab\n\né🙂x\r\n";
    for (offset, line, column) in [
        (0, 1, 1),
        (2, 1, 3),
        (3, 2, 1),
        (4, 3, 1),
        (6, 3, 2),
        (10, 3, 3),
        (12, 3, 5),
        (13, 4, 1),
    ] {
        let mark = Mark::new(line, column);
        assert_eq!(mark_of(text, offset), mark, "case: {offset}");
        assert_eq!(offset_of(text, mark), Some(offset), "case: {offset}");
    }
    assert_eq!(mark_of(text, 99), Mark::new(4, 1));
    assert_eq!(mark_of(text, 7), Mark::new(3, 2), "inside a character");
    for (line, column) in [(0, 1), (1, 0), (1, 4), (5, 1)] {
        assert_eq!(offset_of(text, Mark::new(line, column)), None);
    }
}

#[test]
fn every_way_to_write_a_script_leads_back_to_its_place() {
    let block = "    function main(c) {\n      // é🙂\n      return c * ;\n    }\n";
    let json =
        r#"{"content": ^"function main(c) {\n  // é\ud83d\ude42\n  return c * ;\n}\n", "b": 1}"#;
    let toml_long = "function main(c) {\n  // é🙂\n  return c * ;\n}\n";
    let cases = [
        (
            "block",
            format!("a: |\n    ^{}b: 1\n", block.trim_start()),
        ),
        (
            "block with CRLF",
            format!("a: |\n    ^{}", block.trim_start()).replace('\n', "\r\n"),
        ),
        ("JSON", json.to_owned()),
        (
            "YAML in double quotes, with escapes",
            r#"a: ^"function main(c) {\n\x20 // \u00e9\U0001f642\n\x20 return c * ;\n}\n""#.to_owned(),
        ),
        (
            "YAML in double quotes, lines escaped",
            "a: ^\"function main(c) {\\n\\\n    \\  // é🙂\\n\\\n    \\  return c * ;\\n\\\n    }\\n\"".to_owned(),
        ),
        (
            "YAML in single quotes, folded",
            "a: ^'function main(c) {\n\n      // é🙂\n\n      return c * ;\n\n  }\n\n  '".to_owned(),
        ),
        (
            "TOML, long",
            format!("a = ^\"\"\"\n{toml_long}\"\"\"\n"),
        ),
        (
            "TOML, long and literal, on the line of its quotes",
            format!("a = ^'''{toml_long}'''\n"),
        ),
        (
            "a block that begins with further indentation",
            "a: |2\n  ^function main(c) {\n    // é🙂\n    return c * ;\n  }\n".to_owned(),
        ),
    ];
    for (label, file) in cases {
        let folded = label.contains("folded");
        let value = if folded {
            SCRIPT.replace("\n  ", "\n")
        } else {
            SCRIPT.to_owned()
        };
        let wanted = mark_of(&value, value.find('*').unwrap());
        let star = star(&file);
        assert_eq!(found(&file, &value, wanted), Some(star), "case: {label}");
    }
}

#[test]
fn one_line_is_found_in_every_way_to_write_it() {
    let value = r#"main = (it's, "x") => *"#;
    let wanted = mark_of(value, value.find('*').unwrap());
    for file in [
        r#"a: ^main = (it's, "x") => *"#,
        r#"{a: ^main = (it's, "x") => *, b: 1}"#,
        r#"{a: ^'main = (it''s, "x") => *', b: 1}"#,
        r#"{a: ^"main = (it's, \"x\") => *", b: 1}"#,
        "a: ^main = (it's,\n   \"x\")\n   => *",
        "a: >-\n  ^main = (it's,\n  \"x\")\n  => *\nb: 1",
    ] {
        let star = star(file);
        assert_eq!(found(file, value, wanted), Some(star), "case: {file}");
    }
}

#[test]
fn what_does_not_give_the_value_is_no_place_of_it() {
    let value = "main *";
    let wanted = mark_of(value, 5);
    for file in ["a: ^'main * '", "a: ^*alias", "a: ^main", "^"] {
        assert_eq!(found(file, value, wanted), None, "case: {file}");
    }
}

#[test]
fn folded_blocks_keep_lines_that_are_indented_further() {
    let value = "function main() {\n  return *\n}\nx\n";
    let wanted = mark_of(value, value.find('*').unwrap());
    let file = "a: >\n  ^function main() {\n    return *\n  }\n\n  x\nb: 1\n";
    assert_eq!(found(file, value, wanted), Some((3, 12)));
    let wanted = mark_of(value, value.find('x').unwrap());
    assert_eq!(found(file, value, wanted), Some((6, 3)));
}

#[test]
fn the_end_of_a_value_is_a_place() {
    for (file, value, want) in [
        ("a: ^\"x\\ty\"", "x\ty", (1, 9)),
        ("a: |-\n  ^x\n  yz\n", "x\nyz", (3, 5)),
        ("a: ^'x'", "x", (1, 6)),
    ] {
        let end = mark_of(value, value.len());
        assert_eq!(found(file, value, end), Some(want), "case: {file}");
    }
}

#[test]
fn text_that_begins_with_quotes_is_no_quoted_text() {
    let value = "\"use strict\";\nmain *\n";
    let wanted = mark_of(value, value.find('*').unwrap());
    let file = "a: |\n  ^\"use strict\";\n  main *\n";
    assert_eq!(found(file, value, wanted), Some((3, 8)));
}
