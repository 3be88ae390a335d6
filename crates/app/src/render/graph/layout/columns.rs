//! Coordinates for boxes and lines whose columns and order are known.
//!
//! Each column is moved as near to its neighbours as its order and the gaps let it.

use super::layers::{Item, Layers};
use super::{BOX_HEIGHT, COLUMN_GAP, LANE, Layout, Point, ROW_GAP, Rect, length};

/// How often columns are moved towards their neighbours.
const SWEEPS: usize = 6;
/// How far from the middle of a box an edge leaves that runs from the right to the left.
const BACK_PORT: i64 = 9;
/// How far the line of a box that depends on itself stands out.
const LOOP: i64 = 16;

/// Places for boxes of these widths and for these edges.
pub(super) fn place(layers: &Layers, widths: &[i64], edges: &[(usize, usize)]) -> Layout {
    let middles = middles(layers);
    let column_widths: Vec<i64> = layers
        .columns
        .iter()
        .map(|column| column.iter().map(|item| width(layers, widths, *item)).max())
        .map(Option::unwrap_or_default)
        .collect();
    // Column 0 is the rightmost.
    let mut lefts = vec![0; column_widths.len()];
    let mut x = 0;
    for (left, width) in lefts.iter_mut().zip(&column_widths).rev() {
        *left = x;
        x += width + COLUMN_GAP;
    }
    let boxes: Vec<Rect> = layers
        .column_of
        .iter()
        .zip(widths)
        .zip(&middles)
        .map(|((column, width), middle)| Rect {
            x: lefts[*column] + (column_widths[*column] - width) / 2,
            y: middle - BOX_HEIGHT / 2,
            width: *width,
        })
        .collect();
    let routes = edges.iter().enumerate().map(|(edge, (from, to))| {
        if from == to {
            return around(boxes[*from]);
        }
        let is_back = layers.is_back[edge];
        let (left, right) = if is_back { (*to, *from) } else { (*from, *to) };
        let port = if is_back { BACK_PORT } else { 0 };
        // Beside its box a line stays level, or it would cross wider boxes of the column.
        let (first, last) = (layers.column_of[left], layers.column_of[right]);
        let (leaves, arrives) = (middles[left] + port, middles[right] + port);
        let mut route = vec![
            (boxes[left].x + boxes[left].width, leaves),
            (lefts[first] + column_widths[first], leaves),
        ];
        for (lane, step) in layers.lanes[edge].iter().zip(1..) {
            let column = first - step;
            route.push((lefts[column], middles[*lane]));
            route.push((lefts[column] + column_widths[column], middles[*lane]));
        }
        route.push((lefts[last], arrives));
        route.push((boxes[right].x, arrives));
        if is_back {
            route.reverse();
        }
        route
    });
    let loops = edges.iter().any(|(from, to)| from == to);
    let lowest = middles
        .iter()
        .max()
        .map_or(0, |middle| middle + BOX_HEIGHT / 2);
    Layout {
        width: (x - COLUMN_GAP).max(0) + if loops { LOOP } else { 0 },
        height: lowest,
        routes: routes.collect(),
        boxes,
    }
}

/// The way from a box to itself, by the right of it.
fn around(place: Rect) -> Vec<Point> {
    let (right, middle) = (place.x + place.width, place.y + BOX_HEIGHT / 2);
    vec![
        (right, middle - BACK_PORT),
        (right + LOOP, middle),
        (right, middle + BACK_PORT),
    ]
}

fn width(layers: &Layers, widths: &[i64], item: usize) -> i64 {
    match layers.items[item] {
        Item::Node(node) => widths[node],
        Item::Lane => 0,
    }
}

/// How far the middles of two items must be apart.
fn apart(layers: &Layers, upper: usize, lower: usize) -> i64 {
    let half = |item: usize| match layers.items[item] {
        Item::Node(_) => BOX_HEIGHT / 2 + ROW_GAP / 2,
        Item::Lane => LANE / 2,
    };
    half(upper) + half(lower)
}

/// The y of each item's middle, the uppermost box touching 0.
fn middles(layers: &Layers) -> Vec<i64> {
    let mut middles = vec![0; layers.items.len()];
    for column in &layers.columns {
        let mut y = 0;
        for (at, item) in column.iter().enumerate() {
            if at > 0 {
                y += apart(layers, column[at - 1], *item);
            }
            middles[*item] = y;
        }
    }
    let count = layers.columns.len();
    for sweep in 0..SWEEPS {
        for step in 0..count {
            let at = if sweep % 2 == 0 {
                step
            } else {
                count - 1 - step
            };
            settle(layers, &layers.columns[at], &mut middles);
        }
    }
    let highest = middles.iter().min().copied().unwrap_or_default();
    for middle in &mut middles {
        *middle += BOX_HEIGHT / 2 - highest;
    }
    middles
}

/// Moves the items of a column as near as can be to the means of their neighbours.
///
/// Items that would come too near are moved as one: pooling adjacent violators, the least squares under an order.
fn settle(layers: &Layers, column: &[usize], middles: &mut [i64]) {
    // Without the gaps, what must keep its distance must only keep its order.
    let mut offset = 0;
    let mut offsets = Vec::with_capacity(column.len());
    let mut pools: Vec<(i64, i64)> = Vec::new();
    for (at, item) in column.iter().enumerate() {
        if at > 0 {
            offset += apart(layers, column[at - 1], *item);
        }
        offsets.push(offset);
        let neighbors = || layers.left[*item].iter().chain(&layers.right[*item]);
        let sum: i64 = neighbors().map(|other| middles[*other]).sum();
        let wanted = sum.checked_div(length(neighbors().count()));
        let mut pool = (wanted.unwrap_or(middles[*item]) - offset, 1);
        while let Some((sum, count)) = pools.pop() {
            if sum * pool.1 < pool.0 * count {
                pools.push((sum, count));
                break;
            }
            pool = (pool.0 + sum, pool.1 + count);
        }
        pools.push(pool);
    }
    let shifts = pools
        .iter()
        .flat_map(|(sum, count)| (0..*count).map(move |_| sum.div_euclid(*count)));
    for ((item, offset), shift) in column.iter().zip(offsets).zip(shifts) {
        middles[*item] = shift + offset;
    }
}
