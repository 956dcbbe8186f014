//! How a stack's resources differ from what its template made of them.

use crate::cloudformation::{DifferenceType, ResourceDriftStatus};
use serde::{Deserialize, Serialize};

/// How one resource differs from what the stack's template made of it.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceDrift.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceDrift {
    /// The logical ID.
    pub logical_resource_id: String,
    /// The physical ID.
    pub physical_resource_id: String,
    /// The type.
    pub resource_type: String,
    /// `IN_SYNC`, `MODIFIED`, `DELETED` or `NOT_CHECKED`; words that AWS adds later keep their text.
    pub status: ResourceDriftStatus,
    /// Why it could not be checked, where the backend says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// What differs.
    pub differences: Vec<PropertyDifference>,
}

/// How one property differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PropertyDifference {
    /// Where, as a JSON pointer from the properties.
    pub path: String,
    /// `ADD`, `REMOVE` or `NOT_EQUAL`.
    pub kind: DifferenceType,
    /// What the template made of it, as JSON or text.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

impl ResourceDrift {
    /// Tells whether it could be looked at.
    pub fn is_checked(&self) -> bool {
        self.status.is_checked()
    }

    /// Tells whether somebody changed or deleted it.
    pub fn is_drifted(&self) -> bool {
        self.status.is_drifted()
    }
}

impl PropertyDifference {
    /// Returns the name of the property that the path begins with.
    pub fn property(&self) -> &str {
        self.path.trim_start_matches('/').split('/').next().unwrap_or_default()
    }
}
