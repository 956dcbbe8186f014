//! Expansion of `Fn::ForEach` loops.
//!
//! Works on the tree before evaluation, like the `AWS::LanguageExtensions` transform: in any section, nested, over literal lists and lists
//! from parameters or mappings.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>

use std::borrow::Cow;

use bumpalo::collections::Vec as ArenaVec;
use rustc_hash::FxHashMap;

use super::evaluator::{Block, Evaluator};
use super::taint::SecretTexts;
use super::text::{MOST_BUILT, MOST_BYTES};
use super::value::ValueKind;
use crate::diagnostic::{Diagnostic, Span};
use crate::template::{Kind, MAX_VALUES, Member, Node};

const PREFIX: &str = "Fn::ForEach::";
const WORDING: &str = "Transform AWS::LanguageExtensions failed with: Fn::ForEach layout is incorrect";

/// Returns the tree with every loop expanded, and its texts that contain an item of a secret list. Problems are added to the evaluator.
pub(super) fn expand<'a>(evaluator: &mut Evaluator<'_, 'a>, root: &'a Node<'a>) -> (&'a Node<'a>, SecretTexts) {
    let arena = evaluator.arena;
    // A loop may refer to the same names as a resource, but their values must be known.
    evaluator.block = Block::Resources;
    let mut expander = Expander { evaluator, bound: Vec::new(), values: 0, has_secret_name: false };
    let root = arena.alloc(expander.node(root));
    (root, std::mem::take(&mut expander.evaluator.secret_texts))
}

struct Expander<'e, 't, 'a> {
    evaluator: &'e mut Evaluator<'t, 'a>,
    /// Loop variables with their current items, outermost first, and whether the items are secret.
    bound: Vec<(&'a str, &'a str, bool)>,
    /// The number of values of the expanded template so far, and of repetitions, which may have none.
    values: usize,
    /// Whether a key would contain a secret item, which is reported once.
    has_secret_name: bool,
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
                Some((item, is_secret)) => {
                    self.evaluator.is_spent_at(item.len(), node.span);
                    Kind::String(self.item_text(item, is_secret))
                }
                None => self.object(node.members()),
            },
            Kind::Object(members) => self.object(members),
            kind => kind,
        };
        Node { span: node.span, kind }
    }

    fn item(&self, name: &str) -> Option<(&'a str, bool)> {
        self.bound.iter().rev().find(|(identifier, ..)| *identifier == name).map(|(_, item, is_secret)| (*item, *is_secret))
    }

    /// Returns the text of an item; that of a secret one is remembered by its address.
    fn item_text(&mut self, item: &'a str, is_secret: bool) -> &'a str {
        if !is_secret || item.is_empty() {
            return item;
        }
        let text = self.evaluator.arena.str(item);
        self.evaluator.add_secret_text(text);
        text
    }

    /// Returns a key with loop variables substituted. A key may not contain a secret item: names are public.
    fn key(&mut self, member: &Member<'a>) -> &'a str {
        let (key, is_secret) = self.substituted(member.key, member.key_span);
        if is_secret {
            let message = "the key contains an item of a list that depends on a NoEcho parameter, and names are public".to_owned();
            if !self.has_secret_name {
                self.problem(member.key_span, message);
            }
            self.has_secret_name = true;
            return member.key;
        }
        key
    }

    fn object(&mut self, members: &'a [Member<'a>]) -> Kind<'a> {
        let mut new = Vec::with_capacity(members.len());
        let mut loops = false;
        for member in members {
            if member.key.starts_with(PREFIX) {
                loops = true;
                self.repeat(member, &mut new);
            } else if !self.is_used_up(member.key_span) {
                let key = self.key(member);
                new.push(Member { key, key_span: member.key_span, value: self.node(&member.value) });
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
        let Some((items, is_secret)) = self.collection(collection) else { return };
        for item in items {
            self.values += 1;
            if self.is_used_up(member.key_span) {
                return;
            }
            self.bound.push((identifier, item, is_secret));
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

    /// Returns the items of a list, and whether they are secret.
    fn collection(&mut self, node: &Node<'a>) -> Option<(Vec<&'a str>, bool)> {
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
                let is_secret = self.evaluator.is_secret(node);
                Some((items, is_secret))
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
        let (text, is_secret) = self.substituted(text, span);
        if is_secret && !text.is_empty() {
            self.evaluator.add_secret_text(text);
        }
        text
    }

    /// Returns a text with loop variables substituted, and whether a secret item is in it.
    fn substituted(&mut self, text: &'a str, span: Span) -> (&'a str, bool) {
        if self.bound.is_empty() {
            return (text, false);
        }
        // Every repetition writes the text once more, changed or not.
        if self.evaluator.is_spent_at(text.len(), span) || memchr::memchr(b'{', text.as_bytes()).is_none() {
            return (text, false);
        }
        let (mut new, mut is_secret) = (Cow::Borrowed(text), false);
        for index in (0..self.bound.len()).rev() {
            let (identifier, item, is_item_secret) = self.bound[index];
            for (pattern, is_plain) in [(format!("${{{identifier}}}"), false), (format!("&{{{identifier}}}"), true)] {
                let count = memchr::memmem::find_iter(new.as_bytes(), &pattern).count();
                if count == 0 {
                    continue;
                }
                is_secret |= is_item_secret;
                let letters: Cow<'_, str> =
                    if is_plain { item.chars().filter(char::is_ascii_alphanumeric).collect::<String>().into() } else { item.into() };
                if new.len().saturating_add(count.saturating_mul(letters.len())) > MOST_BYTES {
                    self.evaluator.report_too_long(span);
                    return (text, false);
                }
                new = Cow::Owned(new.replace(&pattern, &letters));
            }
        }
        match new {
            Cow::Owned(new) if !self.evaluator.is_spent_at(new.len(), span) => (self.evaluator.arena.str(&new), is_secret),
            _ => (text, false),
        }
    }

    fn report_duplicates(&mut self, members: &[Member<'a>]) {
        if self.has_secret_name {
            return;
        }
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
