//! Facts from AWS's provider schemas: what each property of each resource type is, and what changing it does.
//!
//! Takes the name of a resource type, gives a [`ResourceType`], and from that [`PropertyFacts`]. The facts are extracted once, by a
//! documented command, from a named data set and are compiled in: nothing is read at start, and looking one type up costs nothing for the others. What follows from a fact is for
//! [`plan`](crate::plan) and [`validate`](crate::validate).
//!
//! A type that nothing is published about (`Custom::...`, third-party types, misspelled ones) has no facts: callers say "may be".

mod custom_name;
mod data;
mod id_prefix;
mod interruption;
mod permissions;
mod property;
mod resource_type;
mod stateful;
mod word;

pub use id_prefix::id_prefix;
pub use permissions::{Handler, handler_permissions};
pub use property::{PropertyFacts, Types};
pub use resource_type::{PropertyPath, ResourceType};
pub use word::Word;

/// What CloudFormation must do to change a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum RequiresRecreation {
    /// Updated in place.
    Never,
    /// May be replaced (`conditionalCreateOnlyProperties`).
    Conditionally,
    /// Replaced (`createOnlyProperties`).
    Always,
    /// What a change set of AWS says in another word; no schema does.
    #[serde(untagged)]
    Other(Word),
}

/// Returns the facts of a resource type by name, such as `AWS::EFS::FileSystem`.
///
/// `None` for types without a published schema, `Custom::...` among them.
pub fn resource_type(name: &str) -> Option<ResourceType> {
    data::find_type(name).map(|(name, record)| ResourceType::new(name, record))
}

/// Returns every resource type, sorted by name.
pub fn resource_types() -> impl ExactSizeIterator<Item = ResourceType> {
    (0..data::type_count()).map(|index| {
        let (name, record) = data::type_at(index);
        ResourceType::new(name, record)
    })
}

/// Returns what the facts were taken from: package, version, licence, date.
pub fn provenance() -> &'static str {
    data::provenance()
}
