//! Puts values into the containers that are open: plain ones, what aliases stand for, and what merge keys bring.
//!
//! CloudFormation itself refuses aliases and merge keys; `aws cloudformation package` expands them first, and so does this.

use rustc_hash::FxHashSet;

use super::{Frame, Key, Outcome, Reader, Value};
use crate::diagnostic::Span;
use crate::template::node::{Kind, Member, Node};

/// How many values aliases may add in all; nine lines of aliases to aliases would else stand for billions.
const MAX_EXPANDED: usize = 100_000;

impl<'a> Reader<'a> {
    /// Adds the members that merge keys bring; a key that the mapping has itself wins, and among merged ones the first.
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

    pub(super) fn expand(&mut self, anchor: usize, place: Span) -> Outcome<()> {
        self.alias.get_or_insert(place);
        self.last_end = place.end;
        let Some(mut value) = self.anchors.get(&anchor).copied() else {
            return Err(self.problem("alias-loop", "an alias inside its own anchor", place, "an anchor cannot hold itself"));
        };
        value.node.span = place;
        if let Some(frame) = self.frames.last_mut().filter(|frame| frame.is_mapping && frame.key.is_none()) {
            let Some(text) = value.node.scalar() else {
                return Err(self.problem(
                    "yaml-syntax",
                    format!("a key is text, this is {}", value.node.kind_name()),
                    place,
                    "write the key out",
                ));
            };
            frame.key = Some(Key { text, span: place, is_merge: false });
            return Ok(());
        }
        self.expanded = self.expanded.saturating_add(value.size);
        if self.expanded > MAX_EXPANDED {
            return Err(self.problem(
                "alias-expansion",
                format!("aliases stand for more than {MAX_EXPANDED} values"),
                place,
                "aliases of aliases multiply; write the values out",
            ));
        }
        self.check_depth(value.height, place)?;
        self.insert(value, 0)
    }

    /// Gives a finished value to the container that is open, or makes it the document.
    pub(super) fn insert(&mut self, value: Value<'a>, anchor: usize) -> Outcome<()> {
        if anchor != 0 {
            self.anchors.insert(anchor, value);
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(value.node);
            return Ok(());
        };
        frame.size = frame.size.saturating_add(value.size);
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
                "`<<` merges mappings, this is none",
                value.node.span,
                "name a mapping by its alias, or quote the key",
            ));
        }
        frame.merged.extend_from_slice(merged);
        Ok(())
    }
}
