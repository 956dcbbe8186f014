//! The facts of one property.

use super::data::{self, Numbers};

/// A set of allowed types; the empty set allows any type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Types(u8);

impl Types {
    /// A string.
    pub const STRING: Self = Self(1);
    /// An integer.
    pub const INTEGER: Self = Self(2);
    /// A number.
    pub const NUMBER: Self = Self(4);
    /// `true` or `false`.
    pub const BOOLEAN: Self = Self(8);
    /// A list.
    pub const ARRAY: Self = Self(16);
    /// An object.
    pub const OBJECT: Self = Self(32);

    /// Returns whether all types are allowed.
    pub fn is_any(self) -> bool {
        self.0 == 0
    }

    /// Returns whether the set contains at least one of `others`.
    pub fn has(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Returns the union of two sets.
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the names of the types, such as `a string or an object`.
    pub fn names(self) -> String {
        let words = [
            (Self::STRING, "a string"),
            (Self::INTEGER, "an integer"),
            (Self::NUMBER, "a number"),
            (Self::BOOLEAN, "a boolean"),
            (Self::ARRAY, "a list"),
            (Self::OBJECT, "an object"),
        ];
        words.iter().filter(|(types, _)| self.has(*types)).map(|(_, word)| *word).collect::<Vec<_>>().join(" or ")
    }
}

const REFERENCE: u32 = 1;
const ITEMS: u32 = 1 << 1;
const PROPERTIES: u32 = 1 << 2;
const REQUIRED: u32 = 1 << 3;
const ENUM: u32 = 1 << 4;
const PATTERN: u32 = 1 << 5;
const LENGTH: u32 = 1 << 6;
const COUNT: u32 = 1 << 7;
const RANGE: u32 = 1 << 8;
const VALUES: u32 = 1 << 9;
const ANY_OF: u32 = 1 << 10;
const ONE_OF: u32 = 1 << 11;
const ALL_OF: u32 = 1 << 12;
const REQUIRED_OR: u32 = 1 << 13;
const REQUIRED_XOR: u32 = 1 << 14;
const CLOSED: u32 = 1 << 15;
const UNORDERED: u32 = 1 << 16;
const UNIQUE: u32 = 1 << 17;
const CASE_INSENSITIVE: u32 = 1 << 18;
const JSON_TEXT: u32 = 1 << 19;
const DEPENDENT_REQUIRED: u32 = 1 << 20;
const DEPENDENT_EXCLUDED: u32 = 1 << 21;
const FORMAT: u32 = 1 << 22;

/// Maximum length of a chain of definitions that refer to definitions; the longest in the data has two steps.
const MAX_REFERENCES: usize = 8;

/// The facts of one property or of a value inside one: a list item or an object member.
#[derive(Clone, Copy, Debug)]
pub struct PropertyFacts {
    /// The definitions of the resource type; records refer to them by index.
    definitions: Numbers,
    flags: u32,
    /// The allowed types of the value.
    pub types: Types,
    items: u16,
    values: u16,
    pattern: u16,
    properties: Numbers,
    required: Numbers,
    allowed: Numbers,
    any_of: Numbers,
    one_of: Numbers,
    all_of: Numbers,
    required_or: Numbers,
    required_xor: Numbers,
    dependent_required: Numbers,
    dependent_excluded: Numbers,
    format: u16,
    length: (u32, u32),
    count: (u32, u32),
    range: (f64, f64),
}

impl PropertyFacts {
    /// Reads the record `node` of a type with these definitions.
    pub(super) fn new(node: u16, definitions: Numbers) -> Self {
        let mut facts = Self::read(data::node(node), definitions);
        let mut extra = 0;
        for _ in 0..MAX_REFERENCES {
            if facts.flags & REFERENCE == 0 {
                break;
            }
            extra |= facts.flags & (UNORDERED | UNIQUE | JSON_TEXT);
            facts = Self::read(data::node(definitions.at(usize::from(facts.items))), definitions);
        }
        facts.flags |= extra;
        facts
    }

