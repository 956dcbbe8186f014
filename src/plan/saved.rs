//! A plan in a file: everything `apply FILE` needs to carry out exactly what was reviewed, or to refuse.
//!
//! The file is JSON with a version and a digest over its content. It never holds a `NoEcho` value: such a parameter is kept as
//! "the deployed value", and a plan that would set a new one cannot be saved.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::import::ImportStep;
use super::result::Plan;
use crate::cloudformation::{ChangeSetOptions, StackSettings};
use crate::parameters::{ParameterSet, Provenance};
use crate::text::sha256_hex;

/// The version of the file that this program writes and reads.
pub const FORMAT_VERSION: u32 = 1;

/// What a parameter is set to when the plan is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SavedParameter {
    /// This value.
    Value(String),
    /// Whatever the stack has, as `UsePreviousValue` does.
    UsePreviousValue,
}

/// A plan with everything needed to carry it out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// The stack.
    pub stack_name: String,
    /// The backend that it was made against, such as `local` or `aws`.
    pub backend: String,
    /// The region.
    pub region: String,
    /// The account; `None` in a plan of an earlier version.
    #[serde(default)]
    pub account: Option<String>,
    /// The revision of the deployed stack that it was made against; `None` when there was no stack.
    pub revision: Option<String>,
    /// The text of the new template.
    pub template: String,
    /// The parameters to set, in the order of the template.
    pub parameters: IndexMap<String, SavedParameter>,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
    /// How CloudFormation is to go about it.
    #[serde(default)]
    pub options: ChangeSetOptions,
    /// What the stack is to have that no change set sets.
    #[serde(default)]
    pub settings: StackSettings,
    /// What is imported before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportStep>,
    /// What was reviewed.
    pub plan: Plan,
}

/// Why a plan cannot be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// New secrets do not go into files.
    #[error("the plan sets the NoEcho parameter{} {}, whose value is not stored in files", if names.len() == 1 { "" } else { "s" }, names.join(", "))]
    Secret {
        /// The parameters.
        names: Vec<String>,
    },
    /// Not a plan.
    #[error("the file is not a saved plan")]
    Syntax(#[source] serde_json::Error),
    /// Written by another version of this program.
    #[error("the plan has format version {found}, and this program reads version {FORMAT_VERSION}")]
    Version {
        /// The file's version.
        found: u64,
    },
    /// The content is not what was written.
    #[error("the plan was changed after it was saved: its digest does not fit its content")]
    Digest,
}

impl SavedPlanError {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Secret { .. } => "`rackform apply` without a saved plan sets it; a parameter left at its deployed value can be saved",
            Self::Syntax(_) | Self::Version { .. } | Self::Digest => "plan again and review the new plan",
        }
    }
}

/// The file's outside.
#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    format_version: u64,
    digest: String,
    content: T,
}

impl SavedPlan {
    /// Returns what each parameter is set to: a `NoEcho` value only as the deployed one.
    ///
    /// # Errors
    ///
    /// Returns the names of `NoEcho` parameters that are given a value of their own. A default is none: it stands in the template.
    pub fn parameters_of(parameters: &ParameterSet<'_>) -> Result<IndexMap<String, SavedParameter>, SavedPlanError> {
        let mut saved = IndexMap::new();
        let mut names = Vec::new();
        for (name, parameter) in &parameters.parameters {
            let value = match (&parameter.value, parameter.provenance) {
                (None, _) => SavedParameter::UsePreviousValue,
                (Some(_), Provenance::Deployed) if parameter.declaration.no_echo => SavedParameter::UsePreviousValue,
                // Left out, so that the template's default holds.
                (Some(_), Provenance::Default) if parameter.declaration.no_echo => continue,
                (Some(_), _) if parameter.declaration.no_echo => {
                    names.push(format!("`{name}`"));
                    continue;
                }
                (Some(text), _) => SavedParameter::Value(text.clone()),
            };
            saved.insert((*name).to_owned(), value);
        }
        if names.is_empty() { Ok(saved) } else { Err(SavedPlanError::Secret { names }) }
    }

    /// Returns the text of the file.
    ///
    /// # Errors
    ///
    /// Fails only if JSON cannot be written, which no plan causes.
    pub fn to_json(&self) -> Result<String, SavedPlanError> {
        let content = serde_json::to_value(self).map_err(SavedPlanError::Syntax)?;
        let envelope = Envelope { format_version: u64::from(FORMAT_VERSION), digest: digest(&content), content };
        let mut text = serde_json::to_string_pretty(&envelope).map_err(SavedPlanError::Syntax)?;
        text.push('\n');
        Ok(text)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// Refuses what is no plan, has another version, or was changed since.
    pub fn from_json(text: &str) -> Result<Self, SavedPlanError> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u64,
        }
        let Version { format_version: found } = serde_json::from_str(text).map_err(SavedPlanError::Syntax)?;
        if found != u64::from(FORMAT_VERSION) {
            return Err(SavedPlanError::Version { found });
        }
        let envelope: Envelope<serde_json::Value> = serde_json::from_str(text).map_err(SavedPlanError::Syntax)?;
        if digest(&envelope.content) != envelope.digest {
            return Err(SavedPlanError::Digest);
        }
        serde_json::from_value(envelope.content).map_err(SavedPlanError::Syntax)
    }
}

/// Returns the SHA-256 of a content's compact text, in hexadecimal.
fn digest(content: &serde_json::Value) -> String {
    format!("sha256:{}", sha256_hex(content.to_string()))
}
