//! Expansion of `Fn::ForEach` loops.
//!
//! Works on the tree before evaluation, like the `AWS::LanguageExtensions` transform: in any section, nested, over literal lists and lists
//! from parameters or mappings.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>

use std::borrow::Cow;

use bumpalo::collections::Vec as ArenaVec;
use rustc_hash::FxHashMap;

use super::evaluator::{Block, Evaluator};
use super::text::{MOST_BUILT, MOST_BYTES};
use super::value::ValueKind;
use crate::diagnostic::{Diagnostic, Span};
use crate::template::{Kind, MAX_VALUES, Member, Node};

const PREFIX: &str = "Fn::ForEach::";
const WORDING: &str = "Transform AWS::LanguageExtensions failed with: Fn::ForEach layout is incorrect";

/// Returns whether a template's text contains a loop.
pub(super) fn is_used(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"Fn::ForEach").is_some()
}

/// Returns the tree with every loop expanded. Problems are added to the evaluator.
pub(super) fn expand<'a>(evaluator: &mut Evaluator<'_, 'a>, root: &'a Node<'a>) -> &'a Node<'a> {
    let arena = evaluator.arena;
    // A loop may refer to the same names as a resource, but their values must be known.
    evaluator.block = Block::Resources;
    let mut expander = Expander { evaluator, bound: Vec::new(), values: 0 };
    arena.alloc(expander.node(root))
}

struct Expander<'e, 't, 'a> {
    evaluator: &'e mut Evaluator<'t, 'a>,
    /// Loop variables with their current items, outermost first.
    bound: Vec<(&'a str, &'a str)>,
    /// The number of values of the expanded template so far, and of repetitions, which may have none.
    values: usize,
}

impl<'a> Expander<'_, '_, 'a> {
    fn node(&mut self, node: &Node<'a>) -> Node<'a> {
        self.values += 1;
        let kind = match node.kind {
            Kind::String(text) => Kind::String(self.text(text, node.span)),
            Kind::Array(items) => {
                let mut new = ArenaVec::with_capacity_in(items.len(), self.evaluator.arena.bump());
                for item in items {
                    if self.is_used_up(item.span) {
                        break;
                    }
                    new.push(self.node(item));
                }
                Kind::Array(new.into_bump_slice())
            }
            Kind::Object([member]) if member.key == "Ref" => match member.value.as_str().and_then(|name| self.item(name)) {
                Some(item) => {
                    self.evaluator.is_spent_at(item.len(), node.span);
                    Kind::String(item)
                }
                None => self.object(node.members()),
            },
            Kind::Object(members) => self.object(members),
            kind => kind,
        };
        Node { span: node.span, kind }
    }

    fn item(&self, name: &str) -> Option<&'a str> {
        self.bound.iter().rev().find(|(identifier, _)| *identifier == name).map(|(_, item)| *item)
    }

