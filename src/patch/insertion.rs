//! Insertions: the new children of a template's containers.

use serde_json::Value;

use crate::template::Node;

/// A step on the path from the document's root to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// A member of an object.
    Key(&'a str),
    /// An item of an array, counted from 0.
    Index(usize),
}

/// A new child of an existing container.
#[derive(Clone, Debug)]
pub(super) struct Insertion<'a> {
    /// The object or array that receives the child.
    pub container: &'a Node<'a>,
    /// The path from the root to the container.
    pub path: Vec<Step<'a>>,
    /// The position among the container's existing children, counted from 0; their number means after the last.
    pub index: usize,
    /// The key, for an object.
    pub key: Option<String>,
    /// The value.
    pub value: Value,
    /// How many levels of the value are written on separate lines even if they would fit on one line.
    pub open_levels: usize,
    /// A description for messages, such as ``parameter `BuildCache` ``.
    pub what: String,
}
