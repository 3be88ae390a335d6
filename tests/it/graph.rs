//! `cxda graph`: what depends on what, offline, in every format.

use roxmltree::Document;
use serde_json::{Value, json};

use crate::stage::Project;

/// A least action of this name.
fn action(name: &str, dependencies: &str) -> String {
    format!(
        "---\napiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: {name}}}\nspec:\n  description: d\n  script: {{content: \"function main(context) {{ return context.input; }}\"}}\n  dependencies: [{dependencies}]\n"
    )
}

/// Two actions in a circle and one that stands on them.
fn circular() -> Project {
    let project = Project::on_simulator();
    let text = action("one", "two") + &action("two", "one") + &action("top", "one");
    project.write("a.cxda.yaml", text);
    project
}

#[test]
fn an_impact_is_the_tree_of_what_a_change_reaches() {
    let project = Project::quickstart();
    let words = ["graph", "--impact", "action/base_enrichment"];
    let ended = project.cxda(&words).run().exits(0);
    let wanted = "action/base_enrichment\n  action/customer_profile_lookup\n  action/customer_score_calc\n    action/crm_notifier\n";
    assert_eq!(ended.stdout, wanted);
    let _ = ended.says(&["A change of action/base_enrichment reaches 3 resources."]);
    let table = "table/12345678-1234-1234-1234-123456789012";
    let graph = project
        .cxda(&["graph", "-o", "json", "--impact", table])
        .run()
        .exits(0)
        .json();
    let nodes = graph["nodes"].as_array().unwrap();
    let impacted = nodes.iter().filter(|node| node["impacted"] == true);
    let ids: Vec<&Value> = impacted.map(|node| &node["id"]).collect();
    assert_eq!(
        ids,
        [
            "view/customer_channel_totals_mv",
            "view/customer_interaction_summary_mv"
        ]
    );
}

#[test]
fn an_impact_of_something_unknown_is_a_mistake_in_the_command_line() {
    let project = Project::quickstart();
    for (id, hint) in [
        (
            "action/base_enrichmen",
            "did you mean `action/base_enrichment`?",
        ),
        ("nothing", ""),
    ] {
        let ended = project.cxda(&["graph", "--impact", id]).run().exits(64);
        assert_eq!(ended.stdout, "");
        let _ = ended.says(&[id, hint]);
    }
    let _ = project.cxda(&["graph", "--format", "png"]).run().exits(64);
}

#[test]
fn m_11_a_cycle_is_drawn_and_marked_and_still_invalid() {
    let project = circular();
    let ended = project.cxda(&["graph"]).run().exits(3);
    let tree = "action/top\n  action/one [cycle]\n    action/two [cycle]\n      action/one [cycle] (see above)\n";
    assert_eq!(ended.stdout, tree);
    let _ = ended.says(&["1 error", "cxda validate"]);
    let graph = project
        .cxda(&["graph", "--format", "json"])
        .run()
        .exits(3)
        .json();
    let edges = json!([
        {"from": "action/one", "to": "action/two", "kind": "action", "onCycle": true},
        {"from": "action/top", "to": "action/one", "kind": "action", "onCycle": false},
        {"from": "action/two", "to": "action/one", "kind": "action", "onCycle": true},
    ]);
    assert_eq!(graph["edges"], edges);
    assert_eq!(graph["formatVersion"], "1.0");
    let dot = project
        .cxda(&["graph", "--format", "dot"])
        .run()
        .exits(3)
        .stdout;
    assert_eq!(dot.matches("n0 -> n2 [color=red];").count(), 1, "{dot}");
    let mermaid = project
        .cxda(&["graph", "--format", "mermaid"])
        .run()
        .exits(3)
        .stdout;
    assert!(mermaid.contains("linkStyle 0,2 stroke:"), "{mermaid}");
}

#[test]
fn a_picture_is_sound_xml_with_a_title_for_each_thing_and_nothing_from_elsewhere() {
    let svg = Project::quickstart()
        .cxda(&["graph", "--format", "svg"])
        .run()
        .exits(0)
        .stdout;
    let picture = Document::parse(&svg).unwrap();
    let root = picture.root_element();
    assert_eq!(
        (root.tag_name().name(), root.attribute("role")),
        ("svg", Some("img"))
    );
    let titles: Vec<&str> = picture
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "title")))
        .filter_map(|node| node.text())
        .collect();
    for title in [
        "Dependency graph",
        "action/crm_notifier",
        "source/https://monitoring.example.com/hooks/cache",
    ] {
        assert!(titles.contains(&title), "{titles:?}");
    }
    assert!(svg.contains("prefers-color-scheme: dark"));
    for foreign in ["<script", "@import", "href=", "@font-face"] {
        assert!(!svg.contains(foreign), "{foreign}");
    }
}

#[test]
fn every_format_shows_the_quickstart_and_writes_no_file() {
    let project = Project::quickstart();
    for format in ["text", "dot", "mermaid", "svg", "json"] {
        let run = || project.cxda(&["graph", "--format", format]).run().exits(0);
        let ended = run();
        assert_eq!(ended.stdout, run().stdout, "case: {format}");
        assert_eq!(ended.stderr, "", "case: {format}");
        insta::assert_snapshot!(format!("quickstart_{format}"), ended.stdout);
    }
    assert!(!project.has(".cxda"));
}

#[test]
fn what_a_mistake_leaves_sound_is_shown_and_a_folder_without_manifests_is_invalid() {
    let project = Project::on_simulator();
    let _ = project.cxda(&["graph"]).run().exits(3);
    let broken = action("broken", "base") + "  unknown: 1\n";
    project.write(
        "a.cxda.yaml",
        broken + &action("base", "") + &action("top", "base, far_away"),
    );
    let ended = project.cxda(&["graph"]).run().exits(3);
    let tree = "action/broken\n  action/base\naction/top\n  action/base\n  action/far_away [not in the project]\n";
    assert_eq!(ended.stdout, tree);
}
