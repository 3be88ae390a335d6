//! Finds the operation that a method and a path name, under any profile's path templates.
//!
//! Templates are data, so two of them may overlap: then the one with more literal segments wins.

use std::borrow::Cow;

use axum::http::Method;
use cxda_domain::request::Operation;
use percent_encoding::percent_decode_str;

use crate::auth;
use crate::profile::Paths;

/// The operations of one profile and where they are.
#[derive(Clone, Debug)]
pub(crate) struct Router {
    /// Ordered by how many segments are free, the fewest first.
    routes: Vec<Route>,
}

#[derive(Clone, Debug)]
struct Route {
    method: Method,
    segments: Vec<Segment>,
    operation: Operation,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Id,
}

/// What a method and a path name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// An operation, with the decoded `{id}`; empty where the path has none.
    Operation(Operation, String),
    /// A path that exists, under another method.
    OtherMethod,
    /// Nothing.
    Nothing,
}

impl Router {
    /// The routes of the contract at these paths.
    pub(crate) fn new(paths: &Paths) -> Self {
        let table = format!("{}/{{id}}", paths.tables);
        let view = format!("{}/{{id}}", paths.views);
        let indexes = format!("{view}/indexes");
        let action = format!("{}/{{id}}", paths.actions);
        let table: [(Method, &str, Operation); 19] = [
            (Method::POST, &paths.token, Operation::Token),
            (Method::POST, auth::ACCESS_KEY_PATH, Operation::Token),
            (Method::POST, auth::PASSWORD_PATH, Operation::Token),
            (Method::GET, auth::CONFIGURATION_PATH, Operation::Token),
            (Method::GET, &paths.tables, Operation::ListTables),
            (Method::GET, &table, Operation::GetTable),
            (Method::GET, &paths.views, Operation::ListViews),
            (Method::GET, &view, Operation::GetView),
            (Method::POST, &paths.views, Operation::CreateView),
            (Method::PUT, &view, Operation::ReplaceView),
            (Method::DELETE, &view, Operation::DeleteView),
            (Method::POST, &indexes, Operation::BuildIndexes),
            (Method::POST, &paths.relay, Operation::RelayWebhook),
            (Method::GET, &paths.actions, Operation::ListActions),
            (Method::GET, &action, Operation::GetAction),
            (Method::POST, &paths.actions_create, Operation::CreateAction),
            (Method::PUT, &action, Operation::ReplaceAction),
            (Method::DELETE, &action, Operation::DeleteAction),
            (Method::POST, &paths.actions_test, Operation::TestAction),
        ];
        let mut routes: Vec<Route> = table
            .into_iter()
            .map(|(method, template, operation)| Route {
                method,
                segments: segments_of(template),
                operation,
            })
            .collect();
        routes.sort_by_key(|route| {
            let free = |segment: &&Segment| **segment == Segment::Id;
            route.segments.iter().filter(free).count()
        });
        Self { routes }
    }

    /// The operation at `path`, still percent-encoded.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found {
        let parts: Option<Vec<Cow<'_, str>>> = path
            .split('/')
            .skip(1)
            .map(|part| percent_decode_str(part).decode_utf8().ok())
            .collect();
        let Some(parts) = parts else {
            return Found::Nothing;
        };
        let mut found = Found::Nothing;
        for route in &self.routes {
            if let Some(id) = route.id_in(&parts) {
                if route.method == *method {
                    return Found::Operation(route.operation, id);
                }
                found = Found::OtherMethod;
            }
        }
        found
    }
}

impl Route {
    /// The `{id}` of a path that fits, empty where the template has none; `None` where it does not fit.
    fn id_in(&self, parts: &[Cow<'_, str>]) -> Option<String> {
        if parts.len() != self.segments.len() {
            return None;
        }
        let mut id = String::new();
        for (segment, part) in self.segments.iter().zip(parts) {
            match segment {
                Segment::Literal(text) if text == part => {}
                Segment::Id if !part.is_empty() => part.as_ref().clone_into(&mut id),
                _ => return None,
            }
        }
        Some(id)
    }
}

fn segments_of(template: &str) -> Vec<Segment> {
    let segment = |part: &str| match part {
        "{id}" => Segment::Id,
        literal => Segment::Literal(literal.to_owned()),
    };
    template
        .strip_prefix('/')
        .unwrap_or(template)
        .split('/')
        .map(segment)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{ProfileName, SimProfile};

    #[test]
    fn every_path_of_the_contract_names_its_operation() {
        let router = Router::new(&SimProfile::named(ProfileName::CxoneV2).paths);
        let one = |operation, id: &str| Found::Operation(operation, id.to_owned());
        let cases = [
            ("POST", "/oauth/token", one(Operation::Token, "")),
            (
                "GET",
                "/api/v2/data/actions/views",
                one(Operation::ListViews, ""),
            ),
            (
                "GET",
                "/api/v2/data/actions/views/a%2Fb",
                one(Operation::GetView, "a/b"),
            ),
            (
                "POST",
                "/api/v2/data/actions/views/a/indexes",
                one(Operation::BuildIndexes, "a"),
            ),
            (
                "POST",
                "/api/v2/dataactions/actions",
                one(Operation::CreateAction, ""),
            ),
            (
                "POST",
                "/api/v2/dataactions/actions/a/test",
                one(Operation::TestAction, "a"),
            ),
            (
                "GET",
                "/api/v2/dataactions/actions",
                one(Operation::GetAction, "actions"),
            ),
            (
                "DELETE",
                "/api/v2/dataactions/a",
                one(Operation::DeleteAction, "a"),
            ),
            ("PATCH", "/api/v2/dataactions/a", Found::OtherMethod),
            ("GET", "/api/v2/dataactions/", Found::Nothing),
            ("GET", "/api/v2/dataactions/%FF", Found::Nothing),
            ("GET", "/nowhere", Found::Nothing),
            ("GET", "", Found::Nothing),
        ];
        for (method, path, want) in cases {
            let method = method.parse().unwrap();
            assert_eq!(router.find(&method, path), want, "{method} {path}");
        }
    }

    #[test]
    fn a_template_that_equals_another_keeps_its_own_method() {
        let mut paths = SimProfile::named(ProfileName::CxoneV2).paths;
        paths.actions_create.clone_from(&paths.actions);
        let router = Router::new(&paths);
        let found = router.find(&Method::POST, &paths.actions);
        assert_eq!(
            found,
            Found::Operation(Operation::CreateAction, String::new())
        );
    }
}
