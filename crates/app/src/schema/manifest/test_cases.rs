//! The block `tests`.

use cxda_domain::rule::Rule;
use serde_json::{Value, json};

use super::dates::timestamp;
use crate::schema::parts::{boolean, list, object, or, text, told};

pub(super) fn block() -> Value {
    let any = |meaning: &str| told(json!({}), meaning, &[]);
    let mut expect = object(
        &[],
        json!({
            "output": any("What the script returns."),
            "outputContains": any("What is in that, beside whatever else."),
            "error": told(boolean(), "Whether the script throws.", &[]),
            "errorContains": told(text(), "What the error's message holds.", &[]),
        }),
    );
    expect["minProperties"] = 1.into();
    let seed = json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX});
    let case = object(
        &["name", "input", "expect"],
        json!({
            "name": told(text(), "What the test shows.", &[]),
            "input": any("What the script is given as `context.input`."),
            "expect": told(expect, "What has to come of it.", &[]),
            "now": told(timestamp(), "The time that the script sees.", &[Rule::D001]),
            "randomSeed": told(seed, "What random numbers begin with, so that they are the same in each run.", &[]),
        }),
    );
    told(or(list(case), json!([])), "Tests of the script.", &[])
}
