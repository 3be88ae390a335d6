//! Plans as they are shown, in every form.

use std::collections::BTreeSet;

use cxda_domain::address::Address;
use cxda_domain::diff::{Cause, FieldDifference};
use cxda_domain::plan::{Change, ChangeKind, Plan};
use cxda_domain::request::{Operation, RateLimit};
use cxda_domain::rule::Rule;
use cxda_domain::violation::{FieldPath, Violation};
use serde_json::{Value, json};

use super::{Heading, Shown};
use crate::cli::Detail;
use crate::render::Screen;

fn field(path: &str, before: Value, after: Value) -> FieldDifference {
    FieldDifference {
        path: path.to_owned(),
        before,
        after,
    }
}

fn change(kind: ChangeKind, name: &str, fields: Vec<FieldDifference>) -> Change {
    Change {
        address: Address::action(name),
        kind,
        cause: Cause::Pending,
        fields,
        adopts: false,
        named: false,
        id: None,
        listed: None,
        after: BTreeSet::new(),
    }
}

fn plan(changes: Vec<Change>) -> Plan {
    let mut plan = Plan {
        changes,
        unchanged: 7,
        ..Plan::default()
    };
    plan.requests.add(Operation::ListActions, 9);
    plan
}

/// One change of each kind and cause.
fn mixed() -> Plan {
    let script =
        json!({"language": "JavaScript", "content": "function main() {\n  return 1;\n}\n"});
    let created = change(
        ChangeKind::Create,
        "alpha",
        vec![
            field("description", Value::Null, json!("Adds\nup")),
            field("script", Value::Null, script),
            field(
                "variables",
                Value::Null,
                json!({"token": {"type": "string", "encrypted": true}}),
            ),
        ],
    );
    let lines = |changed: &str| {
        let line = |number| match number {
            9 => format!("{changed}\n"),
            number => format!("line {number}\n"),
        };
        (1..=20).map(line).collect::<String>()
    };
    let updated = change(
        ChangeKind::Update,
        "beta",
        vec![
            field("cache.ttl", json!(300), json!(600)),
            field("description", json!("one\ntwo\n"), json!("one\nthree\n")),
            field("script.content", json!(lines("old")), json!(lines("new"))),
            field("variables.a.value", json!("1"), json!("2")),
            field(
                "variables.token.value",
                json!("(hidden)"),
                json!("(hidden, changed)"),
            ),
        ],
    );
    let drifted = Change {
        cause: Cause::Drift,
        ..change(
            ChangeKind::Update,
            "gamma",
            vec![field("enabled", json!(false), json!(true))],
        )
    };
    let deleted = Change {
        address: Address::view("delta"),
        ..change(ChangeKind::Delete, "", Vec::new())
    };
    plan(vec![created, updated, drifted, deleted])
}

fn many(count: usize) -> Plan {
    let changes = (0..count).map(|number| {
        let fields = vec![field("cache.ttl", json!(300), json!(600))];
        change(ChangeKind::Update, &format!("action_{number:04}"), fields)
    });
    plan(changes.collect())
}

fn heading() -> Heading {
    Heading {
        project: "quick start".to_owned(),
        tenant: "prod".to_owned(),
        origin: "https://api.example.com".to_owned(),
    }
}

fn shown<'a>(heading: &'a Heading, plan: &'a Plan) -> Shown<'a> {
    Shown {
        heading,
        plan,
        limit: RateLimit::DEFAULT,
    }
}

fn text(plan: &Plan, detail: Option<Detail>) -> String {
    shown(&heading(), plan).text(Screen::PLAIN, detail)
}

fn markdown(plan: &Plan) -> String {
    shown(&heading(), plan).markdown()
}

#[test]
fn summary_has_a_line_for_each_kind() {
    insta::assert_snapshot!(text(&mixed(), Some(Detail::Summary)));
}

#[test]
fn compact_has_a_line_for_each_change() {
    insta::assert_snapshot!(text(&mixed(), Some(Detail::Compact)));
}

#[test]
fn full_has_every_field() {
    insta::assert_snapshot!(text(&mixed(), Some(Detail::Full)));
}

#[test]
fn a_few_changes_are_shown_with_their_fields_and_new_scripts_by_their_size() {
    insta::assert_snapshot!(text(&mixed(), None));
}

#[test]
fn many_changes_are_shown_in_short_and_it_is_said_how_to_see_more() {
    let few = text(&many(20), None);
    assert!(few.contains("300 → 600"), "{few}");
    let short = text(&many(21), None);
    assert!(!short.contains("300 → 600"), "{short}");
    let hint = "21 changes in short: `--detail full` shows every field.";
    assert!(short.contains(hint), "{short}");
    assert_eq!(short.lines().count(), 2 + 21 + 3 + 2);
    let full = text(&many(21), Some(Detail::Full));
    assert!(full.contains("300 → 600") && !full.contains("in short"));
}

#[test]
fn values_that_do_not_fit_side_by_side_stand_one_below_the_other() {
    let values = ["a".repeat(60), "b".repeat(60)].map(Value::from);
    let [before, after] = values;
    let fields = vec![field("cache.key", before, after)];
    let plan = plan(vec![change(ChangeKind::Update, "alpha", fields)]);
    let text = text(&plan, None);
    let lines: Vec<&str> = text.lines().skip(3).take(3).collect();
    let [before, after] = ["a", "b"].map(|letter| letter.repeat(60));
    assert_eq!(
        lines,
        [
            "    cache.key",
            &format!("      - \"{before}\""),
            &format!("      + \"{after}\""),
        ]
    );
}

