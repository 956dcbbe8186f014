//! What a person should think twice about before saying yes.

use serde::{Deserialize, Serialize};

/// One thing to think twice about.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Risk {
    /// Which kind.
    pub kind: RiskKind,
    /// The resource, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_resource_id: Option<String>,
    /// The property that causes it, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Why, as one sentence.
    pub reason: String,
}

/// The kinds of risk that `--deny` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RiskKind {
    /// A resource that holds data is deleted or replaced.
    DataLoss,
    /// Something stops serving for a while.
    Interruption,
    /// More can reach or do something than before.
    SecurityWidening,
    /// A replacement cannot succeed beside the resource it replaces.
    ReplacementCollision,
    /// A deployed value is dropped for the template's default.
    ParameterDefault,
    /// An output or export goes that others may import.
    ExportRemoved,
}
