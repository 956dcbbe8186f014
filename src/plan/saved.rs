//! Saved plans: a file with everything that `apply FILE` needs to execute exactly the reviewed plan, or to refuse.
//!
//! The file is JSON with a format version and a digest of its content. It never contains a `NoEcho` value: such a parameter keeps its
//! deployed value, and a plan that sets a new one cannot be saved.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::import::ImportStep;
use super::result::Plan;
use crate::cloudformation::{ChangeSetOptions, StackSettings};
use crate::parameters::{ParameterSet, Provenance};
use crate::text::sha256_hex;

/// The version of the file format that this program writes, and the only one that it reads. A change of [`Plan`]'s JSON raises it, too.
pub const FORMAT_VERSION: u32 = 2;

/// The value of a parameter when the plan is executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SavedParameter {
    /// This value.
    Value(String),
    /// The deployed value, like `UsePreviousValue` in CloudFormation.
    UsePreviousValue,
}

/// A plan with everything needed to execute it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// The stack.
    pub stack_name: String,
    /// The backend for which it was made, such as `local` or `aws`.
    pub backend: String,
    /// The region.
    pub region: String,
    /// The account; `None` if the backend could not report the caller's identity.
    #[serde(default)]
    pub account: Option<String>,
    /// The revision of the deployed stack for which it was made; `None` if the stack did not exist.
    pub revision: Option<String>,
    /// The text of the new template.
    pub template: String,
    /// The parameters to set, in the order of the template.
    pub parameters: IndexMap<String, SavedParameter>,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
    /// The options of the change set.
    #[serde(default)]
    pub options: ChangeSetOptions,
    /// Stack settings that a change set cannot set.
    #[serde(default)]
    pub settings: StackSettings,
    /// The import that precedes the update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportStep>,
    /// The reviewed plan.
    pub plan: Plan,
}

/// The reasons why a plan cannot be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// The plan sets a new secret, which must not be stored in a file.
    #[error("the plan sets the NoEcho parameter{} {}, whose value is not stored in files", if names.len() == 1 { "" } else { "s" }, names.join(", "))]
    Secret {
        /// The parameters.
        names: Vec<String>,
    },
    /// The file is not a saved plan.
    #[error("the file is not a saved plan")]
    Syntax(#[source] serde_json::Error),
    /// The plan was saved by a version of this program with another file format.
    #[error("the plan was saved by another version of rackform (format {found}; this version reads format {FORMAT_VERSION})")]
    Version {
        /// The file's version.
        found: u64,
    },
    /// The file was changed after the plan was saved.
    #[error("the plan was changed after it was saved: its digest does not match its content")]
    Digest,
}

impl SavedPlanError {
    /// Returns how to fix it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Secret { .. } => "`rackform apply` without a saved plan sets it; a parameter left at its deployed value can be saved",
            Self::Syntax(_) | Self::Version { .. } | Self::Digest => "plan again and review the new plan",
        }
    }
}

/// The outer object of the file.
#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    format_version: u64,
    digest: String,
    content: T,
}

impl SavedPlan {
    /// Returns the value to save for each parameter; a `NoEcho` parameter keeps its deployed value.
    ///
    /// # Errors
    ///
    /// Returns an error with the names of `NoEcho` parameters that are set to a new value. A default is allowed, because the template
    /// contains it.
    pub fn parameters_of(parameters: &ParameterSet<'_>) -> Result<IndexMap<String, SavedParameter>, SavedPlanError> {
        let mut saved = IndexMap::new();
        let mut names = Vec::new();
        for (name, parameter) in &parameters.parameters {
            let value = match (&parameter.value, parameter.provenance) {
                (None, _) => SavedParameter::UsePreviousValue,
                (Some(_), Provenance::Deployed) if parameter.declaration.no_echo => SavedParameter::UsePreviousValue,
                // Left out, so that CloudFormation uses the template's default.
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
    /// Returns an error if the plan cannot be serialized.
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
    /// Returns an error if the text is not a saved plan, has another format version, or was changed after it was saved.
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
