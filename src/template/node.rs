//! The tree that every document is read into.

use rustc_hash::FxHashMap;

use crate::diagnostic::Span;

/// The memory of one command's documents and values; everything borrowed from it is `Copy`.
#[derive(Debug, Default)]
pub struct Arena(bumpalo::Bump);

impl Arena {
    /// Returns an empty arena.
    pub fn new() -> Self {
        Self::default()
    }

    /// Copies a string into the arena.
    pub fn str(&self, text: &str) -> &str {
        self.0.alloc_str(text)
    }

    /// Moves a `Copy` value into the arena.
    pub fn alloc<T: Copy>(&self, value: T) -> &T {
        self.0.alloc(value)
    }

    /// Copies a slice into the arena.
    pub fn slice<T: Copy>(&self, items: &[T]) -> &[T] {
        match items {
            [] => &[],
            // Most objects of a template are functions, which have one member.
            [item] => std::slice::from_ref(self.0.alloc(*item)),
            _ => self.0.alloc_slice_copy(items),
        }
    }

    /// Removes everything and keeps the memory for what comes next.
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// Returns the allocator, for collections that grow in the arena.
    pub fn bump(&self) -> &bumpalo::Bump {
        &self.0
    }
}

/// A value of a document with its span.
///
/// JSON and YAML produce the same tree: a YAML short form such as `!Ref Vpc` is the object `{"Ref": "Vpc"}` with the span of the short
/// form.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// The span from its first to its last character.
    pub span: Span,
    /// The kind of value.
    pub kind: Kind<'a>,
}

/// The kind of a [`Node`].
#[derive(Clone, Copy, Debug)]
pub enum Kind<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as written: CloudFormation distinguishes `1.0` from `1`.
    Number(&'a str),
    /// A string, unescaped.
    String(&'a str),
    /// An array.
    Array(&'a [Node<'a>]),
    /// An object, in the order of the document; the readers ensure that keys are unique.
    Object(&'a [Member<'a>]),
}

/// One key and its value in an object.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The key, unescaped.
    pub key: &'a str,
    /// The span of the key, quotes included.
    pub key_span: Span,
    /// The value.
    pub value: Node<'a>,
}

impl Kind<'_> {
    /// Returns a name for messages: `an object`, `a string`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl<'a> Node<'a> {
    /// Returns the tree of a value that is not part of a text; its spans are empty.
    pub fn from_json(value: &serde_json::Value, arena: &'a Arena) -> Self {
        let kind = match value {
            serde_json::Value::Null => Kind::Null,
            serde_json::Value::Bool(value) => Kind::Bool(*value),
            serde_json::Value::Number(number) => Kind::Number(arena.str(&number.to_string())),
            serde_json::Value::String(text) => Kind::String(arena.str(text)),
            serde_json::Value::Array(items) => {
                let items: Vec<Self> = items.iter().map(|item| Self::from_json(item, arena)).collect();
                Kind::Array(arena.slice(&items))
            }
            serde_json::Value::Object(members) => {
                let members: Vec<Member<'a>> = members
                    .iter()
                    .map(|(key, value)| Member { key: arena.str(key), key_span: Span::default(), value: Self::from_json(value, arena) })
                    .collect();
                Kind::Object(arena.slice(&members))
            }
        };
        Self { span: Span::default(), kind }
    }

    /// Returns the members of an object, or an empty slice.
    pub fn members(&self) -> &'a [Member<'a>] {
        match self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    /// Returns the items of an array, or an empty slice.
    pub fn items(&self) -> &'a [Self] {
        match self.kind {
            Kind::Array(items) => items,
            _ => &[],
        }
    }

    /// Returns the member with this key.
    pub fn member(&self, key: &str) -> Option<&'a Member<'a>> {
        self.members().iter().find(|member| member.key == key)
    }

    /// Returns the value of the member with this key.
    pub fn get(&self, key: &str) -> Option<&'a Self> {
        self.member(key).map(|member| &member.value)
    }

    /// Returns the string, if it is one.
    pub fn as_str(&self) -> Option<&'a str> {
        match self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the text of a scalar as CloudFormation converts it to a string: `true`, `1.50`.
    pub fn scalar(&self) -> Option<&'a str> {
        match self.kind {
            Kind::String(text) | Kind::Number(text) => Some(text),
            Kind::Bool(true) => Some("true"),
            Kind::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// Returns a name for the kind, for messages: `an object`, `a string`.
    pub fn kind_name(&self) -> &'static str {
        self.kind.name()
    }

    /// Returns whether two trees have the same values, regardless of spans and the order of keys.
    pub fn same(&self, other: &Node<'_>) -> bool {
        match (self.kind, other.kind) {
            (Kind::Null, Kind::Null) => true,
            (Kind::Bool(a), Kind::Bool(b)) => a == b,
            (Kind::Number(a), Kind::Number(b)) | (Kind::String(a), Kind::String(b)) => a == b,
            (Kind::Array(a), Kind::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Kind::Object(a), Kind::Object(b)) => {
                a.len() == b.len() && {
                    let mut by_key = LazyKeys::default();
                    a.iter().zip(b).all(|(member, peer)| {
                        if member.key == peer.key {
                            member.value.same(&peer.value)
                        } else {
                            by_key.get(b, member.key, |peer| peer.key).is_some_and(|peer| member.value.same(&peer.value))
                        }
                    })
                }
            }
            _ => false,
        }
    }
}

/// Finds members by key: one by one among few, and in a table among many, which is built when it is needed.
#[derive(Debug, Default)]
pub(crate) struct LazyKeys<'m>(FxHashMap<&'m str, usize>);

impl<'m> LazyKeys<'m> {
    const FEW: usize = 16;

    /// Returns the first of the members, always the same ones, with this key.
    pub(crate) fn get<T>(&mut self, members: &'m [T], key: &str, key_of: impl Fn(&'m T) -> &'m str) -> Option<&'m T> {
        if members.len() <= Self::FEW {
            return members.iter().find(|member| key_of(member) == key);
        }
        if self.0.is_empty() {
            for (index, member) in members.iter().enumerate() {
                self.0.entry(key_of(member)).or_insert(index);
            }
        }
        self.0.get(key).and_then(|index| members.get(*index))
    }
}

/// Finds members of many objects by key, each object again and again.
#[derive(Debug, Default)]
pub(crate) struct KeyCache<'a>(FxHashMap<usize, LazyKeys<'a>>);

impl<'a> KeyCache<'a> {
    /// Returns the value of the member with this key.
    pub(crate) fn get(&mut self, node: &'a Node<'a>, key: &str) -> Option<&'a Node<'a>> {
        let members = node.members();
        if members.len() <= LazyKeys::FEW {
            return node.get(key);
        }
        let keys = self.0.entry(members.as_ptr().addr()).or_default();
        keys.get(members, key, |member| member.key).map(|member| &member.value)
    }
}

impl serde::Serialize for Node<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        match self.kind {
            Kind::Null => serializer.serialize_unit(),
            Kind::Bool(value) => serializer.serialize_bool(value),
            Kind::Number(text) => match text.parse::<serde_json::Number>() {
                Ok(number) => number.serialize(serializer),
                // Too large for any number type, such as 1e999.
                Err(_) => serializer.serialize_str(text),
            },
            Kind::String(text) => serializer.serialize_str(text),
            Kind::Array(items) => serializer.collect_seq(items),
            Kind::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for member in members {
                    map.serialize_entry(member.key, &member.value)?;
                }
                map.end()
            }
        }
    }
}
