//! Loops that nothing ends (W011): no condition, and no way out but an error in what they call.

use cxda_domain::rule::Rule;
use oxc_ast::ast::{
    ArrowFunctionExpression, AwaitExpression, BreakStatement, ContinueStatement, DoWhileStatement,
    Expression, ForInStatement, ForOfStatement, ForStatement, Function, Program, ReturnStatement,
    Statement, SwitchStatement, ThrowStatement, WhileStatement, YieldExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::Span;
use oxc_syntax::scope::ScopeFlags;

use super::Seen;

/// Notes each loop that never ends.
pub(super) fn judge(program: &Program<'_>, found: &mut Vec<Seen>) {
    Loops { found }.visit_program(program);
}

struct Loops<'f> {
    found: &'f mut Vec<Seen>,
}

impl Loops<'_> {
    fn judge(&mut self, span: Span, test: Option<&Expression<'_>>, body: &Statement<'_>) {
        if test.is_none_or(always_holds) && !has_way_out(body) {
            self.found.push(Seen {
                rule: Rule::W011,
                offset: span.start,
                message: "loop never ends, so the run ends at its time limit".to_owned(),
                hint: Some("give it a condition, or leave it with `break` or `return`".to_owned()),
            });
        }
    }
}

impl<'a> Visit<'a> for Loops<'_> {
    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        self.judge(it.span, Some(&it.test), &it.body);
        walk::walk_while_statement(self, it);
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        self.judge(it.span, Some(&it.test), &it.body);
        walk::walk_do_while_statement(self, it);
    }

    fn visit_for_statement(&mut self, it: &ForStatement<'a>) {
        self.judge(it.span, it.test.as_ref(), &it.body);
        walk::walk_for_statement(self, it);
    }
}

/// Whether a condition is written as one that always holds.
fn always_holds(test: &Expression<'_>) -> bool {
    match test.without_parentheses() {
        Expression::BooleanLiteral(literal) => literal.value,
        Expression::NumericLiteral(literal) => literal.value != 0.0,
        _ => false,
    }
}

fn has_way_out(body: &Statement<'_>) -> bool {
    let mut search = WayOut {
        inside: 0,
        is_there: false,
    };
    search.visit_statement(body);
    search.is_there
}

/// Looks for what leaves a loop. What waits or yields is taken for a way out, and so is every label.
struct WayOut {
    /// How many loops and switches stand around, in the loop's body.
    inside: u32,
    is_there: bool,
}

impl WayOut {
    fn within(&mut self, walk: impl FnOnce(&mut Self)) {
        self.inside += 1;
        walk(self);
        self.inside -= 1;
    }
}

impl<'a> Visit<'a> for WayOut {
    fn visit_break_statement(&mut self, it: &BreakStatement<'a>) {
        self.is_there |= self.inside == 0 || it.label.is_some();
    }

    fn visit_continue_statement(&mut self, it: &ContinueStatement<'a>) {
        self.is_there |= it.label.is_some();
    }

    fn visit_return_statement(&mut self, _: &ReturnStatement<'a>) {
        self.is_there = true;
    }

    fn visit_throw_statement(&mut self, _: &ThrowStatement<'a>) {
        self.is_there = true;
    }

    fn visit_yield_expression(&mut self, _: &YieldExpression<'a>) {
        self.is_there = true;
    }

    fn visit_await_expression(&mut self, _: &AwaitExpression<'a>) {
        self.is_there = true;
    }

    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        self.within(|search| walk::walk_while_statement(search, it));
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        self.within(|search| walk::walk_do_while_statement(search, it));
    }

    fn visit_for_statement(&mut self, it: &ForStatement<'a>) {
        self.within(|search| walk::walk_for_statement(search, it));
    }

    fn visit_for_in_statement(&mut self, it: &ForInStatement<'a>) {
        self.within(|search| walk::walk_for_in_statement(search, it));
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        self.is_there |= it.r#await;
        self.within(|search| walk::walk_for_of_statement(search, it));
    }

    fn visit_switch_statement(&mut self, it: &SwitchStatement<'a>) {
        self.within(|search| walk::walk_switch_statement(search, it));
    }

    // What stands in a function leaves that function.
    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}
}
