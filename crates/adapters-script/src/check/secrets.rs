//! Literals that look like secrets (W007), by their form or by the name that they are given. No message shows one.

use cxda_domain::rule::Rule;
use cxda_domain::variable::looks_like_secret;
use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, Expression, ObjectProperty, Program,
    PropertyDefinition, StringLiteral, TemplateLiteral, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::Span;

use super::Seen;

/// Notes each literal that looks like a secret.
pub(super) fn judge(program: &Program<'_>, found: &mut Vec<Seen>) {
    let first = found.len();
    Literals { found }.visit_program(program);
    // A literal is seen under its name and by itself.
    found[first..].sort_by_key(|seen| seen.offset);
    found.dedup_by(|left, right| {
        left.rule == Rule::W007 && right.rule == left.rule && left.offset == right.offset
    });
}

struct Literals<'f> {
    found: &'f mut Vec<Seen>,
}

impl Literals<'_> {
    fn judge(&mut self, name: &str, text: &str, span: Span) {
        if is_secret(name, text) {
            self.found.push(Seen {
                rule: Rule::W007,
                offset: span.start,
                message: "literal looks like a secret and stands in clear".to_owned(),
                hint: Some("take it out, and read it from an encrypted variable".to_owned()),
            });
        }
    }

    /// Judges the value that `name` is given.
    fn named(&mut self, name: &str, value: &Expression<'_>) {
        match value.without_parentheses() {
            Expression::StringLiteral(literal) => {
                self.judge(name, literal.value.as_str(), literal.span);
            }
            Expression::TemplateLiteral(literal) => {
                if let Some(text) = literal.single_quasi() {
                    self.judge(name, text.as_str(), literal.span);
                }
            }
            _ => {}
        }
    }
}

/// Whether `text`, under `name`, looks like a secret, and not like a sentence, an address or a word about one.
fn is_secret(name: &str, text: &str) -> bool {
    let text = ["Bearer ", "Basic "]
        .into_iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .unwrap_or(text);
    if text.starts_with("-----BEGIN") {
        return looks_like_secret("", text);
    }
    let is_word = |c: char| c.is_ascii_alphabetic() || c == '_';
    let speaks_of_one = text.chars().all(is_word) && looks_like_secret(text, text);
    let is_address = text.starts_with("https://") || text.starts_with("http://");
    let is_sentence = text.contains(char::is_whitespace);
    looks_like_secret(name, text) && !speaks_of_one && !is_address && !is_sentence
}

impl<'a> Visit<'a> for Literals<'_> {
    fn visit_string_literal(&mut self, literal: &StringLiteral<'a>) {
        self.judge("", literal.value.as_str(), literal.span);
    }

    fn visit_template_literal(&mut self, literal: &TemplateLiteral<'a>) {
        for quasi in &literal.quasis {
            let text = quasi.value.cooked.unwrap_or(quasi.value.raw);
            self.judge("", text.as_str(), literal.span);
        }
        walk::walk_template_literal(self, literal);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        if let (Some(name), Some(value)) = (declarator.id.get_identifier_name(), &declarator.init) {
            self.named(name.as_str(), value);
        }
        walk::walk_variable_declarator(self, declarator);
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        let target: &AssignmentTarget<'a> = &assignment.left;
        if let Some(name) = target.get_identifier_name() {
            self.named(name, &assignment.right);
        }
        walk::walk_assignment_expression(self, assignment);
    }

    fn visit_object_property(&mut self, property: &ObjectProperty<'a>) {
        if let Some(name) = property.key.static_name() {
            self.named(&name, &property.value);
        }
        walk::walk_object_property(self, property);
    }

    fn visit_property_definition(&mut self, property: &PropertyDefinition<'a>) {
        if let (Some(name), Some(value)) = (property.key.static_name(), &property.value) {
            self.named(&name, value);
        }
        walk::walk_property_definition(self, property);
    }
}
