//! How latencies spread, as a picture for the page: bars whose places are percentages, so that text keeps its size.

use cxda_domain::metrics::{Latency, LatencyBin, WriteMetrics};

use super::page::{grouped, milliseconds};

/// How many bins a picture has at least, so that a single bar is no wall.
const LEAST_BINS: usize = 6;
/// Where the bars begin, how high the highest is, and where the scale stands, in pixels.
const TOP: f64 = 64.0;
const BARS: f64 = 136.0;
const SCALE: f64 = TOP + BARS + 20.0;
/// How high the whole is.
const HEIGHT: f64 = SCALE + 8.0;

/// The picture; `None` where there is no latency.
pub(super) fn histogram(writes: &WriteMetrics) -> Option<String> {
    let latency = writes.latency()?;
    let bins = writes.histogram();
    let columns = bins.len().max(LEAST_BINS);
    let start = (columns - bins.len()) / 2;
    let drawing = Drawing {
        bins: &bins,
        start: decimal(start),
        width: 100.0 / decimal(columns),
    };
    let mut svg = format!(
        "<svg class=\"chart\" width=\"100%\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
        described(&latency)
    );
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(1).max(1);
    svg.push_str(&format!(
        "<line class=\"base\" x1=\"0\" x2=\"100%\" y1=\"{0}\" y2=\"{0}\"/>\n",
        TOP + BARS
    ));
    for (at, bin) in bins.iter().enumerate() {
        svg.push_str(&drawing.bar(at, *bin, most));
    }
    for (at, bin) in bins.iter().enumerate() {
        svg.push_str(&drawing.tick(at, bin.above_ms));
    }
    if let Some(last) = bins.last().filter(|last| last.to_ms.is_finite()) {
        svg.push_str(&drawing.tick(bins.len(), last.to_ms));
    }
    // The highest stands on the first row, so that no line crosses the name of a higher one; names cover lines.
    let marks = [
        ("p99", latency.p99_ms),
        ("p95", latency.p95_ms),
        ("p50", latency.p50_ms),
    ];
    let marks = (0..).zip(marks);
    let marks: Vec<(String, String)> = marks
        .filter_map(|(row, (name, ms))| drawing.mark(row, name, ms))
        .collect();
    for (line, _) in &marks {
        svg.push_str(line);
    }
    for (_, name) in &marks {
        svg.push_str(name);
    }
    Some(svg + "</svg>")
}

/// The picture in words.
fn described(latency: &Latency) -> String {
    format!(
        "{} latencies: half are at most {}, 95 of 100 at most {}, 99 of 100 at most {}",
        grouped(latency.count),
        milliseconds(latency.p50_ms),
        milliseconds(latency.p95_ms),
        milliseconds(latency.p99_ms)
    )
}

struct Drawing<'a> {
    bins: &'a [LatencyBin],
    /// How many columns are free before the first bin.
    start: f64,
    /// Of a column, in percent.
    width: f64,
}

impl Drawing<'_> {
    /// Where a point stands so many columns from the first bin, in percent.
    fn x(&self, columns: f64) -> f64 {
        (self.start + columns) * self.width
    }

    fn bar(&self, at: usize, bin: LatencyBin, most: u64) -> String {
        if bin.count == 0 {
            return String::new();
        }
        // A bin of a few among thousands is still seen.
        let height = (BARS * count(bin.count) / count(most)).max(2.0);
        let x = self.x(decimal(at) + 0.06);
        let middle = self.x(decimal(at) + 0.5);
        let (width, y) = (self.width * 0.88, TOP + BARS - height);
        format!(
            "<rect class=\"bar\" x=\"{x:.2}%\" y=\"{y:.1}\" width=\"{width:.2}%\" height=\"{height:.1}\" rx=\"2\"/><text x=\"{middle:.2}%\" y=\"{:.1}\">{}</text>\n",
            y - 5.0,
            grouped(bin.count)
        )
    }

    fn tick(&self, at: usize, ms: f64) -> String {
        let label = if ms < 1_000.0 {
            format!("{ms}")
        } else {
            format!("{} s", ms / 1_000.0)
        };
        // At the edges a label would be cut in half.
        let x = self.x(decimal(at)).clamp(1.5, 98.5);
        format!("<text class=\"tick\" x=\"{x:.2}%\" y=\"{SCALE}\">{label}</text>\n")
    }

    /// A line at the percentile, and its name on a row of its own above the bars.
    fn mark(&self, row: u32, name: &str, ms: f64) -> Option<(String, String)> {
        let at = self.bins.iter().position(|bin| ms <= bin.to_ms)?;
        let bin = self.bins[at];
        let part = if bin.to_ms.is_finite() {
            (ms - bin.above_ms) / (bin.to_ms - bin.above_ms)
        } else {
            0.5
        };
        let x = self.x(decimal(at) + part);
        let y = 12.0 + 15.0 * f64::from(row);
        // The name stands on the side that has room.
        let (class, dx) = if x > 25.0 {
            ("mark before", -5)
        } else {
            ("mark", 5)
        };
        let line = format!(
            "<line class=\"rule\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"{:.1}\" y2=\"{}\"/>\n",
            y - 9.0,
            TOP + BARS
        );
        let name = format!(
            "<text class=\"{class}\" x=\"{x:.2}%\" dx=\"{dx}\" y=\"{y}\">{name} {}</text>\n",
            milliseconds(ms)
        );
        Some((line, name))
    }
}

/// Columns, of which there are a few.
fn decimal(columns: usize) -> f64 {
    u32::try_from(columns).map_or(f64::MAX, f64::from)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the height of a bar needs no more than 53 bits"
)]
fn count(count: u64) -> f64 {
    count as f64
}
