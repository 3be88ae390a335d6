//! JSON: places of keys and values, numbers in full, nothing that RFC 8259 lacks.

use cxda_adapters_fs::reader::Format;

use crate::tree::show;

#[test]
fn every_key_and_value_knows_its_place_in_characters() {
    let text = "{\"é\": [1, {\"x,]}\": \"a\\\"}:\"}, []],\n\t\"b\" :null, \"c\":{} , \"d\": true}";
    insta::assert_snapshot!(show(Format::Json, text), @r#"
    --- 1:1 map
      1:2 é = 1:7 list
        - 1:8 int 1
        - 1:11 map
          1:12 x,]} = 1:20 "a\"}:"
        - 1:30 list
      2:2 b = 2:7 null
      2:13 c = 2:17 map
      2:22 d = 2:27 bool true
    "#);
}

#[test]
fn numbers_keep_their_value_and_kind() {
    let cases = [
        ("0", "int 0"),
        ("-0", "int 0"),
        ("15", "int 15"),
        ("9007199254740993", "int 9007199254740993"),
        ("18446744073709551616", "int 18446744073709551616"),
        (
            "-170141183460469231731687303715884105728",
            "int -170141183460469231731687303715884105728",
        ),
        (
            "170141183460469231731687303715884105728",
            "float 1.7014118346046923e38",
        ),
        ("15.0", "float 15.0"),
        ("1e3", "float 1000.0"),
        ("8.8250200000000001e2", "float 882.5020000000001"),
        ("\"15\"", "\"15\""),
    ];
    for (text, want) in cases {
        assert_eq!(
            show(Format::Json, text),
            format!("--- 1:1 {want}\n"),
            "case: {text}"
        );
    }
}

#[test]
fn m_03_repeated_keys_stay_in_the_tree() {
    insta::assert_snapshot!(show(Format::Json, r#"{"a": 1, "a": {"b": 2, "b": 2}}"#), @r"
    --- 1:1 map
      1:2 a = 1:7 int 1
      1:10 a = 1:15 map
        1:16 b = 1:21 int 2
        1:24 b = 1:29 int 2
    ");
}

#[test]
fn m_06_surrogates_come_in_pairs() {
    assert_eq!(show(Format::Json, r#""\ud83d\ude00""#), "--- 1:1 \"😀\"\n");
    for text in [
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83dx""#,
        r#""\ud83d\ud83d""#,
    ] {
        let shown = show(Format::Json, text);
        assert!(
            shown.contains("not valid JSON"),
            "case: {text} gave {shown}"
        );
    }
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    let cases = [
        ("[1,]", "1:4 not valid JSON: trailing comma"),
        ("{'a':1}", "1:2 not valid JSON: key must be a string"),
        ("{a: 1}", "1:2 not valid JSON: key must be a string"),
        ("// c\n{}", "1:1 not valid JSON: expected value"),
        ("{}\n{}", "2:1 not valid JSON: trailing characters"),
        ("[1 2]", "1:4 not valid JSON: expected `,` or `]`"),
        ("{\"a\":\n 01}", "2:3 not valid JSON: invalid number"),
        ("{\"é\" 1}", "1:6 not valid JSON: expected `:`"),
        (
            "[\"\t\"]",
            "1:3 not valid JSON: control character (\\u0000-\\u001F) found while parsing a string",
        ),
        ("1e400", "1:5 not valid JSON: number out of range"),
        ("[1", "1:2 not valid JSON: EOF while parsing a list"),
        ("[NaN]", "1:2 not valid JSON: expected value"),
    ];
    for (text, want) in cases {
        assert_eq!(
            show(Format::Json, text),
            format!("{want} (-)\n"),
            "case: {text:?}"
        );
    }
}
