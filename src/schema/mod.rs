//! Facts from AWS's provider schemas: the type and constraints of each property, and the effect of its update.
//!
//! Takes the name of a resource type; returns a [`ResourceType`] with its [`PropertyFacts`]. A documented script extracts the facts from a
//! named data set; they are compiled in, and a lookup reads only the records of one type. Conclusions from facts are left to
//! [`plan`](crate::plan) and [`validate`](crate::validate).
//!
//! A type without a published schema (`Custom::...`, a third-party type, a misspelled name) has no facts; callers treat its properties as
//! unknown.

mod custom_name;
mod data;
mod id_prefix;
mod identity;
mod interruption;
mod no_update;
mod permissions;
mod property;
mod resource_type;
mod runtimes;
pub mod serverless;
mod stateful;
mod word;

pub use id_prefix::id_prefix;
pub use identity::{Identity, Match, OnCreate, Part};
pub use no_update::{NoUpdate, RefusedChange, refused_changes};
pub use permissions::{Handler, handler_permissions};
pub use property::{PropertyFacts, Types};
pub use resource_type::{PropertyPath, ResourceType};
pub use runtimes::{DeprecatedRuntime, deprecated_runtime};
pub use word::Word;

/// Whether the update of a property replaces the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum RequiresRecreation {
    /// The update happens in place.
    Never,
    /// The update can replace the resource (`conditionalCreateOnlyProperties`).
    Conditionally,
    /// The update replaces the resource (`createOnlyProperties`).
    Always,
    /// A value in an AWS change set that this program does not know.
    #[serde(untagged)]
    Other(Word),
}

/// Returns the facts of a resource type by name, such as `AWS::EFS::FileSystem`.
///
/// Returns `None` for types without a published schema, such as `Custom::...`.
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

/// Returns the source of the facts: package, version, licence and date.
pub fn provenance() -> &'static str {
    data::provenance()
}
