//! Texts that nobody would call scripts: whatever they hold, there is an answer.

use cxda_domain::place::offset_of;
use proptest::prelude::*;

use super::*;

#[test]
fn no_depth_of_nesting_ends_the_process() {
    let size = 65_536;
    for unit in [
        "(",
        "[",
        "{",
        "!",
        "-",
        "+1",
        "a=>",
        "a?",
        "a?1:",
        "a=",
        "a**",
        ".a",
        "()",
        "new ",
        "if(a)",
        "if(a);else ",
        "`${",
        "({a:",
        "(()=>{",
        "async(",
        "for(;;)",
        "class{[",
        "/(",
        "/((((",
        "[[]=",
    ] {
        let open = unit.repeat(size / unit.len());
        let start = if unit.starts_with(['+', '.', '(']) {
            "a"
        } else {
            ""
        };
        let _ = check(&format!("{start}{open}1"));
    }
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("/(", ")/"),
        ("var [", "]=1"),
    ] {
        let (first, last) = (open.len() - 1, close.len());
        let (before, bracket) = open.split_at(first);
        let half = (size - first - last) / 2;
        let (end, after) = close.split_at(1);
        let source = format!(
            "{before}{}{}{after}",
            bracket.repeat(half),
            end.repeat(half)
        );
        let _ = check(&source);
    }
    let _ = check(&format!("/{}/", "(".repeat(size)));
}

fn piece() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "function",
        "main",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "=>",
        "=",
        ";",
        ",",
        "`",
        "${",
        "'",
        "\"",
        "/",
        "\\",
        "\n",
        "async",
        "await",
        "yield",
        "class",
        "#x",
        "let",
        "const",
        "import",
        "export",
        "eval",
        "return",
        "while(true)",
        "for(;;)",
        "repeat(9)",
        "'x'",
        "0x",
        "1n",
        "é",
        "🙂",
        "\u{2028}",
        "\u{feff}",
        "\0",
        "<!--",
        "//",
        "/*",
        "*/",
        "token",
        "typeof",
        "with",
        "new",
        "super",
        "this",
        "...",
        "?.",
        "??",
        "**",
        "break",
        "label:",
        "case",
        "@",
    ];
    prop_oneof![
        4 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ]
}

proptest! {
    /// Whatever the text: there is an answer, its places lie in the text, and errors stand alone.
    #[test]
    fn any_text_is_answered(pieces in prop::collection::vec(piece(), 0..40), spaced in any::<bool>()) {
        let source = pieces.join(if spaced { " " } else { "" });
        let found = check(&source);
        let syntax = |finding: &&ScriptFinding| finding.message.starts_with("not valid");
        let errors = found.iter().filter(syntax).count();
        prop_assert!(errors == 0 || errors == found.len());
        for finding in &found {
            prop_assert!(offset_of(&source, finding.at).is_some(), "{finding:?}");
            prop_assert!(!finding.message.contains('\n'));
        }
        prop_assert!(found.is_sorted_by_key(|finding| finding.at));
    }

    /// A script with one character lost, doubled or exchanged is answered as well.
    #[test]
    fn a_damaged_script_is_answered(at in 0..SOUND.len(), other in any::<char>(), kind in 0..3) {
        let mut source = SOUND.to_owned();
        let at = source.floor_char_boundary(at);
        match kind {
            0 => drop(source.remove(at)),
            1 => source.insert(at, other),
            _ => {
                source.remove(at);
                source.insert(at, other);
            }
        }
        for finding in check(&source) {
            prop_assert!(offset_of(&source, finding.at).is_some(), "{finding:?}");
        }
    }
}

const SOUND: &str = "// é\nconst rate = 1.2, re = /(a|b)+/u;\nfunction main(context) {\n  const { input: { score = 0 } = {} } = context;\n  \
     return { score: score * rate, text: `${score} \\u{1f642}`, ok: re.test('ab') };\n}\n";
