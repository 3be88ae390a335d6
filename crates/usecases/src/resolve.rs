//! Makes the bodies that are sent: reads every value that a manifest names by reference (rules E004, E007, E008).

use std::collections::BTreeMap;

use cxda_domain::action::DataAction;
use cxda_domain::address::Address;
use cxda_domain::body::{ActionBody, VariableBody, ViewBody};
use cxda_domain::key::Fingerprint;
use cxda_domain::manifest::{Declaration, Manifest, Origin};
use cxda_domain::plan::{Body, Desired};
use cxda_domain::rule::Rule;
use cxda_domain::secret::SecretText;
use cxda_domain::variable::{EnvironmentVariable, ValueReference, VariableValue, looks_like_mask};
use cxda_domain::violation::{FieldPath, Violation, Violations};
use cxda_ports::error::SourceError;
use cxda_ports::journal::Journal;
use cxda_ports::secrets::SecretSource;

/// What the manifests ask for, ready to be compared and sent.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// What each declared resource must become. A view's source view has no id yet.
    pub desired: BTreeMap<Address, Desired>,
    /// Values that are missing or of the wrong type.
    pub violations: Violations,
    /// Every value that was read: none of them may be shown.
    pub secrets: Vec<SecretText>,
}

/// Resolves everything that `manifest` declares.
pub async fn resolve(
    manifest: &Manifest,
    secrets: &dyn SecretSource,
    journal: &dyn Journal,
) -> Resolved {
    let mut resolver = Resolver {
        source: secrets,
        journal,
        read: BTreeMap::new(),
        resolved: Resolved::default(),
    };
    for (address, declared) in manifest.resources() {
        let (body, fingerprints) = match &declared.resource {
            Declaration::View(view) => (Body::View(ViewBody::new(view, None)), BTreeMap::new()),
            Declaration::Action(action) => {
                let Some((body, fingerprints)) = resolver.action(action, &declared.origin).await
                else {
                    continue;
                };
                (Body::Action(body), fingerprints)
            }
        };
        let desired = Desired {
            body,
            secrets: fingerprints,
            protect: declared.protect(),
        };
        resolver.resolved.desired.insert(address.clone(), desired);
    }
    resolver.resolved.secrets = resolver.read.into_values().filter_map(Result::ok).collect();
    resolver.resolved
}

struct Resolver<'a> {
    source: &'a dyn SecretSource,
    journal: &'a dyn Journal,
    read: BTreeMap<ValueReference, Result<SecretText, SourceError>>,
    resolved: Resolved,
}

impl Resolver<'_> {
    /// `None` where a value is missing; the finding is noted.
    async fn action(
        &mut self,
        action: &DataAction,
        origin: &Origin,
    ) -> Option<(ActionBody, BTreeMap<String, Fingerprint>)> {
        let mut fingerprints = BTreeMap::new();
        let mut bodies = Vec::new();
        let mut sound = true;
        for (index, variable) in action.variables.iter().flatten().enumerate() {
            match self.value(variable).await {
                Ok(value) => {
                    if variable.encrypted {
                        let fingerprint = self.journal.fingerprint(&value);
                        fingerprints.insert(variable.name.to_string(), fingerprint);
                    }
                    bodies.push(body(variable, value));
                }
                Err((rule, message)) => {
                    sound = false;
                    let path = FieldPath::from("spec.variables")
                        .index(index)
                        .key("valueFrom");
                    let position = Some(origin.position(&path));
                    let violation = Violation::new(rule, position, path, message, None);
                    self.resolved.violations.push(violation);
                }
            }
        }
        let variables = action.variables.as_ref().map(|_| bodies);
        sound.then(|| (ActionBody::new(action, variables), fingerprints))
    }

    async fn value(
        &mut self,
        variable: &EnvironmentVariable,
    ) -> Result<SecretText, (Rule, String)> {
        let reference = match &variable.value {
            VariableValue::Literal(text) => return Ok(SecretText::new(text)),
            VariableValue::From(reference) => reference,
        };
        if !self.read.contains_key(reference) {
            let value = self.source.read(reference).await;
            self.read.insert(reference.clone(), value);
        }
        let read = match self.read.get(reference) {
            Some(Ok(text)) => text,
            Some(Err(error)) => return Err((Rule::E008, error.to_string())),
            None => return Err((Rule::E008, format!("{reference} was not read"))),
        };
        if looks_like_mask(read.expose()) {
            return Err((
                Rule::E007,
                format!("what stands in {reference} looks like a mask"),
            ));
        }
        variable
            .kind
            .wire_text_of(read.expose())
            .map(SecretText::new)
            .ok_or_else(|| {
                let expected = variable.kind.as_str();
                (
                    Rule::E004,
                    format!("what stands in {reference} does not parse as {expected}"),
                )
            })
    }
}

fn body(variable: &EnvironmentVariable, value: SecretText) -> VariableBody {
    VariableBody {
        name: variable.name.clone(),
        kind: variable.kind,
        value,
        literal: matches!(variable.value, VariableValue::Literal(_)),
        encrypted: variable.encrypted,
        scope: variable.scope,
    }
}
