//! YAML: places, the core schema, aliases, several documents, and what is refused.

use cxda_adapters_fs::reader::{Format, read};
use cxda_domain::node::{Mark, NodeValue};

use crate::tree::show;

fn yaml(text: &str) -> String {
    show(Format::Yaml, text)
}

#[test]
fn every_key_and_value_knows_its_place_in_characters() {
    let text = "# c\na: 1\n'b': \"x\"\n\"é\": {é: [é, c], d}\nl:\n- - deep\n  -\n- key: |\n\n    text\n     more\n  folded: >-\n    a\n    b\nend:\n";
    insta::assert_snapshot!(yaml(text), @r#"
    --- 2:1 map
      2:1 a = 2:4 int 1
      3:1 b = 3:6 "x"
      4:1 é = 4:6 map
        4:7 é = 4:10 list
          - 4:11 "é"
          - 4:14 "c"
        4:18 d = 4:19 null
      5:1 l = 6:3 list
        - 6:3 list
          - 6:5 "deep"
          - 7:4 null
        - 8:3 map
          8:3 key = 9:5 "\ntext\n more\n"
          12:3 folded = 13:5 "a b"
      15:1 end = 15:4 null
    "#);
}

#[test]
fn lines_of_a_block_are_counted_from_its_place() {
    for (text, line, column) in [
        ("a: |\n  one\n  x\n", 2, 3),
        ("a: |\n\n\n  three\n  x\n", 2, 3),
        ("a: |2\n\n   two\n  x\n", 2, 3),
        ("a: >-\n\n    two\n    x\n", 2, 5),
        ("- |\r\n\r\n  two\r\n", 2, 3),
    ] {
        let outcome = read(Format::Yaml, text.as_bytes());
        let node = match &outcome.documents[0].value {
            NodeValue::Map(entries) => &entries[0].node,
            NodeValue::List(items) => &items[0],
            other => panic!("{other:?}"),
        };
        assert_eq!(node.at, Mark::new(line, column), "case: {text:?}");
    }
}

#[test]
fn m_04_plain_scalars_mean_what_the_core_schema_says_and_quoted_ones_are_text() {
    let text = [
        "no",
        "on",
        "Off",
        "y",
        "012",
        "-012",
        "00.5",
        "1:30",
        "1_000",
        "0b11",
        "0O14",
        "-0x1f",
        "2024-02-29",
        "2024-02-29T15:30:00Z",
        "+",
        ".",
        "e3",
        "1e",
        "1.e+",
        "0x",
        "0o8",
        "nULL",
        ".INf",
        "1.10.0",
        "12e03x",
    ];
    for plain in text {
        assert_eq!(yaml(plain), format!("--- 1:1 {plain:?}\n"), "case: {plain}");
    }
    let cases = [
        ("~", "null"),
        ("null", "null"),
        ("NULL", "null"),
        ("true", "bool true"),
        ("False", "bool false"),
        ("15", "int 15"),
        ("-0", "int 0"),
        ("+15", "int 15"),
        ("0o14", "int 12"),
        ("0x1F", "int 31"),
        ("9007199254740993", "int 9007199254740993"),
        (
            "170141183460469231731687303715884105728",
            "float 1.7014118346046923e38",
        ),
        (
            "0xffffffffffffffffffffffffffffffff",
            "float 3.402823669209385e38",
        ),
        ("15.0", "float 15.0"),
        ("0.5", "float 0.5"),
        (".5", "float 0.5"),
        ("5.", "float 5.0"),
        ("1e3", "float 1000.0"),
        ("-1.5E-3", "float -0.0015"),
        (".inf", "float inf"),
        ("-.Inf", "float -inf"),
        (".NaN", "float NaN"),
    ];
    for (plain, want) in cases {
        assert_eq!(yaml(plain), format!("--- 1:1 {want}\n"), "case: {plain}");
        for quote in ["'", "\""] {
            let quoted = yaml(&format!("{quote}{plain}{quote}"));
            assert_eq!(
                quoted,
                format!("--- 1:1 {plain:?}\n"),
                "case: {plain}, quoted"
            );
        }
        assert_eq!(
            yaml(&format!("|-\n {plain}")),
            format!("--- 2:2 {plain:?}\n"),
            "case: {plain}, block"
        );
    }
}

#[test]
fn m_04_a_version_directive_does_not_bring_old_rules_back() {
    assert_eq!(yaml("%YAML 1.1\n---\nno\n"), "--- 3:1 \"no\"\n");
}

#[test]
fn keys_keep_their_text() {
    insta::assert_snapshot!(yaml("1: a\n012: b\n~: c\ntrue: d\n\"q \\x41\": e\n: f\n? g\n"), @r#"
    --- 1:1 map
      1:1 1 = 1:4 "a"
      2:1 012 = 2:6 "b"
      3:1 ~ = 3:4 "c"
      4:1 true = 4:7 "d"
      5:1 q A = 5:11 "e"
      6:1  = 6:3 "f"
      7:3 g = 8:1 null
    "#);
}

#[test]
fn m_03_repeated_keys_stay_in_the_tree() {
    insta::assert_snapshot!(yaml("a: 1\nb: {c: 2, c: 2}\n'a': 3\n"), @r"
    --- 1:1 map
      1:1 a = 1:4 int 1
      2:1 b = 2:4 map
        2:5 c = 2:8 int 2
        2:11 c = 2:14 int 2
      3:1 a = 3:6 int 3
    ");
}

#[test]
fn an_alias_stands_where_it_is_written_and_what_it_holds_where_that_is_written() {
    insta::assert_snapshot!(yaml("a: &x {b: 1}\nc: *x\n&k d: &x e\nf: [*x, *k]\ng: &n\nh: *n\n"), @r#"
    --- 1:1 map
      1:1 a = 1:7 map
        1:8 b = 1:11 int 1
      2:1 c = 2:4 map
        1:8 b = 1:11 int 1
      3:4 d = 3:10 "e"
      4:1 f = 4:4 list
        - 4:5 "e"
        - 4:9 "d"
      5:1 g = 5:6 null
      6:1 h = 6:4 null
    "#);
}

#[test]
fn tags_of_the_core_schema_are_kept_to() {
    insta::assert_snapshot!(yaml("- !!str 15\n- ! 15\n- !!str\n- !!int 15\n- !!float 15\n- !!bool true\n- !!null\n- !!seq []\n- !!map {!!str a: 1}\n- !<tag:yaml.org,2002:str> no\n"), @r#"
    --- 1:1 list
      - 1:9 "15"
      - 2:5 "15"
      - 3:8 ""
      - 4:9 int 15
      - 5:11 float 15.0
      - 6:10 bool true
      - 7:9 null
      - 8:9 list
      - 9:9 map
        9:16 a = 9:19 int 1
      - 10:28 "no"
    "#);
}

#[test]
fn m_05_other_tags_are_refused_where_they_stand() {
    let cases = [
        (
            "a: !include x.yaml",
            "1:4 the tag !include is not known here",
        ),
        (
            "a: 1\nb: &x !!binary aGk=",
            "2:7 the tag !!binary is not known here",
        ),
        ("!!set {a}", "1:1 the tag !!set is not known here"),
        (
            "!!python/object:os.system {}",
            "1:1 the tag !!python/object:os.system is not known here",
        ),
        (
            "- !!timestamp 2024-01-01",
            "1:3 the tag !!timestamp is not known here",
        ),
        ("{!x a: 1}", "1:2 the tag !x is not known here"),
        ("!!map []", "1:1 the tag !!map is not known here"),
        ("!!seq a", "1:1 the tag !!seq is not known here"),
        (
            "!<tag:example.com,2024:x> a",
            "1:1 the tag !<tag:example.com,2024:x> is not known here",
        ),
        (
            "%TAG ! tag:example.com,2024:\n---\n!x a",
            "3:1 the tag !x is not known here",
        ),
    ];
    for (text, want) in cases {
        let hint = "remove the tag: manifests hold plain values only";
        assert_eq!(yaml(text), format!("{want} ({hint})\n"), "case: {text:?}");
    }
    assert_eq!(
        yaml("a: !!int x"),
        "1:10 \"x\" is not what its tag !!int says (-)\n"
    );
    assert_eq!(
        yaml("a: !!bool yes"),
        "1:11 \"yes\" is not what its tag !!bool says (-)\n"
    );
}

#[test]
fn m_01_what_refers_to_itself_or_merges_is_refused() {
    let cases = [
        (
            "a: &x [*x]",
            "1:8 the alias stands for a value that holds it",
        ),
        (
            "&x\na: *x",
            "2:4 the alias stands for a value that holds it",
        ),
        (
            "a: &x {b: {c: *x}}",
            "1:15 the alias stands for a value that holds it",
        ),
        (
            "b: &x {c: 1}\na:\n  <<: *x",
            "3:3 merge keys (`<<`) are not part of YAML 1.2",
        ),
        (
            "a: {<<: [{b: 1}]}",
            "1:5 merge keys (`<<`) are not part of YAML 1.2",
        ),
        (
            "a: *nope",
            "1:4 not valid YAML: while parsing node, found unknown anchor",
        ),
        (
            "a: &x 1\n---\nb: 2\nc: *x",
            "4:4 not valid YAML: while parsing node, found unknown anchor",
        ),
        ("- &x a\n- {*x : 1}", "2:4 a key is an alias"),
        ("? [a]\n: b", "1:3 a key is a map or a list"),
        ("{a: {{b: c}: d}}", "1:6 a key is a map or a list"),
    ];
    for (text, want) in cases {
        let shown = yaml(text);
        let last = shown.lines().last().unwrap();
        assert!(last.starts_with(want), "case: {text:?} gave {shown}");
    }
    assert_eq!(yaml("'<<': 1"), "--- 1:1 map\n  1:1 << = 1:7 int 1\n");
}

#[test]
fn m_06_tabs_controls_and_lone_surrogates_are_refused() {
    let cases = [
        ("a:\n\tb: 1", "2:2 not valid YAML"),
        ("a: \u{7}", "1:4 not valid YAML: unexpected character"),
        (
            "a: \"\\ud83d\"",
            "1:4 not valid YAML: while parsing a quoted scalar, found high surrogate",
        ),
        ("a: \"\\ude00\"", "1:4 not valid YAML"),
        ("a: \"x\u{1b}\"", "1:6 not valid YAML"),
        ("a: 1\n---\n\u{feff}b: 1", "3:1 not valid YAML"),
    ];
    for (text, want) in cases {
        let shown = yaml(text);
        let last = shown.lines().last().unwrap();
        assert!(last.starts_with(want), "case: {text:?} gave {shown}");
    }
    assert_eq!(yaml("\"\\ud83d\\ude00\""), "--- 1:1 \"😀\"\n");
}

#[test]
fn m_08_empty_documents_beside_others_are_skipped() {
    insta::assert_snapshot!(yaml("---\n---\n# nothing\n--- # nothing\n- 1\n...\n---\n~\n--- ''\n---\n"), @r#"
    --- 5:1 list
      - 5:3 int 1
    --- 8:1 null
    --- 9:5 ""
    "#);
}

#[test]
fn a_broken_document_costs_itself_only() {
    insta::assert_snapshot!(yaml("a: 1\n---\nb: [1\n---\nc: !x 2\nd: 3\n---\ne: 4\n---\n{f\n"), @"
    --- 1:1 map
      1:1 a = 1:4 int 1
    --- 8:1 map
      8:1 e = 8:4 int 4
    3:4 not valid YAML: unclosed bracket '[' (-)
    5:4 the tag !x is not known here (remove the tag: manifests hold plain values only)
    10:1 not valid YAML: unclosed bracket '{' (-)
    ");
}

#[test]
fn what_people_mistype_most_gets_a_hint() {
    let cases = [
        (
            "a: b: c",
            "1:5 not valid YAML: mapping values are not allowed in this context (put quotes around text that holds `: `)",
        ),
        (
            "a:\n\t- b",
            "2:2 not valid YAML: tabs disallowed within this context (block indentation) (indent with spaces)",
        ),
        (
            "a: \"\\d\"",
            "(write `\\\\` for a backslash, or use single quotes)",
        ),
        (
            "a: *.js",
            "(put `&name` at the value before its first `*name`, or quotes around text that begins with `*`)",
        ),
        ("a: \"b", "(close the quote)"),
    ];
    for (text, want) in cases {
        let shown = yaml(text);
        assert!(
            shown.trim_end().ends_with(want),
            "case: {text:?} gave {shown}"
        );
    }
}
