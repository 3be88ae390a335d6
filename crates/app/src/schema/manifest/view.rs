//! The `spec` of a materialized view.

use cxda_domain::rule::Rule;
use cxda_domain::view::{Aggregation, MaterializedView, RefreshInterval};
use serde_json::{Value, json};

use super::view_name;
use crate::schema::parts::{FILLED, boolean, list, object, one_of, or, told};

pub(super) fn spec() -> Value {
    let description = json!({
        "type": "string",
        "minLength": MaterializedView::MIN_DESCRIPTION_CHARS,
        "maxLength": MaterializedView::MAX_DESCRIPTION_CHARS,
    });
    let interval = json!({
        "type": "integer",
        "minimum": RefreshInterval::MIN_MINUTES,
        "maximum": RefreshInterval::MAX_MINUTES,
        "multipleOf": RefreshInterval::STEP_MINUTES,
    });
    let refresh = object(
        &["intervalMinutes"],
        json!({
            "intervalMinutes": told(interval, "Minutes between two refreshes.", &[Rule::V007]),
            "auto": or(told(boolean(), "Whether the view is refreshed by itself.", &[]), true),
        }),
    );
    let spec = object(
        &["description", "source", "columns", "refresh"],
        json!({
            "description": told(description, "What the view is for.", &[Rule::V002]),
            "source": source(),
            "columns": columns(),
            "refresh": told(refresh, "How often the view is computed anew.", &[]),
            "indexes": indexes(),
        }),
    );
    told(spec, "What the view is made of.", &[])
}

fn source() -> Value {
    let uuid = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";
    let table = json!({"type": "string", "pattern": uuid});
    let mut source = object(
        &[],
        json!({
            "table": told(table, "The id of a table, in either case of letters.", &[]),
            "view": told(view_name(), "The name of another view.", &[]),
        }),
    );
    source["oneOf"] = json!([{"required": ["table"]}, {"required": ["view"]}]);
    let meaning = "Where the rows come from.";
    told(source, meaning, &[Rule::V003, Rule::V009])
}

fn columns() -> Value {
    let name = json!({"type": "string", "pattern": FILLED});
    let aggregation = one_of(&Aggregation::ALL, Aggregation::as_str);
    let column = object(
        &["name"],
        json!({
            "name": told(name.clone(), "The column of the source.", &[]),
            "alias": told(name, "Its name in the view, where that is another one.", &[]),
            "aggregation": told(aggregation, "How values are put together.", &[Rule::V005]),
        }),
    );
    let mut columns = list(column);
    columns["minItems"] = 1.into();
    columns["maxItems"] = MaterializedView::MAX_COLUMNS.into();
    let meaning = "The columns of the view.";
    told(columns, meaning, &[Rule::V004, Rule::V006])
}

fn indexes() -> Value {
    let mut names = list(json!({"type": "string"}));
    names["minItems"] = 1.into();
    names["uniqueItems"] = true.into();
    let kind = json!({"type": "string", "pattern": FILLED, "examples": ["BTREE"]});
    let index = object(
        &["columns", "type"],
        json!({
            "columns": told(names, "The columns of the index, by their names in the view.", &[]),
            "type": told(kind, "The type of the index.", &[]),
        }),
    );
    let custom = told(
        list(index),
        "Indexes besides the automatic ones.",
        &[Rule::V008],
    );
    let auto = "Whether the tenant makes indexes by itself; false lets cxda trigger the build after each change.";
    let indexes = object(
        &[],
        json!({
            "auto": or(told(boolean(), auto, &[]), true),
            "custom": or(custom, json!([])),
        }),
    );
    told(indexes, "How the view is indexed.", &[])
}

pub(super) fn example() -> Value {
    json!({
        "description": "Customer interactions for the dashboards",
        "source": {"table": "12345678-1234-1234-1234-123456789012"},
        "columns": [{"name": "customer_id"}, {"name": "interaction_count", "aggregation": Aggregation::Count.as_str()}],
        "refresh": {"intervalMinutes": 15},
    })
}
