//! A resource to import, in the words of CloudFormation's `ResourceToImport`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::cloudformation::Action;

/// A resource to import.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceToImport.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceImport {
    /// Always `Import`.
    pub action: Action,
    /// The logical ID in the template.
    pub logical_resource_id: String,
    /// The resource type.
    pub resource_type: String,
    /// The primary identifier, property by property.
    pub resource_identifier: IndexMap<String, String>,
    /// Whether the actual properties were compared with the template's; the update that follows contains the differences.
    pub compared: bool,
    /// Why they were not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_compared_because: Option<String>,
    /// Properties that only the update sets, because they refer to resources that only the update creates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

impl ResourceImport {
    /// Returns the physical ID, which is the identifier if that has one property.
    pub fn physical_id(&self) -> Option<&str> {
        match self.resource_identifier.as_slice() {
            one if one.len() == 1 => one.get_index(0).map(|(_, value)| value.as_str()),
            _ => None,
        }
    }

    /// Returns the identifier as text: `fs-0123`, or `ApiId=a, StageName=b`.
    pub fn identifier(&self) -> String {
        match self.physical_id() {
            Some(id) => id.to_owned(),
            None => self.resource_identifier.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", "),
        }
    }
}
