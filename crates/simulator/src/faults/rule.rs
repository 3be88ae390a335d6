//! Rules: which calls a fault befalls.

use cxda_domain::request::Operation;
use serde_json::Value;

use super::kind::Fault;
use super::members::Members;

/// One rule of a script.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    operation: Option<Operation>,
    name: Option<String>,
    from: u64,
    to: u64,
    every: u64,
    pub(super) fault: Fault,
    matched: u64,
}

/// One call, as far as rules tell calls apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// What is asked for; `None` where no path matched.
    pub(crate) operation: Option<Operation>,
    /// The names and ids of what it is about.
    pub(crate) subject: &'a [String],
}

impl Rule {
    /// Reads a rule.
    pub(super) fn read(value: Value) -> Result<Self, String> {
        let mut members = Members::of(value, "the rule")?;
        let operation = match members.text("operation")? {
            None => None,
            Some(text) => Some(operation(&text)?),
        };
        let name = members.text("name")?;
        let any = 1..=u64::MAX;
        let nth = members.number("nth", any.clone())?;
        let from = members.number("from", any.clone())?;
        let to = members.number("to", any.clone())?;
        let every = members.number("every", any)?;
        let fault = members.any("fault");
        members.finish()?;
        if nth.is_some() && (from.is_some() || to.is_some() || every.is_some()) {
            return Err("`nth` stands beside `from`, `to` or `every`".to_owned());
        }
        let fault = Fault::read(fault.ok_or("`fault` is missing")?)?;
        let (from, to) = match nth {
            Some(nth) => (nth, nth),
            None => (from.unwrap_or(1), to.unwrap_or(u64::MAX)),
        };
        if from > to {
            return Err("`from` is after `to`".to_owned());
        }
        if let Some(misfit) = operation.and_then(|operation| fault.misfit(operation)) {
            return Err(misfit.to_owned());
        }
        if let Some(operation) = operation.filter(|_| name.is_some()) {
            let creates = matches!(operation, Operation::CreateView | Operation::CreateAction);
            if creates && matches!(fault, Fault::Early(_)) {
                return Err("`early` comes before the body, which holds the name".to_owned());
            }
            if is_nameless(operation) {
                return Err("calls of this operation are about nothing that has a name".to_owned());
            }
        }
        Ok(Self {
            operation,
            name,
            from,
            to,
            every: every.unwrap_or(1),
            fault,
            matched: 0,
        })
    }

    /// Whether it tells calls apart by name.
    pub(super) fn asks_for_names(&self) -> bool {
        self.name.is_some()
    }

    /// Counts a call, where it is one of this rule's; returns whether the fault befalls it.
    pub(super) fn strikes(&mut self, call: Call<'_>) -> bool {
        let fits = self.operation.is_none_or(|own| call.operation == Some(own))
            && self
                .name
                .as_ref()
                .is_none_or(|own| call.subject.contains(own));
        if !fits {
            return false;
        }
        self.matched += 1;
        (self.from..=self.to).contains(&self.matched)
            && (self.matched - self.from + 1).is_multiple_of(self.every)
    }
}

fn is_nameless(operation: Operation) -> bool {
    use Operation::{ListTables, ListViews, RelayWebhook, Token};
    matches!(operation, Token | ListTables | ListViews | RelayWebhook)
}

fn operation(text: &str) -> Result<Operation, String> {
    use Operation as O;
    // Its words are those of the log; a new operation is one more line here.
    let words = [
        ("token", O::Token),
        ("listTables", O::ListTables),
        ("getTable", O::GetTable),
        ("listViews", O::ListViews),
        ("getView", O::GetView),
        ("createView", O::CreateView),
        ("replaceView", O::ReplaceView),
        ("deleteView", O::DeleteView),
        ("buildIndexes", O::BuildIndexes),
        ("relayWebhook", O::RelayWebhook),
        ("listActions", O::ListActions),
        ("getAction", O::GetAction),
        ("createAction", O::CreateAction),
        ("replaceAction", O::ReplaceAction),
        ("deleteAction", O::DeleteAction),
        ("testAction", O::TestAction),
    ];
    super::members::word("operation", text, &words)
}
