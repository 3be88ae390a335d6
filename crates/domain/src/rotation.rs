//! Rotation of secrets: which encrypted values are older than they should be.
//!
//! The age of a value is the time since it took the place of another one.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::address::Address;
use crate::applied::LastApplied;
use crate::instant::UtcMillis;

/// An encrypted value that should be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueSecret {
    /// The action that it belongs to.
    pub address: Address,
    /// The variable's name.
    pub name: String,
    /// Since when it is what it is; `None` where nobody knows: then it is due, for it may be of any age.
    pub since: Option<UtcMillis>,
}

/// Which of the encrypted values in `applied` are older than `max_age` at `now`, by action and name.
pub fn due_secrets(
    applied: &BTreeMap<Address, LastApplied>,
    max_age: Duration,
    now: UtcMillis,
) -> Vec<DueSecret> {
    let secrets = applied.values().flat_map(|applied| {
        let secrets = applied.secrets.iter();
        secrets.map(|(name, secret)| DueSecret {
            address: applied.address.clone(),
            name: name.clone(),
            since: secret.since,
        })
    });
    let is_due = |secret: &DueSecret| {
        let age = secret.since.map(|since| now.duration_since(since));
        age.is_none_or(|age| age > max_age)
    };
    secrets.filter(is_due).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applied::KeptSecret;
    use crate::key::{DigestKey, Fingerprint};
    use crate::projection::Projection;

    #[test]
    fn a_secret_is_due_once_it_is_older_than_the_age_or_of_unknown_age() {
        let now = UtcMillis::from_epoch_millis(1_000_000_000_000);
        let day = Duration::from_hours(24);
        let since = |age: Duration| {
            let millis = i64::try_from(age.as_millis()).unwrap();
            Some(UtcMillis::from_epoch_millis(now.epoch_millis() - millis))
        };
        let cases = [
            ("fresh", Some(now), false),
            ("at_the_limit", since(90 * day), false),
            ("past_it", since(90 * day + Duration::from_millis(1)), true),
            ("of_unknown_age", None, true),
            ("of_tomorrow", Some(now.saturating_add(day)), false),
        ];
        let address = Address::action("score");
        let id = "id-1".parse().unwrap();
        let fields = Projection::default();
        let key = DigestKey::new(|_| Fingerprint::new("k"));
        let secrets = BTreeMap::new();
        let mut applied = LastApplied::new(address.clone(), id, &fields, secrets, false, &key);
        for (name, since, _) in cases {
            let fingerprint = Fingerprint::new("f");
            let secret = KeptSecret { fingerprint, since };
            applied.secrets.insert(name.into(), secret);
        }
        let due = due_secrets(
            &[(address, applied)].into(),
            Duration::from_hours(90 * 24),
            now,
        );
        let due: Vec<&str> = due.iter().map(|secret| secret.name.as_str()).collect();
        assert_eq!(due, ["of_unknown_age", "past_it"]);
    }
}
