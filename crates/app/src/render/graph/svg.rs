//! A graph as a picture that stands alone: no script, no font and no file besides it, in light and dark.

use cxda_domain::project_graph::{NodeKind, ProjectNode};

use super::layout::{BOX_HEIGHT, Point, Rect, layout};
use super::{Shown, label};
use crate::render::{counted, safe};

/// Around the drawing.
const MARGIN: i64 = 24;
/// Above the drawing, for the legend.
const HEAD: i64 = 52;
/// How wide a character is; the font is of one width, and some fonts are wider than others.
const CHARACTER: i64 = 8;
/// Between the text of a box and its sides.
const PADDING: i64 = 16;
/// Longer names are cut; the whole name stands in the box's title.
const LONGEST: usize = 44;

/// Fonts of one width that are there on most systems, and how things look; dark where the reader wants it dark.
const STYLE: &str = include_str!("svg.css");

/// The graph as SVG.
pub(super) fn svg(shown: Shown<'_>) -> String {
    let nodes = shown.graph.nodes();
    let widths: Vec<i64> = nodes.iter().map(|node| width(&name(node))).collect();
    let ends: Vec<(usize, usize)> = shown
        .graph
        .edges()
        .iter()
        .map(|edge| (edge.from, edge.to))
        .collect();
    let drawn = layout(&widths, &ends);
    let (legend, legend_width) = legend(shown);
    let width = drawn.width.max(legend_width) + 2 * MARGIN;
    let height = drawn.height + HEAD + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title desc\">\n"
    );
    svg.push_str("<title id=\"title\">Dependency graph</title>\n");
    svg.push_str(&format!(
        "<desc id=\"desc\">{}</desc>\n",
        safe::xml(&described(shown))
    ));
    svg.push_str(&format!("<style>\n{STYLE}</style>\n"));
    svg.push_str("<defs>\n");
    for class in ["arrow", "arrow cycle"] {
        let id = class.replace(' ', "-");
        svg.push_str(&format!("<marker id=\"{id}\" class=\"{class}\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker>\n"));
    }
    svg.push_str("</defs>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n");
    svg.push_str(&format!(
        "<g transform=\"translate({MARGIN} {MARGIN})\">\n{legend}</g>\n"
    ));
    svg.push_str(&format!(
        "<g transform=\"translate({MARGIN} {})\">\n",
        MARGIN + HEAD
    ));
    for (edge, route) in shown.graph.edges().iter().zip(&drawn.routes) {
        let (class, marker) = if edge.on_cycle {
            ("edge cycle", "arrow-cycle")
        } else {
            ("edge", "arrow")
        };
        // What the change reaches, it reaches along this edge.
        let reaches =
            shown.is_reached(edge.from) && (shown.is_reached(edge.to) || shown.is_changed(edge.to));
        let faint = if shown.impact.is_some() && !reaches {
            " faint"
        } else {
            ""
        };
        let path = path(route);
        svg.push_str(&format!(
            "<path class=\"{class}{faint}\" d=\"{path}\" marker-end=\"url(#{marker})\"/>\n"
        ));
    }
    for (at, (node, place)) in nodes.iter().zip(&drawn.boxes).enumerate() {
        svg.push_str(&boxed(
            &classes(shown, at),
            node.id.kind,
            *place,
            &label(node),
            &name(node),
        ));
    }
    svg + "</g>\n</svg>\n"
}

/// The picture in words.
fn described(shown: Shown<'_>) -> String {
    let nodes = shown.graph.nodes();
    let (count, edges) = (nodes.len(), shown.graph.edges().len());
    let circular = nodes.iter().filter(|node| node.on_cycle).count();
    let edges = match edges {
        1 => "1 dependency".to_owned(),
        count => format!("{count} dependencies"),
    };
    let mut text = format!(
        "{}, {edges}, {circular} on a cycle.",
        counted(count, "node")
    );
    if let Some(impact) = shown.impact {
        let reached = impact.reached.len();
        let of = label(&nodes[impact.of]);
        text.push_str(&format!(
            " A change of {of} reaches {}.",
            counted(reached, "resource")
        ));
    }
    text
}

