//! Names that nothing defines (W008), and names that are known elsewhere but not where scripts run (W009).
//!
//! A name that the script asks for with `typeof`, or assigns to, may be there; nothing is said of it.

use std::collections::{BTreeMap, BTreeSet};

use cxda_domain::manifest::nearest;
use cxda_domain::rule::Rule;
use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, CallExpression, Expression, IdentifierReference,
    ImportExpression, NewExpression, Program, UnaryExpression, WithStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::Scoping;
use oxc_span::Span;
use oxc_syntax::operator::UnaryOperator;

use super::{Seen, shown};

/// What every script finds: the language's own names, and `console`.
const KNOWN: &[&str] = &[
    "AggregateError",
    "Array",
    "ArrayBuffer",
    "AsyncDisposableStack",
    "Atomics",
    "BigInt",
    "BigInt64Array",
    "BigUint64Array",
    "Boolean",
    "DataView",
    "Date",
    "DisposableStack",
    "Error",
    "EvalError",
    "FinalizationRegistry",
    "Float16Array",
    "Float32Array",
    "Float64Array",
    "Function",
    "Infinity",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Iterator",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "ReferenceError",
    "Reflect",
    "RegExp",
    "Set",
    "SharedArrayBuffer",
    "String",
    "SuppressedError",
    "Symbol",
    "SyntaxError",
    "TypeError",
    "URIError",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "arguments",
    "console",
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "escape",
    "eval",
    "globalThis",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "undefined",
    "unescape",
];

/// What browsers and Node.js have and scripts have not, and what to do instead.
const LACKING: &[(&str, &[&str])] = &[
    (
        "a script reaches no network: let what it needs come in with `context.input`",
        &[
            "EventSource",
            "Headers",
            "Request",
            "Response",
            "WebSocket",
            "XMLHttpRequest",
            "fetch",
            "navigator",
        ],
    ),
    (
        "a script cannot wait: return the result at once",
        &[
            "clearImmediate",
            "clearInterval",
            "clearTimeout",
            "queueMicrotask",
            "requestAnimationFrame",
            "setImmediate",
            "setInterval",
            "setTimeout",
        ],
    ),
    (
        "a script runs without Node.js: write what it needs into it",
        &[
            "Buffer",
            "__dirname",
            "__filename",
            "exports",
            "global",
            "module",
            "process",
            "require",
        ],
    ),
    (
        "a script runs without a page",
        &[
            "alert",
            "confirm",
            "document",
            "localStorage",
            "location",
            "prompt",
            "self",
            "sessionStorage",
            "window",
        ],
    ),
    (
        "use what the language itself has",
        &[
            "AbortController",
            "Blob",
            "File",
            "FormData",
            "Intl",
            "SharedWorker",
            "Temporal",
            "TextDecoder",
            "TextEncoder",
            "URL",
            "URLSearchParams",
            "WebAssembly",
            "Worker",
            "atob",
            "btoa",
            "crypto",
            "importScripts",
            "performance",
            "structuredClone",
        ],
    ),
];

/// Notes each name once, at its first place.
pub(super) fn judge(program: &Program<'_>, scoping: &Scoping, found: &mut Vec<Seen>) {
    let mut names = Names {
        scoping,
        read: BTreeMap::new(),
        made: BTreeSet::new(),
        asked: BTreeSet::new(),
        code: BTreeMap::new(),
        is_open: false,
    };
    names.visit_program(program);
    for (&name, &offset) in &names.code {
        found.push(lacking(
            offset,
            format!("`{name}` makes code from elsewhere, which scripts may not do"),
            "write the code out",
        ));
    }
    let unknown = names.read.iter().filter(|(name, _)| {
        !names.made.contains(*name) && !names.asked.contains(*name) && !KNOWN.contains(name)
    });
    for (&name, &offset) in unknown {
        let absent = LACKING.iter().find(|(_, names)| names.contains(&name));
        if let Some((hint, _)) = absent {
            let message = format!("`{name}` is not there where scripts run");
            found.push(lacking(offset, message, hint));
        } else if !names.is_open {
            found.push(Seen {
                rule: Rule::W008,
                offset,
                message: format!("`{}` is defined nowhere", shown(name)),
                hint: similar(name, scoping).map(|near| format!("did you mean `{}`?", shown(near))),
            });
        }
    }
}

fn lacking(offset: u32, message: String, hint: &str) -> Seen {
    Seen {
        rule: Rule::W009,
        offset,
        message,
        hint: Some(hint.to_owned()),
    }
}

/// The name that is there and looks most like `name`.
fn similar<'s>(name: &str, scoping: &'s Scoping) -> Option<&'s str> {
    let mut there: Vec<&str> = scoping
        .symbol_names()
        .chain(KNOWN.iter().copied())
        .collect();
    there.sort_unstable();
    nearest(name, there)
}

struct Names<'s, 'a> {
    scoping: &'s Scoping,
    /// Names that the script does not declare, and where each is read first.
    read: BTreeMap<&'a str, u32>,
    /// Names that an assignment makes.
    made: BTreeSet<&'a str>,
    /// Names that the script asks for before it uses them.
    asked: BTreeSet<&'a str>,
    /// What makes code from text, and where first.
    code: BTreeMap<&'static str, u32>,
    /// Whether names can come from where nothing shows them.
    is_open: bool,
}

impl<'a> Names<'_, 'a> {
    fn is_undeclared(&self, name: &IdentifierReference<'_>) -> bool {
        let reference = name.reference_id.get();
        reference.is_some_and(|id| self.scoping.get_reference(id).symbol_id().is_none())
    }

    fn calls(&mut self, callee: &Expression<'a>, span: Span) {
        let Expression::Identifier(name) = callee else {
            return;
        };
        if !self.is_undeclared(name) {
            return;
        }
        match name.name.as_str() {
            "eval" => {
                self.is_open = true;
                self.code.entry("eval").or_insert(span.start);
            }
            "Function" => {
                self.code.entry("Function").or_insert(span.start);
            }
            _ => {}
        }
    }
}

impl<'a> Visit<'a> for Names<'_, 'a> {
    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        if !self.is_undeclared(name) {
            return;
        }
        let text = name.name.as_str();
        let reference = name.reference_id.get();
        if reference.is_some_and(|id| self.scoping.get_reference(id).is_write()) {
            self.made.insert(text);
        } else {
            let first = self.read.entry(text).or_insert(name.span.start);
            *first = name.span.start.min(*first);
        }
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        if let AssignmentTarget::StaticMemberExpression(member) = &assignment.left
            && member.object.is_specific_id("globalThis")
        {
            self.made.insert(member.property.name.as_str());
        }
        walk::walk_assignment_expression(self, assignment);
    }

    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        match &unary.argument {
            Expression::Identifier(name) if unary.operator == UnaryOperator::Typeof => {
                self.asked.insert(name.name.as_str());
            }
            _ => walk::walk_unary_expression(self, unary),
        }
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        self.calls(&call.callee, call.span);
        walk::walk_call_expression(self, call);
    }

    fn visit_new_expression(&mut self, new: &NewExpression<'a>) {
        self.calls(&new.callee, new.span);
        walk::walk_new_expression(self, new);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        self.code.entry("import()").or_insert(import.span.start);
        walk::walk_import_expression(self, import);
    }

    fn visit_with_statement(&mut self, with: &WithStatement<'a>) {
        self.is_open = true;
        walk::walk_with_statement(self, with);
    }
}
