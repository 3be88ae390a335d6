//! TOML: places, tables in every spelling, and what is defined twice.

use cxda_adapters_fs::reader::Format;

use crate::tree::show;

#[test]
fn every_key_and_value_knows_its_place_in_characters() {
    let text = "# c\n'é' = \"é\\u00e9\" # c\na.b = 1\n[t]\nl = [\n  1,\n  {x = 0o14, y.z = inf},\n]\n\n[[s.q]]\nx = '''\nraw'''\n[s.q.r]\n[[s.q]]\ny = 1_000\n";
    insta::assert_snapshot!(show(Format::Toml, text), @r#"
    --- 2:1 map
      2:1 é = 2:7 "éé"
      3:1 a = 3:1 map
        3:3 b = 3:7 int 1
      4:2 t = 4:2 map
        5:1 l = 5:5 list
          - 6:3 int 1
          - 7:3 map
            7:4 x = 7:8 int 12
            7:14 y = 7:14 map
              7:16 z = 7:20 float inf
      10:3 s = 10:3 map
        10:5 q = 10:5 list
          - 10:5 map
            11:1 x = 11:5 "raw"
            13:6 r = 13:6 map
          - 14:5 map
            15:1 y = 15:5 int 1000
    "#);
}

#[test]
fn scalars_keep_their_value_and_kind() {
    let cases = [
        ("15", "int 15"),
        ("+15", "int 15"),
        ("0xDEAD_beef", "int 3735928559"),
        (
            "-170141183460469231731687303715884105728",
            "int -170141183460469231731687303715884105728",
        ),
        ("15.0", "float 15.0"),
        ("-nan", "float NaN"),
        ("true", "bool true"),
        ("\"15\"", "\"15\""),
        ("2024-02-29T15:30:00.000Z", "date 2024-02-29T15:30:00.000Z"),
        ("2024-02-29 15:30:00", "date 2024-02-29 15:30:00"),
        ("2024-02-29", "date 2024-02-29"),
        ("15:30:00", "date 15:30:00"),
    ];
    for (text, want) in cases {
        let shown = show(Format::Toml, &format!("a = {text}\n"));
        assert_eq!(
            shown,
            format!("--- 1:1 map\n  1:1 a = 1:5 {want}\n"),
            "case: {text}"
        );
    }
}

#[test]
fn m_03_what_is_defined_twice_stands_in_the_tree_twice() {
    let cases = [
        ("a = 1\na = 2", "1:1 a = 1:5 int 1|2:1 a = 2:5 int 2"),
        ("[a]\n[a]", "1:2 a = 1:2 map|2:2 a = 2:2 map"),
        (
            "a.b = 1\na = 2",
            "1:1 a = 1:1 map|1:3 b = 1:7 int 1|2:1 a = 2:5 int 2",
        ),
        (
            "a.b = 1\n[a]",
            "1:1 a = 1:1 map|1:3 b = 1:7 int 1|2:2 a = 2:2 map",
        ),
        (
            "a = {}\na.b = 1",
            "1:1 a = 1:5 map|2:1 a = 2:1 map|2:3 b = 2:7 int 1",
        ),
        (
            "a = []\n[[a]]",
            "1:1 a = 1:5 list|2:3 a = 2:3 list|- 2:3 map",
        ),
        ("[[a]]\n[a]", "1:3 a = 1:3 list|- 1:3 map|2:2 a = 2:2 map"),
        (
            "a = {b = 1, b = 2}",
            "1:1 a = 1:5 map|1:6 b = 1:10 int 1|1:13 b = 1:17 int 2",
        ),
        (
            "[a.b.c]\n[a]\nb.c.d = 1",
            "1:2 a = 1:2 map|1:4 b = 1:4 map|1:6 c = 1:6 map|3:3 c = 3:3 map|3:5 d = 3:9 int 1",
        ),
    ];
    for (text, want) in cases {
        let shown = show(Format::Toml, text);
        let lines: Vec<_> = shown.lines().skip(1).map(str::trim).collect();
        assert_eq!(lines.join("|"), want, "case: {text:?}");
    }
}

#[test]
fn a_header_may_complete_what_a_longer_header_began() {
    insta::assert_snapshot!(show(Format::Toml, "[a.b]\nx = 1\n[a]\ny = 2\nc.d = 3\n[a.c.e]\n"), @r"
    --- 1:2 map
      1:2 a = 1:2 map
        1:4 b = 1:4 map
          2:1 x = 2:5 int 1
        4:1 y = 4:5 int 2
        5:1 c = 5:1 map
          5:3 d = 5:7 int 3
          6:6 e = 6:6 map
    ");
}

#[test]
fn what_is_not_toml_is_refused_with_its_place() {
    let cases = [
        ("a =\n", "1:4 not valid TOML"),
        (
            "a = 1\n[é]",
            "2:2 not valid TOML: invalid unquoted key, expected letters or numbers or `-` or `_`",
        ),
        ("[a\n", "1:3 not valid TOML: unclosed table, expected `]`"),
        ("a = nope", "1:5 not valid TOML"),
        (
            "a = \"\\ud800\"",
            "1:8 not valid TOML: invalid value, expected unicode hexadecimal value",
        ),
        ("a = \"x\ny\"", "1:7 not valid TOML"),
        ("a = 012", "1:5 not valid TOML"),
        ("a = 1\rb = 2", "1:7 not valid TOML"),
        ("a = 1 # \u{7}", "1:9 not valid TOML"),
        ("a = [1", "1:7 not valid TOML"),
        ("= 1", "1:1 not valid TOML"),
        (
            "a = 170141183460469231731687303715884105728",
            "1:5 not valid TOML: a number that no type holds",
        ),
    ];
    for (text, want) in cases {
        let shown = show(Format::Toml, text);
        assert!(shown.starts_with(want), "case: {text:?} gave {shown}");
        assert_eq!(shown.lines().count(), 1, "case: {text:?}");
    }
}
