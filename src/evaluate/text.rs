//! Strings built from known and unknown parts, in a normal form.

use super::value::{Residual, Value, ValueKind};
use crate::template::{Arena, Node};

/// Longest string that is built, in bytes.
///
/// Far above the limit of any property. Without it, a small template of nested `Fn::Sub` could exhaust memory.
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Most bytes of texts and lists that the evaluation of one template builds; 32 times what CloudFormation accepts as a whole template.
pub(super) const MOST_BUILT: usize = 32 * 1024 * 1024;
/// How many times more bytes an unknown expression takes in the output, indented, than as a value.
const OUTPUT_OF_EXPRESSION: usize = 16;
/// Most parts of an unknown string.
const MOST_PARTS: usize = 65_536;

/// Builds a string. Adjacent known text is merged and nested strings are flattened, so that equivalent `Fn::Join` and `Fn::Sub` expressions
/// give the same value.
pub(super) struct Text<'a> {
    arena: &'a Arena,
    origin: &'a Node<'a>,
    parts: Vec<Value<'a>>,
    tail: String,
    bytes: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(arena: &'a Arena, origin: &'a Node<'a>) -> Self {
        Self { arena, origin, parts: Vec::new(), tail: String::new(), bytes: 0 }
    }

    pub(super) fn push_str(&mut self, text: &str) {
        self.bytes += text.len();
        if !self.is_too_long() {
            self.tail.push_str(text);
        }
    }

    /// Returns the number of bytes of the known parts, and of the list of parts.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.parts.len() * size_of::<Value<'_>>()
    }

    /// Returns whether the string exceeded a limit; its rest is then dropped.
    pub(super) fn is_too_long(&self) -> bool {
        self.bytes > MOST_BYTES || self.parts.len() > MOST_PARTS
    }

    /// Adds a scalar, known or unknown. Returns whether the value was one.
    pub(super) fn push(&mut self, value: Value<'a>) -> bool {
        if let Some(text) = value.text() {
            self.push_str(text);
            return true;
        }
        match value.kind {
            ValueKind::Unknown(Residual::Concat(parts)) => {
                for part in parts {
                    if self.is_too_long() {
                        break;
                    }
                    self.push(*part);
                }
                true
            }
            ValueKind::Unknown(residual) => {
                self.bytes += residual.bytes(MOST_BYTES / OUTPUT_OF_EXPRESSION) * OUTPUT_OF_EXPRESSION;
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

    /// Returns the string. A single unknown part is returned as it is: `Fn::Sub` of `"${Vpc}"` is `Ref` of `Vpc`. One that may be
    /// `AWS::NoValue` stays a part, since a string cannot be absent.
    pub(super) fn finish(mut self) -> Value<'a> {
        if self.parts.is_empty() {
            return Value::new(ValueKind::String(self.arena.str(&self.tail)), self.origin);
        }
        self.flush();
        match self.parts.as_slice() {
            [only] if !only.may_vanish() => Value::new(only.kind, self.origin),
            parts => Value::new(ValueKind::Unknown(Residual::Concat(self.arena.slice(parts))), self.origin),
        }
    }
}
