//! Listings to their end, in both styles of paging.

use cxda_adapters_http::profile::ProfileOverrides;
use cxda_domain::request::Operation;
use cxda_ports::error::ApiErrorKind;
use cxda_ports::page::PageCursor;
use cxda_simulator::NameRule;
use cxda_simulator::config::FilterHabit;

use crate::bench::{Bench, Setup};

async fn actions(bench: &Bench) -> Vec<String> {
    let mut names = Vec::new();
    let mut cursor = None;
    loop {
        let page = bench.actions().list(cursor).await.unwrap().value;
        names.extend(page.items.into_iter().map(|item| item.name));
        cursor = page.next;
        if cursor.is_none() {
            return names;
        }
    }
}

async fn views(bench: &Bench) -> Vec<String> {
    let mut names = Vec::new();
    let mut cursor = None;
    loop {
        let page = bench.views().list(cursor).await.unwrap().value;
        names.extend(page.items.into_iter().map(|item| item.name));
        cursor = page.next;
        if cursor.is_none() {
            return names;
        }
    }
}

fn pages_of(size: u32) -> ProfileOverrides {
    ProfileOverrides {
        page_size: Some(size),
        ..ProfileOverrides::default()
    }
}

#[tokio::test]
async fn listings_cost_as_many_requests_as_there_are_pages() {
    for (count, requests) in [(0, 1), (1, 1), (4, 1), (5, 1), (6, 2), (10, 2), (11, 3)] {
        let mut setup = Setup::new().actions(count).views(count);
        setup.overrides = pages_of(5);
        let bench = setup.start().await;
        assert_eq!(actions(&bench).await.len(), count);
        assert_eq!(views(&bench).await.len(), count);
        assert_eq!(
            bench.sent(Operation::ListActions).len(),
            requests,
            "{count} actions"
        );
        assert_eq!(
            bench.sent(Operation::ListViews).len(),
            requests,
            "{count} views"
        );
    }
}

#[tokio::test]
async fn h_32_a_tenant_that_cuts_pages_shorter_than_asked_loses_nothing() {
    let mut setup = Setup::new().actions(25).views(25);
    setup.sim.page_size_limit = 10;
    let bench = setup.start().await;
    assert_eq!(actions(&bench).await.len(), 25);
    assert_eq!(views(&bench).await.len(), 25);
}

#[tokio::test]
async fn a_name_is_found_exactly_whatever_the_tenant_makes_of_the_filter() {
    for habit in [
        FilterHabit::Exact,
        FilterHabit::Contains,
        FilterHabit::Ignored,
    ] {
        let mut setup = Setup::new().actions(12);
        setup.sim.filter = habit;
        setup.overrides = pages_of(5);
        let bench = setup.start().await;
        let find = async |name: &str| {
            let found = bench.actions().find(&name.parse().unwrap()).await.unwrap();
            found
                .value
                .into_iter()
                .map(|item| item.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(find("action-1").await, ["action-1"], "{habit:?}");
        assert!(find("action").await.is_empty(), "{habit:?}");
        let sent = bench.sent(Operation::ListActions);
        assert_eq!(sent[0].query, "page=1&pageSize=5&filter=name%3Daction-1");
    }
}

#[tokio::test]
async fn h_32_a_name_that_stands_twice_is_found_twice_and_each_once() {
    let mut setup = Setup::new();
    setup.state = cxda_simulator::SimState::fresh(NameRule::Repeatable);
    for twin in ["a-1", "a-2"] {
        setup
            .state
            .seed_action(twin, r#"{"name":"twin"}"#, crate::bench::START)
            .unwrap();
    }
    // The second page shows the first twin again.
    let again = r#"{"operation":"listActions","nth":2,"fault":{"kind":"answer","status":200,
        "headers":{"Content-Type":"application/json"},"body":{"entities":[{"id":"a-1","name":"twin"},{"id":"a-2","name":"twin"}],"total":2}}}"#;
    setup = setup.faults(again);
    setup.overrides = pages_of(1);
    let bench = setup.start().await;
    let found = bench
        .actions()
        .find(&"twin".parse().unwrap())
        .await
        .unwrap();
    let ids: Vec<&str> = found.value.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["a-1", "a-2"]);
}

#[tokio::test]
async fn h_32_a_token_that_repeats_ends_the_listing_with_an_error() {
    let page = r#"{"operation":"listViews","fault":{"kind":"answer","status":200,
        "headers":{"Content-Type":"application/json"},"body":{"entities":[],"nextPageToken":"same"}}}"#;
    let bench = Setup::new().faults(page).start().await;
    let first = bench.views().list(None).await.unwrap().value;
    let error = bench.views().list(first.next).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Malformed);
}

#[tokio::test]
async fn h_31_an_item_that_cannot_be_read_is_named_and_never_skipped() {
    let page = r#"{"operation":"listActions","fault":{"kind":"answer","status":200,
        "headers":{"Content-Type":"application/json"},"body":{"entities":[{"id":"a","name":"n"},{"id":"../x","name":"n"}]}}}"#;
    let bench = Setup::new().faults(page).start().await;
    let error = bench.actions().list(None).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Malformed);
    insta::assert_snapshot!(error, @"list actions failed: the answer is not what the API promises: entities[1]: its id is missing or not one that may stand in a path (HTTP 200, request 3)");
}

#[tokio::test]
async fn a_cursor_of_another_listing_sends_nothing() {
    let bench = Setup::new().start().await;
    let cursor = Some(PageCursor::new("elsewhere"));
    let error = bench.actions().list(cursor).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Refused);
    assert!(bench.sim.log().is_empty());
}