    fn object(&mut self, members: &'a [Member<'a>]) -> Kind<'a> {
        let mut new = Vec::with_capacity(members.len());
        let mut loops = false;
        for member in members {
            if member.key.starts_with(PREFIX) {
                loops = true;
                self.repeat(member, &mut new);
            } else if !self.is_used_up(member.key_span) {
                new.push(Member {
                    key: self.text(member.key, member.key_span),
                    key_span: member.key_span,
                    value: self.node(&member.value),
                });
            }
        }
        if loops {
            self.report_duplicates(&new);
        }
        Kind::Object(self.evaluator.arena.slice(&new))
    }

    fn repeat(&mut self, member: &'a Member<'a>, into: &mut Vec<Member<'a>>) {
        let [identifier, collection, body] = member.value.items() else {
            self.problem(member.value.span, "`Fn::ForEach` takes an identifier, a list and an object to repeat".to_owned());
            return;
        };
        let (Some(identifier), Kind::Object(fragment)) = (identifier.as_str(), body.kind) else {
            self.problem(member.value.span, "`Fn::ForEach` takes an identifier, a list and an object to repeat".to_owned());
            return;
        };
        if self.is_used_up(member.key_span) {
            return;
        }
        let Some(items) = self.collection(collection) else { return };
        for item in items {
            self.values += 1;
            if self.is_used_up(member.key_span) {
                return;
            }
            self.bound.push((identifier, item));
            let Kind::Object(repeated) = self.object(fragment) else { return };
            into.extend_from_slice(repeated);
            self.bound.pop();
        }
    }

    /// Returns whether the expanded template is too large, which is reported once.
    fn is_used_up(&mut self, span: Span) -> bool {
        if self.values <= MAX_VALUES {
            return self.evaluator.is_used_up(span);
        }
        if self.evaluator.built <= MOST_BUILT {
            let message = format!("expanding the template's loops gives more than {MAX_VALUES} values and repetitions");
            let problem = Diagnostic::error("too-long", message).at(self.evaluator.template.source, span, "reached here");
            self.evaluator.problems.push(problem.hinted("loop over fewer items: CloudFormation accepts at most 500 resources and 1 MB"));
            self.evaluator.built = MOST_BUILT + 1;
        }
        true
    }

    fn collection(&mut self, node: &Node<'a>) -> Option<Vec<&'a str>> {
        let node = self.evaluator.arena.alloc(self.node(node));
        let reported = (self.evaluator.problems.0.len(), self.evaluator.unresolved.len());
        let value = self.evaluator.operand(node);
        if reported != (self.evaluator.problems.0.len(), self.evaluator.unresolved.len()) {
            return None;
        }
        let mut items = Vec::new();
        match value.kind {
            ValueKind::List(values) => {
                for value in values {
                    // A nested list, such as a list parameter beside literals, contributes its items.
                    for item in value.items().unwrap_or(std::slice::from_ref(value)) {
                        match item.text() {
                            Some(text) => items.push(text),
                            None if item.is_unknown() => {
                                self.problem(node.span, "an item of the list of `Fn::ForEach` is not known before deployment".to_owned());
                                return None;
                            }
                            None => {
                                self.problem(node.span, "the list of `Fn::ForEach` contains an item that is not a string".to_owned());
                                return None;
                            }
                        }
                    }
                }
                Some(items)
            }
            ValueKind::Unknown(_) => {
                self.problem(node.span, "the list of `Fn::ForEach` is not known before deployment".to_owned());
                None
            }
            _ => {
                self.problem(node.span, "`Fn::ForEach` requires a list".to_owned());
                None
            }
        }
    }

    /// Substitutes loop variables: `${Name}` with the item, `&{Name}` with its letters and digits only.
    fn text(&mut self, text: &'a str, span: Span) -> &'a str {
        if self.bound.is_empty() {
            return text;
        }
        // Every repetition writes the text once more, changed or not.
        if self.evaluator.is_spent_at(text.len(), span) || memchr::memchr(b'{', text.as_bytes()).is_none() {
            return text;
        }
        let mut new = Cow::Borrowed(text);
        for index in (0..self.bound.len()).rev() {
            let (identifier, item) = self.bound[index];
            for (pattern, is_plain) in [(format!("${{{identifier}}}"), false), (format!("&{{{identifier}}}"), true)] {
                let count = memchr::memmem::find_iter(new.as_bytes(), &pattern).count();
                if count == 0 {
                    continue;
                }
                let letters: Cow<'_, str> =
                    if is_plain { item.chars().filter(char::is_ascii_alphanumeric).collect::<String>().into() } else { item.into() };
                if new.len().saturating_add(count.saturating_mul(letters.len())) > MOST_BYTES {
                    self.evaluator.report_too_long(span);
                    return text;
                }
                new = Cow::Owned(new.replace(&pattern, &letters));
            }
        }
        match new {
            Cow::Owned(new) if !self.evaluator.is_spent_at(new.len(), span) => self.evaluator.arena.str(&new),
            _ => text,
        }
    }

    fn report_duplicates(&mut self, members: &[Member<'a>]) {
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        for member in members {
            if let Some(earlier) = seen.insert(member.key, member.key_span) {
                let source = self.evaluator.template.source;
                self.evaluator.problems.push(
                    Diagnostic::error("duplicate-key", format!("`Fn::ForEach` gives the key `{}` twice", member.key))
                        .at(source, member.key_span, "again here")
                        .at(source, earlier, "first here")
                        .with_aws_message(format!(
                            "Transform AWS::LanguageExtensions failed with: Duplicate key '{}' when merging keys to parent object in Fn::ForEach",
                            member.key
                        ))
                        .hinted("include the identifier in the key, as `${Name}` or, for letters and digits only, `&{Name}`"),
                );
            }
        }
    }

    fn problem(&mut self, span: Span, message: String) {
        self.evaluator.problem_at("for-each", span, message, WORDING);
    }
}
