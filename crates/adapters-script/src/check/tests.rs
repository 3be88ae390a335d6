//! What is seen in scripts: tables of single mistakes, scripts that hold none, and texts that are no scripts at all.

use cxda_domain::script::ScriptFinding;
use cxda_testkit::conformance;

use super::*;

mod any_text;

fn check(source: &str) -> Vec<ScriptFinding> {
    OxcChecker.check(&[source]).remove(0)
}

/// The findings of `source`, a line each.
fn report(source: &str) -> String {
    let line = |finding: &ScriptFinding| {
        let Mark { line, column } = finding.at;
        let mut text = format!("{line}:{column} {} {}", finding.rule, finding.message);
        if let Some(also) = &finding.also {
            text += &format!(", {} {}:{}", also.what, also.at.line, also.at.column);
        }
        if let Some(hint) = &finding.hint {
            text += &format!(" ({hint})");
        }
        text
    };
    let lines: Vec<_> = check(source).iter().map(line).collect();
    lines.join("\n")
}

/// The codes and places of what is found in the body of `main`, which begins at 2:1.
fn in_main(body: &str) -> Vec<(&'static str, u32, u32)> {
    let source = format!("function main(context) {{\n{body}\n}}");
    let findings = check(&source);
    let place = |finding: &ScriptFinding| (finding.rule.code(), finding.at.line, finding.at.column);
    findings.iter().map(place).collect()
}

#[test]
fn syntax_errors_have_their_place_and_our_words() {
    for (source, want) in [
        (
            "function main() {\n  return score * ;\n}",
            "2:18 A003 not valid JavaScript: unexpected `;`",
        ),
        (
            "function main() {\n  return 1;\n\n",
            "2:12 A003 not valid JavaScript: expected `}` but found the end of the script, opened at 1:17",
        ),
        (
            "function main() {\n  if (a {\n}",
            "2:9 A003 not valid JavaScript: expected `)` but found `{`, opened at 2:6",
        ),
        (
            "function main() {\n  let a; let a;\n}",
            "2:14 A003 not valid JavaScript: identifier `a` has already been declared, first at 2:7",
        ),
        (
            "/* é🙂 */ let = é🙂;",
            "1:17 A003 not valid JavaScript: invalid character `🙂`",
        ),
        (
            "const é = '漢'; x y",
            "1:18 A003 not valid JavaScript: a new statement begins on the line of the last one \
             (put `;` or a new line before it)",
        ),
        (
            "main = () => {} )",
            "1:17 A003 not valid JavaScript: unexpected `)`",
        ),
        (
            "for (;;",
            "1:8 A003 not valid JavaScript: unexpected end of the script",
        ),
        (
            "return 1",
            "1:1 A003 not valid JavaScript: a 'return' statement can only be used within a function body",
        ),
        (
            "import fs from 'fs';\nfunction main() {}",
            "1:1 A003 not valid JavaScript: `import` is for modules, and a script is none \
             (remove it: a script is one file, and its `main` is found by its name)",
        ),
        (
            "function main() {}\n export default main;",
            "2:2 A003 not valid JavaScript: `export` is for modules, and a script is none \
             (remove it: a script is one file, and its `main` is found by its name)",
        ),
        (
            "function main() {\n  const s = 'abc\n}",
            "2:13 A003 not valid JavaScript: the text has no closing quote \
             (close it on its line, or write it with backticks)",
        ),
        (
            "function main() { return <b/>; }",
            "1:26 A003 not valid JavaScript: JSX is not JavaScript",
        ),
        (
            "function main(a: string) {}",
            "1:16 A003 not valid JavaScript: expected `,` or `)` but found `:`, opened at 1:14",
        ),
        (
            "function main() { return /(/; }",
            "1:27 A003 not valid JavaScript: invalid regular expression: Unterminated capturing group \
             (add the missing closing delimiter)",
        ),
        (
            "switch (a) { case 1: default: default: }",
            "1:31 A003 not valid JavaScript: a 'default' clause cannot appear more than once in a 'switch' statement, \
             see also 1:22",
        ),
        (
            "let a = 1 exported = 2;",
            "1:11 A003 not valid JavaScript: a new statement begins on the line of the last one \
             (put `;` or a new line before it)",
        ),
        (
            "a ? b",
            "1:6 A003 not valid JavaScript: expected `:` but found the end of the script, begun at 1:3",
        ),
    ] {
        assert_eq!(report(source), want, "case: {source}");
    }
}

#[test]
fn a_syntax_error_stands_alone() {
    let found = report("const token = 'sk_live_0123456789abcdef'; fetch(; while (true) {}");
    assert!(found.contains("1:49 A003"), "{found}");
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(!found.contains("sk_live"));
}

