//! What is known of one resource type.

use super::RequiresRecreation;
use super::data::{self, Numbers};
use super::property::PropertyFacts;

const DELETE_THEN_CREATE: u8 = 1;

/// The facts of one resource type; a few words that point into the compiled-in facts.
#[derive(Clone, Copy, Debug)]
pub struct ResourceType {
    name: &'static str,
    flags: u8,
    root: u16,
    definitions: Numbers,
    tag_property: PropertyPath,
    create_only: Paths,
    conditional_create_only: Paths,
    read_only: Paths,
    write_only: Paths,
    primary_identifier: Paths,
}

impl ResourceType {
    pub(super) fn new(name: &'static str, record: &'static [u8]) -> Self {
        let definitions = usize::from(data::u16_at(record, 3));
        let mut at = 5 + 2 * definitions;
        let tag_property = PropertyPath::at(record, at);
        at += 1 + 2 * tag_property.0.len();
        let mut paths = || {
            let length = usize::from(data::u16_at(record, at));
            at += 2 + length;
            Paths(record.get(at - length..at).unwrap_or_default())
        };
        Self {
            name,
            flags: record.first().copied().unwrap_or(0),
            root: data::u16_at(record, 1),
            definitions: Numbers::new(record, 5, definitions),
            tag_property,
            create_only: paths(),
            conditional_create_only: paths(),
            read_only: paths(),
            write_only: paths(),
            primary_identifier: paths(),
        }
    }

    /// Returns the name, such as `AWS::EFS::FileSystem`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the facts of `Properties` as a whole.
    pub fn properties(&self) -> PropertyFacts {
        PropertyFacts::new(self.root, self.definitions)
    }

    /// Returns the facts of a property by its path below `Properties`: names, and indices as decimal text.
    ///
    /// `["Tags", "0", "Value"]` is the value of the first tag. `None` means that the schema does not say.
    pub fn property(&self, path: &[&str]) -> Option<PropertyFacts> {
        let mut facts = self.properties();
        for segment in path {
            facts = match facts.items() {
                Some(items) if is_index(segment) || *segment == "*" => items,
                _ => facts.member(segment)?,
            };
        }
        Some(facts)
    }

    /// Returns what a change at a path below `Properties` asks for.
    ///
    /// A change at or below a create-only path asks for a replacement; so does a change of the whole value that a
    /// create-only path leads into. Where that is too coarse, as with an object of which only one member is create-only,
    /// ask for the paths of the members that differ.
    pub fn requires_recreation(&self, path: &[&str]) -> RequiresRecreation {
        if self.create_only().any(|create_only| create_only.meets(path)) {
            RequiresRecreation::Always
        } else if self.conditional_create_only().any(|create_only| create_only.meets(path)) {
            RequiresRecreation::Conditionally
        } else {
            RequiresRecreation::Never
        }
    }

    /// Returns the paths whose change replaces the resource.
    pub fn create_only(&self) -> impl Iterator<Item = PropertyPath> + use<> {
        self.create_only.iter()
    }

    /// Returns the paths whose change may replace the resource.
    pub fn conditional_create_only(&self) -> impl Iterator<Item = PropertyPath> + use<> {
        self.conditional_create_only.iter()
    }

    /// Returns the paths that the service sets: attributes, not for templates.
    pub fn read_only(&self) -> impl Iterator<Item = PropertyPath> + use<> {
        self.read_only.iter()
    }

    /// Returns the paths that the service never tells again, such as passwords.
    pub fn write_only(&self) -> impl Iterator<Item = PropertyPath> + use<> {
        self.write_only.iter()
    }

    /// Returns the paths that together name one resource of this type.
    pub fn primary_identifier(&self) -> impl Iterator<Item = PropertyPath> + use<> {
        self.primary_identifier.iter()
    }

    /// Tells whether a path is one that the service sets, or lies below one.
    pub fn is_read_only(&self, path: &[&str]) -> bool {
        self.read_only().any(|read_only| read_only.holds(path))
    }

    /// Returns the names that `Fn::GetAtt` takes, such as `Arn` or `Endpoint.Address`, as far as the schema tells.
    pub fn attributes(&self) -> impl Iterator<Item = String> + use<> {
        self.read_only()
            .filter(|path| path.segments().all(|segment| segment != "*"))
            .map(|path| path.segments().collect::<Vec<_>>().join("."))
    }

    /// Returns the names of the properties that a template must give.
    pub fn required(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.properties().required()
    }

    /// Returns the path of the property that holds tags, usually `Tags`.
    pub fn tag_property(&self) -> Option<PropertyPath> {
        (self.tag_property.0.len() > 0).then_some(self.tag_property)
    }

    /// Tells whether a replacement deletes the old resource before it creates the new one, as a few types need.
    pub fn delete_then_create(&self) -> bool {
        self.flags & DELETE_THEN_CREATE != 0
    }
}

fn is_index(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}

/// A list of paths.
#[derive(Clone, Copy, Debug)]
struct Paths(&'static [u8]);

impl Paths {
    fn iter(self) -> impl Iterator<Item = PropertyPath> + use<> {
        let mut at = 0;
        std::iter::from_fn(move || {
            (at < self.0.len()).then(|| {
                let path = PropertyPath::at(self.0, at);
                at += 1 + 2 * path.0.len();
                path
            })
        })
    }
}

/// The path of a property below `Properties`; `*` stands for any item of a list.
#[derive(Clone, Copy, Debug)]
pub struct PropertyPath(Numbers);

impl PropertyPath {
    fn at(bytes: &'static [u8], at: usize) -> Self {
        Self(Numbers::new(bytes, at + 1, usize::from(bytes.get(at).copied().unwrap_or(0))))
    }

    /// Returns the names on the way.
    pub fn segments(self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        self.0.strings()
    }

    /// Returns the name, for a path that is one name.
    pub fn single(self) -> Option<&'static str> {
        (self.0.len() == 1).then(|| data::string(self.0.at(0)))
    }

    /// Tells whether one path is the other or leads to it, either way.
    pub fn meets(self, path: &[&str]) -> bool {
        self.compare(path).is_some()
    }

    /// Tells whether `path` is this path or lies below it.
    pub fn holds(self, path: &[&str]) -> bool {
        self.compare(path) == Some(true)
    }

    /// Returns whether all of this path was used up, or `None` where the two part ways.
    ///
    /// Schemas leave out the `*` of a list now and then, so an index that meets a name is passed over.
    fn compare(self, path: &[&str]) -> Option<bool> {
        let mut own = 0;
        for segment in path {
            if own == self.0.len() {
                return Some(true);
            }
            let name = data::string_bytes(self.0.at(own));
            let index = is_index(segment);
            if name == segment.as_bytes() || (name == b"*" && (index || *segment == "*")) {
                own += 1;
            } else if name == b"*" && own + 1 < self.0.len() && data::string_bytes(self.0.at(own + 1)) == segment.as_bytes() {
                own += 2;
            } else if !index {
                return None;
            }
        }
        Some(own == self.0.len())
    }
}

impl std::fmt::Display for PropertyPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for segment in self.segments() {
            write!(formatter, "/{segment}")?;
        }
        Ok(())
    }
}
