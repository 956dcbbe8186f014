//! Reads the compiled-in facts in place, without decoding them first. Numbers are little-endian, and lists start with a count.
//!
//! `facts/extract.py` writes the file; `docs/design/schema-facts.md` describes its format. A read past the end returns zeros and empty
//! lists, so that no facts file can make the program panic.

/// The facts of every published resource type.
static FACTS: &[u8] = include_bytes!("facts/facts.bin");

/// The length of the magic number before the table offsets, in bytes.
const MAGIC_LENGTH: usize = 8;

/// A table of records; the header contains the offset of each table.
#[derive(Clone, Copy)]
enum Table {
    Strings = 0,
    Nodes = 1,
    TypeNames = 2,
    Types = 3,
}

/// Reads the `u16` at `at`.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
}

/// Reads the `u32` at `at`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

fn table(table: Table) -> &'static [u8] {
    FACTS.get(u32_at(FACTS, MAGIC_LENGTH + 4 * table as usize) as usize..).unwrap_or_default()
}

/// Returns record `index` of a table, which consists of a count, count + 1 offsets, and the records.
fn record(of: Table, index: u16) -> &'static [u8] {
    let bytes = table(of);
    let (count, index) = (u32_at(bytes, 0) as usize, usize::from(index));
    if index >= count {
        return &[];
    }
    let records = 4 + 4 * (count + 1);
    let start = u32_at(bytes, 4 + 4 * index) as usize;
    let end = u32_at(bytes, 8 + 4 * index) as usize;
    bytes.get(records + start..records + end).unwrap_or_default()
}

/// Returns the bytes of a string, which have the same order as strings.
pub(super) fn string_bytes(index: u16) -> &'static [u8] {
    record(Table::Strings, index)
}

/// Returns a string.
pub(super) fn string(index: u16) -> &'static str {
    std::str::from_utf8(string_bytes(index)).unwrap_or_default()
}

/// Returns the record of a property.
pub(super) fn node(index: u16) -> &'static [u8] {
    record(Table::Nodes, index)
}

/// Returns the number of resource types.
pub(super) fn type_count() -> u16 {
    u32_at(FACTS, MAGIC_LENGTH + 16) as u16
}

/// Returns the source of the facts: package, version, licence and date.
pub(super) fn provenance() -> &'static str {
    string(u32_at(FACTS, MAGIC_LENGTH + 20) as u16)
}

/// Returns the name and record of a resource type by its index.
pub(super) fn type_at(index: u16) -> (&'static str, &'static [u8]) {
    (string(u16_at(table(Table::TypeNames), 2 * usize::from(index))), record(Table::Types, index))
}

/// Finds a resource type by name.
pub(super) fn find_type(name: &str) -> Option<(&'static str, &'static [u8])> {
    let names = table(Table::TypeNames);
    let index = search(type_count(), |index| string_bytes(u16_at(names, 2 * usize::from(index))).cmp(name.as_bytes()))?;
    Some(type_at(index))
}

/// Searches `count` sorted records.
pub(super) fn search(count: u16, compare: impl Fn(u16) -> std::cmp::Ordering) -> Option<u16> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        match compare(middle) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(middle),
        }
    }
    None
}

/// A list of `u16` numbers with its length.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers(&'static [u8]);

impl Numbers {
    /// Returns the list of `count` numbers at `at`.
    pub(super) fn new(bytes: &'static [u8], at: usize, count: usize) -> Self {
        Self(bytes.get(at..at + 2 * count).unwrap_or_default())
    }

    pub(super) fn len(self) -> usize {
        self.0.len() / 2
    }

    pub(super) fn at(self, index: usize) -> u16 {
        u16_at(self.0, 2 * index)
    }

    pub(super) fn iter(self) -> impl ExactSizeIterator<Item = u16> + use<> {
        (0..self.len()).map(move |index| self.at(index))
    }

    pub(super) fn strings(self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        self.iter().map(string)
    }
}
