//! The first thing a newcomer does: apply the quickstart, twice.

use cxda_domain::request::Operation;

use crate::stage::{Foreign, Habits, Project, Served, Simulated};

const RESOURCES: [&str; 9] = [
    "view/customer_interaction_summary_mv",
    "view/customer_channel_totals_mv",
    "action/base_enrichment",
    "action/callback_scheduler",
    "action/country_codes",
    "action/customer_profile_lookup",
    "action/customer_score_calc",
    "action/crm_notifier",
    "action/office_hours_reminder",
];

#[test]
fn first_apply_creates_all_and_says_so_second_has_nothing_to_do() {
    let project = Project::quickstart();
    let first = project.cxda(&["apply", "--yes"]).run().exits(0);
    let first = first.says(&RESOURCES).says(&["9 created", "created"]);
    assert!(
        !first.stdout.contains('\u{1b}'),
        "colours without a terminal"
    );
    let second = project.cxda(&["apply", "--yes"]).run().exits(0);
    let _ = second
        .says(&["Nothing to do", "9 resources"])
        .never_says(&["created"]);
    let plan = project
        .cxda(&["plan", "-o", "json", "--detailed-exitcode"])
        .run()
        .exits(0)
        .json();
    assert_eq!(plan["changes"], serde_json::json!([]));
    assert_eq!(plan["summary"]["unchanged"], 9);
}

