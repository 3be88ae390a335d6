//! Profiles as data: the five dialects, overrides, and what does not fit.

use std::time::Duration;

use super::*;

const OPERATIONS: [Operation; 16] = [
    Operation::Token,
    Operation::ListTables,
    Operation::GetTable,
    Operation::ListViews,
    Operation::GetView,
    Operation::CreateView,
    Operation::ReplaceView,
    Operation::DeleteView,
    Operation::BuildIndexes,
    Operation::RelayWebhook,
    Operation::ListActions,
    Operation::GetAction,
    Operation::CreateAction,
    Operation::ReplaceAction,
    Operation::DeleteAction,
    Operation::TestAction,
];

#[test]
fn default_profile_has_the_paths_and_scopes_of_the_contract() {
    let profile = ApiProfile::named(ApiProfile::DEFAULT_NAME).unwrap();
    let lines: Vec<String> = OPERATIONS
        .iter()
        .map(|&operation| {
            let path = profile.path_of(operation, "ID");
            let scope = profile.scope_of(operation).unwrap_or("-");
            format!("{}: {path} {scope}", operation.words())
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    fetch token: /oauth/token -
    list tables: /api/v2/data/actions/tables data_actions:read
    get table: /api/v2/data/actions/tables/ID data_actions:read
    list views: /api/v2/data/actions/views data_actions:read
    get view: /api/v2/data/actions/views/ID data_actions:read
    create view: /api/v2/data/actions/views data_actions:write
    replace view: /api/v2/data/actions/views/ID data_actions:write
    delete view: /api/v2/data/actions/views/ID data_actions:write
    build indexes: /api/v2/data/actions/views/ID/indexes data_actions:write
    relay webhook: /api/v2/data/actions/webhooks/trigger webhooks:write
    list actions: /api/v2/dataactions dataactions:read
    get action: /api/v2/dataactions/ID dataactions:read
    create action: /api/v2/dataactions/actions dataactions:write
    replace action: /api/v2/dataactions/ID dataactions:write
    delete action: /api/v2/dataactions/ID dataactions:delete
    test action: /api/v2/dataactions/actions/ID/test dataactions:write
    ");
}

#[test]
fn dialects_differ_by_token_path_style_and_scopes() {
    let lines: Vec<String> = ApiProfile::NAMES
        .iter()
        .map(|name| {
            let profile = ApiProfile::named(name).unwrap();
            let (path, style) = (profile.token_path(), profile.token_style().as_str());
            let sent = profile.token_scopes().join(" ");
            let needed = profile.scope_of(Operation::CreateAction).unwrap();
            format!("{name}: {path}, {style}, sends [{sent}], a create needs {needed}")
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    cxone-v2: /oauth/token, body, sends [], a create needs dataactions:write
    views: /oauth/token, body, sends [data_actions:read data_actions:write webhooks:write], a create needs dataactions:write
    actions: /api/v2/oauth/token, basic, sends [], a create needs DataActions.ReadWrite
    cache: /oauth/token, body, sends [dataaction:read dataaction:write], a create needs dataaction:write
    variables: /api/v2/oauth/token, body, sends [], a create needs dataactions:write
    datetime: /api/v2/oauth2/token, body, sends [dataactions:write dataactions:read], a create needs dataactions:write
    ");
}

#[test]
fn unknown_profiles_are_named_with_the_known_ones() {
    let error = ApiProfile::named("CXone-v2").unwrap_err();
    insta::assert_snapshot!(error, @r#"there is no API profile "CXone-v2"; there are cxone-v2, views, actions, cache, variables, datetime"#);
}

#[test]
fn paths_hold_plain_segments_and_an_id_where_it_belongs() {
    for (text, fits) in [
        ("/a", true),
        ("/a/b.c/d-e_f~", true),
        ("", false),
        ("a", false),
        ("/", false),
        ("//a", false),
        ("/a/", false),
        ("/a//b", false),
        ("/../a", false),
        ("/./a", false),
        ("/a?b", false),
        ("/a#b", false),
        ("/a\\b", false),
        ("/a%2fb", false),
        ("/a b", false),
        ("/a\r\nb", false),
        ("/é", false),
        ("/a/{id}", false),
        ("/{x}", false),
    ] {
        assert_eq!(
            ApiPath::plain("views_path", text).is_ok(),
            fits,
            "case: {text:?}"
        );
    }
    for (text, fits) in [
        ("/a/{id}/test", true),
        ("/{id}", true),
        ("/a/test", false),
        ("/a/{id}/{id}", false),
        ("/a/x{id}", false),
        ("/a/{id}/x{id}", false),
        ("/../{id}", false),
    ] {
        let found = ApiPath::with_id("actions_test_path", text);
        assert_eq!(found.is_ok(), fits, "case: {text:?}");
    }
}

#[test]
fn overrides_replace_what_they_name_and_nothing_else() {
    let profile = ApiProfile::named("cache").unwrap();
    let unchanged = profile.clone().with(&ProfileOverrides::default()).unwrap();
    assert_eq!(unchanged, profile);

    let changed = profile
        .with(&ProfileOverrides {
            views_path: Some("/v".into()),
            actions_test_path: Some("/t/{id}".into()),
            page_size: Some(7),
            concurrency: Some(Concurrency::None),
            idempotency: Some(Idempotency::None),
            ..ProfileOverrides::default()
        })
        .unwrap();
    assert_eq!(
        changed.path_of(Operation::BuildIndexes, "a b/c"),
        "/v/a%20b%2Fc/indexes"
    );
    assert_eq!(changed.path_of(Operation::TestAction, "x"), "/t/x");
    assert_eq!(
        changed.path_of(Operation::ListTables, ""),
        "/api/v2/data/actions/tables"
    );
    assert_eq!(changed.page_size(), 7);
    assert_eq!(changed.concurrency(), Concurrency::None);
    assert_eq!(changed.idempotency(), Idempotency::None);
    assert_eq!(changed.rate_limit(), RateLimit::DEFAULT);
}

#[test]
fn page_sizes_and_rate_limits_have_bounds() {
    let with = |overrides| {
        ApiProfile::named("cxone-v2")
            .unwrap()
            .with(&overrides)
            .is_ok()
    };
    for (size, fits) in [(0, false), (1, true), (1_000, true), (1_001, false)] {
        let overrides = ProfileOverrides {
            page_size: Some(size),
            ..ProfileOverrides::default()
        };
        assert_eq!(with(overrides), fits, "page size {size}");
    }
    for (requests, per, fits) in [
        (0, Duration::from_secs(1), false),
        (1, Duration::ZERO, false),
        (1, Duration::from_millis(1), true),
    ] {
        let overrides = ProfileOverrides {
            rate_limit: Some(RateLimit { requests, per }),
            ..ProfileOverrides::default()
        };
        assert_eq!(with(overrides), fits, "{requests} in {per:?}");
    }
}

#[test]
fn words_name_what_they_print() {
    for each in Concurrency::ALL {
        assert_eq!(Concurrency::from_word(each.as_str()), Some(each));
    }
    for each in Idempotency::ALL {
        assert_eq!(Idempotency::from_word(each.as_str()), Some(each));
    }
}
