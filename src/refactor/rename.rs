//! Renames logical IDs in the text of a template: the key in `Resources`, and every reference. All other bytes stay.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::diagnostic::{Source, Span};
use crate::template::{Arena, Edits, Kind, Member, Node, Reference, ReferenceVisitor, Sub, SubPart, Template, sub_parts};

/// New logical IDs by the old ones.
pub(super) type Names = BTreeMap<String, String>;

/// A renamed template.
pub(super) struct Renamed {
    /// Its text.
    pub(super) text: String,
    /// How many references changed, by the old logical ID.
    pub(super) references: BTreeMap<String, usize>,
    /// The resources and outputs with texts that mention an old logical ID, which stay as they are: the entry and the logical ID.
    pub(super) mentions: Vec<(String, String)>,
}

/// New texts of scalars and keys, by their span and old text. Both parts of a quoted `!GetAtt` have the span of the whole text.
type Texts = FxHashMap<(Span, String), String>;

/// Renames resources.
///
/// # Errors
///
/// Returns the reason if the edited text does not mean what was intended.
pub(super) fn rename(template: &Template<'_>, names: &Names) -> Result<Renamed, String> {
    let mut visitor = Renamer { template, names, edits: BTreeMap::new(), texts: Texts::default(), references: BTreeMap::new() };
    for entry in &template.resources {
        if let Some(new) = names.get(entry.name) {
            visitor.edits.insert(entry.name_span, written(template.source.slice(entry.name_span), entry.name, entry.name, new));
            visitor.texts.insert((entry.name_span, entry.name.to_owned()), new.clone());
        }
        visitor.entry(entry.body);
    }
    for entry in &template.outputs {
        visitor.entry(entry.body);
    }
    let Renamer { edits: written, texts, references, .. } = visitor;
    let mut edits = Edits::new();
    for (span, text) in written {
        edits.replace(span, text);
    }
    let text = edits.apply(template.source).map_err(|error| error.to_string())?;
    let arena = Arena::new();
    let expected = expected(template.root, &texts, &arena);
    let source = Source::new(template.source.name(), text.as_str());
    let check = Arena::new();
    let after = Template::read(&source, &check).map_err(|_| "the edited text is not a template".to_owned())?;
    if !after.root.same(&expected) {
        return Err("the edited text has another meaning".to_owned());
    }
    Ok(Renamed { mentions: mentions(template, names, &texts), references, text })
}

struct Renamer<'t, 'a> {
    template: &'t Template<'a>,
    names: &'t Names,
    edits: BTreeMap<Span, String>,
    texts: Texts,
    references: BTreeMap<String, usize>,
}

impl<'a> Renamer<'_, 'a> {
    /// Visits a resource, an output, or a loop that makes some.
    fn entry(&mut self, body: &'a Node<'a>) {
        match body.kind {
            Kind::Array(_) => self.expression(body),
            _ => self.body(body),
        }
    }
}

impl<'a> ReferenceVisitor<'a> for Renamer<'_, 'a> {
    fn reference(&mut self, reference: Reference<'a>, span: Span) {
        let (Reference::Name(old) | Reference::Attribute(old, _) | Reference::DependsOn(old)) = reference else { return };
        let Some(new) = self.names.get(old) else { return };
        let raw = self.template.source.slice(span);
        *self.references.entry(old.to_owned()).or_default() += 1;
        let mut whole = old.to_owned();
        self.texts.insert((span, old.to_owned()), new.clone());
        // `Fn::GetAtt` may be one text, such as `Old.Arn`, whose node is the whole text.
        if let Reference::Attribute(_, attribute) = reference
            && raw.trim_matches(['"', '\'']) != old
            && let Some(attribute) = attribute.text()
        {
            whole = format!("{old}.{attribute}");
            self.texts.insert((span, whole.clone()), format!("{new}.{attribute}"));
        }
        self.edits.insert(span, written(raw, &whole, old, new));
    }

    fn sub(&mut self, sub: Sub<'a>) {
        let members = sub.variables.map(Node::members).unwrap_or_default();
        let text = sub.text.as_str().unwrap_or_default();
        let is_renamed = |name: &str| self.names.contains_key(resource_of(name)) && members.iter().all(|member| member.key != name);
        let mut count = 0;
        for part in sub_parts(text) {
            if let SubPart::Variable(name) = part
                && is_renamed(name)
            {
                count += 1;
                *self.references.entry(resource_of(name).to_owned()).or_default() += 1;
            }
        }
        if count > 0 {
            let (new, _) = renamed_sub(text, self.names, &is_renamed);
            let raw = self.template.source.slice(sub.text.span);
            let (written, edited) = renamed_sub(raw, self.names, &is_renamed);
            let written = if edited == count { written } else { quoted(&new) };
            self.edits.insert(sub.text.span, written);
            self.texts.insert((sub.text.span, text.to_owned()), new);
        }
        for member in members {
            self.expression(&member.value);
        }
    }
}

