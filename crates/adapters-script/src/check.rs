//! Scripts are judged without being run: syntax first, and where it is right, what else can be seen.
//!
//! A script is parsed as a classic script, newest language, neither module nor JSX nor TypeScript. What it does when it runs is
//! not known here, so what goes beyond its syntax is said only where it is all but certain.

use std::io;
use std::panic::resume_unwind;
use std::thread;

use cxda_domain::node::Mark;
use cxda_domain::place::mark_of;
use cxda_domain::rule::Rule;
use cxda_domain::script::ScriptFinding;
use cxda_ports::script::ScriptChecker;
use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;

mod entry;
mod loops;
mod names;
mod output;
mod secrets;
mod syntax;

/// The stack that any script needs.
const STACK_BYTES: usize = 32 << 20;
/// The stack that a script needs for each of its bytes: the parser calls itself for each bracket that is open, and a build
/// without optimization takes nearly four KiB for one.
const STACK_PER_BYTE: usize = 5 << 10;
/// The most brackets in a line up to which its regular expressions are parsed: they take more stack than anything else.
const REGEX_BRACKETS: usize = 1_000;

/// Judges scripts with the parser and the scopes of oxc.
#[derive(Clone, Copy, Debug, Default)]
pub struct OxcChecker;

impl ScriptChecker for OxcChecker {
    fn check(&self, sources: &[&str]) -> Vec<Vec<ScriptFinding>> {
        let longest = sources.iter().map(|source| source.len()).max();
        let Some(longest) = longest else {
            return Vec::new();
        };
        // The stack is address space only, until it is used.
        let stack = STACK_BYTES.saturating_add(longest.saturating_mul(STACK_PER_BYTE));
        let checked = thread::scope(|scope| {
            let worker = thread::Builder::new().stack_size(stack);
            let worker = worker.spawn_scoped(scope, || check_all(sources))?;
            io::Result::Ok(worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
        });
        checked.unwrap_or_else(|error| vec![vec![unchecked(&error)]; sources.len()])
    }
}

fn unchecked(error: &io::Error) -> ScriptFinding {
    ScriptFinding {
        rule: Rule::A003,
        at: Mark::START,
        message: format!("script cannot be checked here: {error}"),
        also: None,
        hint: Some("give the process more address space".to_owned()),
    }
}

fn check_all(sources: &[&str]) -> Vec<Vec<ScriptFinding>> {
    let mut allocator = Allocator::default();
    let check = |source: &&str| {
        let findings = check_one(&allocator, source);
        allocator.reset();
        findings
    };
    sources.iter().map(check).collect()
}

fn check_one(allocator: &Allocator, source: &str) -> Vec<ScriptFinding> {
    let options = ParseOptions {
        parse_regular_expression: has_few_brackets(source),
        ..ParseOptions::default()
    };
    let parsed = Parser::new(allocator, source, SourceType::script())
        .with_options(options)
        .parse();
    if parsed.panicked || parsed.diagnostics.has_errors() {
        return syntax::findings(source, parsed.diagnostics.errors());
    }
    let built = SemanticBuilder::new_compiler().build(&parsed.program);
    if built.diagnostics.has_errors() {
        return syntax::findings(source, built.diagnostics.errors());
    }
    let scoping = built.semantic.scoping();
    let mut found = Vec::new();
    entry::judge(&parsed.program, scoping, &mut found);
    names::judge(&parsed.program, scoping, &mut found);
    secrets::judge(&parsed.program, &mut found);
    output::judge(&parsed.program, scoping, &mut found);
    loops::judge(&parsed.program, &mut found);
    found.sort_by_key(|seen| seen.offset);
    let findings = found.into_iter().map(|seen| seen.at(source));
    findings.collect()
}

/// Whether no line holds so many brackets that a regular expression in it could be nested too deeply.
fn has_few_brackets(source: &str) -> bool {
    let brackets = |line: &str| line.bytes().filter(|byte| b"([".contains(byte)).count();
    source.lines().all(|line| brackets(line) <= REGEX_BRACKETS)
}

/// What was seen at a byte of a script.
#[derive(Debug)]
struct Seen {
    rule: Rule,
    offset: u32,
    message: String,
    hint: Option<String>,
}

impl Seen {
    fn at(self, source: &str) -> ScriptFinding {
        ScriptFinding {
            rule: self.rule,
            at: mark(source, self.offset),
            message: self.message,
            also: None,
            hint: self.hint,
        }
    }
}

/// The place of the byte at `offset`; the end is where the last word ends.
fn mark(source: &str, offset: u32) -> Mark {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let end = source.trim_end().len();
    mark_of(source, if offset >= source.len() { end } else { offset })
}

/// `name` as a message shows it: not all of it where it is very long.
fn shown(name: &str) -> String {
    const MAX_CHARS: usize = 64;
    match name.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests;
