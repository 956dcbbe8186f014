//! The facts of one resource type.

use super::RequiresRecreation;
use super::data::{self, Numbers};
use super::property::PropertyFacts;

const DELETE_THEN_CREATE: u8 = 1;

/// Properties whose change replaces the resource by AWS's page of the type, although the provider schema does not list them as create-only.
///
/// CloudFormation handles these types itself, and their schema only describes them.
/// Source: "Update requires: Replacement" of `Name` on
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-recordset.html>
const DOCUMENTED_REPLACEMENTS: [(&str, &str); 1] = [("AWS::Route53::RecordSet", "Name")];

/// The facts of one resource type, as offsets into the compiled-in data.
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
    additional_identifiers: &'static [u8],
}

impl ResourceType {
    pub(super) fn new(name: &'static str, record: &'static [u8]) -> Self {
        let definitions = usize::from(data::u16_at(record, 3));
        let mut at = 5 + 2 * definitions;
        let tag_property = PropertyPath::at(record, at);
        at += 1 + 2 * tag_property.0.len();
        let mut paths = || {
            let paths = Paths::at(record, at);
            at += 2 + paths.0.len();
            paths
        };
        let [create_only, conditional_create_only, read_only, write_only, primary_identifier] = std::array::from_fn(|_| paths());
        Self {
            name,
            flags: record.first().copied().unwrap_or(0),
            root: data::u16_at(record, 1),
            definitions: Numbers::new(record, 5, definitions),
            tag_property,
            create_only,
            conditional_create_only,
            read_only,
            write_only,
            primary_identifier,
            additional_identifiers: record.get(at..).unwrap_or_default(),
        }
    }

    /// Returns the name, such as `AWS::EFS::FileSystem`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the facts of the whole `Properties` object.
    pub fn properties(&self) -> PropertyFacts {
        PropertyFacts::new(self.root, self.definitions)
    }

    /// Returns the facts of a property by its path below `Properties`: names, and indexes as decimal strings.
    ///
    /// `["Tags", "0", "Value"]` is the value of the first tag. Returns `None` if the schema has no such property.
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

    /// Returns whether a change at a path below `Properties` replaces the resource.
    ///
    /// A change at or below a create-only path does, and so does a change of a whole value that contains a create-only path. For
    /// an object with both kinds of members, call this with the paths of the members that differ.
    pub fn requires_recreation(&self, path: &[&str]) -> RequiresRecreation {
        let is_documented = || DOCUMENTED_REPLACEMENTS.iter().any(|(name, property)| path.first() == Some(property) && *name == self.name);
        if self.create_only().any(|create_only| create_only.meets(path)) || is_documented() {
            RequiresRecreation::Always
        } else if self.conditional_create_only().any(|create_only| create_only.meets(path)) {
            RequiresRecreation::Conditionally
        } else {
            RequiresRecreation::Never
        }
    }

    /// Returns the create-only paths: a change replaces the resource.
    pub fn create_only(&self) -> impl Iterator<Item = PropertyPath> + use<> {
        self.create_only.iter()
    }

    /// Returns the conditional create-only paths: a change can replace the resource.
    pub fn conditional_create_only(&self) -> impl Iterator<Item = PropertyPath> + use<> {
        self.conditional_create_only.iter()
    }

    /// Returns the read-only paths, which the service sets and a template cannot.
    pub fn read_only(&self) -> impl Iterator<Item = PropertyPath> + use<> {
        self.read_only.iter()
    }

    /// Returns the write-only paths, which the service does not return, such as passwords.
    pub fn write_only(&self) -> impl Iterator<Item = PropertyPath> + use<> {
        self.write_only.iter()
    }

    /// Returns the paths of the primary identifier.
    pub fn primary_identifier(&self) -> impl Iterator<Item = PropertyPath> + use<> {
        self.primary_identifier.iter()
    }

    /// Returns the other sets of paths that identify a resource, without those that a template cannot set.
    pub fn additional_identifiers(&self) -> impl Iterator<Item = Vec<PropertyPath>> + use<> {
        let (bytes, mut at) = (self.additional_identifiers, 0);
        std::iter::from_fn(move || {
            (at < bytes.len()).then(|| {
                let paths = Paths::at(bytes, at);
                at += 2 + paths.0.len();
                paths.iter().collect()
            })
        })
    }

    /// Returns whether a path is read-only or below a read-only path.
    pub fn is_read_only(&self, path: &[&str]) -> bool {
        self.read_only().any(|read_only| read_only.holds(path))
    }

    /// Returns the attribute names for `Fn::GetAtt` in the schema, such as `Arn` or `Endpoint.Address`.
    pub fn attributes(&self) -> impl Iterator<Item = String> + use<> {
        self.read_only()
            .filter(|path| path.segments().all(|segment| segment != "*"))
            .map(|path| path.segments().collect::<Vec<_>>().join("."))
    }

    /// Returns the names of the required properties.
    pub fn required(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.properties().required()
    }

    /// Returns the path of the property with tags, usually `Tags`.
    pub fn tag_property(&self) -> Option<PropertyPath> {
        (self.tag_property.0.len() > 0).then_some(self.tag_property)
    }

    /// Returns whether a replacement deletes the old resource before it creates the new one; a few types require this.
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
    /// Returns the list at an offset, where its length in bytes comes first.
    fn at(bytes: &'static [u8], at: usize) -> Self {
        let length = usize::from(data::u16_at(bytes, at));
        Self(bytes.get(at + 2..at + 2 + length).unwrap_or_default())
    }

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

/// The path of a property below `Properties`; `*` matches any list item.
#[derive(Clone, Copy, Debug)]
pub struct PropertyPath(Numbers);

impl PropertyPath {
    fn at(bytes: &'static [u8], at: usize) -> Self {
        Self(Numbers::new(bytes, at + 1, usize::from(bytes.get(at).copied().unwrap_or(0))))
    }

    /// Returns the segments of the path.
    pub fn segments(self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        self.0.strings()
    }

    /// Returns the only segment of a path with one segment.
    pub fn single(self) -> Option<&'static str> {
        (self.0.len() == 1).then(|| data::string(self.0.at(0)))
    }

    /// Returns whether one path equals the other or is a prefix of it.
    pub fn meets(self, path: &[&str]) -> bool {
        self.compare(path).is_some()
    }

    /// Returns whether `path` equals this path or is below it.
    pub fn holds(self, path: &[&str]) -> bool {
        self.compare(path) == Some(true)
    }

    /// Returns whether this path is a prefix of the other, or `None` if the two diverge.
    ///
    /// Some schemas omit the `*` of a list, so an index is skipped if this path has a name there.
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
