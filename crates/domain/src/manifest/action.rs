//! Decodes `kind: DataAction` (rules A001, A002, A004, A005 as far as one document shows them).

use std::sync::Arc;

use crate::action::{
    ActionName, DataAction, DateProcessing, FixedFields, OnTestFailure, Script, TestCase,
};
use crate::cache::CachePolicy;
use crate::manifest::reader::{Findings, Found, MapReader, word};
use crate::manifest::variables::Surroundings;
use crate::manifest::{cache, dates, tests_block, variables};
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
    /// In the manifest.
    Inline(Script),
    /// In a file, whose path stands here.
    File(Found<'n>, &'n str),
}

impl ActionDraft {
    /// The action with its script.
    pub(super) fn complete(self, script: Script) -> DataAction {
        DataAction {
            name: self.name,
            description: self.description,
            enabled: self.enabled,
            script,
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
    file: &Arc<str>,
    name: Option<&Found<'_>>,
    protect: bool,
    mut spec: MapReader<'n>,
) -> (Option<ActionDraft>, Option<ScriptSource<'n>>) {
    let name = name.and_then(|found| action_name(findings, found));
    let description = spec
        .require("description")
        .and_then(|found| found.text(findings).map(ToOwned::to_owned));
    if let Some(found) = spec.take("type") {
        fixed(findings, &found, FixedFields::TYPE);
    }
    if let Some(found) = spec.take("trigger") {
        trigger(findings, &found);
    }
    let enabled = spec.take("enabled").map(|found| found.boolean(findings));
    let script = spec
        .require("script")
        .and_then(|found| script(findings, &found));
    let dependencies = match spec.take("dependencies") {
        Some(found) => dependencies(findings, &found),
        None => Some(Vec::new()),
    };
    let parent_scope = match spec.take("parentScope") {
        Some(found) => variables::scope_word(findings, &found),
        None => Some(VariableScope::default()),
    };
    let cache = spec
        .take("cache")
        .map(|found| cache::decode(findings, &found));
    let around = Surroundings {
        file: Arc::clone(file),
        parent_scope,
    };
    let variables = spec
        .take("variables")
        .map(|found| variables::decode(findings, &found, &around));
    let dates = spec
        .take("dateProcessing")
        .map(|found| dates::decode(findings, &found));
    let tests = match spec.take("tests") {
        Some(found) => tests_block::decode(findings, &found),
        None => Some(Vec::new()),
    };
    let on_test_failure = match spec.take("onTestFailure") {
        Some(found) => {
            let words = OnTestFailure::ALL.map(OnTestFailure::as_str);
            word(
                findings,
                &found,
                Rule::M003,
                OnTestFailure::from_word,
                &words,
            )
        }
        None => Some(OnTestFailure::default()),
    };
    spec.close(findings);
    let draft = || {
        Some(ActionDraft {
            name: name?,
            description: description?,
            enabled: enabled.map_or(Some(None), |value| value.map(Some))?,
            dependencies: dependencies?,
            cache: cache.map_or(Some(None), |value| value.map(Some))?,
            variables: variables.map_or(Some(None), |value| value.map(Some))?,
            parent_scope: parent_scope?,
            dates: dates.map_or(Some(None), |value| value.map(Some))?,
            tests: tests?,
            on_test_failure: on_test_failure?,
            protect,
        })
    };
    (draft(), script)
}

fn action_name(findings: &mut Findings, found: &Found<'_>) -> Option<ActionName> {
    findings.remember(found);
    let parsed = found.text(findings)?.parse::<ActionName>();
    parsed
        .map_err(|error| findings.report(Rule::A001, found, error.to_string()))
        .ok()
}

/// Holds a field against the only value that the platform knows for it.
fn fixed(findings: &mut Findings, found: &Found<'_>, expected: &'static str) {
    let parse = |text: &str| (text == expected).then_some(());
    word(findings, found, Rule::A004, parse, &[expected]);
}

fn trigger(findings: &mut Findings, found: &Found<'_>) {
    let Some(mut map) = found.map(findings) else {
        return;
    };
    if let Some(kind) = map.take("type") {
        fixed(findings, &kind, FixedFields::TRIGGER);
    }
    map.close(findings);
}

fn script<'n>(findings: &mut Findings, found: &Found<'n>) -> Option<ScriptSource<'n>> {
    let mut map = found.map(findings)?;
    if let Some(language) = map.take("language") {
        fixed(findings, &language, FixedFields::LANGUAGE);
    }
    let file = map.take("file");
    let content = map.take("content");
    let closed = map.close(findings);
    match (file, content) {
        (Some(file), None) => {
            findings.remember(&file);
            let path = file.text(findings)?;
            Some(ScriptSource::File(file, path))
        }
        (None, Some(content)) => {
            findings.remember(&content);
            let text = content.text(findings)?;
            Script::try_from(text.to_owned())
                .map(ScriptSource::Inline)
                .map_err(|error| findings.report(Rule::A002, &content, error.to_string()))
                .ok()
        }
        (Some(_), Some(_)) => {
            findings.report(Rule::M003, found, "script has both `file` and `content`");
            None
        }
        (None, None) => {
            if closed {
                findings.report(Rule::M003, found, "script has neither `file` nor `content`");
            }
            None
        }
    }
}

fn dependencies(findings: &mut Findings, found: &Found<'_>) -> Option<Vec<ActionName>> {
    let items = found.items(findings)?;
    let mut names: Vec<ActionName> = Vec::with_capacity(items.len());
    let mut sound = true;
    for item in &items {
        findings.remember(item);
        let Some(text) = item.text(findings) else {
            sound = false;
            continue;
        };
        match text.parse::<ActionName>() {
            Ok(name) if names.contains(&name) => {
                findings.report(
                    Rule::A005,
                    item,
                    format!("dependency {text:?} stands twice"),
                );
                sound = false;
            }
            Ok(name) => names.push(name),
            Err(error) => {
                findings.report(Rule::A005, item, format!("dependency {text:?}: {error}"));
                sound = false;
            }
        }
    }
    sound.then_some(names)
}
