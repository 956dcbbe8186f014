//! Saved plans: a file with everything that `apply FILE` needs to execute exactly the reviewed plan, or to refuse.
//!
//! The file is JSON with a format version, a digest of its content and perhaps a signature. It never contains a `NoEcho` value: such a
//! parameter keeps its deployed value, or gets a value that is given again when the plan is applied, and recognised by a keyed digest.
//!
//! The file is a request and no authority: [`operation`](crate::operation) derives the plan again from the file's template and parameters,
//! and refuses a file that says anything else. `docs/design/saved-plans.md` describes what a forged file can do.

mod difference;
mod read;
mod secret_key;
mod signature;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::import::{ImportProblem, ImportStep};
use super::result::Plan;
use crate::cloudformation::{ChangeSetOptions, StackSettings};
use crate::parameters::{Parameter, ParameterSet, Provenance};
use crate::text::sha256_hex;

pub use difference::{FieldProblem, differing_fields};
pub use read::ReadPlan;
pub use secret_key::{SecretKey, SecretKeyError};
pub use signature::{KeyError, SigningKey, VerifyingKey};

/// The version of the file format that this program writes, and the only one that it reads. A change of [`Plan`]'s JSON raises it, too.
pub const FORMAT_VERSION: u32 = 4;

/// The value of a parameter when the plan is executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SavedParameter {
    /// This value.
    Value(String),
    /// The deployed value, like `UsePreviousValue` in CloudFormation.
    UsePreviousValue,
    /// The default of the new template, because the stack has no value yet.
    Default,
    /// A new `NoEcho` value, which is given again when the plan is executed: its digest by [`SecretKey::digest`].
    Secret(String),
}

/// The deployed stack that a plan starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The stack ID, an ARN.
    pub stack_id: String,
    /// `sha256:` and the digest of the deployed template's text.
    pub template: String,
    /// `sha256:` and the digest of the deployed parameters, without `NoEcho` values.
    pub parameters: String,
}