/// What each look means, of those that occur, and how wide that is.
fn legend(shown: Shown<'_>) -> (String, i64) {
    let nodes = shown.graph.nodes();
    let has = |test: fn(&ProjectNode) -> bool| nodes.iter().any(test);
    let mut entries: Vec<(&str, NodeKind, &str)> = NodeKind::ALL
        .into_iter()
        .filter(|kind| nodes.iter().any(|node| node.id.kind == *kind))
        .map(|kind| (kind.as_str(), kind, kind.as_str()))
        .collect();
    for (there, class, text) in [
        (has(|node| node.is_missing), "missing", "not in the project"),
        (has(|node| node.on_cycle), "cycle", "on a cycle"),
        (shown.impact.is_some(), "changed", "changed"),
        (shown.impact.is_some(), "reached", "reached by the change"),
    ] {
        if there {
            entries.push((class, NodeKind::View, text));
        }
    }
    let (mut svg, mut x) = (String::new(), 0);
    for (class, kind, text) in entries {
        let width = width(text);
        let place = Rect { x, y: 0, width };
        svg.push_str(&boxed(class, kind, place, text, text));
        x += width + PADDING;
    }
    (svg, (x - PADDING).max(0))
}

fn classes(shown: Shown<'_>, at: usize) -> String {
    let node = &shown.graph.nodes()[at];
    let is_beside = shown.impact.is_some() && !shown.is_reached(at) && !shown.is_changed(at);
    let mut classes = node.id.kind.as_str().to_owned();
    for (there, class) in [
        (node.is_missing, " missing"),
        (shown.is_changed(at), " changed"),
        (shown.is_reached(at), " reached"),
        (node.on_cycle, " cycle"),
        (is_beside, " faint"),
    ] {
        if there {
            classes.push_str(class);
        }
    }
    classes
}

/// A box in the shape of its kind, with its name.
fn boxed(classes: &str, kind: NodeKind, place: Rect, title: &str, name: &str) -> String {
    let Rect { x, y, width } = place;
    let (right, bottom) = (x + width, y + BOX_HEIGHT);
    let middle = y + BOX_HEIGHT / 2;
    let shape = match kind {
        NodeKind::Table => format!(
            "<path class=\"shape\" d=\"M{x} {top}a{rx} 4 0 0 1 {width} 0v{wall}a{rx} 4 0 0 1 -{width} 0z\"/><path class=\"shape\" d=\"M{x} {top}a{rx} 4 0 0 0 {width} 0\"/>",
            top = y + 4,
            rx = width / 2,
            wall = BOX_HEIGHT - 8,
        ),
        NodeKind::View => format!(
            "<rect class=\"shape\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BOX_HEIGHT}\" rx=\"2\"/>"
        ),
        NodeKind::Action => format!(
            "<rect class=\"shape\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BOX_HEIGHT}\" rx=\"{}\"/>",
            BOX_HEIGHT / 2
        ),
        NodeKind::Source => format!(
            "<path class=\"shape\" d=\"M{x} {middle}L{} {y}H{}L{right} {middle}L{} {bottom}H{}z\"/>",
            x + 10,
            right - 10,
            right - 10,
            x + 10
        ),
    };
    format!(
        "<g class=\"{classes}\"><title>{}</title>{shape}<text x=\"{}\" y=\"{}\">{}</text></g>\n",
        safe::xml(title),
        x + width / 2,
        middle + if kind == NodeKind::Table { 6 } else { 4 },
        safe::xml(name)
    )
}

/// A curve through the points, level at each.
fn path(route: &[Point]) -> String {
    let Some(((x, y), rest)) = route.split_first() else {
        return String::new();
    };
    let mut path = format!("M{x} {y}");
    let (mut x, mut y) = (*x, *y);
    for &(to_x, to_y) in rest {
        if (to_x, to_y) == (x, y) {
            continue;
        }
        if to_y == y {
            path.push_str(&format!("H{to_x}"));
        } else {
            let turn = i64::midpoint(x, to_x);
            path.push_str(&format!("C{turn} {y} {turn} {to_y} {to_x} {to_y}"));
        }
        (x, y) = (to_x, to_y);
    }
    path
}

/// The name in a box, cut where it is long.
fn name(node: &ProjectNode) -> String {
    safe::cut(&node.id.name, LONGEST)
}

/// How wide the box of `name` is; characters beyond ASCII may be twice as wide.
fn width(name: &str) -> i64 {
    let widths = name.chars().map(|c| if c.is_ascii() { 1 } else { 2 });
    widths.sum::<i64>() * CHARACTER + 2 * PADDING
}
