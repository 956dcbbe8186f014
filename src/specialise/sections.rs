//! The sections of the specialised template.

use super::inputs::Inputs;
use super::write::Writer;
use crate::evaluate::{ConditionValue, Output, Reduced, ReducedRule, Resource};
use crate::template::{Entry, Kind, LANGUAGE_EXTENSIONS, Node};

/// The members of an object that is being written.
type Members<'a> = Vec<(&'a str, Node<'a>)>;

/// Returns the document. Sections keep their order; a section without entries is left out.
pub(super) fn root<'a>(writer: &mut Writer<'a>, reduced: &Reduced<'a>, inputs: &Inputs<'a>) -> &'a Node<'a> {
    // The names in use are known after everything that may use one is written.
    let resources: Members<'a> = reduced.resources.iter().map(|(name, one)| (*name, resource(writer, one))).collect();
    let mut outputs: Members<'a> = reduced.outputs.iter().map(|(name, one)| (*name, output(writer, one, reduced))).collect();
    if inputs.omits_descriptions() {
        for (_, node) in &mut outputs {
            let members: Members<'a> =
                node.members().iter().filter(|one| one.key != "Description").map(|one| (one.key, one.value)).collect();
            *node = writer.object(node.span, &members);
        }
    }
    let rules: Members<'a> = reduced.rules.iter().map(|one| (one.entry.name, rule(writer, one))).collect();
    let conditions = conditions(writer, reduced);
    let parameters = parameters(writer, inputs);

    let template = writer.template;
    let mut members: Members<'a> = Vec::new();
    for member in template.root.members() {
        let written = |entries: &Members<'a>| (!entries.is_empty()).then(|| writer.object(member.value.span, entries));
        let value = match member.key {
            "Parameters" => written(&parameters),
            "Rules" => written(&rules),
            "Mappings" => written(&mappings(writer)),
            "Conditions" => written(&conditions),
            "Resources" => Some(writer.object(member.value.span, &resources)),
            "Outputs" => written(&outputs),
            "Metadata" => metadata(writer, &member.value),
            "Description" if inputs.omits_descriptions() => None,
            "Transform" if !writer.needs_extensions && template.transforms == [LANGUAGE_EXTENSIONS] => None,
            _ => Some(member.value),
        };
        members.extend(value.map(|value| (member.key, value)));
    }
    writer.arena.alloc(writer.object(template.root.span, &members))
}

/// Writes a resource with its members in the order of the template.
fn resource<'a>(writer: &mut Writer<'a>, resource: &Resource<'a>) -> Node<'a> {
    let body = resource.entry.body;
    let mut members: Members<'a> = Vec::with_capacity(body.members().len());
    for member in body.members() {
        let node = match member.key {
            "Condition" => match resource.condition {
                Some((name, ConditionValue::Unknown)) => {
                    writer.conditions.insert(name);
                    Some(member.value)
                }
                _ => None,
            },
            "DependsOn" => depends_on(writer, &resource.depends_on, &member.value),
            "Properties" => Some(writer.node(&resource.properties)),
            "Metadata" => resource.metadata.as_ref().map(|value| writer.node(value)),
            "DeletionPolicy" => resource.deletion_policy.as_ref().map(|value| writer.node(value)),
            "UpdateReplacePolicy" => resource.update_replace_policy.as_ref().map(|value| writer.node(value)),
            "CreationPolicy" => resource.creation_policy.as_ref().map(|value| writer.node(value)),
            "UpdatePolicy" => resource.update_policy.as_ref().map(|value| writer.node(value)),
            _ => Some(member.value),
        };
        members.extend(node.map(|node| (member.key, node)));
    }
    writer.object(body.span, &members)
}

fn depends_on<'a>(writer: &Writer<'a>, names: &[&'a str], written: &Node<'a>) -> Option<Node<'a>> {
    match names {
        [] => None,
        [only] if !matches!(written.kind, Kind::Array(_)) => Some(Writer::string(only, written.span)),
        _ => {
            let items: Vec<Node<'a>> = names.iter().map(|name| Writer::string(name, written.span)).collect();
            Some(writer.array(written.span, &items))
        }
    }
}

fn output<'a>(writer: &mut Writer<'a>, output: &Output<'a>, reduced: &Reduced<'a>) -> Node<'a> {
    let body = output.entry.body;
    let mut members: Members<'a> = Vec::with_capacity(body.members().len());
    for member in body.members() {
        let node = match member.key {
            "Condition" => open_condition(writer, &member.value, reduced),
            "Value" => Some(writer.node(&output.value)),
            "Export" => output.export.as_ref().map(|name| {
                let name = writer.node(name);
                writer.object(member.value.span, &[("Name", name)])
            }),
            _ => Some(member.value),
        };
        members.extend(node.map(|node| (member.key, node)));
    }
    writer.object(body.span, &members)
}

