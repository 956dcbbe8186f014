//! What a plan cannot know: the output of macros, includes and SAM, the resources of modules and nested stacks, types without a schema.
//!
//! An unknown is listed only where an input differs, so that an update without differences stays "no changes". A nested stack is always
//! listed: CloudFormation inspects it in every update, and only then reads its template.

mod inputs;
mod resources;
mod transforms;

use serde::{Deserialize, Serialize};

use super::compare::ChangedResources;
use super::context::PlanningContext;
use inputs::Inputs;

/// Something that may change, although nothing that is known says whether it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Unknown {
    /// The kind.
    pub kind: UnknownKind,
    /// The resource, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_resource_id: Option<String>,
    /// The type of that resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The place in the template, such as `/Globals` or `/Resources/Fn::Transform`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The name of the macro or transform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What may change and why that is unknown, in a full sentence.
    pub reason: String,
}

/// The kinds of unknowns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownKind {
    /// The output of a macro or transform that AWS runs.
    Macro,
    /// The text that `AWS::Include` inserts.
    Include,
    /// The resources that SAM generates.
    Serverless,
    /// The section `Globals` of a SAM template.
    Globals,
    /// The resources of a module of the CloudFormation registry.
    Module,
    /// The effect of a change on a type without a published schema.
    NoSchema,
    /// The template of a nested stack.
    NestedStack,
}

impl UnknownKind {
    /// Returns the kind's name, such as `nested-stack`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Macro => "macro",
            Self::Include => "include",
            Self::Serverless => "serverless",
            Self::Globals => "globals",
            Self::Module => "module",
            Self::NoSchema => "no-schema",
            Self::NestedStack => "nested-stack",
        }
    }
}

/// Returns what the plan cannot know: the whole template first, then single resources in the order of the new template.
pub(super) fn unknowns<'a>(context: &PlanningContext<'_, 'a>, changed: &ChangedResources<'_, 'a>) -> Vec<Unknown> {
    let inputs = Inputs::of(context);
    let mut found = Vec::new();
    transforms::search(context, &inputs, &mut found);
    resources::search(context, &inputs, changed, &mut found);
    found
}