#[test]
fn main_is_a_function_however_it_is_written() {
    for source in [
        "function main() {}",
        "async function main(context) { await context; }",
        "const main = (context) => context.input;",
        "let main = async function () {};",
        "var main; main = () => 1;",
        "main = function named() {};",
        "globalThis.main = () => 1;",
        "this.main = () => 1;",
        "const wrap = (f) => f; const main = wrap(() => 1);",
        "if (true) { var main = () => 1; }",
        "let main; { main = () => 1; }",
        "#!/usr/bin/env node\nfunction main() {}",
        "\u{feff}'use strict';\nfunction main() {}",
    ] {
        assert_eq!(report(source), "", "case: {source}");
    }
}

#[test]
fn a_script_without_main_is_wrong_and_a_near_name_is_named() {
    let missing = "1:1 A003 script defines no function `main`";
    for (source, hint) in [
        ("", "write `function main(context) { … }`"),
        ("1", "write `function main(context) { … }`"),
        (
            "function Main() {}",
            "did you mean `Main`? it must be called `main`",
        ),
        (
            "function mian() {} function other() {}",
            "did you mean `mian`? it must be called `main`",
        ),
        (
            "function handler() {}",
            "rename `handler`, or call it from `main`",
        ),
        (
            "function a1() { function main() {} }",
            "rename `a1`, or call it from `main`",
        ),
        (
            "const o = {main() {}};",
            "write `function main(context) { … }`",
        ),
    ] {
        assert_eq!(
            report(source),
            format!("{missing} ({hint})"),
            "case: {source}"
        );
    }
    for (source, column) in [
        ("const main = 5;", 14),
        ("let main;", 5),
        ("class main {}", 1),
        ("main = {}", 8),
        ("function f() {} const main = [f];", 30),
    ] {
        let want = format!(
            "1:{column} A003 `main` is not a function (write `function main(context) {{ … }}`)"
        );
        assert_eq!(report(source), want, "case: {source}");
    }
}

#[test]
fn names_that_are_defined_nowhere_are_seen_once_at_their_first_place() {
    let source = "function main(context) {\n  if (contxt.a) return nope(nope, contxt);\n  return undefined;\n}";
    assert_eq!(
        report(source),
        "2:7 W008 `contxt` is defined nowhere (did you mean `context`?)\n\
         2:24 W008 `nope` is defined nowhere"
    );
}

#[test]
fn what_the_sandbox_lacks_is_seen_with_what_to_do_instead() {
    for (body, want) in [
        (
            "fetch('x')",
            "`fetch` is not there where scripts run (a script reaches no network",
        ),
        (
            "setTimeout(f => f, 1)",
            "`setTimeout` is not there where scripts run (a script cannot wait",
        ),
        (
            "require('fs')",
            "`require` is not there where scripts run (a script runs without Node.js",
        ),
        ("process.env.A", "`process` is not there where scripts run"),
        (
            "document.title",
            "`document` is not there where scripts run (a script runs without a page",
        ),
        (
            "new Intl.NumberFormat()",
            "`Intl` is not there where scripts run",
        ),
        (
            "structuredClone({})",
            "`structuredClone` is not there where scripts run",
        ),
        (
            "import('x')",
            "`import()` makes code from elsewhere, which scripts may not do",
        ),
        (
            "eval('1')",
            "`eval` makes code from elsewhere, which scripts may not do",
        ),
        (
            "new Function('return 1')()",
            "`Function` makes code from elsewhere, which scripts may not do",
        ),
    ] {
        let found = report(&format!("function main() {{\n  {body};\n}}"));
        let start = found.find(" W009 ").map(|at| &found[at + 6..]);
        assert!(
            start.is_some_and(|said| said.starts_with(want)),
            "{body}: {found}"
        );
        assert_eq!(found.lines().count(), 1, "{found}");
    }
}

#[test]
fn literals_that_look_like_secrets_are_seen_and_never_shown() {
    for body in [
        "const apiKey = 'hunter2hunter2';",
        "const key = 'AKIAIOSFODNN7EXAMPLE';",
        "let o = {password: `hunter2hunter2`};",
        "o.token = 'hunter2hunter2';",
        "o['auth_token'] = 'super-secret-value';",
        "call('Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc');",
        "const pem = '-----BEGIN PRIVATE KEY-----\\nMIIE';",
        "const u = `eyJhbGciOiJIUzI1NiJ9.${o}`;",
    ] {
        let source = format!("var call, o;\nfunction main() {{ {body} }}");
        let found = check(&source);
        let rules: Vec<_> = found.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, [Rule::W007], "case: {body}");
        assert_eq!(
            found[0].message,
            "literal looks like a secret and stands in clear"
        );
    }
}

