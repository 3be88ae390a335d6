//! Where the boxes and lines of a drawn graph stand: dependents to the left, what they depend on to the right.
//!
//! It knows boxes and edges, not what they mean. All numbers are whole pixels, so a picture is the same everywhere; no
//! function recurses, and time and memory grow with nodes and edges alone.

use std::collections::VecDeque;

mod columns;
mod layers;

use self::layers::Layers;

/// Height of every box.
pub(super) const BOX_HEIGHT: i64 = 30;
/// Between boxes above each other.
const ROW_GAP: i64 = 14;
/// Between a box and a line that passes it.
const LANE: i64 = 12;
/// Between columns: room for lines to turn.
const COLUMN_GAP: i64 = 64;
/// Between parts of the graph that nothing connects.
const PART_GAP: i64 = 30;

/// A point of the picture; y grows downwards.
pub(super) type Point = (i64, i64);

/// Where a box stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
}

/// A graph with a place for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) width: i64,
    pub(super) height: i64,
    /// A place for each node.
    pub(super) boxes: Vec<Rect>,
    /// For each edge, the points from the one box to the other; a curve connects each with the next.
    pub(super) routes: Vec<Vec<Point>>,
}

/// Places boxes of these widths, and edges between them, each from a dependent to its dependency.
pub(super) fn layout(widths: &[i64], edges: &[(usize, usize)]) -> Layout {
    let mut drawn: Vec<(Part, Layout)> = parts(widths.len(), edges)
        .into_iter()
        .map(|part| {
            let widths: Vec<i64> = part.nodes.iter().map(|node| widths[*node]).collect();
            let layers = Layers::of(widths.len(), &part.ends);
            let layout = columns::place(&layers, &widths, &part.ends);
            (part, layout)
        })
        .collect();
    // The largest stand first; sorting is stable, so equals keep the order of their nodes.
    drawn.sort_by_key(|(part, layout)| std::cmp::Reverse((part.nodes.len() > 1, layout.height)));
    let mut whole = Layout {
        boxes: vec![Rect::default(); widths.len()],
        routes: vec![Vec::new(); edges.len()],
        ..Layout::default()
    };
    let widest = drawn.iter().map(|(_, layout)| layout.width).max();
    let area: i64 = drawn
        .iter()
        .map(|(_, layout)| layout.width * layout.height)
        .sum();
    // Half as wide again as high.
    let shelf = (area * 3 / 2).isqrt().max(widest.unwrap_or_default());
    let (mut x, mut y, mut lowest) = (0, 0, 0);
    for (part, layout) in drawn {
        if x > 0 && x + layout.width > shelf {
            (x, y) = (0, lowest + PART_GAP);
        }
        for (node, place) in part.nodes.iter().zip(layout.boxes) {
            whole.boxes[*node] = Rect {
                x: place.x + x,
                y: place.y + y,
                ..place
            };
        }
        for (edge, route) in part.edges.iter().zip(layout.routes) {
            whole.routes[*edge] = route.into_iter().map(|(px, py)| (px + x, py + y)).collect();
        }
        whole.width = whole.width.max(x + layout.width);
        lowest = lowest.max(y + layout.height);
        x += layout.width + PART_GAP;
    }
    whole.height = lowest;
    whole
}

/// Nodes that edges connect, in whatever direction, with their edges.
#[derive(Debug, Default)]
struct Part {
    nodes: Vec<usize>,
    edges: Vec<usize>,
    /// The ends of each edge, as positions in `nodes`.
    ends: Vec<(usize, usize)>,
}

fn parts(nodes: usize, edges: &[(usize, usize)]) -> Vec<Part> {
    let mut neighbors = vec![Vec::new(); nodes];
    for (from, to) in edges {
        neighbors[*from].push(*to);
        neighbors[*to].push(*from);
    }
    let mut parts: Vec<Part> = Vec::new();
    // The part of each node, and where in it the node stands.
    let mut place: Vec<Option<(usize, usize)>> = vec![None; nodes];
    for start in 0..nodes {
        if place[start].is_some() {
            continue;
        }
        let number = parts.len();
        let mut part = Part::default();
        let mut open = VecDeque::from([start]);
        while let Some(node) = open.pop_front() {
            if place[node].is_none() {
                place[node] = Some((number, part.nodes.len()));
                part.nodes.push(node);
                open.extend(&neighbors[node]);
            }
        }
        parts.push(part);
    }
    for (edge, (from, to)) in edges.iter().enumerate() {
        if let (Some((number, from)), Some((_, to))) = (place[*from], place[*to]) {
            parts[number].edges.push(edge);
            parts[number].ends.push((from, to));
        }
    }
    parts
}

/// A count as a length.
fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
