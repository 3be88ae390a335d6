//! Projects of any size, for benchmarks. Each benchmark uses a part of it.

use cxda_domain::node::Node;

/// The table that every view reads.
pub(crate) const TABLE: &str = "12345678-1234-1234-1234-123456789012";
/// How many bytes a script has.
const SCRIPT_BYTES: usize = 1_024;

/// One manifest with one action; each depends on the one before its tenth.
pub(crate) fn action(number: usize) -> String {
    let dependencies = if number.is_multiple_of(10) {
        String::new()
    } else {
        format!("action_{:05}", number - 1)
    };
    let line = "  total += context.input.values[7] * 1.25; // a line\n";
    let body = line.repeat(SCRIPT_BYTES / line.len());
    let script =
        format!("function main(context) {{\n  let total = {number};\n{body}  return total;\n}}");
    let script = script.replace('\n', "\n      ");
    format!(
        "apiVersion: cxda/v1
kind: DataAction
metadata: {{name: action_{number:05}}}
spec:
  description: Action number {number}
  script:
    content: |
      {script}
  dependencies: [{dependencies}]
  cache: {{key: \"key_{number}_{{id}}\", priority: highPriority}}
  variables:
    - {{name: endpoint, type: string, value: \"https://api.example.com/{number}\"}}
    - {{name: limit, type: integer, value: {number}}}
  dateProcessing:
    sourceField: input
    targetField: output
    timestamp: \"2024-02-29T15:30:00.000Z\"
    timezone: America/New_York
    operation: ADD_OFFSET
    offsetMinutes: 120
"
    )
}

/// One manifest with one view.
pub(crate) fn view(number: usize) -> String {
    format!(
        "apiVersion: cxda/v1
kind: MaterializedView
metadata: {{name: view_{number:05}}}
spec:
  description: View number {number}
  source: {{table: {TABLE}}}
  columns: [{{name: id}}, {{name: count, alias: total, aggregation: COUNT}}]
  refresh: {{intervalMinutes: 15}}
"
    )
}

/// The manifest's document.
pub(crate) fn document(manifest: &str) -> Node {
    let outcome =
        cxda_adapters_fs::reader::read(cxda_adapters_fs::reader::Format::Yaml, manifest.as_bytes());
    let mut documents = outcome.documents;
    documents.remove(0)
}
