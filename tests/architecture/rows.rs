//! Every fault, every kind of bad input and every threat that has an id has a test that carries it in its name.
//!
//! Whether these tests test the right thing is for a reader to judge.

use std::collections::BTreeSet;

use crate::tree;

/// The letters of the tables, and how many rows each has.
const TABLES: [(char, u32); 3] = [('h', 38), ('m', 20), ('t', 21)];
/// Rows without a test of their name: locked builds are for continuous integration to see to.
const LATER: [(char, u32); 1] = [('t', 18)];

#[test]
fn every_row_has_a_test_of_its_name() {
    let mut tested = BTreeSet::new();
    for folder in ["crates", "tests"] {
        for file in tree::files(folder, ".rs") {
            for line in tree::read(&file).lines() {
                let name = line.split_once("fn ").map_or("", |(_, name)| name);
                let mut parts = name.split('_');
                if let (Some(letter), Some(number)) = (parts.next(), parts.next())
                    && let Ok(number) = number.parse::<u32>()
                {
                    tested.insert((letter.to_owned(), number));
                }
            }
        }
    }
    let rows = TABLES
        .iter()
        .flat_map(|(letter, rows)| (1..=*rows).map(move |row| (letter.to_string(), row)));
    let later = LATER.map(|(letter, row)| (letter.to_string(), row));
    let missing: Vec<_> = rows
        .filter(|row| !tested.contains(row) && !later.contains(row))
        .collect();
    assert!(
        missing.is_empty(),
        "no test carries {missing:?} in its name"
    );
}
