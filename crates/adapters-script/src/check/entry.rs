//! Whether a script defines the function that a run calls (rule A003).

use cxda_domain::manifest::nearest;
use cxda_domain::rule::Rule;
use cxda_domain::script::ENTRY_FUNCTION;
use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, Expression, Program, Statement, VariableDeclarator,
};
use oxc_semantic::Scoping;
use oxc_span::{GetSpan, Span};

use super::{Seen, shown};

/// Notes where there is no `main`, or where it is certainly no function.
pub(super) fn judge(program: &Program<'_>, scoping: &Scoping, found: &mut Vec<Seen>) {
    let mut values = program.body.iter().flat_map(values).peekable();
    if values.peek().is_none() {
        if !is_bound(scoping) {
            found.push(missing(scoping));
        }
        return;
    }
    // What is assigned last counts; a value that only a run shows is taken for a function.
    let wrong = values.last().and_then(not_a_function);
    if let Some(offset) = wrong.filter(|_| !is_changed(scoping)) {
        found.push(Seen {
            rule: Rule::A003,
            offset,
            message: format!("`{ENTRY_FUNCTION}` is not a function"),
            hint: Some(format!(
                "write `function {ENTRY_FUNCTION}(context) {{ … }}`"
            )),
        });
    }
}

/// Where the function stands that is `main`, as far as the script shows it.
pub(super) fn function(program: &Program<'_>) -> Option<Span> {
    match program.body.iter().flat_map(values).last()? {
        Value::Function(span) => Some(span),
        Value::Expression(value) => {
            let value = value.without_parentheses();
            value.is_function().then(|| value.span())
        }
        Value::Class(_) | Value::Nothing(_) => None,
    }
}

/// Whether the name stands for something that no statement of the script itself gives, as a declaration in a block does.
fn is_bound(scoping: &Scoping) -> bool {
    let root = scoping.get_bindings(scoping.root_scope_id());
    root.keys().any(|name| name.as_str() == ENTRY_FUNCTION)
        || scoping
            .root_unresolved_references()
            .iter()
            .filter(|(name, _)| name.as_str() == ENTRY_FUNCTION)
            .flat_map(|(_, references)| references.iter())
            .any(|reference| scoping.get_reference(*reference).is_write())
}

/// Whether `main` is declared and gets another value later, be it in a block or a function.
fn is_changed(scoping: &Scoping) -> bool {
    let root = scoping.get_bindings(scoping.root_scope_id());
    let entry = root
        .iter()
        .find(|(name, _)| name.as_str() == ENTRY_FUNCTION);
    entry.is_some_and(|(_, symbol)| scoping.symbol_is_mutated(*symbol))
}

fn missing(scoping: &Scoping) -> Seen {
    let root = scoping.get_bindings(scoping.root_scope_id());
    let functions = root
        .iter()
        .filter(|(_, symbol)| scoping.symbol_flags(**symbol).is_function());
    let mut names: Vec<_> = functions.map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let hint = match (nearest(ENTRY_FUNCTION, names.iter().copied()), &*names) {
        (Some(near), _) => format!(
            "did you mean `{}`? it must be called `{ENTRY_FUNCTION}`",
            shown(near)
        ),
        (None, [only]) => format!(
            "rename `{}`, or call it from `{ENTRY_FUNCTION}`",
            shown(only)
        ),
        _ => format!("write `function {ENTRY_FUNCTION}(context) {{ … }}`"),
    };
    Seen {
        rule: Rule::A003,
        offset: 0,
        message: format!("script defines no function `{ENTRY_FUNCTION}`"),
        hint: Some(hint),
    }
}

/// What a statement makes of `main`.
#[derive(Clone, Copy, Debug)]
enum Value<'e, 'a> {
    Function(Span),
    Class(u32),
    Nothing(u32),
    Expression(&'e Expression<'a>),
}

/// Every value that `statement` gives to `main`.
fn values<'e, 'a>(statement: &'e Statement<'a>) -> Vec<Value<'e, 'a>> {
    match statement {
        Statement::FunctionDeclaration(function) => {
            let named = function.name().is_some_and(|name| name == ENTRY_FUNCTION);
            named
                .then_some(Value::Function(function.span))
                .into_iter()
                .collect()
        }
        Statement::ClassDeclaration(class) => {
            let named = class.name().is_some_and(|name| name == ENTRY_FUNCTION);
            let value = Value::Class(class.span.start);
            named.then_some(value).into_iter().collect()
        }
        Statement::VariableDeclaration(declaration) => declaration
            .declarations
            .iter()
            .filter_map(declared)
            .collect(),
        Statement::ExpressionStatement(statement) => assigned(&statement.expression),
        _ => Vec::new(),
    }
}

fn declared<'e, 'a>(declarator: &'e VariableDeclarator<'a>) -> Option<Value<'e, 'a>> {
    let identifier = declarator.id.get_binding_identifier()?;
    let value = match &declarator.init {
        Some(value) => Value::Expression(value),
        None => Value::Nothing(identifier.span.start),
    };
    (identifier.name == ENTRY_FUNCTION).then_some(value)
}

fn assigned<'e, 'a>(expression: &'e Expression<'a>) -> Vec<Value<'e, 'a>> {
    match expression.without_parentheses() {
        Expression::AssignmentExpression(assignment) if is_entry(assignment) => {
            vec![Value::Expression(&assignment.right)]
        }
        Expression::SequenceExpression(sequence) => {
            sequence.expressions.iter().flat_map(assigned).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether `main` is assigned, or the member of that name of the global object.
fn is_entry(assignment: &AssignmentExpression<'_>) -> bool {
    match &assignment.left {
        AssignmentTarget::AssignmentTargetIdentifier(name) => name.name == ENTRY_FUNCTION,
        AssignmentTarget::StaticMemberExpression(member) => {
            member.property.name == ENTRY_FUNCTION
                && (member.object.is_specific_id("globalThis")
                    || matches!(member.object, Expression::ThisExpression(_)))
        }
        _ => false,
    }
}

/// Where a value stands that is certainly no function.
fn not_a_function(value: Value<'_, '_>) -> Option<u32> {
    match value {
        Value::Function(_) => None,
        Value::Class(offset) | Value::Nothing(offset) => Some(offset),
        Value::Expression(expression) => {
            let value = expression.without_parentheses();
            let is_plain = value.is_literal()
                || matches!(
                    value,
                    Expression::ArrayExpression(_)
                        | Expression::ObjectExpression(_)
                        | Expression::TemplateLiteral(_)
                        | Expression::ClassExpression(_)
                );
            is_plain.then(|| value.span().start)
        }
    }
}
