//! `cxda get`: all that the tenant has, as it sent it.

use serde_json::json;

use crate::stage::{Answer, Foreign, Habits, Project, Scripted};

#[test]
fn get_shows_items_as_the_tenant_sent_them_token_for_token() {
    let first = r#"{"id":"a-1","name":"one","odd":{"exact":1.0,"big":12345678901234567890123,"small":1E-7,"zero":-0.0},"text":"\u00e9\/","list":[1.50,[ ]],"state":"PUBLISHED"}"#;
    let second = r#"{ "name" : "two", "id" : "a-2", "b" : 1, "a" : 2 }"#;
    let pages = [
        format!(r#"{{"entities":[{first}],"total":2,"page":1,"pageSize":1}}"#),
        format!(r#"{{"entities":[{second}],"total":2,"page":2,"pageSize":1}}"#),
    ];
    let server = Scripted::with_token(move |asked| {
        let second = asked.query.contains("page=2");
        Answer::json(200, pages[usize::from(second)].clone())
    });
    let project = Project::on(server.base_url());
    let ended = project
        .cxda_signed_in(&["get", "actions", "-o", "json"])
        .run()
        .exits(0);
    let (first_at, second_at) = (ended.stdout.find(first), ended.stdout.find(second));
    assert!(
        first_at.is_some() && first_at < second_at,
        "{}",
        ended.stdout
    );
    let listing = ended.json();
    let keys: Vec<&String> = listing.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["formatVersion", "items", "kind", "tenant"]);
    assert_eq!(
        (
            &listing["formatVersion"],
            &listing["kind"],
            &listing["tenant"]
        ),
        (&json!("1.0"), &json!("actions"), &json!("it"))
    );
    let one = project
        .cxda_signed_in(&["get", "actions", "two", "-o", "json"])
        .run()
        .exits(0);
    assert!(
        one.stdout.contains(second) && !one.stdout.contains(first),
        "{}",
        one.stdout
    );
}

#[test]
fn get_lists_each_kind_over_all_pages() {
    let tenant = Foreign::start(Habits {
        page_size: 2,
        ..Habits::PLAIN
    });
    let project = Project::quickstart();
    project.edit("cxda.toml", "http://127.0.0.1:8900", tenant.base_url());
    let cxda = |words: &[&str]| {
        project
            .cxda_signed_in(&[&["--tenant", "served"], words].concat())
            .run()
            .exits(0)
    };
    let _ = cxda(&["apply", "--yes"]);
    for (kind, count) in [("views", 2), ("actions", 7)] {
        let listing = cxda(&["get", kind, "-o", "json"]).json();
        assert_eq!(listing["kind"], kind);
        assert_eq!(listing["items"].as_array().unwrap().len(), count);
        let _ = cxda(&["get", kind]).says(&["customer_"]);
    }
    let tables = Project::on_simulator()
        .cxda(&["get", "tables", "-o", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(
        tables["items"],
        json!([{"id": "12345678-1234-1234-1234-123456789012", "name": "customer_interactions"}])
    );
}
