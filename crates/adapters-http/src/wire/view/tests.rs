//! What a view's answer shows, and what goes back.

use cxda_domain::view::Aggregation;

use super::*;

const TABLE: &str = "12345678-1234-1234-1234-123456789012";
const DOCUMENT: &str = r#"{"id":"v-1","name":"summary","description":"Old words here","sourceTableId":"12345678-1234-1234-1234-123456789012",
    "columnProjections":[{"name":"customer_id","alias":"cust_id","aggregation":null,"dataType":"uuid"},
        {"name":"count","aggregation":"COUNT","width":1.0}],
    "refreshConfig":{"intervalMinutes":15,"autoRefreshEnabled":true,"jitter":1e400},
    "indexConfig":{"autoCreateIndexes":true,"customIndexes":[{"columns":["cust_id"],"type":"BTREE","fill":0.90}],"online":true},
    "status":"ACTIVE","createdAt":"2024-01-01T00:00:00Z","cost":1.10}"#;

fn observed(text: &str) -> Result<ObservedResource, WireError> {
    observe(document(text.as_bytes())?)
}

fn body() -> ViewBody {
    ViewBody {
        name: "summary".parse().unwrap(),
        description: "Customer metrics".into(),
        source: cxda_domain::body::SourceBody::Table(TABLE.parse().unwrap()),
        columns: vec![
            ColumnProjection {
                name: "customer_id".into(),
                alias: Some("cust_id".into()),
                aggregation: None,
            },
            ColumnProjection {
                name: "count".into(),
                alias: None,
                aggregation: Some(Aggregation::Sum),
            },
            ColumnProjection {
                name: "handle_time".into(),
                alias: None,
                aggregation: None,
            },
        ],
        interval_minutes: 30,
        auto_refresh: false,
        auto_indexes: true,
        custom_indexes: vec![IndexDirective {
            columns: vec!["cust_id".into()],
            kind: "HASH".into(),
        }],
    }
}

fn by_member(text: &str) -> String {
    let raw = document(text.as_bytes()).unwrap();
    let members = Members::of(raw).unwrap();
    let lines: Vec<String> = members
        .iter()
        .map(|(key, value)| format!("{key}: {}", value.get()))
        .collect();
    lines.join("\n")
}

#[test]
fn an_answer_shows_the_managed_fields_in_the_words_of_manifests() {
    let shown = observed(DOCUMENT).unwrap();
    assert_eq!(shown.status.as_deref(), Some("ACTIVE"));
    insta::assert_json_snapshot!(shown.fields.fields(), @r#"
    {
      "columns": [
        {
          "alias": "cust_id",
          "name": "customer_id"
        },
        {
          "aggregation": "COUNT",
          "name": "count"
        }
      ],
      "description": "Old words here",
      "indexes": {
        "auto": true,
        "custom": [
          {
            "columns": [
              "cust_id"
            ],
            "type": "BTREE"
          }
        ]
      },
      "refresh": {
        "auto": true,
        "intervalMinutes": 15
      },
      "source": {
        "id": "12345678-1234-1234-1234-123456789012"
      }
    }
    "#);
}

#[test]
fn what_is_left_out_is_left_out_and_null_is_null() {
    for (text, want) in [
        (r#""status":"PENDING""#, "{}"),
        (r#""sourceTableId":"T""#, r#"{"source":{"id":"T"}}"#),
        (r#""sourceTableId":null"#, r#"{"source":null}"#),
        (r#""columnProjections":null"#, r#"{"columns":null}"#),
        (
            r#""columnProjections":[{"name":"a","alias":null}]"#,
            r#"{"columns":[{"name":"a"}]}"#,
        ),
        (
            r#""refreshConfig":{"intervalMinutes":5}"#,
            r#"{"refresh":{"intervalMinutes":5}}"#,
        ),
        (r#""indexConfig":null"#, r#"{"indexes":null}"#),
        (
            r#""indexConfig":{"customIndexes":null}"#,
            r#"{"indexes":{"custom":null}}"#,
        ),
    ] {
        let text = format!(r#"{{"id":"v","name":"n",{text}}}"#);
        let shown = observed(&text).unwrap();
        let fields = serde_json::to_string(shown.fields.fields()).unwrap();
        assert_eq!(fields, want, "case: {text}");
    }
}

#[test]
fn a_new_view_is_sent_whole() {
    insta::assert_snapshot!(by_member(&create_body(&body(), TABLE).unwrap()), @r#"
    name: "summary"
    description: "Customer metrics"
    sourceTableId: "12345678-1234-1234-1234-123456789012"
    columnProjections: [{"name":"customer_id","alias":"cust_id"},{"name":"count","aggregation":"SUM"},{"name":"handle_time"}]
    refreshConfig: {"intervalMinutes":30,"autoRefreshEnabled":false}
    indexConfig: {"autoCreateIndexes":true,"customIndexes":[{"columns":["cust_id"],"type":"HASH"}]}
    "#);
}

#[test]
fn a_replace_puts_the_managed_fields_over_the_rest_as_it_came() {
    let sent = replace_body(&Document::new(DOCUMENT), &body(), TABLE).unwrap();
    insta::assert_snapshot!(by_member(&sent), @r#"
    id: "v-1"
    name: "summary"
    description: "Customer metrics"
    sourceTableId: "12345678-1234-1234-1234-123456789012"
    columnProjections: [{"name":"customer_id","alias":"cust_id","aggregation":null,"dataType":"uuid"},{"name":"count","aggregation":"SUM","width":1.0},{"name":"handle_time"}]
    refreshConfig: {"intervalMinutes":30,"autoRefreshEnabled":false,"jitter":1e400}
    indexConfig: {"autoCreateIndexes":true,"customIndexes":[{"columns":["cust_id"],"type":"HASH","fill":0.90}],"online":true}
    status: "ACTIVE"
    createdAt: "2024-01-01T00:00:00Z"
    cost: 1.10
    "#);
}

#[test]
fn what_is_sent_shows_as_it_was_meant() {
    let sent = replace_body(&Document::new(DOCUMENT), &body(), TABLE).unwrap();
    let mut shown = observed(&sent).unwrap();
    cxda_domain::observed::ObservedState::default().resolve_source(&mut shown);
    assert_eq!(shown.fields, body().projection());
}
