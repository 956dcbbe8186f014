//! Macros and transforms whose input differs: in the section `Transform`, as `Fn::Transform` anywhere, and SAM's section `Globals`.
//!
//! Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html> (what a macro receives),
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-transform.html>

use rustc_hash::FxHashMap;

use super::inputs::Inputs;
use super::{Unknown, UnknownKind};
use crate::evaluate::Evaluation;
use crate::plan::context::PlanningContext;
use crate::plan::generated::has_implicit_api;
use crate::plan::macros::{Declared, declared_transforms};
use crate::schema::serverless::{SERVERLESS_PREFIX, SERVERLESS_TRANSFORM};
use crate::template::{Node, Template};

const INCLUDE: &str = "AWS::Include";

/// The sections of `Globals`, each with the types that it applies to.
///
/// Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>
const GLOBALS: [(&str, &str); 8] = [
    ("Api", "AWS::Serverless::Api"),
    ("CapacityProvider", "AWS::Serverless::CapacityProvider"),
    ("Function", "AWS::Serverless::Function"),
    ("HttpApi", "AWS::Serverless::HttpApi"),
    ("LayerVersion", "AWS::Serverless::LayerVersion"),
    ("SimpleTable", "AWS::Serverless::SimpleTable"),
    ("StateMachine", "AWS::Serverless::StateMachine"),
    ("WebSocketApi", "AWS::Serverless::WebSocketApi"),
];

pub(super) fn search<'a>(context: &PlanningContext<'_, 'a>, inputs: &Inputs<'_, '_, 'a>, found: &mut Vec<Unknown>) {
    let (before, after) = (context.before, context.after);
    if !after.template.mentions("Transform") && !before.is_some_and(|before| before.template.mentions("Transform")) {
        return;
    }
    declared(before, after, inputs, found);
    globals(before, after, inputs, found);
    inline(before, after, inputs, found);
}

/// Finds transforms of the whole template: one that was added or removed, one with other parameters, and a macro whose template differs.
fn declared<'a>(before: Option<&Evaluation<'a>>, after: &Evaluation<'a>, inputs: &Inputs<'_, '_, 'a>, found: &mut Vec<Unknown>) {
    let new = declared_transforms(after.template);
    let old = before.map(|before| declared_transforms(before.template)).unwrap_or_default();
    let is_reordered = before.is_some() && old.len() == new.len() && old.iter().zip(&new).any(|(old, new)| old.name != new.name);
    // A template that only declares SAM is deployed as it is.
    let is_idle = is_without_serverless(after.template) && before.is_none_or(|before| is_without_serverless(before.template));
    for transform in new.iter().filter(|_| !is_idle) {
        let name = transform.name;
        let peer = old
            .iter()
            .find(|peer| peer.name == name && same_parameters(peer, transform))
            .or_else(|| old.iter().find(|peer| peer.name == name));
        let has_other_parameters = peer.is_some_and(|peer| match (peer.parameters, transform.parameters) {
            (Some(before), Some(after)) => inputs.differ(before, after),
            (None, None) => false,
            _ => true,
        });
        let why = match (before, peer) {
            (None, _) => "runs on AWS only",
            (Some(_), None) => "is new, and it runs on AWS only",
            (Some(_), Some(_)) if has_other_parameters => "has other parameters, and it runs on AWS only",
            (Some(_), Some(_)) if is_reordered => "runs in another order, and it runs on AWS only",
            (Some(before), Some(_)) if is_macro(name) && !same_fragment(before.template, after.template) => {
                "receives the whole template, which differs"
            }
            (Some(_), Some(_)) if is_macro(name) && inputs.any_parameter_differs() => "receives every parameter, and a value differs",
            _ => continue,
        };
        let what = match before {
            None => "it may create more resources",
            Some(_) => "any resource may change",
        };
        found.push(whole_template(name, format!("`{name}` {why}; {what}.")));
    }
    for transform in old.iter().filter(|old| !is_idle && !new.iter().any(|new| new.name == old.name)) {
        let name = transform.name;
        found.push(whole_template(name, format!("`{name}` is removed, and what it added is known to AWS only; any resource may change.")));
    }
}

