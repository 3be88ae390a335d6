//! The page as text: nothing of a name or a message is taken for markup, and what would be too much is counted.

use std::collections::BTreeMap;
use std::time::Duration;

use cxda_domain::history::{History, RecordedWrite};
use cxda_domain::instant::UtcMillis;
use cxda_domain::project_graph::ProjectGraph;
use roxmltree::{Document, ParsingOptions};
use serde_json::json;

use super::*;

const NOW: UtcMillis = UtcMillis::from_epoch_millis(1_767_323_045_000);
const SOUND: LogState = LogState {
    records: 2,
    hash: None,
    held: Held::ByStore,
    fault: None,
};
/// What a tenant or a manifest may put into a name or a message.
const HOSTILE: &str =
    "</script><img src=x onerror=\"alert('1')\">&amp;\u{202e}txet\u{1b}[2J\u{200b}{{ 7 * 7 }}";

fn write(name: &str, phase: &str, latency_ms: f64) -> RecordedWrite {
    let record = json!({
        "runId": "run-1", "timestamp": "2026-01-02T03:04:05.000Z", "actor": "ci", "tenant": "prod",
        "action": "UPDATE_DATA_ACTION", "phase": phase, "resource": {"type": "action", "id": null, "name": name},
        "changes": ["script"], "metrics": {"latencyMs": latency_ms, "attempts": 1}, "error": name,
    });
    RecordedWrite::read(&record.to_string()).unwrap()
}

fn state() -> State {
    State {
        declared: Declared {
            resources: 0,
            errors: 0,
            warnings: 0,
            plain_variables: 0,
            graph: ProjectGraph::from_needs::<[_; 0]>([]),
        },
        encrypted: Vec::new(),
        max_age: Duration::from_hours(90 * 24),
        lookups: BTreeMap::new(),
        outbox: Vec::new(),
    }
}

fn shown(history: &History, state: Option<&State>, tenant: &str) -> String {
    let report = Report {
        generated: NOW,
        project: tenant,
        tenant,
        origin: tenant,
        log: &SOUND,
        history,
        state,
    };
    page(report).unwrap()
}

#[test]
fn t_06_no_name_and_no_message_becomes_markup_or_hides_text() {
    let mut state = state();
    let mut variable = EncryptedVariable::new(HOSTILE, HOSTILE);
    variable.source = Some(HOSTILE.to_owned());
    state.encrypted.push(variable);
    let history = History::of([write(HOSTILE, "failed", 3.0)], "prod", None);
    let page = shown(&history, Some(&state), HOSTILE);
    assert!(page.contains("onerror"), "it is shown as text");
    for harm in [
        "<img",
        "</script",
        "onerror=\"",
        "\u{202e}",
        "\u{1b}",
        "\u{200b}",
    ] {
        assert!(!page.contains(harm), "{harm:?} came through");
    }
    assert!(page.contains("{{ 7 * 7 }}"), "a template in a name is text");
}

#[test]
fn the_page_is_the_same_each_time_and_loads_nothing() {
    let history = History::of([write("score", "done", 3.0)], "prod", None);
    let page = shown(&history, Some(&state()), "prod");
    assert_eq!(page, shown(&history, Some(&state()), "prod"));
    assert!(page.contains(MARK));
    for loads in ["<script", "http://", "https://", "url(", "@import"] {
        assert!(!page.contains(loads), "{loads}");
    }
}

#[test]
fn without_anything_on_record_the_page_says_so() {
    let history = History::default();
    let page = shown(&history, Some(&state()), "prod");
    for said in [
        "No write is on record",
        "Nothing was sent",
        "The outbox is empty",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("Left undone"));
}

#[test]
fn writes_beyond_what_a_page_holds_are_counted() {
    let many = (0..1_203).map(|number| write(&format!("score_{number}"), "done", 3.0));
    let history = History::of(many, "prod", None);
    let page = shown(&history, Some(&state()), "prod");
    assert_eq!(
        page.matches("<tr><th scope=\"row\"><span class=\"kind\">")
            .count(),
        1_000
    );
    assert!(page.contains("203 more writes not shown here"));
}

#[test]
fn the_report_of_a_run_is_about_that_alone() {
    let history = History::of([write("score", "unknown", 3.0)], "prod", None);
    let page = shown(&history, None, "prod");
    assert!(page.contains("<h1>Run on <bdi>prod</bdi></h1>"));
    assert!(page.contains("1 of 1 are not done, or nobody knows."));
    for other in ["Webhooks", "Dependency graph", "Cache hit rate"] {
        assert!(!page.contains(other), "{other}");
    }
}

#[test]
fn a_histogram_is_a_sound_picture_however_few_or_slow_the_writes() {
    for latencies in [&[0.4][..], &[3.0, 3.0, 40.0], &[0.5, 9.0, 700.0, 250_000.0]] {
        let writes = latencies.iter().map(|ms| write("score", "done", *ms));
        let history = History::of(writes, "prod", None);
        let svg = histogram::histogram(&history.metrics.all).unwrap();
        let parsed = Document::parse_with_options(&svg, ParsingOptions::default()).unwrap();
        let bars = parsed
            .descendants()
            .filter(|node| node.has_tag_name("rect"));
        let places = bars.filter_map(|bar| bar.attribute("x")?.strip_suffix('%')?.parse().ok());
        let places: Vec<f64> = places.collect();
        assert!(!places.is_empty());
        assert!(
            places.iter().all(|x| (0.0..100.0).contains(x)),
            "{places:?}"
        );
        for mark in ["p50", "p95", "p99"] {
            assert!(svg.contains(mark), "{latencies:?}");
        }
    }
    assert_eq!(histogram::histogram(&History::default().metrics.all), None);
}

#[test]
fn latencies_have_three_digits_at_most_and_a_unit() {
    for (ms, want) in [
        (0.04, "0.0 ms"),
        (9.94, "9.9 ms"),
        (10.4, "10 ms"),
        (999.4, "999 ms"),
        (999.6, "1.0 s"),
        (99_000.0, "99.0 s"),
        (180_000.0, "180 s"),
    ] {
        assert_eq!(page::milliseconds(ms), want);
    }
    assert_eq!(page::grouped(1_234_567), "1,234,567");
    assert_eq!(page::grouped(12), "12");
}
