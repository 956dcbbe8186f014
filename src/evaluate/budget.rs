//! The budget of one evaluation: the bytes of the texts and lists that it builds.
//!
//! A few kilobytes of nested loops, of `Fn::Sub` in `Fn::Sub` or of references to one large list can stand for gigabytes. So every
//! function that builds or repeats a value pays for it first, at the node that requires it; what the template itself contains costs
//! nothing. After the budget is used up, which is reported once, functions are no longer evaluated.

use super::evaluator::Evaluator;
use super::text::{MOST_BUILT, MOST_BYTES, Text};
use super::value::{Value, ValueKind};
use crate::diagnostic::{Diagnostic, Span};
use crate::template::{Kind, Node};

/// Most bytes of the arena, which also has the documents: two of the largest fit.
const MOST_ALLOCATED: usize = 160 * 1024 * 1024;

/// The size of a value from which the arena is looked at.
const LARGE: usize = 1024;

impl<'a> Evaluator<'_, 'a> {
    /// Counts the bytes of a value before it is built, and returns whether the values of the template are too large together, which is
    /// reported once.
    pub(super) fn is_spent(&mut self, bytes: usize, node: &Node<'_>) -> bool {
        self.is_spent_at(bytes, node.span)
    }

    /// The same, at a span.
    pub(super) fn is_spent_at(&mut self, bytes: usize, span: Span) -> bool {
        let before = self.built;
        self.built = before.saturating_add(bytes);
        if bytes >= LARGE && self.fills_the_arena() {
            self.built = self.built.max(MOST_BUILT + 1);
        }
        if self.built <= MOST_BUILT {
            return false;
        }
        if before <= MOST_BUILT {
            let message = format!("the values of the template take more than {} MB", MOST_BUILT / (1024 * 1024));
            let problem = Diagnostic::error("too-long", message).at(self.template.source, span, "reached here");
            self.problems.push(problem.hinted("split the template, or repeat less: CloudFormation accepts templates of at most 1 MB"));
        }
        true
    }

    /// Returns whether the budget is used up, by what was built or by all that the command holds.
    pub(super) fn is_used_up(&mut self, span: Span) -> bool {
        self.built > MOST_BUILT || self.fills_the_arena() && self.is_spent_at(MOST_BUILT + 1, span)
    }

    fn fills_the_arena(&self) -> bool {
        self.arena.bump().allocated_bytes() > MOST_ALLOCATED
    }

    /// Pays for a text that the result repeats without a copy, such as the value of a parameter.
    pub(super) fn repeated(&mut self, value: Value<'a>, node: &'a Node<'a>) -> Value<'a> {
        let bytes = match value.kind {
            ValueKind::String(text) => text.len(),
            _ => 0,
        };
        if self.is_spent(bytes, node) { self.unevaluated(node) } else { value }
    }

    /// Returns the string that was built, or reports that it is too long.
    pub(super) fn finish_text(&mut self, text: Text<'a>, node: &'a Node<'a>) -> Value<'a> {
        let bytes = text.bytes();
        if text.is_too_long() {
            self.too_long(node)
        } else if self.is_spent(bytes, node) {
            self.unevaluated(node)
        } else {
            text.finish()
        }
    }

    pub(super) fn too_long(&mut self, node: &'a Node<'a>) -> Value<'a> {
        self.report_too_long(node.span);
        self.unevaluated(node)
    }

    /// Reports a string that is too long, and pays for it: building it up to the limit took as long as one that is not.
    pub(super) fn report_too_long(&mut self, span: Span) {
        let message = format!("the result is a string of more than {} MB", MOST_BYTES / (1024 * 1024));
        self.problems.push(Diagnostic::error("too-long", message).at(self.template.source, span, ""));
        self.built = self.built.saturating_add(MOST_BYTES);
    }
}

/// Returns the bytes that a literal takes as a value, with everything in it; stops counting past the budget.
pub(super) fn bytes_of(node: &Node<'_>) -> usize {
    let inside = match node.kind {
        Kind::Null | Kind::Bool(_) => 0,
        Kind::Number(text) | Kind::String(text) => text.len(),
        Kind::Array(items) => items.iter().map(bytes_of).sum(),
        Kind::Object(members) => members.iter().map(|member| size_of::<&str>() + member.key.len() + bytes_of(&member.value)).sum(),
    };
    size_of::<Value<'_>>() + inside
}
