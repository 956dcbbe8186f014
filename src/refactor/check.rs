//! The rules of a stack refactoring that its templates decide. All problems are reported at once.

use std::collections::{BTreeMap, BTreeSet};

use super::RefactorProblem;
use super::mapping::is_name;
use super::stack::RefactorStack;
use crate::cloudformation::{ResourceLocation, ResourceMapping};
use crate::diagnostic::Span;
use crate::template::{Entry, Kind, Node, Reference, ReferenceVisitor, Template};

/// Pseudo parameters whose values differ between stacks.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-refactoring.html>
const OF_ONE_STACK: [&str; 3] = ["AWS::StackName", "AWS::StackId", "AWS::NotificationARNs"];

/// Checks the mappings by themselves, and whether their sources exist and their destinations are free.
pub(super) fn check_mappings(stacks: &[RefactorStack<'_, '_>], mappings: &[ResourceMapping]) -> Vec<RefactorProblem> {
    let mut problems = Vec::new();
    let (mut sources, mut destinations) = (BTreeSet::new(), BTreeSet::new());
    let find = |location: &ResourceLocation| stacks.iter().find(|stack| stack.name == location.stack_name).and_then(|stack| stack.template);
    for mapping in mappings {
        let ResourceMapping { source, destination } = mapping;
        if source == destination {
            problems.push(RefactorProblem::SamePlace(source.clone()));
            continue;
        }
        if !is_name(&destination.logical_resource_id) {
            problems.push(RefactorProblem::InvalidLogicalId(destination.logical_resource_id.clone()));
        }
        if !sources.insert(source) {
            problems.push(RefactorProblem::NamedTwice(source.clone()));
        }
        if !destinations.insert(destination) {
            problems.push(RefactorProblem::NamedTwice(destination.clone()));
        }
        let known = |template: Option<&Template<'_>>| {
            template.into_iter().flat_map(|template| template.resources.iter().map(|entry| entry.name.to_owned())).collect()
        };
        if find(source).is_none_or(|template| !template.resources.contains(&source.logical_resource_id)) {
            problems.push(RefactorProblem::UnknownResource { place: source.clone(), known: known(find(source)) });
        }
        let Some(template) = find(destination) else { continue };
        let name = &destination.logical_resource_id;
        let is_freed = mappings.iter().any(|other| other.source == *destination);
        if template.resources.contains(name) && !is_freed {
            problems.push(RefactorProblem::Taken { destination: destination.clone(), kind: "resource" });
        } else if template.parameters.contains(name) {
            problems.push(RefactorProblem::Taken { destination: destination.clone(), kind: "parameter" });
        }
    }
    for stack in stacks {
        let Some(template) = stack.template else { continue };
        let leaves = |entry: &Entry<'_>| {
            mappings.iter().any(|mapping| {
                !mapping.is_rename() && mapping.source.stack_name == stack.name && mapping.source.logical_resource_id == entry.name
            })
        };
        let arrives = mappings.iter().any(|mapping| !mapping.is_rename() && mapping.destination.stack_name == stack.name);
        if !arrives && template.resources.iter().all(leaves) {
            problems.push(RefactorProblem::Empty { stack: stack.name.to_owned() });
        }
    }
    problems
}

/// What an entry of a template refers to.
#[derive(Default)]
struct Names<'a> {
    /// Parameters, pseudo parameters and resources.
    names: BTreeSet<&'a str>,
    conditions: BTreeSet<&'a str>,
    mappings: BTreeSet<&'a str>,
}

impl<'a> ReferenceVisitor<'a> for Names<'a> {
    fn reference(&mut self, reference: Reference<'a>, _: Span) {
        match reference {
            Reference::Name(name) | Reference::Attribute(name, _) | Reference::DependsOn(name) => drop(self.names.insert(name)),
            Reference::Condition(name) => drop(self.conditions.insert(name)),
            Reference::Mapping(name, _) => drop(self.mappings.insert(name)),
        }
    }
}

impl<'a> Names<'a> {
    fn of(body: &'a Node<'a>) -> Self {
        let mut names = Self::default();
        names.own_condition(body);
        match body.kind {
            Kind::Array(_) => names.expression(body),
            _ => names.body(body),
        }
        names
    }

