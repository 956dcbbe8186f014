//! Drift: how resources differ from their stack's template.

use crate::cloudformation::{DifferenceType, ResourceDriftStatus};
use serde::{Deserialize, Serialize};

/// The drift of one resource.
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
    /// The drift status.
    pub status: ResourceDriftStatus,
    /// Why it could not be checked, if the backend reports a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// The differences.
    pub differences: Vec<PropertyDifference>,
}

/// The drift of one property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PropertyDifference {
    /// The path from the properties, a JSON pointer.
    pub path: String,
    /// The type of the difference.
    pub kind: DifferenceType,
    /// The expected value from the template, as JSON or text.
    pub expected: String,
    /// The actual value.
    pub actual: String,
}

impl ResourceDrift {
    /// Returns whether the resource was checked.
    pub fn is_checked(&self) -> bool {
        self.status.is_checked()
    }

    /// Returns whether the resource was changed or deleted outside CloudFormation.
    pub fn is_drifted(&self) -> bool {
        self.status.is_drifted()
    }
}

impl PropertyDifference {
    /// Returns the top-level property of the path.
    pub fn property(&self) -> &str {
        self.path.trim_start_matches('/').split('/').next().unwrap_or_default()
    }
}
