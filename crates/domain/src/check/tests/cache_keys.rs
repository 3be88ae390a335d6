//! Cache keys: C004 and W004.

use super::*;

/// The least action that caches under `key`.
fn caching(name: &str, key: &str) -> String {
    action(name, &format!(r#", "cache": {{"key": {key:?}}}"#))
}

/// An action on the tenant that caches under `key`.
fn remote_caching(name: &str, key: &str) -> ObservedResource {
    let cache = json!({"cache": {"enabled": true, "key": key, "ttl": 60}});
    there(ResourceKind::Action, name, cache)
}

#[test]
fn two_declared_actions_do_not_share_a_key_whatever_its_case_and_outer_spaces() {
    let text = caching("bbb", "Score_{id}")
        + &caching("aaa", " score_{ID} ")
        + &caching("ccc", "score_{id}2");
    insta::assert_snapshot!(lines(project(&manifest(&text))), @r#"C004 2:155 spec.cache.key: cache key " score_{ID} " belongs to action bbb already (give each action a key of its own; case and outer spaces do not count)"#);
}

#[test]
fn of_three_that_share_a_key_the_first_in_the_files_keeps_it() {
    let text = caching("ccc", "key") + &caching("bbb", "key") + &caching("aaa", "key");
    insta::assert_snapshot!(lines(project(&manifest(&text))), @r#"
    C004 2:155 spec.cache.key: cache key "key" belongs to action ccc already (give each action a key of its own; case and outer spaces do not count)
    C004 3:155 spec.cache.key: cache key "key" belongs to action ccc already (give each action a key of its own; case and outer spaces do not count)
    "#);
}

#[test]
fn an_actions_own_key_on_the_tenant_is_no_collision() {
    let project = caching("score", "key");
    assert_eq!(judged(&project, vec![remote_caching("score", "key")]), "");
    assert_eq!(judged(&project, vec![remote_caching("score", "KEY")]), "");
}

#[test]
fn a_key_of_another_action_on_the_tenant_is_a_collision() {
    let project = caching("score", "key");
    insta::assert_snapshot!(judged(&project, vec![remote_caching("other", "Key ")]), @r#"C004 1:157 spec.cache.key: cache key "key" belongs to action other already (give each action a key of its own; case and outer spaces do not count)"#);
}

#[test]
fn one_key_that_several_actions_of_the_tenant_have_is_one_mistake() {
    let project = caching("score", "key");
    let resources = ["one", "two", "three"].map(|name| remote_caching(name, "key"));
    insta::assert_snapshot!(judged(&project, resources.into()), @r#"C004 1:157 spec.cache.key: cache key "key" belongs to action one already (give each action a key of its own; case and outer spaces do not count)"#);
}

#[test]
fn keys_may_move_between_declared_actions() {
    let project = caching("one", "second") + &caching("two", "first");
    let resources = vec![
        remote_caching("one", "first"),
        remote_caching("two", "second"),
    ];
    assert_eq!(judged(&project, resources), "");
}

#[test]
fn a_key_that_is_not_in_use_collides_with_none() {
    let off = action("off", r#", "cache": {"enabled": false, "key": "key"}"#);
    let project = off + &caching("score", "key");
    let idle = json!({"cache": {"enabled": false, "key": "key"}});
    let empty = json!({"cache": {"enabled": true, "key": ""}});
    let resources = vec![
        there(ResourceKind::Action, "idle", idle),
        there(ResourceKind::Action, "empty", empty),
    ];
    assert_eq!(judged(&project, resources), "");
}

#[test]
fn a_declared_action_whose_cache_is_not_managed_keeps_the_key_that_the_tenant_has() {
    let project = action("keeper", "") + &caching("score", "key");
    insta::assert_snapshot!(judged(&project, vec![remote_caching("keeper", "key")]), @r#"C004 2:157 spec.cache.key: cache key "key" belongs to action keeper already (give each action a key of its own; case and outer spaces do not count)"#);
}

#[test]
fn keys_that_only_the_tenant_shares_are_a_warning() {
    let project = action("keeper", "") + &caching("score", "another");
    let cache = json!({"cache": {"enabled": true, "key": "key"}});
    let resources = vec![
        remote_caching("keeper", "key"),
        remote_caching("other", "Key"),
        remote_caching("third", "key"),
        there(ResourceKind::View, "no_action", cache),
    ];
    insta::assert_snapshot!(judged(&project, resources), @r#"
    W004: actions keeper and other of the tenant share the cache key "Key" (no manifest sets either key, and nothing here touches them)
    W004: actions keeper and third of the tenant share the cache key "key" (no manifest sets either key, and nothing here touches them)
    "#);
}

#[test]
fn one_action_that_the_tenant_lists_twice_does_not_collide_with_itself() {
    let twice = vec![
        remote_caching("other", "key"),
        remote_caching("other", "key"),
    ];
    assert_eq!(judged(&action("score", ""), twice), "");
}

#[test]
fn a_key_in_a_document_that_holds_another_mistake_counts() {
    let broken = caching("aaa", "key").replace(r#""d""#, "7");
    let (manifest, mut violations) = decoded(&(broken + &caching("bbb", "key")));
    violations.extend(project(&manifest));
    insta::assert_snapshot!(lines(violations), @r#"
    M003 1:102 spec.description: expected string, found integer (put it in quotes)
    C004 2:155 spec.cache.key: cache key "key" belongs to action aaa already (give each action a key of its own; case and outer spaces do not count)
    "#);
}

#[test]
fn a_key_that_is_off_does_not_count_in_a_document_that_holds_another_mistake_either() {
    let off = r#", "cache": {"enabled": false, "key": "key"}"#;
    let broken = action("aaa", off).replace(r#""d""#, "7");
    let (manifest, _) = decoded(&(broken + &caching("bbb", "key")));
    assert_eq!(lines(project(&manifest)), "");
}

#[test]
fn ten_thousand_actions_with_one_key_take_linear_time() {
    let text: String = (0..MANY)
        .map(|number| caching(&format!("score_{number}"), "key"))
        .collect();
    assert_eq!(project(&manifest(&text)).len(), MANY - 1);
}
