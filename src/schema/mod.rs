//! Facts from AWS's provider schemas: what each property of each resource type is, and what changing it does.
//!
//! The facts are extracted once, by a documented command, from a named data set and are compiled in; looking one type up
//! costs nothing for the others.

/// What CloudFormation must do to change a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum RequiresRecreation {
    /// Updated in place.
    Never,
    /// May be replaced (`conditionalCreateOnlyProperties`).
    Conditionally,
    /// Replaced (`createOnlyProperties`).
    Always,
}