    fn read(bytes: &'static [u8], definitions: Numbers) -> Self {
        let flags = data::u32_at(bytes, 1);
        let mut at = 5;
        let mut number = |flag: u32| {
            let present = flags & flag != 0;
            let value = if present { data::u16_at(bytes, at) } else { 0 };
            at += 2 * usize::from(present);
            value
        };
        // A record with a reference has no other fields, so the field is shared with the items.
        let reference = number(REFERENCE);
        let items = number(ITEMS);
        let mut numbers = |flag: u32, width: usize| {
            if flags & flag == 0 {
                return Numbers::default();
            }
            let count = usize::from(data::u16_at(bytes, at)) * width;
            let list = Numbers::new(bytes, at + 2, count);
            at += 2 + 2 * count;
            list
        };
        let (properties, required, allowed) = (numbers(PROPERTIES, 2), numbers(REQUIRED, 1), numbers(ENUM, 1));
        let mut pattern = 0;
        if flags & PATTERN != 0 {
            pattern = data::u16_at(bytes, at);
            at += 2;
        }
        let mut pair = |flag: u32| {
            if flags & flag == 0 {
                return (0, u32::MAX);
            }
            at += 8;
            (data::u32_at(bytes, at - 8), data::u32_at(bytes, at - 4))
        };
        let (length, count) = (pair(LENGTH), pair(COUNT));
        let mut range = (f64::NEG_INFINITY, f64::INFINITY);
        if flags & RANGE != 0 {
            let float = |at: usize| f64::from_bits(u64::from(data::u32_at(bytes, at)) | u64::from(data::u32_at(bytes, at + 4)) << 32);
            range = (float(at), float(at + 8));
            at += 16;
        }
        let mut values = 0;
        if flags & VALUES != 0 {
            values = data::u16_at(bytes, at);
            at += 2;
        }
        let mut numbers = |flag: u32| {
            if flags & flag == 0 {
                return Numbers::default();
            }
            let count = usize::from(data::u16_at(bytes, at));
            at += 2 + 2 * count;
            Numbers::new(bytes, at - 2 * count, count)
        };
        let (any_of, one_of, all_of) = (numbers(ANY_OF), numbers(ONE_OF), numbers(ALL_OF));
        let (required_or, required_xor) = (numbers(REQUIRED_OR), numbers(REQUIRED_XOR));
        let (dependent_required, dependent_excluded) = (numbers(DEPENDENT_REQUIRED), numbers(DEPENDENT_EXCLUDED));
        let format = if flags & FORMAT != 0 { data::u16_at(bytes, at) } else { 0 };
        Self {
            definitions,
            flags,
            types: Types(bytes.first().copied().unwrap_or(0)),
            items: if flags & REFERENCE != 0 { reference } else { items },
            values,
            pattern,
            properties,
            required,
            allowed,
            any_of,
            one_of,
            all_of,
            required_or,
            required_xor,
            dependent_required,
            dependent_excluded,
            format,
            length,
            count,
            range,
        }
    }

    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    fn nodes(&self, nodes: Numbers) -> impl ExactSizeIterator<Item = Self> + use<> {
        let definitions = self.definitions;
        nodes.iter().map(move |node| Self::new(node, definitions))
    }

    /// Returns the facts of list items.
    pub fn items(&self) -> Option<Self> {
        if self.has(ITEMS) {
            return Some(Self::new(self.items, self.definitions));
        }
        self.parts().find_map(|part| part.items())
    }

    /// Returns the facts of an object member: of a declared member, else of the values of a map.
    pub fn member(&self, name: &str) -> Option<Self> {
        self.declared(name)
            .or_else(|| self.parts().find_map(|part| part.declared(name)))
            .or_else(|| self.values())
            .or_else(|| self.parts().find_map(|part| part.values()))
    }

    fn declared(&self, name: &str) -> Option<Self> {
        let count = (self.properties.len() / 2) as u16;
        let index = data::search(count, |index| data::string_bytes(self.properties.at(2 * usize::from(index))).cmp(name.as_bytes()))?;
        Some(Self::new(self.properties.at(2 * usize::from(index) + 1), self.definitions))
    }

    /// Returns the facts of the values of a map, an object without declared member names.
    pub fn values(&self) -> Option<Self> {
        self.has(VALUES).then(|| Self::new(self.values, self.definitions))
    }

