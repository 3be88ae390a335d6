//! What `plan` and `apply` print for people and for a comment on a pull request, and what is seen meanwhile.

use serde_json::json;

use crate::stage::{Project, Simulated};

/// So many actions in one file, each with a script of three lines.
fn actions(count: usize) -> String {
    let action = |number: usize| {
        format!(
            "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: action_{number:03}}}\nspec:\n  description: Scores customers\n  script:\n    content: |\n      function main() {{\n        return {number};\n      }}\n  cache: {{key: key_{number}, ttl: 300}}\n---\n"
        )
    };
    (0..count).map(action).collect()
}

fn project(count: usize) -> Project {
    let project = Project::empty();
    let settings = "[project]\nname = \"scoring\"\n[tenant.local]\nsimulator = true\n";
    project.write("cxda.toml", settings);
    project.write("a.cxda.yaml", actions(count));
    project
}

/// One action that differs from what was applied in its script and its cache.
fn changed() -> Project {
    let project = project(1);
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    project.edit("a.cxda.yaml", "ttl: 300", "ttl: 600");
    project.edit("a.cxda.yaml", "return 0;", "return 1;");
    project
}

fn printed(project: &Project, words: &[&str]) -> String {
    project.cxda(words).run().exits(0).stdout
}

#[test]
fn one_change_is_shown_with_its_fields() {
    insta::assert_snapshot!(printed(&changed(), &["plan"]), @r"
    Tenant local (built-in simulator)

    ~ action/action_000  pending: the manifest changed
        cache.ttl       300 → 600
        script.content
            function main() {
          -   return 0;
          +   return 1;
            }

    Plan: 0 to create, 1 to update, 0 to delete, 0 unchanged.
    Cost: at most 4 requests, reading included; no waiting at 100 requests a minute.
    ");
}

#[test]
fn each_detail_shows_more_of_one_change() {
    let project = changed();
    let line = |detail: &str| printed(&project, &["plan", "--detail", detail]);
    assert!(line("summary").contains("\n~ update  1 action  1 pending\n"));
    let compact = "\n~ action/action_000  pending  cache.ttl, script +1 -1\n";
    assert!(line("compact").contains(compact), "{}", line("compact"));
    assert!(line("full").contains("\n      - "), "{}", line("full"));
    let _ = project.cxda(&["plan", "--detail", "more"]).run().exits(64);
}

#[test]
fn three_hundred_changes_are_a_line_each() {
    let plan = printed(&project(300), &["plan"]);
    assert_eq!(plan.matches("\n+ action/action_").count(), 300);
    assert!(plan.lines().count() < 310, "{plan}");
    assert!(plan.contains("300 changes in short: `--detail full` shows every field."));
}

#[test]
fn after_many_changes_only_what_was_not_done_is_listed() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", actions(30));
    tenant.faults(&json!([{"operation": "createAction", "name": "action_007", "nth": 1, "fault": {"kind": "answer", "status": 400, "body": {"message": "no"}}}]));
    let ended = project.cxda_signed_in(&["apply", "--yes"]).run().exits(6);
    let (_, results) = ended.stdout.split_once("Cost:").unwrap();
    assert!(results.contains("29 created"), "{results}");
    assert_eq!(results.matches("action_").count(), 1, "{results}");
    assert!(results.contains("✗ action/action_007  failed"), "{results}");
    let ended = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert!(ended.stdout.contains("+ action/action_007  created"));
    project.edit("a.cxda.yaml", "ttl: 300", "ttl: 600");
    let words = ["apply", "--yes", "--detail", "compact"];
    let ended = project.cxda_signed_in(&words).run().exits(0);
    assert_eq!(ended.stdout.matches("  updated  ").count(), 30);
    project.edit("a.cxda.yaml", "ttl: 600", "ttl: 900");
    let words = ["apply", "--yes", "--detail", "summary"];
    let ended = project.cxda_signed_in(&words).run().exits(0);
    assert!(!ended.stdout.contains("action_"), "{}", ended.stdout);
}

