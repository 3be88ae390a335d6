//! Listings of honest servers cost nothing too much; those of others lose nothing, and all have an end.

use super::*;

/// Walks a listing by number whose pages hold `counts` items; gives how many requests that took.
fn walk(counts: &[usize], answer: impl Fn(usize) -> Said, asked: u32) -> usize {
    let page = |index: usize| {
        let names = 0..counts.get(index).copied().unwrap_or(0);
        names.map(|n| format!("{index}-{n}")).collect()
    };
    walk_pages(page, answer, asked)
}

/// `total` and `pageSize` of an answer.
type Said = (Option<u64>, Option<u64>);

fn walk_pages(
    page: impl Fn(usize) -> Vec<String>,
    answer: impl Fn(usize) -> Said,
    asked: u32,
) -> usize {
    let mut cursor = None;
    let mut requests = 0;
    loop {
        let place = NumberPlace::of(cursor.as_ref()).unwrap();
        let index = usize::try_from(place.page()).unwrap() - 1;
        requests += 1;
        let names = page(index);
        let ids: Vec<&str> = names.iter().map(String::as_str).collect();
        let (total, page_size) = answer(index);
        let held = Held {
            ids: &ids,
            total,
            page_size,
            asked,
        };
        match place.next(held).unwrap() {
            Some(next) => cursor = Some(next),
            None => return requests,
        }
    }
}

#[test]
fn an_honest_total_costs_no_request_too_many() {
    for (total, requests) in [
        (0, 1),
        (1, 1),
        (99, 1),
        (100, 1),
        (101, 2),
        (200, 2),
        (201, 3),
    ] {
        let mut rest = total;
        let mut counts = Vec::new();
        while rest > 0 {
            counts.push(rest.min(100));
            rest -= rest.min(100);
        }
        assert_eq!(
            walk(&counts, |_| (Some(total as u64), Some(100)), 100),
            requests,
            "total {total}"
        );
    }
}

#[test]
fn h_32_a_total_that_lies_or_is_absent_loses_nothing() {
    type Answers<'a> = &'a dyn Fn(usize) -> Said;
    let none = |_| (None, None);
    let zero_of_3 = |_| (Some(0), Some(3));
    let of_3 = |_| (None, Some(3));
    for (label, counts, answers, requests) in [
        (
            "absent, short last page",
            &[100, 100, 7][..],
            &none as Answers<'_>,
            3,
        ),
        ("absent, full last page", &[100, 100], &none, 3),
        ("absent, pages cut to 3", &[3, 3, 1], &none, 3),
        ("absent, pages said to be of 3", &[3, 3, 1], &of_3, 3),
        ("absent, one short page of 3", &[2], &of_3, 1),
        (
            "absent, one short page of 100",
            &[7],
            &|_| (None, Some(100)),
            1,
        ),
        ("absent, nothing", &[], &none, 1),
        ("zero, pages said to be of 3", &[3, 3, 1], &zero_of_3, 3),
        ("zero, the last of them full", &[3, 3], &zero_of_3, 3),
        (
            "zero, pages cut in silence",
            &[3, 3, 1],
            &|_| (Some(0), Some(100)),
            3,
        ),
        (
            "zero, pages of no size",
            &[3, 3, 1],
            &|_| (Some(0), Some(0)),
            3,
        ),
        (
            "absent, pages said to be longer than asked",
            &[3, 3, 1],
            &|_| (None, Some(500)),
            3,
        ),
        ("too low", &[100, 100, 7], &|_| (Some(3), None), 3),
        ("one too low", &[3, 3, 3], &|_| (Some(8), Some(3)), 4),
        (
            "one too low at the end of a page",
            &[3, 3, 1],
            &|_| (Some(6), Some(3)),
            2,
        ),
        (
            "of the page only",
            &[100, 100, 7],
            &|page| (Some([100, 100, 7][page]), None),
            1,
        ),
        ("too high", &[100, 7], &|_| (Some(1_000_000), None), 3),
        (
            "pages cut to 50",
            &[50, 50, 50],
            &|_| (Some(150), Some(100)),
            3,
        ),
        ("vanishing items", &[100, 99], &|_| (Some(200), None), 3),
    ] {
        assert_eq!(walk(counts, answers, 100), requests, "case: {label}");
    }
}

#[test]
fn h_32_items_that_come_again_do_not_count_towards_the_total() {
    for (count, size, overlap) in [(7_usize, 2_usize, 1_usize), (12, 3, 3), (5_000, 100, 7)] {
        let page = |index: usize| {
            let first = (index * size).saturating_sub(overlap);
            let last = (index * size + size).min(count);
            (first..last).map(|n| n.to_string()).collect()
        };
        let said = |_| (Some(count as u64), Some(size as u64));
        let requests = walk_pages(page, said, 100);
        assert_eq!(requests, count.div_ceil(size), "{count} items");
    }
}

