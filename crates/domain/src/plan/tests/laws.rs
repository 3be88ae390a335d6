//! Laws that hold for every project against every tenant.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// How many names of each kind there are.
const NAMES: usize = 6;

/// What is drawn of one resource; the number of its kind and name is its place in the project.
#[derive(Clone, Debug)]
struct Drawn {
    /// Which of the smaller numbers it needs, as far as they are there.
    needs: u8,
    description: u8,
    protect: bool,
    blocks: [u8; 4],
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (
        0..32_u8,
        0..3_u8,
        any::<bool>(),
        [0..3_u8, 0..3, 0..4, 0..3],
    )
        .prop_map(|(needs, description, protect, blocks)| Drawn {
            needs,
            description,
            protect,
            blocks,
        })
}

/// Resources by number: the first half views, the second half actions.
type Project = BTreeMap<usize, Drawn>;

fn project() -> impl Strategy<Value = Project> {
    btree_map(0..2 * NAMES, drawn(), 0..2 * NAMES)
}

fn document(project: &Project, number: usize, drawn: &Drawn) -> String {
    let name = |number: usize| format!("name_{}", number % NAMES);
    let first = number - number % NAMES;
    let needed: Vec<String> = (first..number)
        .filter(|other| drawn.needs >> (other - first) & 1 == 1 && project.contains_key(other))
        .map(name)
        .collect();
    let text = if first == 0 {
        let table = r#"{"table": "12345678-1234-1234-1234-123456789012"}"#.to_owned();
        let source = needed
            .first()
            .map(|name| format!(r#"{{"view": "{name}"}}"#));
        view(&name(number), &source.unwrap_or(table))
            .replace("long enough", &format!("long enough {}", drawn.description))
            .replace(
                ": 5}",
                &format!(r#": 5}}, "indexes": {{"auto": {}}}"#, drawn.blocks[0] > 0),
            )
    } else {
        let [enabled, cache, variables, dates] = drawn.blocks;
        let block = |choice: u8, texts: &[&str]| match choice.checked_sub(1) {
            None => String::new(),
            Some(index) => format!(", {}", texts[usize::from(index)]),
        };
        let cache = cache
            .checked_sub(1)
            .map(|ttl| format!(r#", "cache": {{"key": "k{number}", "ttl": {ttl}}}"#));
        let more = format!(r#", "dependencies": {needed:?}"#)
            + &block(enabled, &[r#""enabled": true"#, r#""enabled": false"#])
            + &cache.unwrap_or_default()
            + &block(
                variables,
                &[
                    r#""variables": []"#,
                    r#""variables": [{"name": "a", "type": "string", "encrypted": true, "valueFrom": {"env": "canary-a"}}]"#,
                    r#""variables": [{"name": "a", "type": "string", "valueFrom": {"file": "canary-b"}},
                    {"name": "b", "type": "integer", "value": 3}]"#,
                ],
            )
            + &block(
                dates,
                &[
                    r#""dateProcessing": {"sourceField": "a", "targetField": "b", "timestamp": "2024-01-01T00:00:00Z",
                    "timezone": "UTC", "operation": "ADD_OFFSET"}"#,
                    r#""dateProcessing": {"sourceField": "a", "targetField": "b", "timestamp": "2024-01-01T00:00:00Z",
                    "timezone": "Asia/Tokyo", "operation": "ADD_OFFSET", "precision": 0}"#,
                ],
            );
        action(&name(number), &more).replace(r#""d""#, &format!(r#""d{}""#, drawn.description))
    };
    let protection = format!(r#"", "protect": {}}}, "spec""#, drawn.protect);
    text.replace(r#""}, "spec""#, &protection)
}

fn documents(project: &Project) -> String {
    project
        .iter()
        .map(|(number, drawn)| document(project, *number, drawn))
        .collect()
}

/// A world with a past: one project was applied, another one's fields were written over it by somebody else, the journal
/// forgot some, some were made anew under other ids; and a third project is to be applied now.
fn world() -> impl Strategy<Value = World> {
    let chances = vec(0..8_u8, 2 * NAMES);
    (project(), project(), project(), chances, any::<bool>()).prop_map(
        |(past, moved, now, chances, prune)| {
            let mut world = World::new(&documents(&past)).settled();
            let moved = World::new(&documents(&moved)).settled();
            for (index, chance) in chances.iter().enumerate() {
                let kind = if index < NAMES {
                    ResourceKind::View
                } else {
                    ResourceKind::Action
                };
                let address = Address {
                    kind,
                    name: format!("name_{}", index % NAMES),
                };
                let same = |there: &ObservedResource| there.address() == address;
                match chance {
                    0 | 1 => {
                        let fields = moved.there.iter().find(|there| same(there));
                        let there = world.there.iter_mut().find(|there| same(there));
                        if let (Some(there), Some(moved)) = (there, fields) {
                            there.fields = moved.fields.clone();
                            there.document = moved.document.clone();
                        }
                    }
                    2 => drop(world.applied.remove(&address)),
                    3 => world.there.retain(|there| !same(there)),
                    4 => {
                        for there in world.there.iter_mut().filter(|there| same(there)) {
                            there.id = format!("other-{index}").parse().unwrap();
                        }
                    }
                    _ => {}
                }
            }
            world.scope.prune = prune;
            world.with_project(&documents(&now))
        },
    )
}

proptest! {
    /// A plan that was carried out leaves nothing to do and nothing to note.
    #[test]
    fn plan_after_apply_is_empty(world in world()) {
        let first = world.plan();
        let settled = world.after(&first);
        let second = settled.plan();
        prop_assert_eq!(&second.changes, &Vec::new());
        prop_assert_eq!(&second.to_note, &Vec::new());
        prop_assert_eq!(second.unchanged, settled.manifest.resources().len());
        prop_assert_eq!(second.requests.total(), 0);
        prop_assert_eq!(second.kept.keys().collect::<Vec<_>>(), first.kept.keys().collect::<Vec<_>>());
    }

    /// Every change stands after all that it waits for, views are written before actions, and deletes come last.
    #[test]
    fn changes_are_in_order(world in world()) {
        let plan = world.plan();
        let mut done = BTreeSet::new();
        for change in &plan.changes {
            prop_assert!(change.after.is_subset(&done), "{} before {:?}", change.address, change.after);
            prop_assert!(done.insert(change.address.clone()));
        }
        let rank = |change: &Change| {
            let delete = change.kind == ChangeKind::Delete;
            // Deletes go the other way: actions first.
            (delete, (change.address.kind == ResourceKind::Action) != delete)
        };
        prop_assert!(plan.changes.iter().map(rank).is_sorted());
    }

    /// Nothing is deleted but what the journal knows by its id, no manifest names, and nothing that stays needs.
    #[test]
    fn deletes_touch_nothing_that_stays(world in world()) {
        let plan = world.plan();
        let deletes = plan.changes.iter().filter(|change| change.kind == ChangeKind::Delete);
        for change in deletes {
            let applied = world.applied.get(&change.address);
            prop_assert!(world.scope.prune);
            prop_assert_eq!(applied.map(|applied| &applied.id), change.id.as_ref());
            prop_assert_eq!(applied.map(|applied| applied.protect), Some(false));
            prop_assert!(world.manifest.get(&change.address).is_none());
        }
        let settled = world.after(&plan);
        let names: BTreeSet<Address> = settled.there.iter().map(ObservedResource::address).collect();
        for address in plan.kept.keys() {
            prop_assert!(names.contains(address));
        }
        for declared in settled.manifest.resources() {
            for name in declared.1.resource.needs() {
                let needed = Address { kind: declared.0.kind, name: name.to_owned() };
                prop_assert!(names.contains(&needed), "{} needs {}", declared.0, needed);
            }
        }
    }

    /// The estimate is what was spent, and two requests an update, one a create or a delete, one more to build indexes, one
    /// more to look by id for what was applied and is gone, and two more for the blocks of a new action, which a tenant may leave out of its answer or ignore.
    #[test]
    fn requests_are_counted_by_change(world in world(), listed in 0..5_u64) {
        let mut spent = RequestCount::default();
        spent.add(Operation::ListViews, listed);
        let plan = world.plan_after(&spent);
        let desired = world.desired();
        let builds = plan.changes.iter().filter(|change| {
            change.kind != ChangeKind::Delete
                && matches!(&desired[&change.address].body, Body::View(view) if !view.auto_indexes)
        });
        let owed = plan.changes.iter().filter(|change| {
            change.kind == ChangeKind::Create
                && matches!(
                    &desired[&change.address].body,
                    Body::Action(action)
                        if action.cache.is_some() || action.variables.is_some() || action.dates.is_some()
                )
        });
        let looked_for = plan.changes.iter().filter(|change| {
            change.kind == ChangeKind::Create && change.cause == Cause::Drift
        });
        let changes = plan.changes.len()
            + looked_for.count()
            + plan.count(ChangeKind::Update)
            + builds.count()
            + 2 * owed.count();
        prop_assert_eq!(plan.requests.total(), listed + changes as u64);
    }

    /// No value that came by reference is in a plan, and the same world gives the same plan in whatever order the
    /// tenant lists it.
    #[test]
    fn plans_are_silent_and_deterministic(world in world()) {
        let plan = world.plan();
        let shown = format!("{plan:?}");
        prop_assert!(!shown.contains("canary"));
        let mut shuffled = world;
        shuffled.there.reverse();
        prop_assert_eq!(format!("{:?}", shuffled.plan()), shown);
    }

    /// With targets, only they and what they need are written, each as the whole plan would.
    #[test]
    fn a_plan_of_targets_is_part_of_the_whole(world in world(), picked in any::<Index>()) {
        let declared: Vec<Address> = world.manifest.resources().keys().cloned().collect();
        prop_assume!(!declared.is_empty());
        let target = picked.get(&declared).to_string();
        let mut whole = world.clone();
        whole.scope.prune = false;
        let whole = whole.plan();
        let part = World { scope: PlanScope::default(), ..world }.with_targets(&[&target]).plan();
        for change in &part.changes {
            prop_assert!(whole.changes.contains(change));
        }
        let outside = whole.changes.iter().filter(|change| !part.changes.contains(change));
        for change in outside {
            prop_assert_ne!(change.address.to_string(), target.as_str());
        }
    }
}