impl Before {
    /// Returns the description of a deployed stack; a `NoEcho` parameter has no value.
    pub fn of(stack_id: &str, template: &str, parameters: &IndexMap<String, Option<String>>) -> Self {
        let mut parameters: Vec<(&String, &Option<String>)> = parameters.iter().collect();
        parameters.sort();
        let parameters = serde_json::to_string(&parameters).unwrap_or_default();
        Self { stack_id: stack_id.to_owned(), template: digest_of(template), parameters: digest_of(&parameters) }
    }
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
    pub account: Option<String>,
    /// The revision of the deployed stack for which it was made; `None` if the stack did not exist.
    pub revision: Option<String>,
    /// The deployed stack; `None` if it did not exist.
    pub before: Option<Before>,
    /// The text of the new template.
    pub template: String,
    /// The parameters of the new template, in its order.
    pub parameters: IndexMap<String, SavedParameter>,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
    /// The options of the change set.
    pub options: ChangeSetOptions,
    /// Stack settings that a change set cannot set.
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
    /// Values of secrets are missing, which are not in the file.
    #[error("the saved plan sets the NoEcho parameter{} {}, whose value is not in the file", plural(names), quoted(names))]
    SecretMissing {
        /// The parameters.
        names: Vec<String>,
    },
    /// The key that recognises the values of secrets is missing.
    #[error("without the key of the plan, the value of the NoEcho parameter{} {} cannot be recognised", plural(names), quoted(names))]
    SecretKeyMissing {
        /// The parameters.
        names: Vec<String>,
    },
    /// Values of secrets are not those that were planned.
    #[error("the value of the NoEcho parameter{} {} is not the planned one; nothing was changed", plural(names), quoted(names))]
    SecretDiffers {
        /// The parameters.
        names: Vec<String>,
    },
    /// The file is empty.
    #[error("the file is empty, not a saved plan")]
    Empty,
    /// The file is not a saved plan.
    #[error("the file is not a saved plan")]
    Syntax(#[source] serde_json::Error),
    /// A field of the file has a value of another type.
    #[error("the field `{field}` of the saved plan is invalid")]
    Field {
        /// The path of the field, such as `content.options.on_failure`.
        field: String,
        /// The problem.
        #[source]
        source: serde_json::Error,
    },
    /// The file has fields that this version does not write, or lacks fields that it writes.
    #[error("the saved plan has fields that this version of rackform does not write")]
    Shape {
        /// The fields.
        fields: Vec<FieldProblem>,
    },
    /// The plan was saved by a version of this program with another file format.
    #[error("the plan was saved by another version of rackform (format {found}; this version reads format {FORMAT_VERSION})")]
    Version {
        /// The file's version.
        found: u64,
    },
    /// The file was changed after the plan was saved.
    #[error("the plan was changed after it was saved: its digest does not match its content")]
    Digest,
    /// The file does not say what its template and parameters do in the deployed stack.
    #[error("the saved plan does not match what its template and parameters do in the deployed stack; nothing was changed")]
    Mismatch {
        /// The fields that differ.
        fields: Vec<FieldProblem>,
        /// Whether the file's signature was checked: if so, the account changed since the plan was made.
        is_verified: bool,
    },
    /// The resources of the file cannot be imported.
    #[error("the `import` of the saved plan is not possible; nothing was changed")]
    Import {
        /// The reasons.
        problems: Vec<ImportProblem>,
    },
    /// The file asks for settings of the stack that nothing else asks for.
    #[error("the saved plan alone cannot set {}; nothing was changed", fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", "))]
    Settings {
        /// The fields.
        fields: Vec<String>,
    },
    /// The plan has no signature, but one is required.
    #[error("the plan is not signed")]
    Unsigned,
    /// The signature is not of this key, or the file was changed after it was signed.
    #[error("the plan's signature does not match the key and the content")]
    Signature,
}

impl SavedPlanError {
    /// Returns how to fix it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::SecretMissing { .. } => "give the value again that was planned",
            Self::SecretKeyMissing { .. } => "the key was written beside the plan when it was saved; bring it here, or plan again",
            Self::SecretDiffers { .. } => "give the planned value and the key of this plan, or plan again with the new value",
            Self::Unsigned => "plan again, and sign the new plan with the private key",
            Self::Signature => "check that the key belongs to the one that signed the plan, or plan and sign again",
            Self::Settings { .. } => "set the same in rack.yaml or on the command line, or require a signature of the plan",
            Self::Mismatch { .. } | Self::Import { .. } => {
                "the file or the account changed after the plan was made: plan again and review the new plan"
            }
            Self::Empty | Self::Syntax(_) | Self::Field { .. } | Self::Shape { .. } | Self::Version { .. } | Self::Digest => {
                "plan again and review the new plan"
            }
        }
    }
}

/// The outer object of the file.
#[derive(Serialize, Deserialize)]
struct Envelope {
    format_version: u64,
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    content: Json,
}

impl SavedPlan {
    /// Returns the names of `NoEcho` parameters that are set to a new value. A default does not count: the template contains it.
    pub fn new_secrets<'p>(parameters: &'p ParameterSet<'_>) -> Vec<&'p str> {
        parameters.parameters.iter().filter(|(_, parameter)| is_new_secret(parameter)).map(|(name, _)| *name).collect()
    }

    /// Returns the names of the secrets whose values are given again when the plan is executed.
    pub fn secrets(&self) -> Vec<&str> {
        let secrets = self.parameters.iter().filter(|(_, parameter)| matches!(parameter, SavedParameter::Secret(_)));
        secrets.map(|(name, _)| name.as_str()).collect()
    }