#[test]
fn cursors_do_not_grow_with_the_listing() {
    let mut place = NumberPlace::of(None).unwrap();
    for page in 0..50 {
        let names: Vec<String> = (0..100).map(|n| format!("{page}-{n}")).collect();
        let held = Held {
            ids: &names.iter().map(String::as_str).collect::<Vec<_>>(),
            total: Some(1_000_000),
            page_size: None,
            asked: 100,
        };
        let cursor = place.next(held).unwrap().unwrap();
        assert!(cursor.as_str().len() < (LATEST_ITEMS + 10) * MARK_CHARS);
        place = NumberPlace::of(Some(&cursor)).unwrap();
    }
    assert_eq!(place.seen, 5_000);
}

#[test]
fn h_32_a_page_that_repeats_is_noticed_at_once() {
    let held = Held {
        ids: &["a", "b"],
        total: None,
        page_size: None,
        asked: 2,
    };
    let first = NumberPlace::of(None).unwrap().next(held).unwrap();
    let second = NumberPlace::of(first.as_ref()).unwrap();
    assert!(second.next(held).is_err());
}

#[test]
fn h_32_a_page_that_repeats_under_a_new_token_is_noticed_at_once() {
    let first = TokenPlace::of(None).unwrap();
    let next = first.next(Some("a"), &["1", "2"]).unwrap();
    let second = TokenPlace::of(next.as_ref()).unwrap();
    for (label, items, fits) in [
        ("the same", &["1", "2"][..], false),
        ("an overlap", &["2", "3"], true),
        ("nothing", &[], true),
    ] {
        assert_eq!(second.next(Some("b"), items).is_ok(), fits, "case: {label}");
    }
    let empty = second.next(Some("b"), &[]).unwrap();
    let third = TokenPlace::of(empty.as_ref()).unwrap();
    assert!(
        third.next(Some("c"), &[]).is_ok(),
        "empty pages may follow one another"
    );
}

#[test]
fn h_32_a_token_that_repeats_is_noticed_at_once() {
    let mut place = TokenPlace::of(None).unwrap();
    for token in ["a", "b:c", "d"] {
        let next = place.next(Some(token), &[token]).unwrap();
        place = TokenPlace::of(next.as_ref()).unwrap();
        assert_eq!(place.token(), Some(token));
    }
    for (token, fits) in [("a", false), ("b:c", false), ("d", false), ("e", true)] {
        assert_eq!(
            place.next(Some(token), &["new"]).is_ok(),
            fits,
            "token {token}"
        );
    }
    assert_eq!(place.next(None, &[]), Ok(None));
}

#[test]
fn cursors_of_another_listing_are_refused() {
    for text in [
        "",
        "t:",
        "n:x:0:",
        "n:1:0",
        "n:1:0:",
        "x:1:2:3:4:5",
        "n:1:0:x::",
    ] {
        let cursor = PageCursor::new(text);
        assert!(NumberPlace::of(Some(&cursor)).is_err(), "{text}");
    }
    assert!(TokenPlace::of(Some(&PageCursor::new("n:1:0:"))).is_err());
}

#[test]
fn listings_have_an_end() {
    let place = |page| NumberPlace {
        page,
        seen: 0,
        longest: 0,
        barren: 0,
        before: String::new(),
        latest: String::new(),
    };
    let held = Held {
        ids: &["a"],
        total: None,
        page_size: None,
        asked: 1,
    };
    assert!(place(MAX_PAGES - 1).next(held).is_ok());
    assert!(place(MAX_PAGES).next(held).is_err());
}

#[test]
fn h_32_pages_that_bring_nothing_new_are_not_asked_for_without_end() {
    let pages: [(&str, &[&[&str]]); 2] = [("empty", &[&[]]), ("two in turn", &[&["1"], &["2"]])];
    for (label, pages) in pages {
        let mut place = TokenPlace::of(None).unwrap();
        let asked = (0_usize..).take_while(|index| {
            let items = pages[index % pages.len()];
            let next = place.next(Some(&format!("token:{index}")), items);
            next.is_ok_and(|next| {
                place = TokenPlace::of(next.as_ref()).unwrap();
                true
            })
        });
        // What is new comes first.
        let first = pages.iter().filter(|items| !items.is_empty()).count();
        assert_eq!(asked.count(), first + 10, "case: {label}");
    }
    let mut place = NumberPlace::of(None).unwrap();
    let asked = (0_usize..).take_while(|index| {
        let held = Held {
            ids: [&["a"][..], &["b"]][index % 2],
            total: Some(1_000),
            page_size: None,
            asked: 1,
        };
        place.next(held).is_ok_and(|next| {
            place = NumberPlace::of(next.as_ref()).unwrap();
            true
        })
    });
    assert_eq!(asked.count(), 2 + 10);
}