#[test]
fn a_narrow_screen_breaks_no_line_that_can_be_shorter() {
    let screen = Screen {
        width: Some(60),
        ..Screen::PLAIN
    };
    for detail in [None, Some(Detail::Compact), Some(Detail::Summary)] {
        let text = shown(&heading(), &mixed()).text(screen, detail);
        let changes = text.lines().take_while(|line| !line.starts_with("Plan:"));
        for line in changes {
            assert!(line.chars().count() <= 60, "{detail:?}: {line}");
        }
    }
}

#[test]
fn a_plan_without_changes_says_so_in_every_form() {
    let plan = plan(Vec::new());
    let all = [
        None,
        Some(Detail::Summary),
        Some(Detail::Compact),
        Some(Detail::Full),
    ];
    for detail in all {
        let want = "Tenant prod (https://api.example.com)\n\nNothing to do: 7 resources as declared (9 requests).\n";
        assert_eq!(text(&plan, detail), want, "case: {detail:?}");
    }
    insta::assert_snapshot!(markdown(&plan), @r"
    <!-- cxda plan: project quick start, tenant prod -->
    ### cxda plan: nothing to do

    Tenant <code>prod</code> (<code>https&#58;//api.example.com</code>)

    Nothing to do: 7 resources as declared (9 requests).
    ");
}

#[test]
fn a_comment_shows_a_table_and_each_difference() {
    insta::assert_snapshot!(markdown(&mixed()));
}

#[test]
fn a_comment_lists_findings_alone_where_there_are_errors() {
    let mut plan = plan(Vec::new());
    plan.violations.push(Violation {
        rule: Rule::V005,
        position: None,
        path: FieldPath::root(),
        message: "aggregation is \"<b>|@team\", expected `SUM`".to_owned(),
        hint: Some("write SUM".to_owned()),
        also: Vec::new(),
        excerpt: None,
    });
    insta::assert_snapshot!(markdown(&plan), @r#"
    <!-- cxda plan: project quick start, tenant prod -->
    ### cxda plan: 1 error

    Tenant <code>prod</code> (<code>https&#58;//api.example.com</code>)

    - error **V005** <code>aggregation is "&#60;b&#62;&#124;&#64;team", expected &#96;SUM&#96;</code> (hint: <code>write SUM</code>)
    "#);
}

#[test]
fn t_06_nothing_in_a_name_or_a_value_is_markup() {
    let evil = "x|y<script>@team `a` [l](http://e) *b* __c__ #1 www.e.com\n</details>";
    let fields = vec![field(
        evil,
        json!("````` "),
        json!("</details>\n```\n@team"),
    )];
    let mut plan = plan(vec![change(ChangeKind::Update, evil, fields)]);
    plan.violations.push(Violation {
        rule: Rule::W006,
        position: None,
        path: FieldPath::root(),
        message: evil.to_owned(),
        hint: Some(evil.to_owned()),
        also: Vec::new(),
        excerpt: None,
    });
    let heading = Heading {
        project: "a --> @team".to_owned(),
        tenant: evil.to_owned(),
        origin: evil.to_owned(),
    };
    let comment = shown(&heading, &plan).markdown();
    assert!(comment.starts_with("<!-- cxda plan: project a --_ _team, tenant x_y_script_"));
    let fence = "`".repeat(6);
    let (_, visible) = comment.split_once('\n').unwrap();
    let parts: Vec<&str> = visible.split(&fence).collect();
    assert_eq!(parts.len(), 3, "one block of code:\n{comment}");
    for outside in [parts[0], parts[2]] {
        for markup in [
            "<script", "@team", "](", "*b*", "__c__", " #1", "www.e", "http:", "`a`", "x|y",
        ] {
            assert!(!outside.contains(markup), "{markup}:\n{comment}");
        }
    }
    assert_eq!(parts[0].matches("</details>").count(), 0);
    assert_eq!(parts[2].matches("</details>").count(), 1);
}

#[test]
fn a_comment_never_grows_beyond_what_is_taken() {
    let lines = (0..1_200).map(|number| number.to_string() + " é\n");
    let long: String = lines.collect();
    let huge = vec![field("script.content", json!(""), json!(long.repeat(9)))];
    let mut plan = many(5_000);
    plan.changes
        .insert(0, change(ChangeKind::Update, "huge", huge));
    for _ in 0..1_000 {
        plan.violations.push(Violation {
            rule: Rule::W006,
            position: None,
            path: FieldPath::root(),
            message: "left over".repeat(9),
            hint: None,
            also: Vec::new(),
            excerpt: None,
        });
    }
    let comment = markdown(&plan);
    assert!(comment.chars().count() <= 65_536, "{}", comment.len());
    assert!(comment.chars().count() > 60_000, "{}", comment.len());
    assert!(comment.ends_with("100 requests a minute.\n"));
    assert_eq!(
        comment.matches("<details>").count(),
        comment.matches("</details>").count()
    );
    let rows = comment
        .lines()
        .filter(|line| line.starts_with("| update"))
        .count();
    let unseen = |thing: &str| {
        let line = comment
            .lines()
            .find(|line| line.contains(&format!("more {thing}s not shown")));
        let number = line.unwrap().trim_start_matches('_').split(' ').next();
        number.unwrap().parse::<usize>().unwrap()
    };
    assert_eq!(rows + unseen("change"), 5_001);
    assert_eq!(
        comment.matches("<details>").count() + unseen("difference"),
        5_001
    );
    assert!(unseen("finding") > 0);
    assert_eq!(comment, markdown(&plan));
}
