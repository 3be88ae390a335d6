//! Output that is certainly too large (W010): what `main` returns is written into it and larger than the platform takes.

use std::collections::BTreeMap;

use cxda_domain::rule::Rule;
use cxda_domain::script::MAX_OUTPUT_BYTES;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionExpression, CallExpression, Expression,
    Function, ObjectPropertyKind, Program, ReturnStatement, VariableDeclaration,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::{Scoping, SymbolId};
use oxc_span::{GetSpan, Span};
use oxc_syntax::operator::BinaryOperator;
use oxc_syntax::scope::ScopeFlags;

use super::{Seen, entry};

/// Notes each value that is too large to be returned.
pub(super) fn judge(program: &Program<'_>, scoping: &Scoping, found: &mut Vec<Seen>) {
    let mut returns = Returns {
        scoping,
        constants: BTreeMap::new(),
        entry: entry::function(program),
        is_in_entry: false,
        found,
    };
    returns.visit_program(program);
}

struct Returns<'s, 'f> {
    scoping: &'s Scoping,
    /// The least bytes that each constant has.
    constants: BTreeMap<SymbolId, usize>,
    /// Where `main` stands.
    entry: Option<Span>,
    /// Whether the walk is in `main`, and in no other function in it.
    is_in_entry: bool,
    found: &'f mut Vec<Seen>,
}

impl Returns<'_, '_> {
    /// Walks through a function, which is `main` or not.
    fn within(&mut self, function: Span, walk: impl FnOnce(&mut Self)) {
        let around = self.is_in_entry;
        self.is_in_entry = self.entry == Some(function);
        walk(self);
        self.is_in_entry = around;
    }

    fn returned(&mut self, value: &Expression<'_>, span: Span) {
        let bytes = self.least_bytes(value);
        if self.is_in_entry && bytes > MAX_OUTPUT_BYTES {
            self.found.push(Seen {
                rule: Rule::W010,
                offset: span.start,
                message: format!(
                    "output has at least {bytes} bytes, expected at most {MAX_OUTPUT_BYTES}"
                ),
                hint: Some("return less".to_owned()),
            });
        }
    }

    /// The fewest bytes that a value has in the output, as far as the script shows them.
    fn least_bytes(&self, value: &Expression<'_>) -> usize {
        match value.without_parentheses() {
            Expression::StringLiteral(literal) => literal.value.len(),
            Expression::TemplateLiteral(literal) => {
                let texts = literal.quasis.iter();
                let texts = texts.map(|quasi| quasi.value.cooked.map_or(0, |text| text.len()));
                let values = literal
                    .expressions
                    .iter()
                    .map(|value| self.least_bytes(value));
                total(texts.chain(values))
            }
            Expression::BinaryExpression(sum) if sum.operator == BinaryOperator::Addition => {
                total([&sum.left, &sum.right].map(|part| self.least_bytes(part)))
            }
            Expression::ConditionalExpression(choice) => {
                let one = self.least_bytes(&choice.consequent);
                one.min(self.least_bytes(&choice.alternate))
            }
            Expression::ArrayExpression(list) => {
                let items = list
                    .elements
                    .iter()
                    .filter_map(ArrayExpressionElement::as_expression);
                total(items.map(|item| self.least_bytes(item)))
            }
            Expression::ObjectExpression(object) => {
                let members = object.properties.iter().map(|member| match member {
                    ObjectPropertyKind::ObjectProperty(member) => self.least_bytes(&member.value),
                    ObjectPropertyKind::SpreadProperty(_) => 0,
                });
                total(members)
            }
            Expression::Identifier(name) => {
                let reference = name.reference_id.get();
                let symbol = reference.and_then(|id| self.scoping.get_reference(id).symbol_id());
                let bytes = symbol.and_then(|symbol| self.constants.get(&symbol));
                bytes.copied().unwrap_or_default()
            }
            Expression::CallExpression(call) => self.repeated(call),
            _ => 0,
        }
    }

    /// The bytes of `"text".repeat(count)`.
    fn repeated(&self, call: &CallExpression<'_>) -> usize {
        let Some(member) = call.callee.as_member_expression() else {
            return 0;
        };
        let count = match call.arguments.as_slice() {
            [Argument::NumericLiteral(count)] if count.value <= MOST_REPEATS => count.value,
            _ => return 0,
        };
        if member.static_property_name() != Some("repeat") {
            return 0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the count is cut as the language cuts it, and is small"
        )]
        let count = count as usize;
        self.least_bytes(member.object()).saturating_mul(count)
    }
}

/// A count of repeats beyond this is an error of its own when the script runs.
const MOST_REPEATS: f64 = 1e9;

fn total(parts: impl IntoIterator<Item = usize>) -> usize {
    parts.into_iter().fold(0, usize::saturating_add)
}

impl<'a> Visit<'a> for Returns<'_, '_> {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.within(function.span, |returns| {
            walk::walk_function(returns, function, flags);
        });
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        self.within(arrow.span, |returns| {
            if let Some(value) = arrow.body.as_expression() {
                returns.returned(value, value.span());
            }
            walk::walk_arrow_function_expression(returns, arrow);
        });
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        if declaration.kind.is_const() {
            for declarator in &declaration.declarations {
                let name = declarator.id.get_binding_identifier();
                let symbol = name.and_then(|name| name.symbol_id.get());
                if let (Some(symbol), Some(value)) = (symbol, &declarator.init) {
                    let bytes = self.least_bytes(value);
                    self.constants.insert(symbol, bytes);
                }
            }
        }
        walk::walk_variable_declaration(self, declaration);
    }

    fn visit_return_statement(&mut self, it: &ReturnStatement<'a>) {
        if let Some(value) = &it.argument {
            self.returned(value, it.span);
        }
        walk::walk_return_statement(self, it);
    }
}