fn resource_of(name: &str) -> &str {
    name.split_once('.').map_or(name, |(resource, _)| resource)
}

/// Returns the source text of a scalar with the name at its start replaced; in quotes if it is written in another way, such as with
/// escapes.
fn written(raw: &str, whole: &str, old: &str, new: &str) -> String {
    let quote = raw.starts_with(['"', '\'']);
    let (mark, rest) = raw.split_at(usize::from(quote));
    match rest.strip_prefix(old) {
        Some(rest) if rest.is_empty() || rest.starts_with(['"', '\'', '.']) => format!("{mark}{new}{rest}"),
        _ => quoted(&format!("{new}{}", &whole[old.len()..])),
    }
}

/// Returns a text in double quotes, which JSON and YAML read alike.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// Returns a text of `Fn::Sub` with renamed variables, and their number. Spaces around a variable stay.
fn renamed_sub(text: &str, names: &Names, is_renamed: &dyn Fn(&str) -> bool) -> (String, usize) {
    let (mut renamed, mut rest, mut count) = (String::with_capacity(text.len()), text, 0);
    while let Some(open) = rest.find("${") {
        let Some(length) = rest[open + 2..].find('}') else { break };
        let inside = &rest[open + 2..open + 2 + length];
        renamed.push_str(&rest[..open + 2]);
        let name = inside.trim();
        match names.get(resource_of(name)) {
            Some(new) if is_renamed(name) => {
                count += 1;
                renamed.push_str(&inside.replacen(resource_of(name), new, 1));
            }
            _ => renamed.push_str(inside),
        }
        rest = &rest[open + 2 + length..];
    }
    renamed.push_str(rest);
    (renamed, count)
}

/// Returns the tree that the edited text must have.
fn expected<'n>(node: &Node<'n>, changes: &Texts, arena: &'n Arena) -> Node<'n> {
    let renamed = |span: Span, text: &'n str| changes.get(&(span, text.to_owned())).map_or(text, |new| arena.str(new));
    let kind = match node.kind {
        Kind::String(text) => Kind::String(renamed(node.span, text)),
        Kind::Array(items) => {
            let items: Vec<Node<'n>> = items.iter().map(|item| expected(item, changes, arena)).collect();
            Kind::Array(arena.slice(&items))
        }
        Kind::Object(members) => {
            let member = |member: &Member<'n>| Member {
                key: renamed(member.key_span, member.key),
                key_span: member.key_span,
                value: expected(&member.value, changes, arena),
            };
            let members: Vec<Member<'n>> = members.iter().map(member).collect();
            Kind::Object(arena.slice(&members))
        }
        kind => kind,
    };
    Node { span: node.span, kind }
}

/// Returns the entries with texts that mention an old logical ID and stay as they are, such as `cfn-signal --resource Old`.
fn mentions(template: &Template<'_>, names: &Names, changes: &Texts) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in template.resources.iter().chain(&template.outputs) {
        for old in names.keys() {
            let is_mention = |text: &str, span: Span| !changes.contains_key(&(span, text.to_owned())) && has_word(text, old);
            // The name of a type is no mention.
            let members = entry.body.members().iter().filter(|member| member.key != "Type");
            if members.into_iter().any(|member| any_text(&member.value, &is_mention)) {
                found.push((entry.name.to_owned(), old.clone()));
            }
        }
    }
    found
}

fn any_text(node: &Node<'_>, is_match: &dyn Fn(&str, Span) -> bool) -> bool {
    match node.kind {
        Kind::String(text) => is_match(text, node.span),
        Kind::Array(items) => items.iter().any(|item| any_text(item, is_match)),
        Kind::Object(members) => members.iter().any(|member| any_text(&member.value, is_match)),
        _ => false,
    }
}

/// Returns whether a text contains a logical ID as a word of its own.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let is_type = |before: &str| before.ends_with("::");
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !is_type(&text[..at]) && !text[at + word.len()..].starts_with(is_part))
}
