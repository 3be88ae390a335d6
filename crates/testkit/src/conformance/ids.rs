//! What every source of ids promises.

use std::collections::BTreeSet;

use cxda_ports::ids::IdSource;

/// The whole suite.
pub fn keeps_its_promises(ids: &dyn IdSource) {
    let mut seen = BTreeSet::new();
    for _ in 0..1_000 {
        let id = ids.fresh();
        assert!(is_uuid(&id), "{id} has the form of a UUID in lower case");
        assert!(seen.insert(id), "no id comes twice");
    }
}

fn is_uuid(id: &str) -> bool {
    let parts: Vec<_> = id.split('-').map(str::len).collect();
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte) || byte == b'-';
    parts == [8, 4, 4, 4, 12] && id.bytes().all(hex)
}
