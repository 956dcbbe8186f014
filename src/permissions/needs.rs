//! The actions on resources, and CloudFormation's requests for them.

use std::collections::BTreeSet;

use crate::evaluate::{Evaluation, Taint};
use crate::plan::{Effect, Plan};
use crate::schema::{Handler, handler_permissions, resource_type};
use crate::secret::MASKED;

/// A resource, and the actions on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The type.
    pub resource_type: String,
    /// The actions.
    pub handlers: &'static [Handler],
    /// The custom name in the template, if it has one and it is known.
    pub name: Option<String>,
    /// The IAM path.
    pub path: Option<String>,
}

/// A creation also requires deletion, for a rollback.
const CREATED: &[Handler] = &[Handler::Create, Handler::Read, Handler::Delete];
const UPDATED: &[Handler] = &[Handler::Read, Handler::Update];
const DELETED: &[Handler] = &[Handler::Read, Handler::Delete];
const ALL_HANDLERS: &[Handler] = &[Handler::Create, Handler::Read, Handler::Update, Handler::Delete];

/// Returns the needs of one plan.
pub fn of_plan(after: &Evaluation<'_>, plan: &Plan) -> Vec<Need> {
    let taint = Taint::of(after);
    let mut needs: Vec<Need> = Vec::new();
    for effect in &plan.effects {
        let handlers = match effect.effect {
            Effect::Untouched | Effect::Refused | Effect::Retained => continue,
            Effect::Created => CREATED,
            Effect::UpdatedInPlace | Effect::UpdatedWithInterruption => UPDATED,
            Effect::Replaced => ALL_HANDLERS,
            Effect::Deleted => DELETED,
        };
        let need = need(after, &taint, &effect.logical_resource_id, &effect.resource_type, handlers);
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

/// Returns the needs of a template for the whole life of a stack, with any condition values.
pub fn lifetime(evaluation: &Evaluation<'_>) -> Vec<Need> {
    let taint = Taint::of(evaluation);
    let mut needs: Vec<Need> = Vec::new();
    for entry in &evaluation.sections().resources {
        let Some(resource_type) = entry.body.get("Type").and_then(crate::template::Node::as_str) else { continue };
        let need = need(evaluation, &taint, entry.name, resource_type, ALL_HANDLERS);
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

fn need<'a>(evaluation: &Evaluation<'a>, taint: &Taint<'a>, logical_id: &str, type_name: &str, handlers: &'static [Handler]) -> Need {
    let property = resource_type(type_name).and_then(|facts| facts.custom_name_property());
    // A name that depends on a secret is replaced with a wildcard.
    let text = |name: &str| {
        let value = evaluation.resources.get(logical_id)?.properties.get(name)?;
        value.text().map(|text| if taint.value(value) { MASKED } else { text }.to_owned())
    };
    let (name, path) = (property.and_then(text), text("Path"));
    Need { resource_type: type_name.to_owned(), handlers, name, path }
}

/// Returns the actions that CloudFormation requires for some needs.
pub(super) fn actions(needs: &[Need]) -> BTreeSet<String> {
    let mut actions = BTreeSet::new();
    for need in needs {
        // A custom resource is a call of its function; it has no schema.
        if is_custom(&need.resource_type) {
            actions.extend(["lambda:InvokeFunction".to_owned(), "sns:Publish".to_owned()]);
        }
        for handler in need.handlers {
            actions.extend(handler_permissions(&need.resource_type, *handler).map(ToOwned::to_owned));
        }
    }
    actions
}

fn is_custom(resource_type: &str) -> bool {
    resource_type.starts_with("Custom::") || resource_type == "AWS::CloudFormation::CustomResource"
}

/// Returns the types for which AWS publishes no handlers, so that their permissions are unknown.
pub(super) fn unknown_types(needs: &[Need]) -> Vec<String> {
    let has_none = |need: &&Need| {
        !is_custom(&need.resource_type) && need.handlers.iter().all(|handler| handler_permissions(&need.resource_type, *handler).len() == 0)
    };
    let names: BTreeSet<String> = needs.iter().filter(has_none).map(|need| need.resource_type.clone()).collect();
    names.into_iter().collect()
}

/// The action that creates a resource of a type, if it is not named `Create` and the type's name.
const CREATE_ACTIONS: &[(&str, &str)] = &[
    ("AWS::EC2::EIP", "ec2:AllocateAddress"),
    ("AWS::EC2::Instance", "ec2:RunInstances"),
    ("AWS::EC2::SecurityGroupEgress", "ec2:AuthorizeSecurityGroupEgress"),
    ("AWS::EC2::SecurityGroupIngress", "ec2:AuthorizeSecurityGroupIngress"),
    ("AWS::ECS::TaskDefinition", "ecs:RegisterTaskDefinition"),
    ("AWS::Events::Rule", "events:PutRule"),
    ("AWS::IAM::ManagedPolicy", "iam:CreatePolicy"),
    ("AWS::SSM::Parameter", "ssm:PutParameter"),
];

/// Returns the actions that are certainly called when a resource is created.
pub(super) fn create_actions(need: &Need) -> Vec<String> {
    if !need.handlers.contains(&Handler::Create) {
        return Vec::new();
    }
    let short = need.resource_type.rsplit("::").next().unwrap_or_default();
    let known = CREATE_ACTIONS.iter().find(|(name, _)| *name == need.resource_type).map(|(_, action)| *action);
    let is_create_action = |action: &&str| match known {
        Some(known) => *action == known,
        None => {
            action.split_once(':').and_then(|(_, call)| call.strip_prefix("Create")).is_some_and(|rest| rest.eq_ignore_ascii_case(short))
        }
    };
    handler_permissions(&need.resource_type, Handler::Create).filter(is_create_action).map(ToOwned::to_owned).collect()
}
