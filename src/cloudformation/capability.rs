//! Capabilities: what a request must acknowledge before CloudFormation accepts a template.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>

use serde::{Deserialize, Serialize};

/// A capability that a request must acknowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Capability {
    /// The template may create IAM resources.
    #[serde(rename = "CAPABILITY_IAM")]
    Iam,
    /// The template may create IAM resources with custom names.
    #[serde(rename = "CAPABILITY_NAMED_IAM")]
    NamedIam,
    /// Macros may rewrite the template.
    #[serde(rename = "CAPABILITY_AUTO_EXPAND")]
    AutoExpand,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 3] = [Self::Iam, Self::NamedIam, Self::AutoExpand];

    /// Returns the capability as CloudFormation spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Iam => "CAPABILITY_IAM",
            Self::NamedIam => "CAPABILITY_NAMED_IAM",
            Self::AutoExpand => "CAPABILITY_AUTO_EXPAND",
        }
    }

    /// Returns whether acknowledging `self` also acknowledges `other`.
    pub fn covers(self, other: Self) -> bool {
        self == other || (self, other) == (Self::NamedIam, Self::Iam)
    }
}
