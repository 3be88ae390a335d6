//! Small changes of a document, one place at a time.

use serde_json::Value;

/// What becomes of one place.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Another value stands there.
    Put(Value),
    /// It is gone.
    Drop,
    /// The map there has one more key.
    Key(&'static str),
    /// The list there holds its first item this many times.
    Repeat(usize),
}

/// Every place in `document`, the root left out, as pointers.
pub(super) fn places(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    super::walk(document, "", &mut |at, _| found.push(at.to_owned()));
    found.retain(|at| !at.is_empty());
    found
}

/// `document` with `change` at `place`; `None` where that cannot be.
pub(super) fn changed(document: &Value, place: &str, change: &Change) -> Option<Value> {
    let mut document = document.clone();
    match change {
        Change::Put(value) => *document.pointer_mut(place)? = value.clone(),
        Change::Key(key) => {
            let map = document.pointer_mut(place)?.as_object_mut()?;
            map.insert((*key).to_owned(), Value::Null);
        }
        Change::Repeat(count) => {
            let list = document.pointer_mut(place)?.as_array_mut()?;
            let first = list.first()?.clone();
            *list = vec![first; *count];
        }
        Change::Drop => {
            let (parent, key) = place.rsplit_once('/')?;
            match document.pointer_mut(parent)? {
                Value::Object(map) => drop(map.remove(key)?),
                Value::Array(list) => drop(list.remove(key.parse().ok()?)),
                _ => return None,
            }
        }
    }
    Some(document)
}
