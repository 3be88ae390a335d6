//! The columns of a drawn graph: which box stands in which, and in what order from above.
//!
//! Column 0 is the rightmost, where nothing has dependencies. An edge over several columns gets a lane in each between;
//! one that closes a cycle runs the other way round.

use super::length;

/// How often the order of the columns is improved from one side to the other.
const SWEEPS: usize = 12;
/// An edge over more columns runs straight, so that lanes cannot outnumber edges without limit.
const MOST_LANES: usize = 40;

/// What takes a place in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// The box of this node.
    Node(usize),
    /// A line that passes.
    Lane,
}

/// Boxes and lanes in columns.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) items: Vec<Item>,
    /// The items of each column, from above; column 0 is the rightmost.
    pub(super) columns: Vec<Vec<usize>>,
    /// For each item, its neighbours one column to the left.
    pub(super) left: Vec<Vec<usize>>,
    /// For each item, its neighbours one column to the right.
    pub(super) right: Vec<Vec<usize>>,
    /// For each edge, the items of its lanes from the left to the right.
    pub(super) lanes: Vec<Vec<usize>>,
    /// For each edge, whether it runs from the right to the left.
    pub(super) is_back: Vec<bool>,
    /// The column of each node.
    pub(super) column_of: Vec<usize>,
}

impl Layers {
    /// The columns of `nodes` nodes with these edges, each from a dependent to its dependency.
    pub(super) fn of(nodes: usize, edges: &[(usize, usize)]) -> Self {
        let is_back = back_edges(nodes, edges);
        let column_of = depths(nodes, edges, &is_back);
        let width = column_of.iter().max().map_or(0, |deepest| deepest + 1);
        let mut layers = Self {
            items: (0..nodes).map(Item::Node).collect(),
            columns: vec![Vec::new(); width],
            left: vec![Vec::new(); nodes],
            right: vec![Vec::new(); nodes],
            lanes: Vec::with_capacity(edges.len()),
            is_back,
            column_of,
        };
        for (node, column) in layers.column_of.iter().enumerate() {
            layers.columns[*column].push(node);
        }
        for (edge, (from, to)) in edges.iter().enumerate() {
            let (left, right) = if layers.is_back[edge] {
                (*to, *from)
            } else {
                (*from, *to)
            };
            let lanes = layers.lanes_between(left, right);
            layers.lanes.push(lanes);
        }
        layers.untangle();
        layers
    }

    /// Connects `left` with `right` and gives the lanes between them.
    fn lanes_between(&mut self, left: usize, right: usize) -> Vec<usize> {
        let (first, last) = (self.column_of[left], self.column_of[right]);
        if first <= last || first - last > MOST_LANES + 1 {
            return Vec::new();
        }
        let mut lanes = Vec::new();
        let mut before = left;
        for column in (last + 1..first).rev() {
            let lane = self.items.len();
            self.items.push(Item::Lane);
            self.left.push(Vec::new());
            self.right.push(Vec::new());
            self.columns[column].push(lane);
            self.connect(before, lane);
            lanes.push(lane);
            before = lane;
        }
        self.connect(before, right);
        lanes
    }

    fn connect(&mut self, left: usize, right: usize) {
        self.right[left].push(right);
        self.left[right].push(left);
    }

    /// Orders each column by where the neighbours stand, to and fro: the barycenter method.
    fn untangle(&mut self) {
        let mut place = vec![0; self.items.len()];
        for column in &self.columns {
            note(column, &mut place);
        }
        for sweep in 0..SWEEPS {
            let count = self.columns.len();
            for step in 1..count {
                let (column, neighbors) = if sweep % 2 == 0 {
                    (step, &self.right)
                } else {
                    (count - 1 - step, &self.left)
                };
                let items = &mut self.columns[column];
                items.sort_by_cached_key(|item| match mean(&neighbors[*item], &place) {
                    Some(mean) => mean,
                    None => length(place[*item]) * SCALE,
                });
                note(items, &mut place);
            }
        }
    }
}

/// Means are kept in fractions of this.
const SCALE: i64 = 1_024;

fn note(column: &[usize], place: &mut [usize]) {
    for (at, item) in column.iter().enumerate() {
        place[*item] = at;
    }
}

fn mean(neighbors: &[usize], place: &[usize]) -> Option<i64> {
    let sum: i64 = neighbors
        .iter()
        .map(|item| length(place[*item]) * SCALE)
        .sum();
    sum.checked_div(length(neighbors.len()))
}

/// The edges that close a cycle: those to a node whose own edges are being followed, itself among them.
fn back_edges(nodes: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        Not,
        UnderWay,
        Done,
    }
    let leaving = leaving(nodes, edges);
    let mut visits = vec![Visit::Not; nodes];
    let mut is_back = vec![false; edges.len()];
    for start in 0..nodes {
        if visits[start] != Visit::Not {
            continue;
        }
        visits[start] = Visit::UnderWay;
        let mut path = vec![(start, 0)];
        while let Some((node, next)) = path.pop() {
            let Some(edge) = leaving[node].get(next) else {
                visits[node] = Visit::Done;
                continue;
            };
            path.push((node, next + 1));
            let to = edges[*edge].1;
            match visits[to] {
                Visit::Not => {
                    visits[to] = Visit::UnderWay;
                    path.push((to, 0));
                }
                Visit::UnderWay => is_back[*edge] = true,
                Visit::Done => {}
            }
        }
    }
    is_back
}

/// For each node, its edges.
fn leaving(nodes: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut leaving = vec![Vec::new(); nodes];
    for (edge, (from, _)) in edges.iter().enumerate() {
        leaving[*from].push(edge);
    }
    leaving
}

/// The longest way from each node to one without dependencies, edges that close a cycle taken the other way round.
fn depths(nodes: usize, edges: &[(usize, usize)], is_back: &[bool]) -> Vec<usize> {
    let mut missing = vec![0_usize; nodes];
    let mut dependents = vec![Vec::new(); nodes];
    for ((from, to), is_back) in edges.iter().zip(is_back) {
        let (dependent, dependency) = if *is_back { (*to, *from) } else { (*from, *to) };
        if dependent != dependency {
            missing[dependent] += 1;
            dependents[dependency].push(dependent);
        }
    }
    let mut depths = vec![0; nodes];
    let mut free: Vec<usize> = (0..nodes).filter(|node| missing[*node] == 0).collect();
    while let Some(node) = free.pop() {
        for dependent in &dependents[node] {
            depths[*dependent] = depths[*dependent].max(depths[node] + 1);
            missing[*dependent] -= 1;
            if missing[*dependent] == 0 {
                free.push(*dependent);
            }
        }
    }
    depths
}