#[test]
fn colours_are_for_whoever_wants_them() {
    let project = changed();
    let plain = printed(&project, &["plan"]);
    assert!(!plain.contains('\u{1b}'));
    let painted = printed(&project, &["plan", "--color", "always"]);
    assert!(painted.contains("\u{1b}[32m"), "{painted}");
    let words = ["plan", "--color", "always", "-o", "markdown"];
    assert!(!printed(&project, &words).contains('\u{1b}'));
    let quiet = project.cxda(&["-q", "plan"]).run().exits(0);
    assert_eq!((quiet.stdout, quiet.stderr), (plain, String::new()));
}

#[test]
fn a_comment_begins_with_a_marker_that_stays_the_same() {
    let project = changed();
    let comment = printed(&project, &["plan", "-o", "markdown"]);
    insta::assert_snapshot!(comment, @r"
    <!-- cxda plan: project scoring, tenant local -->
    ### cxda plan: 0 to create, **1 to update**, 0 to delete, 0 unchanged

    Tenant <code>local</code> (<code>built-in simulator</code>)

    | | Resource | Why | What |
    |---|---|---|---|
    | update | <code>action/action_000</code> | <code>pending</code> | <code>cache.ttl, script +1 -1</code> |

    <details><summary>update <code>action/action_000</code></summary>

    ```diff
    - cache.ttl: 300
    + cache.ttl: 600
    @@ script.content @@
      function main() {
    -   return 0;
    +   return 1;
      }
    ```

    </details>

    Cost: at most 4 requests, reading included; no waiting at 100 requests a minute.
    ");
    assert_eq!(comment, printed(&project, &["plan", "-o", "markdown"]));
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    let later = printed(&project, &["plan", "-o", "markdown"]);
    assert_eq!(later.lines().next(), comment.lines().next());
    assert!(later.contains("nothing to do"), "{later}");
}

#[test]
fn a_comment_on_manifests_with_mistakes_lists_them_and_the_exit_code_stays() {
    let project = project(1);
    project.edit("a.cxda.yaml", "ttl: 300", "ttl: -1");
    let ended = project.cxda(&["plan", "-o", "markdown"]).run().exits(3);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[1], "### cxda plan: 1 error");
    assert!(
        ended
            .stdout
            .contains("- error **C002** <code>a.cxda.yaml&#58;11&#58;")
    );
    let _ = project
        .cxda(&["apply", "--yes", "-o", "markdown"])
        .run()
        .exits(64);
}

#[cfg(unix)]
mod waiting {
    use crate::signals::Process;
    use crate::stage::{Answer, Project, Scripted};

    use super::actions;

    fn asked_to_wait() -> (Scripted, Project) {
        let server = Scripted::with_token(|_| {
            Answer::json(429, r#"{"message":"later"}"#).header("retry-after", "40")
        });
        let project = Project::on(server.base_url());
        project.write("a.cxda.yaml", actions(1));
        (server, project)
    }

    #[test]
    fn without_a_terminal_a_long_wait_is_told_when_it_begins() {
        let (_server, project) = asked_to_wait();
        let mut process = Process::start(&project, &["plan"]);
        process.until_it_says("next request in 40 s (the tenant asked to wait)");
        process.signal("TERM");
        assert_eq!(process.end().code, Some(143));
    }

    #[test]
    fn who_wants_silence_has_it() {
        let (server, project) = asked_to_wait();
        let mut process = Process::start(&project, &["-q", "plan"]);
        crate::stage::until("the listing", || {
            server
                .asked()
                .iter()
                .find(|asked| !asked.wants_token())
                .map(drop)
        });
        process.signal("TERM");
        let left = process.end();
        assert!(!left.stderr.contains("next request"), "{}", left.stderr);
    }
}