/// Returns whether a macro receives the same template: everything except the section `Transform`.
fn same_fragment(before: &Template<'_>, after: &Template<'_>) -> bool {
    let is_received = |name: &str| !matches!(name, "Transform" | "Fn::Transform");
    let is_same = |(name, value): (&str, &Node<'_>)| !is_received(name) || before.root.get(name).is_some_and(|old| old.same(value));
    let count = |root: &Node<'_>| root.members().iter().filter(|member| is_received(member.key)).count();
    count(before.root) == count(after.root) && after.root.members().iter().all(|member| is_same((member.key, &member.value)))
}

/// Returns whether SAM has nothing to expand in a template: no serverless type, no connector, and no other transform that may add some.
fn is_without_serverless(template: &Template<'_>) -> bool {
    !template.mentions(SERVERLESS_PREFIX)
        && !template.mentions("Connectors")
        && !template.mentions("Fn::Transform")
        && !template.mentions("!Transform")
        && declared_transforms(template).iter().all(|transform| transform.name == SERVERLESS_TRANSFORM)
}

fn same_parameters(one: &Declared<'_>, other: &Declared<'_>) -> bool {
    match (one.parameters, other.parameters) {
        (Some(one), Some(other)) => one.same(other),
        (None, None) => true,
        _ => false,
    }
}

fn whole_template(name: &str, reason: String) -> Unknown {
    let kind = kind_of(name);
    Unknown {
        kind,
        logical_resource_id: None,
        resource_type: None,
        path: Some("/Transform".to_owned()),
        name: Some(name.to_owned()),
        reason,
    }
}

fn kind_of(name: &str) -> UnknownKind {
    match name {
        INCLUDE => UnknownKind::Include,
        SERVERLESS_TRANSFORM => UnknownKind::Serverless,
        _ => UnknownKind::Macro,
    }
}

/// Returns whether a transform reads the whole template. SAM reads only its own types and `Globals`; an include reads a file.
fn is_macro(name: &str) -> bool {
    name != INCLUDE && name != SERVERLESS_TRANSFORM
}

/// Finds sections of `Globals` that differ and apply to a resource.
fn globals<'a>(before: Option<&Evaluation<'a>>, after: &Evaluation<'a>, inputs: &Inputs<'_, '_, 'a>, found: &mut Vec<Unknown>) {
    let Some(before) = before else { return };
    let section = |evaluation: &Evaluation<'a>, name: &str| evaluation.template.root.get("Globals")?.get(name);
    let mut names: Vec<&str> = Vec::new();
    for evaluation in [before, after] {
        let members = evaluation.template.root.get("Globals").map(Node::members).unwrap_or_default();
        names.extend(members.iter().map(|member| member.key));
    }
    names.sort_unstable();
    names.dedup();
    for name in names {
        let differs = match (section(before, name), section(after, name)) {
            (Some(before), Some(after)) => inputs.differ(before, after),
            _ => true,
        };
        let applies = |resource_type: &str| match GLOBALS.iter().find(|(section, _)| *section == name) {
            Some((_, globals)) => resource_type == *globals,
            None => resource_type.starts_with(SERVERLESS_PREFIX),
        };
        let ids: Vec<String> = after
            .resources
            .iter()
            .filter(|(id, resource)| {
                (applies(resource.resource_type) || has_implicit_api(resource, name)) && before.resources.contains_key(**id)
            })
            .map(|(id, _)| format!("`{id}`"))
            .collect();
        if differs && !ids.is_empty() {
            found.push(Unknown {
                kind: UnknownKind::Globals,
                logical_resource_id: None,
                resource_type: None,
                path: Some(format!("/Globals/{name}")),
                name: Some(SERVERLESS_TRANSFORM.to_owned()),
                reason: format!("`Globals.{name}` differs, and SAM merges it on AWS into {}, which may change.", ids.join(", ")),
            });
        }
    }
}

/// One `Fn::Transform` below the top of a template.
struct Call<'a> {
    name: &'a str,
    operand: &'a Node<'a>,
    /// The object that has the call as a member, which a macro receives.
    parent: &'a Node<'a>,
}

