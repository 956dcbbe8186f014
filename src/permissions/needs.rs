//! What happens to which resources, and what CloudFormation calls for it.

use std::collections::BTreeSet;

use crate::evaluate::{Evaluation, Value};
use crate::plan::redact::Secrets;
use crate::plan::{Effect, Plan};
use crate::schema::{Handler, handler_permissions, resource_type};

/// A resource, and what is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The type.
    pub resource_type: String,
    /// What is done.
    pub handlers: &'static [Handler],
    /// The name that the template fixes, where it does and it is known.
    pub name: Option<String>,
    /// The IAM path.
    pub path: Option<String>,
}

/// A creation is undone by a deletion when something else fails.
const CREATED: &[Handler] = &[Handler::Create, Handler::Read, Handler::Delete];
const UPDATED: &[Handler] = &[Handler::Read, Handler::Update];
const DELETED: &[Handler] = &[Handler::Read, Handler::Delete];
const WHOLE_LIFE: &[Handler] = &[Handler::Create, Handler::Read, Handler::Update, Handler::Delete];

/// Returns what one plan takes.
pub fn of_plan(after: &Evaluation<'_>, plan: &Plan) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    for effect in &plan.effects {
        let handlers = match effect.effect {
            Effect::Untouched | Effect::Retained => continue,
            Effect::Created => CREATED,
            Effect::UpdatedInPlace | Effect::UpdatedWithInterruption => UPDATED,
            Effect::Replaced => WHOLE_LIFE,
            Effect::Deleted => DELETED,
        };
        let need = need(after, &effect.logical_resource_id, &effect.resource_type, handlers);
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

/// Returns what a template takes over a stack's whole life, whatever its conditions come to.
pub fn lifetime(evaluation: &Evaluation<'_>) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    for entry in &evaluation.sections().resources {
        let Some(resource_type) = entry.body.get("Type").and_then(crate::template::Node::as_str) else { continue };
        let need = need(evaluation, entry.name, resource_type, WHOLE_LIFE);
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

fn need(evaluation: &Evaluation<'_>, logical_id: &str, type_name: &str, handlers: &'static [Handler]) -> Need {
    let property = resource_type(type_name).and_then(|facts| facts.custom_name_property());
    let text = |name: &str| evaluation.resources.get(logical_id)?.properties.get(name).and_then(Value::text).map(ToOwned::to_owned);
    // A secret in a name becomes a wildcard.
    let secrets = Secrets::of(None, evaluation);
    let [name, path] = [property.and_then(text), text("Path")].map(|text| text.map(|text| secrets.text(text)));
    Need { resource_type: type_name.to_owned(), handlers, name, path }
}

/// Returns the actions that CloudFormation calls for some needs.
pub(super) fn actions(needs: &[Need]) -> BTreeSet<String> {
    let mut actions = BTreeSet::new();
    for need in needs {
        // A custom resource is a call of its function; there is no schema of it.
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

/// Returns the types that AWS publishes no handlers of, so that what they take is not known.
pub(super) fn unknown_types(needs: &[Need]) -> Vec<String> {
    let has_none = |need: &&Need| {
        !is_custom(&need.resource_type) && need.handlers.iter().all(|handler| handler_permissions(&need.resource_type, *handler).len() == 0)
    };
    let names: BTreeSet<String> = needs.iter().filter(has_none).map(|need| need.resource_type.clone()).collect();
    names.into_iter().collect()
}

/// What makes a new resource of a type, where that is not called `Create` and the type's name.
const MAKERS: &[(&str, &str)] = &[
    ("AWS::EC2::EIP", "ec2:AllocateAddress"),
    ("AWS::EC2::Instance", "ec2:RunInstances"),
    ("AWS::EC2::SecurityGroupEgress", "ec2:AuthorizeSecurityGroupEgress"),
    ("AWS::EC2::SecurityGroupIngress", "ec2:AuthorizeSecurityGroupIngress"),
    ("AWS::ECS::TaskDefinition", "ecs:RegisterTaskDefinition"),
    ("AWS::Events::Rule", "events:PutRule"),
    ("AWS::IAM::ManagedPolicy", "iam:CreatePolicy"),
    ("AWS::SSM::Parameter", "ssm:PutParameter"),
];

/// Returns the actions that are called for sure where a resource is made.
pub(super) fn makers(need: &Need) -> Vec<String> {
    if !need.handlers.contains(&Handler::Create) {
        return Vec::new();
    }
    let short = need.resource_type.rsplit("::").next().unwrap_or_default();
    let known = MAKERS.iter().find(|(name, _)| *name == need.resource_type).map(|(_, action)| *action);
    let is_maker = |action: &&str| match known {
        Some(known) => *action == known,
        None => {
            action.split_once(':').and_then(|(_, call)| call.strip_prefix("Create")).is_some_and(|rest| rest.eq_ignore_ascii_case(short))
        }
    };
    handler_permissions(&need.resource_type, Handler::Create).filter(is_maker).map(ToOwned::to_owned).collect()
}
