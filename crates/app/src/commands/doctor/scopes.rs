//! What the token may do against what the commands need: neither less nor more (T-19).

use std::collections::{BTreeMap, BTreeSet};

use cxda_adapters_http::profile::ApiProfile;
use cxda_domain::request::Operation;

use super::checkup::Checkup;
use crate::exit::Exit;

/// What needs an operation, in words that follow "needed for".
const USES: [(&str, Need, &[Operation]); 6] = [
    (
        "reading views and tables (`plan`, `apply`, `get`)",
        Need::Always,
        &[
            Operation::ListViews,
            Operation::GetView,
            Operation::ListTables,
            Operation::GetTable,
        ],
    ),
    (
        "reading actions (`plan`, `apply`, `get`)",
        Need::Always,
        &[Operation::ListActions, Operation::GetAction],
    ),
    (
        "writing views (`apply`)",
        Need::Always,
        &[
            Operation::CreateView,
            Operation::ReplaceView,
            Operation::BuildIndexes,
        ],
    ),
    (
        "writing actions (`apply`)",
        Need::Always,
        &[Operation::CreateAction, Operation::ReplaceAction],
    ),
    (
        "webhooks by way of the tenant",
        Need::WithRelay,
        &[Operation::RelayWebhook],
    ),
    (
        "`apply --prune`",
        Need::OnDemand,
        &[Operation::DeleteView, Operation::DeleteAction],
    ),
];

/// When a use counts as needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Always,
    /// Where a webhook goes through the tenant.
    WithRelay,
    /// For a command that destroys; who does not use it should not be able to.
    OnDemand,
}

/// Whether webhooks go through the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relay {
    Used,
    Unused,
}

/// Which listings worked, whatever the scopes say.
#[derive(Clone, Debug, Default)]
pub(super) struct Proven(pub(super) BTreeSet<Operation>);

