//! The results of hooks: what each found, and how to fix it.

use serde::{Deserialize, Serialize};

use super::HookStatus;
use super::api_values::api_values;

/// The result of one invocation of a hook.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetHookResult.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookResult {
    /// The ID of the invocation.
    pub id: String,
    /// The hook's type name.
    pub hook_type: String,
    /// The status.
    pub status: HookStatus,
    /// The reason for the status.
    pub reason: Option<String>,
    /// `FAIL` if a failure of the hook stops the operation, `WARN` if it does not.
    pub failure_mode: Option<String>,
    /// What the hook was invoked for: the type and the ID of the target, such as a resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<HookTarget>,
    /// The findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<HookAnnotation>,
}

/// What a hook was invoked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookTarget {
    /// The type, such as `AWS::S3::Bucket`.
    pub type_name: String,
    /// The ID; of a resource, its logical ID or another identifier.
    pub id: String,
}

/// A finding of a hook.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Annotation.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookAnnotation {
    /// The name of the rule or control.
    pub name: String,
    /// The status.
    pub status: AnnotationStatus,
    /// What was found.
    pub message: Option<String>,
    /// How to fix it.
    pub remediation: Option<String>,
    /// Where to read more about that.
    pub remediation_link: Option<String>,
    /// The severity.
    pub severity: Option<AnnotationSeverity>,
}

api_values! {
    /// The status of a finding.
    AnnotationStatus {
        Passed = "PASSED",
        Failed = "FAILED",
        Skipped = "SKIPPED",
    }
}

api_values! {
    /// The severity of a finding.
    AnnotationSeverity {
        Informational = "INFORMATIONAL",
        Low = "LOW",
        Medium = "MEDIUM",
        High = "HIGH",
        Critical = "CRITICAL",
    }
}

impl HookResult {
    /// Returns whether the failure only warns.
    pub fn is_warning(&self) -> bool {
        self.failure_mode.as_deref() == Some("WARN")
    }

    /// Returns the failed findings.
    pub fn failed(&self) -> impl Iterator<Item = &HookAnnotation> {
        self.annotations.iter().filter(|annotation| annotation.status == AnnotationStatus::Failed)
    }
}

impl HookAnnotation {
    /// Returns what was found, in one sentence: the rule, its severity and its message.
    pub fn finding(&self) -> String {
        let severity = self.severity.map(|severity| format!(" ({severity})")).unwrap_or_default();
        format!("{}{severity}: {}", self.name, self.message.as_deref().unwrap_or("no reason given"))
    }

    /// Returns how to fix it, with the link to more, if the hook says.
    pub fn fix(&self) -> Option<String> {
        match (&self.remediation, &self.remediation_link) {
            (Some(text), Some(link)) => Some(format!("{text} (see {link})")),
            (Some(text), None) => Some(text.clone()),
            (None, Some(link)) => Some(format!("see {link}")),
            (None, None) => None,
        }
    }
}
