//! What a collection promises, told through its public face.

use std::num::NonZeroUsize;

use super::*;

fn draft(id: &str, name: &str, value: u32) -> Draft<u32> {
    Draft {
        id: id.to_owned(),
        name: name.to_owned(),
        value,
    }
}

fn keyed(key: &str, payload: &str) -> Keyed {
    Keyed {
        key: IdempotencyKey::new(key),
        payload: Digest::of(payload),
    }
}

/// Records `r1` to `r{count}`, named `n1` to `n{count}`.
fn filled(count: u32) -> Collection<u32> {
    let mut collection = Collection::new(NameRule::Unique);
    for number in 1..=count {
        let new = draft(&format!("r{number}"), &format!("n{number}"), number);
        collection.insert(new, None).unwrap();
    }
    collection
}

fn limit(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

fn values(page: &Page<'_, u32>) -> Vec<u32> {
    page.records.iter().map(|record| record.value).collect()
}

#[test]
fn a_record_is_found_by_id_and_by_exact_name() {
    let collection = filled(3);
    assert_eq!(collection.get("r2").unwrap().value, 2);
    assert_eq!(collection.get("r4"), None);
    let bearers = |name: &str| collection.named(name).map(|r| r.value).collect::<Vec<_>>();
    assert_eq!(bearers("n3"), [3]);
    assert_eq!(bearers("N3"), [0_u32; 0]);
}

#[test]
fn ids_and_unique_names_are_taken_once() {
    let mut collection = filled(1);
    assert_eq!(
        collection.insert(draft("r1", "other", 0), None),
        Err(InsertError::IdTaken {
            id: "r1".to_owned()
        }),
    );
    assert_eq!(
        collection.insert(draft("r2", "n1", 0), None),
        Err(InsertError::NameTaken {
            holder: "r1".to_owned()
        }),
    );
    assert_eq!(collection.len(), 1);
}

#[test]
fn repeatable_names_are_listed_in_order_of_insertion() {
    let mut collection = Collection::new(NameRule::Repeatable);
    for number in 1..=3 {
        collection
            .insert(draft(&format!("r{number}"), "same", number), None)
            .unwrap();
    }
    collection
        .replace("r1", Precondition::None, "moved", 1)
        .unwrap();
    collection
        .replace("r1", Precondition::None, "same", 1)
        .unwrap();
    let found: Vec<u32> = collection.named("same").map(|r| r.value).collect();
    assert_eq!(found, [1, 2, 3]);
}

#[test]
fn every_version_has_a_tag_of_its_own_even_after_a_record_came_back() {
    let mut collection = filled(1);
    let mut tags = vec![collection.get("r1").unwrap().tag.clone()];
    let again = collection
        .replace("r1", Precondition::None, "n1", 1)
        .unwrap();
    tags.push(again.tag.clone());
    collection.remove("r1").unwrap();
    let back = collection.insert(draft("r1", "n1", 1), None).unwrap();
    tags.push(back.record().tag.clone());
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3);
}

#[test]
fn a_replace_needs_the_present_tag() {
    let mut collection = filled(1);
    let read_as = collection.get("r1").unwrap().tag.clone();
    let next = collection
        .replace("r1", Precondition::Tag(&read_as), "n1", 10)
        .unwrap();
    assert_eq!(
        collection.replace("r1", Precondition::Tag(&read_as), "n1", 11),
        Err(ReplaceError::VersionMismatch {
            current: next.tag.clone()
        }),
    );
    assert_eq!(collection.get("r1").unwrap().value, 10);
    let unconditional = collection.replace("r1", Precondition::None, "n1", 12);
    assert_eq!(unconditional.unwrap().value, 12);
    assert_eq!(
        collection.replace("r2", Precondition::None, "n2", 1),
        Err(ReplaceError::NotFound),
    );
}

#[test]
fn a_replace_may_rename_but_not_to_the_name_of_another() {
    let mut collection = filled(2);
    assert_eq!(
        collection.replace("r1", Precondition::None, "n2", 1),
        Err(ReplaceError::NameTaken {
            holder: "r2".to_owned()
        }),
    );
    collection
        .replace("r1", Precondition::None, "fresh", 1)
        .unwrap();
    assert_eq!(collection.named("n1").count(), 0);
    assert_eq!(collection.named("fresh").count(), 1);
    collection.insert(draft("r3", "n1", 3), None).unwrap();
    let order: Vec<&str> = collection.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(order, ["r1", "r2", "r3"]);
}

#[test]
fn a_key_sent_again_gives_the_first_answer_whatever_happened_since() {
    let mut collection = Collection::new(NameRule::Unique);
    let first = collection
        .insert(draft("r1", "n1", 1), Some(keyed("k", "body")))
        .unwrap();
    let first = Arc::clone(first.record());
    collection
        .replace("r1", Precondition::None, "renamed", 2)
        .unwrap();
    let again = collection.insert(draft("r9", "n1", 1), Some(keyed("k", "body")));
    assert_eq!(again, Ok(Inserted::Replayed(Arc::clone(&first))));
    collection.remove("r1");
    let again = collection.insert(draft("r9", "n1", 1), Some(keyed("k", "body")));
    assert_eq!(again, Ok(Inserted::Replayed(first)));
    assert!(collection.is_empty());
}

#[test]
fn a_key_answers_for_one_payload_only() {
    let mut collection = Collection::new(NameRule::Unique);
    collection
        .insert(draft("r1", "n1", 1), Some(keyed("k", "body")))
        .unwrap();
    let other = collection.insert(draft("r2", "n2", 2), Some(keyed("k", "other")));
    assert_eq!(other, Err(InsertError::KeyReused));
    assert_eq!(
        collection.answered(&keyed("k", "other")).unwrap_err(),
        KeyReused
    );
    assert_eq!(collection.answered(&keyed("new", "other")), Ok(None));
}

