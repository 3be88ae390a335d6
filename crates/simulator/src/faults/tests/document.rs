//! The users' description of the format: every script in it is one, and it leaves nothing out.

use super::super::garble::Garble;
use super::super::{FaultScript, flood::Flood, kind};
use super::*;

const DOCUMENT: &str = include_str!("../../../../../docs/rehearse-outages.md");

/// The texts between a backtick and the next, outside of fenced blocks.
fn spans() -> Vec<&'static str> {
    let unfenced = DOCUMENT.split("```").step_by(2);
    unfenced
        .flat_map(|text| text.split('`').skip(1).step_by(2))
        .collect()
}

fn cell_of(name: &str) -> bool {
    DOCUMENT.lines().any(|line| {
        let first = line
            .strip_prefix("| ")
            .and_then(|line| line.split(" | ").next());
        first.is_some_and(|cell| cell.contains(&format!("`{name}`")))
    })
}

#[test]
fn every_script_of_the_document_can_be_played() {
    let blocks = DOCUMENT.split("```json\n").skip(1);
    let blocks = blocks.filter_map(|text| text.split("```").next());
    let whole = spans()
        .into_iter()
        .filter(|span| span.starts_with(r#"{"formatVersion""#));
    let mut count = 0;
    for text in blocks.chain(whole) {
        let played = FaultScript::from_json(text);
        assert!(played.is_ok(), "{text}: {played:?}");
        count += 1;
    }
    assert!(count > 35, "{count}");
}

/// What a rule has besides its fault.
const SELECTORS: [&str; 6] = ["operation", "name", "nth", "from", "to", "every"];

#[test]
fn every_kind_selector_and_habit_has_its_row() {
    let kinds = kind::KINDS.map(|(name, _)| name);
    let known = kinds.into_iter().chain(SELECTORS).chain(Habits::all());
    for name in known {
        assert!(cell_of(name), "{name}");
    }
    let ways = Garble::WORDS.map(|(word, _)| word);
    let floods = Flood::WORDS.map(|(word, _)| word);
    let spans = spans();
    for word in ways.into_iter().chain(floods) {
        assert!(spans.contains(&word), "{word}");
    }
}

#[test]
fn every_fault_has_a_script_or_a_word_how_else() {
    for number in 1..=38 {
        let start = format!("| H-{number} | ");
        let row = DOCUMENT.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("H-{number} is missing"));
        let told = row.contains(r#"{"formatVersion""#) || row.contains("No script: ");
        assert!(told, "{row}");
    }
}
