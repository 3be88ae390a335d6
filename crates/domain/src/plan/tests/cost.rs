//! What a plan costs in requests: the contract's numbers.

use super::*;

fn cost(plan: &Plan) -> Vec<(Operation, u64)> {
    let counts = plan.requests.by_operation().iter();
    counts
        .map(|(operation, count)| (*operation, *count))
        .collect()
}

/// A view whose indexes are not built by the tenant.
fn index_view(name: &str, minutes: u16) -> String {
    let refresh =
        format!(r#""indexes": {{"auto": false}}, "refresh": {{"intervalMinutes": {minutes}}}"#);
    table_view(name).replace(r#""refresh": {"intervalMinutes": 5}"#, &refresh)
}

#[test]
fn a_create_is_one_request_an_update_two_and_a_delete_one() {
    use Operation as Op;
    let project = action("score", "") + &table_view("calls");
    let world = World::new(&project);
    let want = [(Op::CreateView, 1), (Op::CreateAction, 1)];
    assert_eq!(cost(&world.plan()), want);
    let settled = world.settled();
    assert_eq!(cost(&settled.plan()), []);
    let changed = project
        .replace(r#""d""#, r#""e""#)
        .replace("long enough", "another text");
    let want = [
        (Op::GetView, 1),
        (Op::ReplaceView, 1),
        (Op::GetAction, 1),
        (Op::ReplaceAction, 1),
    ];
    assert_eq!(cost(&settled.clone().with_project(&changed).plan()), want);
    let want = [(Op::DeleteView, 1), (Op::DeleteAction, 1)];
    assert_eq!(cost(&settled.with_project("").with_prune().plan()), want);
}

#[test]
fn a_create_with_blocks_that_an_answer_may_leave_out_is_counted_with_a_read_and_a_replace() {
    use Operation as Op;
    let most = [
        (Op::GetAction, 1),
        (Op::CreateAction, 1),
        (Op::ReplaceAction, 1),
    ];
    for (more, want) in [
        ("", &most[1..2]),
        (r#", "enabled": false"#, &most[1..2]),
        (r#", "cache": {"key": "k"}"#, &most[..]),
        (r#", "variables": []"#, &most[..]),
    ] {
        assert_eq!(
            cost(&World::new(&action("score", more)).plan()),
            want,
            "case: {more}"
        );
    }
}

#[test]
fn indexes_that_the_tenant_does_not_build_cost_one_request_more_where_their_view_is_written() {
    use Operation as Op;
    let world = World::new(&index_view("calls", 5));
    assert_eq!(
        cost(&world.plan()),
        [(Op::CreateView, 1), (Op::BuildIndexes, 1)]
    );
    let settled = world.settled();
    assert_eq!(cost(&settled.plan()), []);
    let changed = settled.clone().with_project(&index_view("calls", 10));
    let want = [
        (Op::GetView, 1),
        (Op::ReplaceView, 1),
        (Op::BuildIndexes, 1),
    ];
    assert_eq!(cost(&changed.plan()), want);
    let pruned = settled.with_project("").with_prune();
    assert_eq!(cost(&pruned.plan()), [(Op::DeleteView, 1)]);
}

#[test]
fn actions_with_every_block_changed_cost_two_requests_each_besides_the_listing() {
    const MANY: usize = 150;
    let with = |ttl: u32| -> String {
        (0..MANY)
            .map(|number| {
                let more = format!(
                    r#", "cache": {{"key": "k{number}", "ttl": {ttl}}}, "variables": [{{"name": "v", "type": "integer", "value": {ttl}}}],
                    "dateProcessing": {{"sourceField": "a", "targetField": "b", "timestamp": "2024-01-01T00:00:00Z",
                    "timezone": "UTC", "operation": "ADD_OFFSET", "offsetMinutes": {ttl}}}"#
                );
                action(&format!("a_{number:03}"), &more).replace("main", &format!("main{ttl}"))
            })
            .collect()
    };
    let mut spent = RequestCount::default();
    spent.add(Operation::Token, 1);
    spent.add(Operation::ListActions, 2);
    let world = World::new(&with(1)).settled();
    assert_eq!(world.plan_after(&spent).requests, spent, "nothing changed");
    let plan = world.with_project(&with(2)).plan_after(&spent);
    assert_eq!(plan.requests.total(), 2 * MANY as u64 + 3);
    assert_eq!(
        RateLimit::DEFAULT
            .shortest_time(plan.requests.total())
            .as_secs(),
        180
    );
    assert_eq!(plan.changes[0].fields.len(), 4);
}