    /// Returns the subschemas of `allOf`, `anyOf` and `oneOf`, each of which can declare members.
    fn parts(&self) -> impl Iterator<Item = Self> + use<> {
        self.all_of().chain(self.any_of()).chain(self.one_of())
    }

    /// Returns the subschemas of `allOf`.
    pub fn all_of(&self) -> impl ExactSizeIterator<Item = Self> + use<> {
        self.nodes(self.all_of)
    }

    /// Returns the subschemas of `anyOf`.
    pub fn any_of(&self) -> impl ExactSizeIterator<Item = Self> + use<> {
        self.nodes(self.any_of)
    }

    /// Returns the subschemas of `oneOf`.
    pub fn one_of(&self) -> impl ExactSizeIterator<Item = Self> + use<> {
        self.nodes(self.one_of)
    }

    /// Returns the sorted names of declared members, without members that only `allOf`, `anyOf` or `oneOf` declare.
    pub fn member_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let properties = self.properties;
        (0..properties.len() / 2).map(move |index| data::string(properties.at(2 * index)))
    }

    /// Returns the names of required members.
    pub fn required(&self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        self.required.strings()
    }

    /// Returns names of members of which at least one is required; empty without such a requirement.
    pub fn required_or(&self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        self.required_or.strings()
    }

    /// Returns names of members of which exactly one is required; empty without such a requirement.
    pub fn required_xor(&self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        self.required_xor.strings()
    }

    /// Returns pairs of members: the first requires the second.
    pub fn dependent_required(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        pairs(self.dependent_required)
    }

    /// Returns pairs of members: the first excludes the second.
    pub fn dependent_excluded(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        pairs(self.dependent_excluded)
    }

    /// Returns the kind of identifier, such as `AWS::EC2::Subnet.Id`, or `AWS::EC2::Subnet.Ids` for a list.
    pub fn identifies(&self) -> Option<&'static str> {
        self.has(FORMAT).then(|| data::string(self.format))
    }

    /// Returns the allowed values as strings; empty if all values are allowed.
    pub fn allowed_values(&self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        self.allowed.strings()
    }

    /// Returns whether allowed values are case-insensitive.
    pub fn ignores_case(&self) -> bool {
        self.has(CASE_INSENSITIVE)
    }

    /// Returns the regular expression that must match a part of the string.
    pub fn pattern(&self) -> Option<&'static str> {
        self.has(PATTERN).then(|| data::string(self.pattern))
    }

    /// Returns the minimum and maximum length of a string, in characters.
    pub fn length(&self) -> (u32, Option<u32>) {
        (self.length.0, (self.length.1 != u32::MAX).then_some(self.length.1))
    }

    /// Returns the minimum and maximum number of items.
    pub fn count(&self) -> (u32, Option<u32>) {
        (self.count.0, (self.count.1 != u32::MAX).then_some(self.count.1))
    }

    /// Returns the minimum and maximum of a number; infinite without a bound.
    pub fn range(&self) -> (f64, f64) {
        self.range
    }

    /// Returns whether the order of list items is irrelevant (`insertionOrder: false`).
    pub fn is_unordered(&self) -> bool {
        self.has(UNORDERED)
    }

    /// Returns whether list items must be unique.
    pub fn is_unique(&self) -> bool {
        self.has(UNIQUE)
    }

    /// Returns whether undeclared members are forbidden.
    pub fn is_closed(&self) -> bool {
        self.has(CLOSED)
    }

    /// Returns whether the value is a JSON document, such as a policy: an object without declared members, or a string that
    /// contains one.
    pub fn is_json(&self) -> bool {
        let free = self.types.has(Types::OBJECT) && !self.has(PROPERTIES | VALUES | ANY_OF | ONE_OF | ALL_OF);
        free || self.has(JSON_TEXT)
    }
}

/// Returns the pairs of a list with repeated groups: a name, a count, and that many other names.
fn pairs(numbers: Numbers) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let (mut at, mut left, mut name) = (0, 0, 0);
    std::iter::from_fn(move || {
        if left == 0 {
            if at + 2 > numbers.len() {
                return None;
            }
            (name, left) = (numbers.at(at), numbers.at(at + 1));
            at += 2;
        }
        left = left.checked_sub(1)?;
        at += 1;
        Some((data::string(name), data::string(numbers.at(at - 1))))
    })
}
