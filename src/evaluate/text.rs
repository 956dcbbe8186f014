//! Strings put together from parts, some of them unknown, in a normal form.

use super::value::{Residual, Value, ValueKind};
use crate::template::{Arena, Node};

/// Builds a string; adjacent known text is merged and nested strings are taken apart, so that `Fn::Join` and `Fn::Sub`
/// which mean the same give the same.
pub(super) struct Text<'a> {
    arena: &'a Arena,
    origin: &'a Node<'a>,
    parts: Vec<Value<'a>>,
    tail: String,
}

impl<'a> Text<'a> {
    pub(super) fn new(arena: &'a Arena, origin: &'a Node<'a>) -> Self {
        Self { arena, origin, parts: Vec::new(), tail: String::new() }
    }

    pub(super) fn push_str(&mut self, text: &str) {
        self.tail.push_str(text);
    }

    /// Adds a scalar, known or not; anything else is refused.
    pub(super) fn push(&mut self, value: Value<'a>) -> bool {
        if let Some(text) = value.text() {
            self.push_str(text);
            return true;
        }
        match value.kind {
            ValueKind::Unknown(Residual::Concat(parts)) => {
                for part in parts {
                    self.push(*part);
                }
                true
            }
            ValueKind::Unknown(_) => {
                self.flush();
                self.parts.push(value);
                true
            }
            _ => false,
        }
    }

    fn flush(&mut self) {
        if !self.tail.is_empty() {
            self.parts.push(Value::new(ValueKind::String(self.arena.str(&self.tail)), self.origin));
            self.tail.clear();
        }
    }

    /// A single unknown part is that part: `Fn::Sub` of `"${Vpc}"` is `Ref` of `Vpc`.
    pub(super) fn finish(mut self) -> Value<'a> {
        if self.parts.is_empty() {
            return Value::new(ValueKind::String(self.arena.str(&self.tail)), self.origin);
        }
        self.flush();
        match self.parts.as_slice() {
            [only] => Value::new(only.kind, self.origin),
            parts => Value::new(ValueKind::Unknown(Residual::Concat(self.arena.slice(parts))), self.origin),
        }
    }
}
