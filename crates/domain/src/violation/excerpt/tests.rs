//! What is marked of a line, and what of it is never shown.

use super::*;

/// The line with the marked part in brackets of its own; `-` where nothing is shown.
fn shown(rule: Rule, path: &str, file: &str, line: &str, at: &str) -> String {
    let column = line
        .find(at)
        .map_or(1, |start| line[..start].chars().count() + 1);
    let column = u32::try_from(column).unwrap();
    let excerpt = Excerpt::of(rule, &FieldPath::from(path), file, line, column);
    excerpt.map_or("-".to_owned(), |it| {
        format!("{}⟦{}⟧{}", it.before, it.marked, it.after)
    })
}

#[test]
fn the_whole_word_is_marked_where_it_ends_in_its_line() {
    for (file, line, at, want) in [
        (
            "a.yaml",
            "  description: too short  # of",
            "too",
            "  description: ⟦too short⟧  # of",
        ),
        (
            "a.yaml",
            "  description: one, two",
            "one",
            "  description: ⟦one, two⟧",
        ),
        (
            "a.yaml",
            "  - {name: b c, alias: d}",
            "b",
            "  - {name: ⟦b c⟧, alias: d}",
        ),
        ("a.yaml", "  columns: [a, b]", "b", "  columns: [a, ⟦b⟧]"),
        ("a.yaml", "  at: 10:30", "10", "  at: ⟦10:30⟧"),
        (
            "a.yaml",
            "  script: {content: 'it''s }'}",
            "{",
            "  script: ⟦{content: 'it''s }'}⟧",
        ),
        (
            "a.yaml",
            "  script: {content:",
            "{",
            "  script: ⟦{⟧content:",
        ),
        ("a.yaml", "  - {name: v0}", "- ", "  ⟦-⟧ {name: v0}"),
        (
            "a.yaml",
            "  name: 'it''s' # x",
            "'",
            "  name: ⟦'it''s'⟧ # x",
        ),
        (
            "a.yaml",
            "  name: \"a\\\"b\" # x",
            "\"",
            "  name: ⟦\"a\\\"b\"⟧ # x",
        ),
        ("a.yaml", "  name: 'open", "'", "  name: ⟦'open⟧"),
        ("a.yaml", "spec:", "spec", "⟦spec⟧:"),
        ("a.yaml", "a: é漢 b", "é", "a: ⟦é漢 b⟧"),
        (
            "a.json",
            "  \"kind\": 15, \"b\": 1",
            "15",
            "  \"kind\": ⟦15⟧, \"b\": 1",
        ),
        (
            "a.toml",
            "kind = DataAction # x",
            "Data",
            "kind = ⟦DataAction⟧ # x",
        ),
        ("a.toml", "kind=5", "kind", "⟦kind⟧=5"),
        ("a.toml", "", "", "⟦⟧"),
    ] {
        assert_eq!(shown(Rule::V002, "spec", file, line, at), want);
    }
    for (line, at, want) in [
        ("  return rate * ;", ";", "  return rate * ⟦;⟧"),
        ("  return rate2 * 2", "rate", "  return ⟦rate2⟧ * 2"),
        ("call(`a b`, 1)", "`", "call(⟦`⟧a b`, 1)"),
        ("call(\"open", "\"", "call(⟦\"⟧open"),
    ] {
        assert_eq!(
            shown(Rule::A003, "spec.script.content", "a.yaml", line, at),
            want
        );
    }
}

/// Holds each line of `table`, a rule, a path, a line, what in it is meant and what is shown, and gives what is shown.
fn check(table: &str) -> String {
    let check = |row: &str| {
        let [finding, line, at, want] = row.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let (rule, path) = finding.trim_start().split_once(' ').unwrap();
        let text = shown(rule.parse().unwrap(), path, "a.yaml", line, at);
        assert_eq!(text, want, "{row}");
        text + "\n"
    };
    table.lines().map(check).collect()
}

#[test]
fn t_05_a_value_that_may_be_a_secret_is_never_shown() {
    let shown = check(
        "W001 spec.variables[0].value | - {name: a, value: hunter2} | hunter2 | … value: ⟦…⟧
        E006 spec.variables[0].value |   value: 'hunter2' | ' |   value: ⟦…⟧
        E004 spec.variables[0].value |   value: hunter2 | hunter2 |   value: ⟦…⟧
        M003 spec.variables[0].value.pin | value: {pin: hunter2} | hunter2 | … pin: ⟦…⟧
        M003 spec.variables[0].valueFrom |   valueFrom: hunter2 | hunter2 |   valueFrom: ⟦…⟧
        E006 spec.variables[0] | - {name: a, value: hunter2, valueFrom: {env: A}} | {name | - ⟦…⟧
        E002 spec.variables[0].name | - {value: hunter2, name: _a} | _a | … name: ⟦_a⟧ …
        M003 spec.variables[0].valeu | - {name: a, valeu: hunter2} | valeu | … ⟦valeu⟧: …
        M003 spec.variabls | spec: {variabls: [{valeu: hunter2}]} | variabls | … ⟦variabls⟧: …
        M003 spec.x | spec: {x: 1, y: [{name: a, value: hunter2}]} | 1 | … x: ⟦1⟧ …
        M003 spec.tests[0].input.password | password: hunter2hunter2 | hunter2 | password: ⟦…⟧
        C006 spec.cache.invalidation[0].source | - {source: 'ftp://a:hunter2@b'} | ' | - {source: ⟦…⟧
        M001 spec | value = hunter2 | hunter2 | -
        M001 spec | {hunter2 | hunter2 | -
        W007 spec.script.file | call('hunter2') | ' | -
        A003 spec.script.file | const password = 'hunter2' * | * | -",
    );
    assert!(!shown.contains("hunter2"));
    for part in [
        "AKIAIOSFODNN7EXAMPLE",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA",
    ] {
        check(&format!(
            "V002 spec.description |   description: {part} | {part} |   description: ⟦…⟧
            A003 spec.script.file | x = `{part}` | ` | -"
        ));
    }
}

#[test]
fn what_is_no_value_is_shown_beside_one() {
    check(
        "E007 spec.variables[0].value | - {name: a, value: \"****\"} | \"* | … value: ⟦\"****\"⟧ …
        E005 spec.variables[0].scope |   scope: globl | globl |   scope: ⟦globl⟧
        E003 spec.variables[0].name | - name: auth_token | auth | - name: ⟦auth_token⟧
        E008 spec.variables[0].valueFrom |   valueFrom: {env: A} | {env |   valueFrom: ⟦…⟧
        V002 spec.description |   description: a value | a v |   description: ⟦a value⟧",
    );
}

#[test]
fn a_long_line_is_cut_around_the_marked_part() {
    let line = format!("{}MARK{}", "a ".repeat(1_000), " b".repeat(1_000));
    let excerpt = Excerpt::of(Rule::A003, &FieldPath::root(), "a.js", &line, 2_001).unwrap();
    assert_eq!(excerpt.marked, "MARK");
    assert!(excerpt.before.starts_with('…') && excerpt.before.ends_with("a a "));
    assert!(excerpt.after.starts_with(" b b") && excerpt.after.ends_with('…'));
    for part in [&excerpt.before, &excerpt.after] {
        assert_eq!(part.chars().count(), Excerpt::MAX_CHARS);
    }
}