#[test]
fn plan_before_the_first_apply_lists_nine_creates_and_writes_nothing_but_the_simulators_state() {
    let project = Project::quickstart();
    let before = project.files();
    let plan = project
        .cxda(&["plan", "-o", "json", "--detailed-exitcode"])
        .run()
        .exits(2)
        .json();
    let addresses: Vec<_> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            assert_eq!(change["operation"], "create");
            change["address"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(addresses, RESOURCES);
    assert_eq!(project.files(), before);
}

#[test]
fn the_directory_option_is_the_same_as_starting_there() {
    let project = Project::quickstart();
    let elsewhere = Project::empty();
    let folder = project.path().to_str().unwrap();
    let there = elsewhere.cxda(&["-C", folder, "plan"]).run().exits(0);
    let here = project.cxda(&["plan"]).run().exits(0);
    assert_eq!(there.stdout, here.stdout);
    let below = project.path().join("manifests");
    let below = elsewhere
        .cxda(&["-C", below.to_str().unwrap(), "plan"])
        .run()
        .exits(0);
    assert_eq!(below.stdout, here.stdout, "a settings file above is found");
}

#[test]
fn simulate_and_apply_in_two_processes_do_the_same_over_http() {
    let project = Project::quickstart();
    let served = Served::start(project.path(), &["--listen", "127.0.0.1:0"]);
    let port = served.base_url().strip_prefix("http://127.0.0.1:").unwrap();
    assert_ne!(port.parse::<u16>().unwrap(), 0);
    project.edit("cxda.toml", "http://127.0.0.1:8900", served.base_url());
    let served = ["--tenant", "served", "--env-file", "served.env"];
    let cxda = |words: &[&str]| project.cxda(&[&served[..], words].concat()).run();
    let _ = cxda(&["apply", "--yes"])
        .exits(0)
        .says(&RESOURCES)
        .says(&["9 created"]);
    let _ = cxda(&["apply", "--yes"]).exits(0).says(&["Nothing to do"]);
    let _ = cxda(&["plan", "--detailed-exitcode"]).exits(0);
    assert!(
        !project.has(".cxda/simulator.json"),
        "the built-in simulator was not asked"
    );
}

#[test]
fn simulate_keeps_its_state_in_a_file_between_two_runs() {
    let project = Project::quickstart();
    let apply = || {
        let served = Served::start(project.path(), &["--state", "tenant.json"]);
        project.point_to(served.base_url());
        let manifests = "[project]\nmanifests = [\"manifests/**/*.yaml\"]\n";
        project.write("cxda.toml", project.read("cxda.toml") + manifests);
        project
            .cxda_signed_in(&["apply", "--yes", "-o", "json"])
            .run()
            .exits(0)
            .json()
    };
    assert_eq!(apply()["summary"]["created"], 9);
    let second = apply();
    assert_eq!(
        second["summary"]["created"], 0,
        "at another address the tenant holds the same"
    );
    // What was applied from here is remembered for an address: at another one, no secret is known to be there.
    assert_eq!(second["summary"]["updated"], 1);
}

#[test]
fn the_environment_alone_makes_a_tenant() {
    let tenant = Simulated::start();
    let quickstart = Project::quickstart();
    let project = Project::empty();
    for (name, content) in quickstart.files() {
        let name = name.to_str().unwrap();
        if let Some(inside) = name.strip_prefix("manifests/") {
            project.write(&inside.replace(".yaml", ".cxda.yaml"), content);
        }
    }
    assert!(!project.has("cxda.toml"));
    let cxda = |words: &[&str]| {
        let call = project
            .cxda_signed_in(words)
            .env("CXONE_BASE_URL", tenant.base_url());
        call.run()
    };
    let _ = cxda(&["apply", "--yes"]).exits(0).says(&["9 created"]);
    assert_eq!(tenant.names("actions").len(), 7);
    let plan = cxda(&["plan", "-o", "json"]).exits(0).json();
    assert_eq!(
        (&plan["tenant"], &plan["summary"]["unchanged"]),
        (&"env".into(), &9.into())
    );
}

#[test]
fn dependencies_are_created_before_what_needs_them() {
    let tenant = Simulated::start();
    let project = Project::quickstart();
    project.edit("cxda.toml", "http://127.0.0.1:8900", &tenant.base_url());
    let call = project.cxda_signed_in(&["--tenant", "served", "apply", "--yes"]);
    let _ = call.run().exits(0);
    let created: Vec<String> = tenant
        .log()
        .iter()
        .filter_map(|entry| {
            let created = matches!(
                entry.operation,
                Some(Operation::CreateView | Operation::CreateAction)
            );
            let body: serde_json::Value = serde_json::from_str(entry.body.as_ref()?.get()).unwrap();
            created.then(|| body["name"].as_str().unwrap().to_owned())
        })
        .collect();
    let place = |name: &str| created.iter().position(|there| there == name).unwrap();
    for (first, then) in [
        (
            "customer_interaction_summary_mv",
            "customer_channel_totals_mv",
        ),
        ("base_enrichment", "customer_score_calc"),
        ("customer_score_calc", "crm_notifier"),
        ("callback_scheduler", "office_hours_reminder"),
    ] {
        assert!(
            place(first) < place(then),
            "{first} before {then}: {created:?}"
        );
    }
    assert_eq!(created.len(), 9, "one POST for each");
}

#[test]
fn servers_of_another_make_are_brought_to_match_too() {
    let habits = [
        ("plain", Habits::PLAIN),
        (
            "no entity tags",
            Habits {
                tags: false,
                ..Habits::PLAIN
            },
        ),
        (
            "slim lists",
            Habits {
                slim_lists: true,
                ..Habits::PLAIN
            },
        ),
        (
            "terse creates",
            Habits {
                terse_creates: true,
                ..Habits::PLAIN
            },
        ),
        (
            "empty for a secret",
            Habits {
                mask: Some(""),
                ..Habits::PLAIN
            },
        ),
        (
            "nothing for a secret",
            Habits {
                mask: None,
                ..Habits::PLAIN
            },
        ),
        (
            "small pages",
            Habits {
                page_size: 2,
                ..Habits::PLAIN
            },
        ),
        (
            "all at once",
            Habits {
                tags: false,
                slim_lists: true,
                terse_creates: true,
                mask: None,
                page_size: 1,
                ..Habits::PLAIN
            },
        ),
    ];
    for (label, habits) in habits {
        let tenant = Foreign::start(habits);
        let project = Project::quickstart();
        project.edit("cxda.toml", "http://127.0.0.1:8900", tenant.base_url());
        let cxda = |words: &[&str]| {
            project
                .cxda_signed_in(&[&["--tenant", "served"], words].concat())
                .run()
        };
        let first = cxda(&["apply", "--yes", "-o", "json"]);
        assert_eq!(first.code, 0, "case: {label}\n{}", first.both());
        assert_eq!(first.json()["summary"]["created"], 9, "case: {label}");
        let plan = cxda(&["plan", "--detailed-exitcode"]);
        assert_eq!(plan.code, 0, "case: {label}\n{}", plan.both());
        project.edit(
            "manifests/5-dates.yaml",
            "offsetMinutes: 120",
            "offsetMinutes: 180",
        );
        let second = cxda(&["apply", "--yes", "-o", "json"]);
        assert_eq!(second.code, 0, "case: {label}\n{}", second.both());
        assert_eq!(second.json()["summary"]["updated"], 1, "case: {label}");
        let plan = cxda(&["plan", "--detailed-exitcode"]);
        assert_eq!(plan.code, 0, "case: {label}\n{}", plan.both());
    }
}
