//! Inserts values into open containers, and expands aliases and merge keys.
//!
//! CloudFormation refuses aliases and merge keys; `aws cloudformation package` expands them, as does this module.

use rustc_hash::FxHashSet;

use super::{Frame, Key, Outcome, Reader, Value};
use crate::diagnostic::{Diagnostic, MAX_SOURCE_BYTES, Span};
use crate::template::json::MAX_VALUES;
use crate::template::node::{Kind, Member, Node};
use crate::template::{SPLIT_IT, TypedKey};

/// Maximum number of values that aliases may add. Without it, nine lines of aliases to aliases would expand to billions.
const MAX_EXPANDED: usize = 100_000;

impl<'a> Reader<'a> {
    /// Adds the members of merge keys. The mapping's own keys take precedence, then earlier merged mappings.
    pub(super) fn merge(&mut self, frame: &Frame<'a>) {
        if frame.merged.is_empty() {
            return;
        }
        let mut seen: FxHashSet<&str> = self.members[frame.first..].iter().map(|member| member.key).collect();
        for member in frame.merged.iter().flat_map(Node::members) {
            if seen.insert(member.key) {
                self.members.push(*member);
            }
        }
    }

    pub(super) fn expand(&mut self, anchor: usize, event_span: Span) -> Outcome<()> {
        self.alias.get_or_insert(event_span);
        self.last_end = event_span.end;
        let Some(mut value) = self.anchors.get(&anchor).copied() else {
            return Err(self.problem(
                "alias-loop",
                "an alias refers to an anchor that contains it",
                event_span,
                "an anchor cannot contain itself",
            ));
        };
        value.node.span = event_span;
        if let Some(frame) = self.frames.last_mut().filter(|frame| frame.is_mapping && frame.key.is_none()) {
            let Some(text) = value.node.scalar() else {
                return Err(self.problem(
                    "yaml-syntax",
                    format!("a key must be text, not {}", value.node.kind_name()),
                    event_span,
                    "write the key instead of the alias",
                ));
            };
            frame.key = Some(Key { text, span: event_span, is_merge: false });
            self.expanded_bytes = self.expanded_bytes.saturating_add(text.len());
            if self.expanded_bytes > MAX_SOURCE_BYTES {
                return Err(self.too_many_bytes(event_span));
            }
            if !matches!(value.node.kind, Kind::String(_)) {
                self.keys.push(TypedKey { span: event_span, kind: value.node.kind });
            }
            return Ok(());
        }
        self.expanded = self.expanded.saturating_add(value.size);
        if self.expanded > MAX_EXPANDED {
            return Err(self.problem(
                "alias-expansion",
                format!("aliases expand to more than {MAX_EXPANDED} values"),
                event_span,
                "replace the aliases with their values",
            ));
        }
        self.expanded_bytes = self.expanded_bytes.saturating_add(value.bytes);
        if self.expanded_bytes > MAX_SOURCE_BYTES {
            return Err(self.too_many_bytes(event_span));
        }
        self.check_depth(value.height, event_span)?;
        self.insert(value, 0)
    }

    fn too_many_bytes(&self, event_span: Span) -> Box<Diagnostic> {
        let message = format!("aliases expand to more than {MAX_SOURCE_BYTES} bytes");
        self.problem("alias-expansion", message, event_span, "replace the aliases with their values")
    }

    /// Adds a value to the innermost open container, or makes it the root.
    pub(super) fn insert(&mut self, value: Value<'a>, anchor: usize) -> Outcome<()> {
        if anchor != 0 {
            self.anchors.insert(anchor, value);
        }
        self.values += 1;
        if self.values > MAX_VALUES {
            let message = format!("the document has more than {MAX_VALUES} values");
            return Err(self.problem("document-limit", message, value.node.span, SPLIT_IT));
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(value.node);
            return Ok(());
        };
        frame.size = frame.size.saturating_add(value.size);
        frame.bytes = frame.bytes.saturating_add(value.bytes);
        frame.height = frame.height.max(value.height);
        frame.end = frame.end.max(value.node.span.end);
        if !frame.is_mapping {
            self.nodes.push(value.node);
            return Ok(());
        }
        let Some(key) = frame.key.take() else {
            return Ok(());
        };
        if !key.is_merge {
            self.members.push(Member { key: key.text, key_span: key.span, value: value.node });
            return Ok(());
        }
        let merged: &[Node<'a>] = match value.node.kind {
            Kind::Object(_) => &[value.node],
            Kind::Array(items) => items,
            _ => &[],
        };
        if merged.is_empty() || merged.iter().any(|node| !matches!(node.kind, Kind::Object(_))) {
            return Err(self.problem(
                "yaml-syntax",
                "`<<` requires a mapping",
                value.node.span,
                "use the alias of a mapping, or quote the key",
            ));
        }
        frame.merged.extend_from_slice(merged);
        Ok(())
    }
}