#[test]
fn a_refused_insert_leaves_its_key_free() {
    let mut collection = filled(1);
    let refused = collection.insert(draft("r2", "n1", 2), Some(keyed("k", "body")));
    assert!(matches!(refused, Err(InsertError::NameTaken { .. })));
    collection.remove("r1");
    let accepted = collection.insert(draft("r2", "n1", 2), Some(keyed("k", "body")));
    assert!(matches!(accepted, Ok(Inserted::New(_))));
}

#[test]
fn a_forgotten_key_is_a_new_key() {
    let mut collection = Collection::new(NameRule::Unique);
    let key = || Some(keyed("k", "body"));
    collection.insert(draft("r1", "n1", 1), key()).unwrap();
    collection.forget_keys();
    let again = collection.insert(draft("r2", "n1", 1), key());
    assert_eq!(
        again,
        Err(InsertError::NameTaken {
            holder: "r1".to_owned()
        })
    );
}

#[test]
fn an_amendment_keeps_the_version_and_the_first_answer() {
    let mut collection = Collection::new(NameRule::Unique);
    let first = collection
        .insert(draft("r1", "n1", 1), Some(keyed("k", "body")))
        .unwrap();
    assert!(collection.amend("r1", |value| *value = 7));
    assert!(!collection.amend("r2", |value| *value = 7));
    let present = collection.get("r1").unwrap();
    assert_eq!((present.value, &present.tag), (7, &first.record().tag));
    assert_eq!(first.record().value, 1);
}

#[test]
fn pages_by_offset_cover_the_listing_once() {
    let collection = filled(5);
    let cases: &[(usize, usize, &[u32], bool)] = &[
        (0, 5, &[1, 2, 3, 4, 5], false),
        (0, 6, &[1, 2, 3, 4, 5], false),
        (0, 4, &[1, 2, 3, 4], true),
        (4, 4, &[5], false),
        (5, 4, &[], false),
        (usize::MAX, usize::MAX, &[], false),
    ];
    for &(offset, count, want, more) in cases {
        let page = collection.page_at(offset, limit(count));
        assert_eq!(values(&page), want, "offset {offset}, limit {count}");
        assert_eq!(
            page.next.is_some(),
            more,
            "more at offset {offset}, limit {count}"
        );
        assert_eq!(page.total, 5);
    }
}

#[test]
fn pages_by_token_cover_the_listing_once_and_end_without_a_token() {
    for count in 1..=6 {
        let collection = filled(5);
        let (mut seen, mut token) = (Vec::new(), None::<String>);
        loop {
            let page = collection
                .page_after(token.as_deref(), limit(count))
                .unwrap();
            seen.extend(values(&page));
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, [1, 2, 3, 4, 5], "limit {count}");
    }
}

#[test]
fn a_token_holds_its_place_while_others_come_and_go() {
    let mut collection = filled(4);
    let token = collection.page_after(None, limit(2)).unwrap().next.unwrap();
    collection.remove("r1");
    collection.remove("r2");
    collection.insert(draft("r5", "n5", 5), None).unwrap();
    let rest = collection.page_after(Some(&token), limit(9)).unwrap();
    assert_eq!(values(&rest), [3, 4, 5]);
}

#[test]
fn a_token_that_was_never_given_out_is_refused() {
    let collection = filled(3);
    for token in [
        "", "2", "after-", "after-0", "after-4", "after-+1", "after--1", "AFTER-1",
    ] {
        assert_eq!(
            collection.page_after(Some(token), limit(1)),
            Err(UnknownPageToken),
            "token {token:?}"
        );
    }
    assert!(filled(0).page_after(Some("after-1"), limit(1)).is_err());
}

#[test]
fn a_restored_collection_goes_on_where_the_other_stood() {
    let mut collection = Collection::new(NameRule::Unique);
    collection
        .insert(draft("r1", "n1", 1), Some(keyed("k", "body")))
        .unwrap();
    collection.insert(draft("r2", "n2", 2), None).unwrap();
    collection.remove("r2");
    let mut restored = Collection::restore(NameRule::Unique, collection.snapshot()).unwrap();
    assert_eq!(restored.snapshot(), collection.snapshot());
    let next = |collection: &mut Collection<u32>| {
        let inserted = collection.insert(draft("r3", "n3", 3), None).unwrap();
        inserted.record().tag.clone()
    };
    assert_eq!(next(&mut restored), next(&mut collection));
    let replayed = restored.insert(draft("r9", "n1", 1), Some(keyed("k", "body")));
    assert!(matches!(replayed, Ok(Inserted::Replayed(_))));
}

#[test]
fn a_snapshot_that_no_collection_gave_is_refused() {
    let good = filled(2).snapshot();
    let edit = |change: fn(&mut Record<u32>)| {
        let mut bad = good.clone();
        change(Arc::make_mut(&mut bad.records[1]));
        Collection::restore(NameRule::Unique, bad).map(|_| ())
    };
    let repeated = |what, text: &str| RestoreError::Repeated {
        what,
        text: text.to_owned(),
    };
    assert_eq!(
        edit(|record| "r1".clone_into(&mut record.id)),
        Err(repeated("id", "r1"))
    );
    assert_eq!(
        edit(|record| "n1".clone_into(&mut record.name)),
        Err(repeated("name", "n1"))
    );
    let misplaced = Err(RestoreError::OutOfSequence {
        id: "r2".to_owned(),
    });
    assert_eq!(edit(|record| record.sequence = 1), misplaced);
    assert_eq!(edit(|record| record.sequence = 3), misplaced);
}