fn rule<'a>(writer: &mut Writer<'a>, rule: &ReducedRule<'a>) -> Node<'a> {
    let mut members: Members<'a> = Vec::new();
    if let Some(condition) = &rule.condition {
        members.push(("RuleCondition", writer.node(condition)));
    }
    let mut assertions = Vec::with_capacity(rule.assertions.len());
    for (value, assertion) in &rule.assertions {
        let span = assertion.span;
        let assert = match value {
            Some(value) => writer.node(value),
            // An assertion that is false fails whenever the rule's condition is true.
            None => {
                let never = ["true", "false"].map(|text| Writer::string(text, span));
                writer.object(span, &[("Fn::Equals", writer.array(span, &never))])
            }
        };
        let members: Members<'a> =
            assertion.members().iter().map(|member| (member.key, if member.key == "Assert" { assert } else { member.value })).collect();
        assertions.push(writer.object(span, &members));
    }
    members.push(("Assertions", writer.array(rule.entry.body.span, &assertions)));
    writer.object(rule.entry.body.span, &members)
}

/// Returns the name of an output's condition if it is neither true nor false.
fn open_condition<'a>(writer: &mut Writer<'a>, name: &Node<'a>, reduced: &Reduced<'a>) -> Option<Node<'a>> {
    let text = name.as_str()?;
    let is_open = reduced.conditions.contains_key(text);
    is_open.then(|| {
        writer.conditions.insert(text);
        *name
    })
}

/// Returns the conditions in use, directly or through another condition.
fn conditions<'a>(writer: &mut Writer<'a>, reduced: &Reduced<'a>) -> Members<'a> {
    let mut written: Vec<Option<Node<'a>>> = vec![None; reduced.conditions.len()];
    loop {
        let mut is_complete = true;
        for (index, (name, value)) in reduced.conditions.iter().enumerate() {
            if written.get(index).is_some_and(Option::is_none) && writer.conditions.contains(name) {
                written[index] = Some(writer.node(value));
                is_complete = false;
            }
        }
        if is_complete {
            break;
        }
    }
    reduced.conditions.keys().zip(written).filter_map(|(name, node)| Some((*name, node?))).collect()
}

fn mappings<'a>(writer: &Writer<'a>) -> Members<'a> {
    let is_used = |entry: &&Entry<'a>| writer.mappings.as_ref().is_none_or(|used| used.contains(entry.name));
    writer.template.mappings.iter().filter(is_used).map(|entry| (entry.name, *entry.body)).collect()
}

/// Returns the parameters in use; one that is not secret has its value as its default.
fn parameters<'a>(writer: &Writer<'a>, inputs: &Inputs<'a>) -> Members<'a> {
    let mut parameters = Members::new();
    for entry in writer.template.parameters.iter().filter(|entry| writer.parameters.contains(entry.name)) {
        let body = entry.body;
        let node = match inputs.default_of(entry.name) {
            None => *body,
            Some(value) => {
                let default = Writer::string(writer.arena.str(value), body.span);
                let mut members: Members<'a> =
                    body.members().iter().filter(|member| member.key != "Default").map(|member| (member.key, member.value)).collect();
                members.push(("Default", default));
                writer.object(body.span, &members)
            }
        };
        parameters.push((entry.name, node));
    }
    parameters
}

/// Returns the metadata with the parameter groups and labels of the remaining parameters; `None` if nothing is left.
fn metadata<'a>(writer: &Writer<'a>, metadata: &Node<'a>) -> Option<Node<'a>> {
    if !matches!(metadata.kind, Kind::Object(_)) {
        return Some(*metadata);
    }
    let mut members = Members::new();
    for member in metadata.members() {
        let node = if member.key == "AWS::CloudFormation::Interface" { interface(writer, &member.value) } else { Some(member.value) };
        members.extend(node.map(|node| (member.key, node)));
    }
    (!members.is_empty()).then(|| writer.object(metadata.span, &members))
}

fn interface<'a>(writer: &Writer<'a>, interface: &Node<'a>) -> Option<Node<'a>> {
    let is_used = |name: &Node<'a>| name.as_str().is_some_and(|name| writer.parameters.contains(name));
    let mut members = Members::new();
    for member in interface.members() {
        let span = member.value.span;
        let node = match member.key {
            "ParameterGroups" => {
                let groups: Vec<Node<'a>> = member.value.items().iter().filter_map(|group| group_of(writer, group, is_used)).collect();
                (!groups.is_empty()).then(|| writer.array(span, &groups))
            }
            "ParameterLabels" => {
                let labels: Members<'a> = member
                    .value
                    .members()
                    .iter()
                    .filter(|label| writer.parameters.contains(label.key))
                    .map(|label| (label.key, label.value))
                    .collect();
                (!labels.is_empty()).then(|| writer.object(span, &labels))
            }
            _ => Some(member.value),
        };
        members.extend(node.map(|node| (member.key, node)));
    }
    (!members.is_empty()).then(|| writer.object(interface.span, &members))
}

fn group_of<'a>(writer: &Writer<'a>, group: &Node<'a>, is_used: impl Fn(&Node<'a>) -> bool) -> Option<Node<'a>> {
    let names: Vec<Node<'a>> = group.get("Parameters")?.items().iter().filter(|name| is_used(name)).copied().collect();
    let parameters = (!names.is_empty()).then(|| writer.array(group.span, &names))?;
    let members: Members<'a> =
        group.members().iter().map(|member| (member.key, if member.key == "Parameters" { parameters } else { member.value })).collect();
    Some(writer.object(group.span, &members))
}