/// The uses of each scope that `profile` knows.
struct Uses {
    needed: BTreeMap<&'static str, Vec<&'static str>>,
    spare: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Uses {
    fn of(profile: &ApiProfile, relay: Relay) -> Self {
        let mut uses = Self {
            needed: BTreeMap::new(),
            spare: BTreeMap::new(),
        };
        for (words, need, operations) in USES {
            let is_needed = match need {
                Need::Always => true,
                Need::WithRelay => relay == Relay::Used,
                Need::OnDemand => false,
            };
            let side = if is_needed {
                &mut uses.needed
            } else {
                &mut uses.spare
            };
            for scope in operations.iter().filter_map(|each| profile.scope_of(*each)) {
                let known = side.entry(scope).or_default();
                if !known.contains(&words) {
                    known.push(words);
                }
            }
        }
        let needed = &uses.needed;
        uses.spare.retain(|scope, _| !needed.contains_key(scope));
        uses
    }
}

/// Compares what was `granted` with what `profile` says that operations need.
pub(super) fn judge(
    checkup: &mut Checkup,
    profile: &ApiProfile,
    granted: &[String],
    relay: Relay,
    proven: &Proven,
) {
    const NAME: &str = "scopes";
    let uses = Uses::of(profile, relay);
    let granted: BTreeSet<&str> = granted.iter().map(String::as_str).collect();
    let missing: Vec<String> = uses
        .needed
        .iter()
        .filter(|(scope, _)| !granted.contains(*scope))
        .map(|(scope, words)| format!("{scope} for {}", words.join(", ")))
        .collect();
    let beyond: Vec<String> = granted
        .iter()
        .filter(|scope| !uses.needed.contains_key(*scope))
        .map(|scope| match uses.spare.get(scope) {
            Some(words) => format!("{scope} (only for {})", words.join(", ")),
            None => format!("{scope} (for nothing that cxda does)"),
        })
        .collect();
    if missing.is_empty() && beyond.is_empty() {
        let all: Vec<&str> = granted.into_iter().collect();
        checkup.ok(
            NAME,
            format!("what is needed and no more: {}", all.join(" ")),
        );
        return;
    }
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("missing: {}", missing.join("; ")));
    }
    if !beyond.is_empty() {
        parts.push(format!("more than needed: {}", beyond.join("; ")));
    }
    let detail = parts.join(". ");
    // A listing that worked without the scope that the profile names for it proves the profile wrong, not the token.
    let contradicted = proven
        .0
        .iter()
        .filter_map(|operation| profile.scope_of(*operation))
        .any(|scope| !granted.contains(scope));
    if contradicted {
        let remedy = format!(
            "nothing at once: the tenant names its scopes otherwise than the API profile {}, and let us read all the same",
            profile.name()
        );
        checkup.warn(NAME, detail, remedy);
    } else if missing.is_empty() {
        let remedy = "take away from the client what you do not use, so that nobody can misuse it, or ask for less with `scopes` in [tenant.NAME.auth]";
        checkup.warn(NAME, detail, remedy);
    } else {
        let remedy = "grant the client what is missing; where `scopes` in [tenant.NAME.auth] or the API profile asks for less, ask for it there";
        checkup.fail(NAME, Exit::Denied, detail, remedy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::checks::{Check, CheckStatus};

    const NEEDED: &str = "data_actions:read data_actions:write dataactions:read dataactions:write";

    fn check(profile: &str, granted: &str, relay: Relay, proven: &[Operation]) -> Check {
        let granted: Vec<String> = granted.split(' ').map(ToOwned::to_owned).collect();
        let mut checkup = Checkup::default();
        let profile = ApiProfile::named(profile).unwrap();
        let proven = Proven(proven.iter().copied().collect());
        judge(&mut checkup, &profile, &granted, relay, &proven);
        checkup.into_checks().remove(0)
    }

    #[test]
    fn t_19_what_is_needed_and_no_more_is_fine() {
        let found = check("cxone-v2", NEEDED, Relay::Unused, &[]);
        assert_eq!(found.status, CheckStatus::Ok);
        let with_relay = format!("{NEEDED} webhooks:write");
        let found = check("cxone-v2", &with_relay, Relay::Used, &[]);
        assert_eq!(found.status, CheckStatus::Ok);
        for one_scope in ["actions", "cache", "datetime"] {
            let profile = ApiProfile::named(one_scope).unwrap();
            let all: BTreeSet<&str> = [Operation::ListViews, Operation::CreateAction]
                .into_iter()
                .filter_map(|operation| profile.scope_of(operation))
                .collect();
            let all: Vec<&str> = all.into_iter().collect();
            let found = check(one_scope, &all.join(" "), Relay::Used, &[]);
            assert_eq!(found.status, CheckStatus::Ok, "{one_scope}: {found:?}");
        }
    }

    #[test]
    fn t_19_deletes_and_unused_webhooks_are_more_than_needed() {
        for (scope, why) in [
            ("dataactions:delete", "`apply --prune`"),
            ("webhooks:write", "webhooks"),
            ("admin:everything", "nothing that cxda does"),
        ] {
            let granted = format!("{NEEDED} {scope}");
            let found = check("cxone-v2", &granted, Relay::Unused, &[]);
            assert_eq!(found.status, CheckStatus::Warning, "{scope}");
            let said = found.detail.contains(scope) && found.detail.contains(why);
            assert!(said, "{found:?}");
        }
    }

    #[test]
    fn what_is_missing_is_named_with_what_will_not_work() {
        for (scope, relay, why) in [
            ("data_actions:write", Relay::Unused, "writing views"),
            ("dataactions:read", Relay::Unused, "reading actions"),
            ("webhooks:write", Relay::Used, "webhooks"),
        ] {
            let granted: Vec<&str> = NEEDED.split(' ').filter(|each| *each != scope).collect();
            let found = check("cxone-v2", &granted.join(" "), relay, &[]);
            assert_eq!(found.status, CheckStatus::Failed, "{scope}");
            let want = format!("missing: {scope} for {why}");
            assert!(found.detail.contains(&want), "{found:?}");
        }
    }

    #[test]
    fn a_listing_that_worked_without_its_scope_puts_the_profile_in_doubt_and_not_the_token() {
        let found = check(
            "cxone-v2",
            "everything",
            Relay::Unused,
            &[Operation::ListViews],
        );
        assert_eq!(found.status, CheckStatus::Warning, "{found:?}");
    }
}
