//! Whatever the graph, boxes keep apart, everything is inside the picture, and lines lead from box to box.

use super::*;

/// Numbers that look random and are the same in every run.
fn numbers(mut seed: u64) -> impl FnMut(usize) -> usize {
    move |below| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    }
}

/// What it is, the widths of its boxes, and its edges.
type Example = (String, Vec<i64>, Vec<(usize, usize)>);

/// Graphs of every shape.
fn graphs() -> Vec<Example> {
    let same = |count: usize| vec![100; count];
    let mut graphs = vec![
        ("nothing".to_owned(), vec![], vec![]),
        ("one".to_owned(), same(1), vec![]),
        ("itself".to_owned(), same(1), vec![(0, 0)]),
        ("two in a circle".to_owned(), same(2), vec![(0, 1), (1, 0)]),
        ("apart".to_owned(), same(50), vec![]),
        (
            "star".to_owned(),
            same(60),
            (1..60).map(|node| (node, 0)).collect(),
        ),
        (
            "chain with a leap".to_owned(),
            same(60),
            (1..60)
                .map(|node| (node, node - 1))
                .chain([(59, 24)])
                .collect(),
        ),
        (
            "circle".to_owned(),
            same(30),
            (0..30).map(|node| (node, (node + 1) % 30)).collect(),
        ),
    ];
    for seed in 0..40 {
        let mut number = numbers(seed);
        let nodes = 1 + number(60);
        let widths = (0..nodes).map(|_| 40 + length(number(200))).collect();
        let count = number(2 * nodes);
        let edges = (0..count).map(|_| (number(nodes), number(nodes))).collect();
        graphs.push((format!("seed {seed}"), widths, edges));
    }
    graphs
}

#[test]
fn boxes_keep_apart_and_inside_the_picture() {
    for (label, widths, edges) in graphs() {
        let layout = layout(&widths, &edges);
        assert_eq!(layout.boxes.len(), widths.len(), "case: {label}");
        for (at, one) in layout.boxes.iter().enumerate() {
            assert_eq!(one.width, widths[at], "case: {label}");
            let inside = one.x >= 0
                && one.y >= 0
                && one.x + one.width <= layout.width
                && one.y + BOX_HEIGHT <= layout.height;
            assert!(inside, "case: {label}, {one:?}");
            for other in &layout.boxes[at + 1..] {
                let beside = one.x + one.width <= other.x || other.x + other.width <= one.x;
                let above = (one.y - other.y).abs() > BOX_HEIGHT;
                assert!(beside || above, "case: {label}, {one:?} and {other:?}");
            }
        }
    }
}

#[test]
fn lines_lead_from_the_dependent_to_the_dependency_and_stay_inside() {
    for (label, widths, edges) in graphs() {
        let layout = layout(&widths, &edges);
        for ((from, to), route) in edges.iter().zip(&layout.routes) {
            for (end, node) in [(route[0], *from), (route[route.len() - 1], *to)] {
                let place = layout.boxes[node];
                let touches = [place.x, place.x + place.width].contains(&end.0);
                let beside = (place.y..=place.y + BOX_HEIGHT).contains(&end.1);
                assert!(touches && beside, "case: {label}, {end:?} and {place:?}");
            }
            let inside =
                |(x, y): &Point| (0..=layout.width).contains(x) && (0..=layout.height).contains(y);
            assert!(route.iter().all(inside), "case: {label}, {route:?}");
        }
    }
}

#[test]
fn no_line_crosses_a_box() {
    for (label, widths, edges) in graphs() {
        let layout = layout(&widths, &edges);
        for route in &layout.routes {
            for step in route.windows(2) {
                let ((x, y), (to_x, to_y)) = (step[0], step[1]);
                let crosses = |place: &&Rect| {
                    let beside = x.max(to_x) <= place.x || place.x + place.width <= x.min(to_x);
                    let above = y.max(to_y) <= place.y || place.y + BOX_HEIGHT <= y.min(to_y);
                    !beside && !above
                };
                let found = layout.boxes.iter().find(crosses);
                assert_eq!(found, None, "case: {label}, {step:?}");
            }
        }
    }
}

#[test]
fn dependencies_stand_to_the_right_unless_they_close_a_cycle() {
    let diamond = [(0, 1), (0, 2), (1, 3), (2, 3)];
    let layout = layout(&[50; 4], &diamond);
    for (from, to) in diamond {
        assert!(layout.boxes[from].x + 50 < layout.boxes[to].x);
    }
}

#[test]
fn a_tree_has_no_crossing_and_its_root_stands_in_the_middle() {
    let layout = layout(&[50; 4], &[(1, 0), (2, 0), (3, 0)]);
    let mut rows: Vec<i64> = layout.boxes[1..].iter().map(|place| place.y).collect();
    rows.sort_unstable();
    assert_eq!(layout.boxes[0].y, rows[1]);
}

#[test]
fn many_nodes_in_a_chain_and_leaps_over_all_of_it_are_no_trouble() {
    let many = 20_000;
    let chain = (1..many).map(|node| (node, node - 1));
    let leaps = (many / 2..many).map(|node| (node, 0));
    let edges: Vec<(usize, usize)> = chain.chain(leaps).collect();
    let layout = layout(&vec![40; many], &edges);
    assert_eq!(layout.routes.len(), edges.len());
}