    /// Adds what the conditions refer to.
    fn follow_conditions(&mut self, template: &Template<'a>) {
        let mut open: Vec<&str> = self.conditions.iter().copied().collect();
        while let Some(name) = open.pop() {
            let Some(entry) = template.conditions.get(name) else { continue };
            let before = self.conditions.clone();
            self.condition(entry.body);
            open.extend(self.conditions.difference(&before));
        }
    }
}

/// Checks that what a moved resource uses exists in its new stack, and that nothing in its old one needs it.
pub(super) fn check_dependencies(stacks: &[RefactorStack<'_, '_>], mappings: &[ResourceMapping], problems: &mut Vec<RefactorProblem>) {
    for stack in stacks {
        let Some(template) = stack.template else { continue };
        let moved: BTreeMap<&str, &str> = mappings
            .iter()
            .filter(|mapping| !mapping.is_rename() && mapping.source.stack_name == stack.name)
            .map(|mapping| (mapping.source.logical_resource_id.as_str(), mapping.destination.stack_name.as_str()))
            .collect();
        if moved.is_empty() {
            continue;
        }
        for entry in &template.resources {
            let mut names = Names::of(entry.body);
            if let Some(destination) = moved.get(entry.name) {
                names.follow_conditions(template);
                let location = ResourceLocation::new(stack.name, entry.name);
                let target = stacks.iter().find(|other| other.name == *destination);
                check_moved(&location, &names, stack, &moved, target, problems);
                continue;
            }
            report_references(stack.name, &format!("resource `{}`", entry.name), &names, &moved, problems);
        }
        for entry in &template.outputs {
            report_references(stack.name, &format!("output `{}`", entry.name), &Names::of(entry.body), &moved, problems);
        }
    }
}

fn report_references(stack: &str, from: &str, names: &Names<'_>, moved: &BTreeMap<&str, &str>, problems: &mut Vec<RefactorProblem>) {
    for name in names.names.iter().filter(|name| moved.contains_key(*name)) {
        problems.push(RefactorProblem::ReferredTo { moved: ResourceLocation::new(stack, *name), from: from.to_owned() });
    }
}

fn check_moved(
    location: &ResourceLocation,
    names: &Names<'_>,
    stack: &RefactorStack<'_, '_>,
    moved: &BTreeMap<&str, &str>,
    target: Option<&RefactorStack<'_, '_>>,
    problems: &mut Vec<RefactorProblem>,
) {
    let (Some(template), Some(target)) = (stack.template, target) else { return };
    let missing = |kind: &'static str, name: &str, problem: &'static str| RefactorProblem::Declaration {
        moved: location.clone(),
        kind,
        name: name.to_owned(),
        destination: target.name.to_owned(),
        problem,
    };
    for name in &names.names {
        if template.resources.contains(name) {
            if moved.get(name).is_none_or(|destination| *destination != target.name) {
                problems.push(RefactorProblem::RefersTo { moved: location.clone(), to: (*name).to_owned() });
            }
        } else if OF_ONE_STACK.contains(name) {
            problems.push(RefactorProblem::PseudoParameter { moved: location.clone(), name: (*name).to_owned() });
        } else if template.parameters.contains(name) {
            let declared = target.template.is_some_and(|target| target.parameters.contains(name));
            let value = |stack: &RefactorStack<'_, '_>| stack.parameters.get(*name).cloned().flatten();
            match (declared, value(stack), value(target)) {
                (false, ..) => problems.push(missing("parameter", name, "does not declare")),
                (true, Some(own), Some(other)) if own == other => {}
                (true, Some(_), Some(_)) => problems.push(missing("parameter", name, "has with another value")),
                (true, ..) => problems.push(missing("parameter", name, "has with a value that cannot be compared, because it is a secret")),
            }
        }
    }
    let section = |kind: &'static str, name: &str, own: Option<&Entry<'_>>, other: Option<&Entry<'_>>| match (own, other) {
        (Some(own), Some(other)) if own.body.same(other.body) => None,
        (Some(_), Some(_)) => Some(missing(kind, name, "declares differently")),
        (Some(_), None) => Some(missing(kind, name, "does not declare")),
        (None, _) => None,
    };
    for name in &names.conditions {
        let other = target.template.and_then(|target| target.conditions.get(name));
        problems.extend(section("condition", name, template.conditions.get(name), other));
    }
    for name in &names.mappings {
        let other = target.template.and_then(|target| target.mappings.get(name));
        problems.extend(section("mapping", name, template.mappings.get(name), other));
    }
}
