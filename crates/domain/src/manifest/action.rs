//! Decodes `kind: DataAction` (rules A001, A002, A004, A005 as far as one document shows them).

use std::collections::BTreeMap;

use crate::action::{
    ActionName, DataAction, DateProcessing, FixedFields, OnTestFailure, Script, TestCase,
};
use crate::cache::CachePolicy;
use crate::manifest::findings::Findings;
use crate::manifest::reader::{
    Either, Found, MapReader, accept, boolean, each, map, parsed, string, text, word,
};
use crate::manifest::{cache, dates, tests_block, variables};
use crate::node::Mark;
use crate::rule::Rule;
use crate::variable::{EnvironmentVariable, VariableScope};

/// An action whose script may still have to be read from a file.
#[derive(Debug)]
pub(super) struct ActionDraft {
    name: ActionName,
    description: String,
    enabled: Option<bool>,
    dependencies: Vec<ActionName>,
    cache: Option<CachePolicy>,
    variables: Option<Vec<EnvironmentVariable>>,
    parent_scope: VariableScope,
    dates: Option<DateProcessing>,
    tests: Vec<TestCase>,
    on_test_failure: OnTestFailure,
    protect: bool,
}

/// Where a script's text is.
#[derive(Debug)]
pub(super) enum ScriptSource<'n> {
    /// In the manifest, where its text begins.
    Inline(Script, Mark),
    /// In a file, whose path stands here.
    File(Found<'n>, &'n str),
}

impl ActionDraft {
    /// The action with its script, and the file that holds it where one does.
    pub(super) fn complete(self, script: Script, script_file: Option<String>) -> DataAction {
        DataAction {
            name: self.name,
            description: self.description,
            enabled: self.enabled,
            script,
            script_file,
            dependencies: self.dependencies,
            cache: self.cache,
            variables: self.variables,
            parent_scope: self.parent_scope,
            dates: self.dates,
            tests: self.tests,
            on_test_failure: self.on_test_failure,
            protect: self.protect,
        }
    }
}

/// An action from its `spec`, and where its script is; each `None` where a finding stands in the way.
pub(super) fn decode<'n>(
    findings: &mut Findings,
    name: Option<&Found<'_>>,
    protect: bool,
    mut spec: MapReader<'n>,
) -> (Option<ActionDraft>, Option<ScriptSource<'n>>) {
    let name = name.and_then(|found| action_name(findings, found));
    let description = spec.required(findings, "description", |findings, found| {
        findings.remember(found);
        string(findings, found)
    });
    spec.optional(findings, "type", |findings, found| {
        fixed(findings, found, FixedFields::TYPE)
    });
    spec.optional(findings, "trigger", trigger);
    let enabled = spec.optional(findings, "enabled", boolean);
    let script = spec.required(findings, "script", script);
    let dependencies = spec.or(findings, "dependencies", Vec::new(), dependencies);
    let cache = spec.optional(findings, "cache", cache::decode);
    let parent_scope = spec.or(
        findings,
        "parentScope",
        VariableScope::default(),
        variables::scope_word,
    );
    let variables = spec.optional(findings, "variables", |findings, found| {
        variables::decode(findings, found, parent_scope)
    });
    let dates = spec.optional(findings, "dateProcessing", dates::decode);
    let tests = spec.or(findings, "tests", Vec::new(), |findings, found| {
        each(findings, found, tests_block::test_case)
    });
    let on_test_failure = spec.or(
        findings,
        "onTestFailure",
        OnTestFailure::default(),
        |findings, found| {
            let choices = OnTestFailure::ALL;
            word(findings, found, Rule::M003, &choices, OnTestFailure::as_str)
        },
    );
    spec.close(findings);
    let draft = || {
        Some(ActionDraft {
            name: name?,
            description: description?,
            enabled: enabled?,
            dependencies: dependencies?,
            cache: cache?,
            variables: variables?,
            parent_scope: parent_scope?,
            dates: dates?,
            tests: tests?,
            on_test_failure: on_test_failure?,
            protect,
        })
    };
    (draft(), script)
}

fn action_name(findings: &mut Findings, found: &Found<'_>) -> Option<ActionName> {
    findings.remember(found);
    parsed(findings, found, Rule::A001)
}

/// Holds a field against the only value that the platform knows for it.
fn fixed(findings: &mut Findings, found: &Found<'_>, expected: &'static str) -> Option<()> {
    word(findings, found, Rule::A004, &[expected], |word| word).map(drop)
}

fn trigger(findings: &mut Findings, found: &Found<'_>) -> Option<()> {
    let mut fields = map(findings, found)?;
    let kind = fields.optional(findings, "type", |findings, found| {
        fixed(findings, found, FixedFields::TRIGGER)
    });
    fields.close(findings);
    kind.map(drop)
}

fn script<'n>(findings: &mut Findings, found: &Found<'n>) -> Option<ScriptSource<'n>> {
    let mut fields = map(findings, found)?;
    fields.optional(findings, "language", |findings, found| {
        fixed(findings, found, FixedFields::LANGUAGE)
    });
    match fields.one_of(findings, Rule::M003, ["file", "content"])? {
        Either::First(file) => {
            findings.remember(&file);
            let path = text(findings, &file)?;
            Some(ScriptSource::File(file, path))
        }
        Either::Second(content) => {
            findings.remember(&content);
            let script = Script::try_from(string(findings, &content)?);
            let script = accept(findings, &content, Rule::A002, script)?;
            Some(ScriptSource::Inline(script, content.node.at))
        }
    }
}

fn dependencies(findings: &mut Findings, found: &Found<'_>) -> Option<Vec<ActionName>> {
    let mut names: BTreeMap<ActionName, Mark> = BTreeMap::new();
    each(findings, found, |findings, item| {
        findings.remember(item);
        let text = text(findings, item)?;
        let name = text
            .parse::<ActionName>()
            .map_err(|error| format!("dependency {text:?}: {error}"));
        let name = accept(findings, item, Rule::A005, name)?;
        if let Some(first) = names.get(&name) {
            let message = format!("dependency {text:?} stands twice");
            let hint = "remove one of them";
            findings.report_again(Rule::A005, item.node.at, &item.path, message, hint, *first);
            return None;
        }
        names.insert(name.clone(), item.node.at);
        findings.refer(item, text);
        Some(name)
    })
}
