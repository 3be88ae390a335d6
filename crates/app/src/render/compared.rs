//! How two tenants differ, for people and programs.

use cxda_domain::comparison::{Comparison, Difference};
use cxda_domain::diff::FieldDifference;
use serde::Serialize;
use serde_json::Value;

use crate::render::line_diff::Room;
use crate::render::plan::differences;
use crate::render::{FORMAT_VERSION, Screen, Tone, counted, json, safe};

/// A comparison and the names of the tenants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report<'a> {
    /// The names, in the order in which they were given.
    pub(crate) tenants: [&'a str; 2],
    /// How they differ.
    pub(crate) compared: &'a Comparison,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportJson<'a> {
    format_version: &'static str,
    tenants: [&'a str; 2],
    differences: Vec<DifferenceJson<'a>>,
    summary: SummaryJson,
}

#[derive(Serialize)]
struct DifferenceJson<'a> {
    address: String,
    /// The only tenant that has it; `null` where both do.
    only: Option<&'a str>,
    fields: Vec<FieldJson<'a>>,
}

#[derive(Serialize)]
struct FieldJson<'a> {
    path: &'a str,
    /// The value on each tenant, in their order.
    values: [&'a Value; 2],
}

#[derive(Serialize)]
struct SummaryJson {
    equal: usize,
    different: usize,
    /// How many only the one and only the other tenant has.
    only: [usize; 2],
}

impl Report<'_> {
    /// What `diff -o json` prints.
    pub(crate) fn json(&self) -> String {
        let entries = self.compared.differences.iter();
        let differences = entries.map(|(address, difference)| DifferenceJson {
            address: address.to_string(),
            only: self.only(difference),
            fields: fields(difference)
                .iter()
                .map(|field| FieldJson {
                    path: &field.path,
                    values: [&field.before, &field.after],
                })
                .collect(),
        });
        json(&ReportJson {
            format_version: FORMAT_VERSION,
            tenants: self.tenants,
            differences: differences.collect(),
            summary: self.summary(),
        })
    }

    /// What `diff` prints for people.
    pub(crate) fn text(&self, screen: Screen) -> String {
        let [first, second] = self.tenants.map(safe::line);
        let mut text = String::new();
        for (address, difference) in &self.compared.differences {
            let address = safe::line(&address.to_string());
            let (mark, tone, note) = match difference {
                Difference::OnlyFirst => ("-", Tone::Delete, format!("only on {first}")),
                Difference::OnlySecond => ("+", Tone::Create, format!("only on {second}")),
                Difference::Fields(_) => ("~", Tone::Update, format!("{first} → {second}")),
            };
            let head = screen.paint(tone, &format!("{mark} {address}"));
            let note = screen.paint(Tone::Faint, &note);
            text.push_str(&format!("{head}  {note}\n"));
            text.push_str(&differences(screen, fields(difference), Room::AMPLE));
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let SummaryJson {
            equal,
            different,
            only: [one, other],
        } = self.summary();
        let equal = counted(equal, "resource");
        text.push_str(&match (different, one, other) {
            (0, 0, 0) => format!("{first} and {second} do not differ: {equal} equal.\n"),
            _ => format!("{equal} equal, {different} different, {one} only on {first}, {other} only on {second}.\n"),
        });
        text
    }

    fn only(&self, difference: &Difference) -> Option<&str> {
        match difference {
            Difference::OnlyFirst => Some(self.tenants[0]),
            Difference::OnlySecond => Some(self.tenants[1]),
            Difference::Fields(_) => None,
        }
    }

    fn summary(&self) -> SummaryJson {
        let count = |wanted: fn(&Difference) -> bool| {
            let all = self.compared.differences.values();
            all.filter(|difference| wanted(difference)).count()
        };
        SummaryJson {
            equal: self.compared.equal,
            different: count(|difference| matches!(difference, Difference::Fields(_))),
            only: [
                count(|difference| *difference == Difference::OnlyFirst),
                count(|difference| *difference == Difference::OnlySecond),
            ],
        }
    }
}

fn fields(difference: &Difference) -> &[FieldDifference] {
    match difference {
        Difference::Fields(fields) => fields,
        Difference::OnlyFirst | Difference::OnlySecond => &[],
    }
}
