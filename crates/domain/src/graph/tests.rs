//! Cycles, order and impact by example, by law and at the contract's size.

use std::thread;

use proptest::prelude::*;

use super::*;

/// Nodes of a large graph; the contract's number.
const MANY: usize = 100_000;

/// A name and what it depends on.
type Declared<'a> = (&'a str, &'a [&'a str]);

fn graph<'a>(edges: &[Declared<'a>]) -> DependencyGraph<'a> {
    DependencyGraph::build(edges.iter().map(|(name, on)| (*name, on.iter().copied())))
}

fn cycles(edges: &[Declared<'_>]) -> Vec<String> {
    let cycles = graph(edges).cycles();
    cycles.iter().map(Cycle::to_string).collect()
}

#[test]
fn m_11_each_knot_of_names_is_one_cycle_with_its_whole_path() {
    let cases: &[(&str, &[Declared<'_>], &[&str])] = &[
        ("nothing", &[], &[]),
        ("one", &[("a", &[])], &[]),
        ("missing", &[("a", &["x", "y"])], &[]),
        ("itself", &[("a", &["a"])], &["a -> a"]),
        ("two", &[("a", &["b"]), ("b", &["a"])], &["a -> b -> a"]),
        ("repeated", &[("a", &["b", "b"]), ("b", &[])], &[]),
        (
            "smallest name first",
            &[("c", &["a"]), ("a", &["b"]), ("b", &["c"])],
            &["a -> b -> c -> a"],
        ),
        (
            "shortest",
            &[
                ("a", &["b", "c"]),
                ("b", &["c"]),
                ("c", &["d"]),
                ("d", &["a"]),
            ],
            &["a -> c -> d -> a"],
        ),
        (
            "first of equally short ones",
            &[
                ("a", &["c", "b"]),
                ("b", &["d"]),
                ("c", &["d"]),
                ("d", &["a"]),
            ],
            &["a -> b -> d -> a"],
        ),
        (
            "two apart, one behind the other",
            &[
                ("d", &["c"]),
                ("c", &["d", "b"]),
                ("b", &["a"]),
                ("a", &["b"]),
                ("e", &["d"]),
            ],
            &["a -> b -> a", "c -> d -> c"],
        ),
        (
            "declared twice",
            &[("a", &["b"]), ("b", &[]), ("b", &["a"])],
            &["a -> b -> a"],
        ),
    ];
    for (label, edges, wanted) in cases {
        assert_eq!(cycles(edges), *wanted, "case: {label}");
    }
}

/// Two views on one table are no cycle, and neither is a diamond: edges lead one way only.
#[test]
fn common_dependencies_are_no_cycle() {
    let table: &[Declared<'_>] = &[("table", &[]), ("one", &["table"]), ("two", &["table"])];
    let diamond: &[Declared<'_>] = &[
        ("top", &["left", "right"]),
        ("left", &["bottom"]),
        ("right", &["bottom"]),
        ("bottom", &[]),
    ];
    assert!(cycles(table).is_empty());
    assert!(cycles(diamond).is_empty());
}

#[test]
fn a_cycle_through_preferred_names_is_shown_rather_than_one_without() {
    let edges: &[Declared<'_>] = &[
        ("tenant-a", &["tenant-b", "z-ours"]),
        ("tenant-b", &["tenant-a"]),
        ("z-ours", &["tenant-a"]),
        ("tenant-c", &["tenant-c"]),
    ];
    let graph = graph(edges);
    let shown = |cycles: Vec<Cycle>| cycles.iter().map(Cycle::to_string).collect::<Vec<_>>();
    let tenant = ["tenant-a -> tenant-b -> tenant-a", "tenant-c -> tenant-c"];
    let ours = ["tenant-c -> tenant-c", "z-ours -> tenant-a -> z-ours"];
    assert_eq!(
        shown(graph.cycles_through(|name| name.starts_with("tenant"))),
        tenant
    );
    assert_eq!(
        shown(graph.cycles_through(|name| name.starts_with("z-"))),
        ours
    );
}

#[test]
fn dependencies_come_first_and_names_decide_between_equals() {
    let cases: &[(&[Declared<'_>], &str)] = &[
        (&[], ""),
        (&[("b", &[]), ("a", &[]), ("c", &[])], "a b c"),
        (&[("a", &["c"]), ("b", &[]), ("c", &[])], "b c a"),
        (&[("a", &[]), ("b", &["a"]), ("c", &[])], "a b c"),
        (&[("a", &["z", "missing"]), ("z", &[]), ("m", &[])], "m z a"),
        // The cycle b, c stands together, after what it depends on and before what depends on it.
        (
            &[("a", &["c"]), ("b", &["c"]), ("c", &["b", "x"]), ("x", &[])],
            "x b c a",
        ),
    ];
    for (edges, wanted) in cases {
        assert_eq!(graph(edges).dependencies_first().join(" "), *wanted);
    }
}

#[test]
fn levels_hold_what_can_be_worked_on_at_once() {
    let edges: &[Declared<'_>] = &[
        ("a", &["b", "d"]),
        ("b", &["c"]),
        ("c", &[]),
        ("d", &[]),
        ("e", &["f"]),
        ("f", &["e"]),
    ];
    let wanted = [vec!["c", "d", "e", "f"], vec!["b"], vec!["a"]];
    assert_eq!(graph(edges).levels(), wanted);
}

#[test]
fn neighbors_and_impact_follow_the_direction_of_the_question() {
    let edges: &[Declared<'_>] = &[
        ("a", &["b"]),
        ("b", &["d", "c", "missing"]),
        ("c", &["d"]),
        ("d", &[]),
        ("other", &[]),
    ];
    let graph = graph(edges);
    assert_eq!(
        graph.names().collect::<Vec<_>>(),
        ["a", "b", "c", "d", "other"]
    );
    assert_eq!(graph.dependencies_of("b"), ["c", "d"]);
    assert_eq!(graph.dependents_of("d"), ["b", "c"]);
    assert_eq!(graph.impact_of("d"), ["c", "b", "a"]);
    assert_eq!(graph.impact_of("a"), [""; 0]);
    for unknown in [graph.impact_of("missing"), graph.dependents_of("missing")] {
        assert!(unknown.is_empty());
    }
}

#[test]
fn impact_in_a_cycle_is_the_rest_of_it() {
    let edges: &[Declared<'_>] = &[("a", &["b"]), ("b", &["c"]), ("c", &["a"])];
    assert_eq!(graph(edges).impact_of("b"), ["a", "c"]);
}

#[test]
fn knots_are_all_names_on_cycles_and_no_others() {
    let cases: &[(&[Declared<'_>], &[&[&str]])] = &[
        (&[("a", &["b"]), ("b", &[])], &[]),
        (&[("a", &["a"]), ("b", &["a"])], &[&["a"]]),
        (
            &[
                ("d", &["c"]),
                ("c", &["d", "b"]),
                ("b", &["a"]),
                ("a", &["b"]),
                ("e", &["d"]),
            ],
            &[&["a", "b"], &["c", "d"]],
        ),
    ];
    for (edges, wanted) in cases {
        assert_eq!(graph(edges).knots(), *wanted);
    }
}

/// Runs `work` on a stack that no recursion over a large graph could fit.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(128 * 1_024);
    thread.spawn(work).unwrap().join().unwrap();
}

/// Names in order, so that the one at `index` is easily found.
fn many_names() -> Vec<String> {
    (0..MANY).map(|index| format!("n{index:06}")).collect()
}

#[test]
fn m_11_a_long_chain_needs_no_deep_stack() {
    on_a_small_stack(|| {
        let names = many_names();
        let chain = names.iter().enumerate().map(|(index, name)| {
            let next = names.get(index + 1).map(String::as_str);
            (name.as_str(), next)
        });
        let graph = DependencyGraph::build(chain);
        let order = graph.dependencies_first();
        assert!(graph.cycles().is_empty());
        assert!(order.iter().rev().eq(names.iter()));
        assert_eq!(graph.levels().len(), MANY);
        assert_eq!(graph.impact_of(&names[MANY - 1]).len(), MANY - 1);
    });
}

#[test]
fn m_11_a_long_cycle_needs_no_deep_stack() {
    on_a_small_stack(|| {
        let names = many_names();
        let circle = names.iter().enumerate().map(|(index, name)| {
            let next = names[(index + 1) % MANY].as_str();
            (name.as_str(), [next])
        });
        let graph = DependencyGraph::build(circle);
        let cycles = graph.cycles();
        assert_eq!(cycles.len(), 1);
        assert_eq!(cycles[0].names(), names);
        assert!(graph.dependencies_first().iter().eq(names.iter()));
        assert_eq!(graph.levels().len(), 1);
    });
}

#[test]
fn many_cycles_are_found_in_one_pass() {
    let names = many_names();
    // Pairs that depend on each other, each pair also on the next: a search that left its pair would take hours.
    let pairs = names.iter().enumerate().map(|(index, name)| {
        let after = names.get(index + 2).map(String::as_str);
        (
            name.as_str(),
            [Some(names[index ^ 1].as_str()), after]
                .into_iter()
                .flatten(),
        )
    });
    let graph = DependencyGraph::build(pairs);
    let cycles = graph.cycles();
    assert_eq!(cycles.len(), MANY / 2);
    assert_eq!(cycles[0].to_string(), "n000000 -> n000001 -> n000000");
}

type Edges = Vec<(String, Vec<String>)>;

fn built(edges: &Edges) -> DependencyGraph<'_> {
    DependencyGraph::build(
        edges
            .iter()
            .map(|(name, on)| (name.as_str(), on.iter().map(String::as_str))),
    )
}

/// Any graph of up to 12 nodes: each bit of a row is an edge, `allowed(from, to)` those that may be.
fn any_graph(allowed: fn(usize, usize) -> bool) -> impl Strategy<Value = Edges> {
    proptest::collection::vec(any::<u16>(), 1..12).prop_map(move |rows| {
        let name = |index: usize| format!("n{index:02}");
        let nodes = rows.len();
        rows.iter()
            .enumerate()
            .map(|(from, row)| {
                let on = (0..nodes).filter(|to| row >> to & 1 == 1 && allowed(from, *to));
                (name(from), on.map(name).collect())
            })
            .collect()
    })
}

fn position(order: &[&str], name: &str) -> usize {
    order.iter().position(|other| *other == name).unwrap()
}

/// Whether `name` leads back to itself, found by taking steps until nothing new is reached.
fn leads_back(edges: &Edges, name: &str) -> bool {
    let mut reached: Vec<&str> = vec![name];
    let mut next = 0;
    while let Some(current) = reached.get(next).copied() {
        next += 1;
        for (_, on) in edges.iter().filter(|(name, _)| name == current) {
            for dependency in on {
                if dependency == name {
                    return true;
                }
                if !reached.contains(&dependency.as_str()) {
                    reached.push(dependency);
                }
            }
        }
    }
    false
}

proptest! {
    /// Without a cycle, all that a name depends on stands before it, on an earlier level too.
    #[test]
    fn order_puts_dependencies_before_dependents(edges in any_graph(|from, to| to < from)) {
        let graph = built(&edges);
        prop_assert!(graph.cycles().is_empty());
        let order = graph.dependencies_first();
        let levels = graph.levels();
        let level = |name: &str| levels.iter().position(|level| level.contains(&name)).unwrap();
        prop_assert_eq!(order.len(), edges.len());
        for (name, on) in &edges {
            for dependency in on {
                prop_assert!(position(&order, dependency) < position(&order, name));
                prop_assert!(level(dependency) < level(name));
            }
        }
    }

    /// An edge from a name to one that depends on it closes a cycle, and the cycle has it.
    #[test]
    fn a_back_edge_makes_one_cycle(edges in any_graph(|from, to| to < from), pick in any::<usize>()) {
        let dependents: Vec<_> = edges.iter().filter(|(_, on)| !on.is_empty()).collect();
        prop_assume!(!dependents.is_empty());
        let (dependent, on) = dependents[pick % dependents.len()].clone();
        let mut closed = edges.clone();
        closed.push((on[0].clone(), vec![dependent.clone()]));
        let cycles = built(&closed).cycles();
        prop_assert_eq!(cycles.len(), 1);
        prop_assert!(leads_back(&closed, &cycles[0].names()[0]));
    }

    /// Each cycle follows edges, and together they account for every name that leads back to itself.
    #[test]
    fn cycles_are_real_and_none_is_missed(edges in any_graph(|_, _| true)) {
        let graph = built(&edges);
        let cycles = graph.cycles();
        for cycle in &cycles {
            let names = cycle.names();
            for (name, next) in names.iter().zip(names.iter().cycle().skip(1)) {
                prop_assert!(graph.dependencies_of(name).contains(&next.as_str()));
            }
        }
        for (name, _) in &edges {
            let only = graph.cycles_through(|other| other == name);
            let shown = only.iter().any(|cycle| cycle.names()[0] == *name);
            prop_assert_eq!(shown, leads_back(&edges, name), "case: {}", name);
            prop_assert_eq!(only.len(), cycles.len());
        }
    }

    /// Nothing depends on the order in which names and dependencies are given.
    #[test]
    fn the_order_of_the_input_changes_nothing(
        (edges, shuffled) in any_graph(|_, _| true)
            .prop_flat_map(|edges| (Just(edges.clone()), Just(edges).prop_shuffle())),
    ) {
        let mut reversed = shuffled;
        for (_, on) in &mut reversed {
            on.reverse();
        }
        let (left, right) = (built(&edges), built(&reversed));
        prop_assert_eq!(left.cycles(), right.cycles());
        prop_assert_eq!(left.dependencies_first(), right.dependencies_first());
        prop_assert_eq!(left.levels(), right.levels());
        prop_assert_eq!(left.impact_of("n00"), right.impact_of("n00"));
    }
}