#[test]
fn output_is_too_large_only_where_it_is_certainly_so() {
    let long = "x".repeat(32_769);
    for (source, found) in [
        (format!("function main() {{ return '{long}'; }}"), true),
        (
            format!("function main() {{ return '{}'; }}", &long[1..]),
            false,
        ),
        (format!("const main = () => ({{a: `{long}`}});"), true),
        (
            format!("const big = '{long}'; function main() {{ return [big]; }}"),
            true,
        ),
        (
            format!("const big = '{long}'; function main() {{ return big.length; }}"),
            false,
        ),
        (
            format!(
                "function other() {{ return '{long}'; }} function main() {{ return other().length; }}"
            ),
            false,
        ),
        (
            format!("function main(c) {{ return c.a ? '{long}' : 'x'; }}"),
            false,
        ),
        (
            "function main() { return 'ab'.repeat(20000); }".to_owned(),
            true,
        ),
        (
            "function main() { return {a: 'ab'.repeat(16384) + 'c'}; }".to_owned(),
            true,
        ),
        (
            "function main() { return 'ab'.repeat(16384); }".to_owned(),
            false,
        ),
        (
            "function main() { return [1].map(() => { return 'ab'.repeat(20000); }).length; }"
                .to_owned(),
            false,
        ),
    ] {
        let rules: Vec<_> = check(&source).iter().map(|finding| finding.rule).collect();
        let want: &[Rule] = if found { &[Rule::W010] } else { &[] };
        assert_eq!(rules, want, "case: {source:.90}");
    }
}

#[test]
fn loops_that_never_end_are_seen() {
    for (body, found) in [
        ("while (true) {}", true),
        ("while (1) { context.n += 1; }", true),
        ("for (;;) { switch (context.n) { case 1: break; } }", true),
        (
            "for (let i = 0;; i++) { for (const x of [i]) { if (x) break; } }",
            true,
        ),
        ("do { context.n += 1; } while (true)", true),
        ("while (true) { [1].map((n) => { return n; }); }", true),
        ("while (true) { if (context.n) break; }", false),
        (
            "while (true) { try { return 1; } finally { context.n = 1; } }",
            false,
        ),
        ("for (;;) { throw new Error('x'); }", false),
        ("out: for (;;) { for (;;) { break out; } }", false),
        ("while (context.n) {}", false),
        ("for (let i = 0; i < 10; i++) {}", false),
        ("while (false) {}", false),
    ] {
        let rules: Vec<_> = in_main(body).iter().map(|(code, ..)| *code).collect();
        let want: &[&str] = if found { &["W011"] } else { &[] };
        assert_eq!(rules, want, "case: {body}");
    }
    assert_eq!(
        in_main("  while (true) { for (;;) {} }"),
        [("W011", 2, 3), ("W011", 2, 18)]
    );
}

#[test]
fn scripts_as_people_write_them_are_not_complained_about() {
    for source in [
        "function main(context) { console.log(context); return {score: context.input.score * 1.2}; }",
        "if (typeof module !== 'undefined') { module.exports = {main}; }\nfunction main() {}",
        "function main() { if (typeof fetch === 'function') return fetch('x'); return null; }",
        "counter = 0; function main() { return ++counter; }",
        "globalThis.cache = {}; function main() { return cache; }",
        "function main() { return arguments.length; }",
        "function main(c) { with (c) { return input; } }",
        "function main() { return new Date().toISOString() + Math.random(); }",
        "const tokenUrl = 'https://auth.example.com/oauth/token'; function main() { return tokenUrl; }",
        "const token_field = 'access_token'; function main(c) { return c.input[token_field]; }",
        "const errors = {password: 'Password is required'}; function main() { return errors; }",
        "function main(c) { if (c.input.token === 'expected-value') return 1; return fetchAll(c); function fetchAll() {} }",
        "const [a, {b = 1, ...rest}] = [1, {}]; function main() { return [a, b, rest]; }",
        "class A { #x = 1; get x() { return this.#x; } } const main = ({input: {n = 1} = {}}) => new A().x ** n;",
        "async function main(c) { for await (const x of c.input) { label: while (true) { break label; } } }",
        "function main() { try { f(); } catch { } function f() { return 1n; } }",
        "const main = function* () { while (true) yield 1; };",
    ] {
        assert_eq!(report(source), "", "case: {source}");
    }
}

#[test]
fn it_keeps_the_promises_of_its_port() {
    let wrong = [
        "1",
        "{",
        "function main() { f(g; }",
        "function main() { nope(); fetch(); }",
    ];
    conformance::checker::keeps_its_promises(&OxcChecker, &wrong);
}