    /// Returns the value to save for each parameter; a deployed value is kept, and is not in the file.
    ///
    /// # Errors
    ///
    /// Returns an error with the names of new secrets if there is no key for their digests.
    pub fn parameters_of(
        parameters: &ParameterSet<'_>,
        stack: &str,
        key: Option<&SecretKey>,
    ) -> Result<IndexMap<String, SavedParameter>, SavedPlanError> {
        let mut saved = IndexMap::new();
        let mut names = Vec::new();
        for (name, parameter) in &parameters.parameters {
            let value = match (&parameter.value, parameter.provenance) {
                (None, _) | (_, Provenance::Deployed) => SavedParameter::UsePreviousValue,
                (Some(_), Provenance::Default) => SavedParameter::Default,
                (Some(text), _) if parameter.declaration.no_echo => match key {
                    Some(key) => SavedParameter::Secret(key.digest(stack, name, text)),
                    None => {
                        names.push((*name).to_owned());
                        continue;
                    }
                },
                (Some(text), _) => SavedParameter::Value(text.clone()),
            };
            saved.insert((*name).to_owned(), value);
        }
        if names.is_empty() { Ok(saved) } else { Err(SavedPlanError::SecretKeyMissing { names }) }
    }

    /// Checks that the values of all secrets are the planned ones.
    ///
    /// # Errors
    ///
    /// Returns the names of secrets without a value, of all if there is no key, or of those with another value.
    pub fn check_secrets(&self, key: Option<&SecretKey>, values: &IndexMap<String, String>) -> Result<(), SavedPlanError> {
        let secrets = || {
            self.parameters.iter().filter_map(|(name, parameter)| match parameter {
                SavedParameter::Secret(digest) => Some((name, digest)),
                _ => None,
            })
        };
        let missing: Vec<String> = secrets().map(|(name, _)| name.clone()).filter(|name| !values.contains_key(name)).collect();
        if !missing.is_empty() {
            return Err(SavedPlanError::SecretMissing { names: missing });
        }
        let Some(key) = key else {
            let names: Vec<String> = secrets().map(|(name, _)| name.clone()).collect();
            return if names.is_empty() { Ok(()) } else { Err(SavedPlanError::SecretKeyMissing { names }) };
        };
        let differs = |(name, digest): &(&String, &String)| {
            values.get(*name).is_none_or(|value| !key.is_digest(digest, &self.stack_name, name, value))
        };
        let names: Vec<String> = secrets().filter(differs).map(|(name, _)| name.clone()).collect();
        if names.is_empty() { Ok(()) } else { Err(SavedPlanError::SecretDiffers { names }) }
    }

    /// Returns the text of the file, signed with the key if there is one.
    ///
    /// # Errors
    ///
    /// Returns an error if the plan cannot be serialized.
    pub fn to_json(&self, key: Option<&SigningKey>) -> Result<String, SavedPlanError> {
        let content = serde_json::to_value(self).map_err(SavedPlanError::Syntax)?;
        let digest = digest_of(&content.to_string());
        let format_version = u64::from(FORMAT_VERSION);
        let signature = key.map(|key| key.sign(&signed_message(format_version, &digest)));
        let envelope = Envelope { format_version, digest, signature, content };
        let mut text = serde_json::to_string_pretty(&envelope).map_err(SavedPlanError::Syntax)?;
        text.push('\n');
        Ok(text)
    }
}

/// Returns the text that is signed: it can be mistaken for no other document, and covers the whole content by its digest.
fn signed_message(format_version: u64, digest: &str) -> String {
    format!("rackform saved plan\nformat {format_version}\n{digest}\n")
}

fn is_new_secret(parameter: &Parameter<'_>) -> bool {
    let is_set = !matches!(parameter.provenance, Provenance::Deployed | Provenance::Default);
    parameter.declaration.no_echo && parameter.value.is_some() && is_set
}

fn plural(names: &[String]) -> &'static str {
    if names.len() == 1 { "" } else { "s" }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn digest_of(text: &str) -> String {
    format!("sha256:{}", sha256_hex(text))
}