/// Finds `Fn::Transform` whose input differs, outside resources that neither template creates.
fn inline<'a>(before: Option<&Evaluation<'a>>, after: &Evaluation<'a>, inputs: &Inputs<'_, '_, 'a>, found: &mut Vec<Unknown>) {
    let new = calls(after);
    let old = before.map(calls).unwrap_or_default();
    let mut paths: Vec<&String> = new.keys().chain(old.keys().filter(|path| !new.contains_key(*path))).collect();
    paths.sort_unstable();
    for path in paths {
        let (peer, call) = (old.get(path), new.get(path));
        let Some(name) = call.or(peer).map(|call| call.name) else { continue };
        let why = match (peer, call) {
            _ if before.is_none() => "runs on AWS only",
            (None, _) => "is new",
            (_, None) => "is removed",
            (Some(peer), Some(call)) if inputs.differ(peer.operand, call.operand) => "differs",
            (Some(peer), Some(call)) if name != INCLUDE && inputs.differ(peer.parent, call.parent) => "receives a part that differs",
            (Some(_), Some(_)) if name != INCLUDE && inputs.any_parameter_differs() => "receives every parameter, and a value differs",
            _ => continue,
        };
        let (resource, resource_type) = resource_at(path, before, after);
        let subject = match &resource {
            Some(id) => format!("`{id}` may change"),
            None => "what it adds may change".to_owned(),
        };
        found.push(Unknown {
            kind: kind_of(name),
            logical_resource_id: resource,
            resource_type,
            path: Some(path.clone()),
            name: Some(name.to_owned()),
            reason: format!(
                "`{name}` at `{}` {why}, and its output is known to AWS only; {subject}.",
                path.trim_start_matches('/').replace('/', ".")
            ),
        });
    }
}

/// Returns the resource that a path is in, with its type.
fn resource_at(path: &str, before: Option<&Evaluation<'_>>, after: &Evaluation<'_>) -> (Option<String>, Option<String>) {
    let id = path.strip_prefix("/Resources/").and_then(|rest| rest.split('/').next()).filter(|id| *id != "Fn::Transform");
    let resource = id.and_then(|id| after.resources.get(id).or_else(|| before?.resources.get(id)));
    (id.map(str::to_owned), resource.map(|resource| resource.resource_type.to_owned()))
}

/// Returns every `Fn::Transform` below the sections of a template by its path.
fn calls<'a>(evaluation: &Evaluation<'a>) -> FxHashMap<String, Call<'a>> {
    let mut found = FxHashMap::default();
    let mut path = String::new();
    for section in evaluation.template.root.members().iter().filter(|member| !matches!(member.key, "Transform" | "Fn::Transform")) {
        for entry in section.value.members() {
            // A resource under a false condition is not created, even if a macro changes it.
            if section.key == "Resources" && entry.key != "Fn::Transform" && !evaluation.resources.contains_key(entry.key) {
                continue;
            }
            path.clear();
            path.push('/');
            path.push_str(section.key);
            visit_member(&section.value, entry.key, &entry.value, &mut path, &mut found);
        }
    }
    found
}

fn visit_member<'a>(parent: &'a Node<'a>, key: &'a str, value: &'a Node<'a>, path: &mut String, found: &mut FxHashMap<String, Call<'a>>) {
    let length = path.len();
    path.push('/');
    path.push_str(key);
    if key == "Fn::Transform" {
        let name = value.get("Name").or_else(|| value.items().first()?.get("Name")).and_then(Node::as_str).unwrap_or("a macro");
        found.insert(path.clone(), Call { name, operand: value, parent });
    } else {
        visit(value, path, found);
    }
    path.truncate(length);
}

fn visit<'a>(node: &'a Node<'a>, path: &mut String, found: &mut FxHashMap<String, Call<'a>>) {
    for member in node.members() {
        visit_member(node, member.key, &member.value, path, found);
    }
    for (index, item) in node.items().iter().enumerate() {
        let length = path.len();
        path.push('/');
        path.push_str(&index.to_string());
        visit(item, path, found);
        path.truncate(length);
    }
}
