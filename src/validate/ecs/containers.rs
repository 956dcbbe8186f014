//! Containers of a task definition: names, dependencies, memory and ports.

use rustc_hash::FxHashSet;

use super::containers;
use crate::template::{Entry, Node};
use crate::validate::check::{Check, hinted, items, written};
use crate::validate::walk::Guards;

pub(super) fn check<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, properties: &'a Node<'a>, exists: &Guards) {
    let all = containers(check, properties, exists);
    unique_names(check, entry, &all, exists, "duplicate-container-name", "containers");
    dependencies(check, entry, &all, exists);
    memory(check, entry, properties, &all, exists);
    for (guards, mode) in written(check.template, properties, "NetworkMode", exists) {
        if mode.as_str() == Some("awsvpc") {
            ports(check, entry, &all, exists, &guards);
        }
    }
}

/// Finds two containers or volumes with the same name that can be present together.
pub(super) fn unique_names<'a>(
    check: &mut Check<'_, 'a>,
    entry: &Entry<'a>,
    all: &[(Guards, &'a Node<'a>)],
    exists: &Guards,
    rule: &'static str,
    what: &str,
) {
    let names: Vec<Option<(&Node<'a>, &str)>> =
        all.iter().map(|(_, one)| one.get("Name").and_then(|name| Some((name, name.as_str()?)))).collect();
    for (index, later) in names.iter().enumerate() {
        for (other, earlier) in names[..index].iter().enumerate() {
            if !check.may_compare() {
                return;
            }
            let (Some((later, name)), Some((earlier, same))) = (later, earlier) else { continue };
            if name != same {
                continue;
            }
            let guards: Guards = all[index].0.iter().chain(&all[other].0).copied().collect();
            let diagnostic = check
                .error(rule, format!("`{}` has two {what} with the name `{name}`", entry.name), later.span, "duplicate")
                .at(check.template.source, earlier.span, "first here")
                .hinted("use a different name for each");
            check.report_where(diagnostic, exists, &guards);
        }
    }
}

/// Finds container dependencies on containers that are not in the task definition.
fn dependencies<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, all: &[(Guards, &'a Node<'a>)], exists: &Guards) {
    let template = check.template;
    let mut names = FxHashSet::default();
    for (_, container) in all {
        let Some(name) = container.get("Name").and_then(|name| name.as_str()) else { return };
        names.insert(name);
    }
    for (guards, container) in all {
        for (guards, dependency) in items(template, container.get("DependsOn"), guards) {
            let Some((node, name)) = dependency.get("ContainerName").and_then(|node| Some((node, node.as_str()?))) else { continue };
            if !names.contains(name) {
                let message = format!("a container of `{}` depends on container `{name}`, which is not in the task definition", entry.name);
                let diagnostic = check.error("unknown-container", message, node.span, "unknown container");
                check.report_where(hinted(diagnostic, check.did_you_mean(name, names.iter().copied())), exists, &guards);
            }
        }
    }
}

/// Finds containers with more memory than their task.
fn memory<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, properties: &'a Node<'a>, all: &[(Guards, &'a Node<'a>)], exists: &Guards) {
    let template = check.template;
    let number = |node: &Node<'_>| node.scalar().and_then(|text| text.trim().parse::<u64>().ok());
    for (task_guards, task) in written(template, properties, "Memory", exists) {
        let Some(whole) = number(task) else { continue };
        for (guards, container) in all {
            for (guards, node) in written(template, container, "Memory", guards) {
                let Some(part) = number(node).filter(|part| *part > whole) else { continue };
                let message = format!("a container of `{}` has {part} MiB of memory, more than the {whole} MiB of the task", entry.name);
                let diagnostic = check
                    .error("container-exceeds-task", message, node.span, "exceeds the task")
                    .at(template.source, task.span, "memory of the task")
                    .hinted("increase Memory of the task, or decrease it for the container");
                let guards: Guards = guards.iter().chain(&task_guards).copied().collect();
                check.report_where(diagnostic, exists, &guards);
            }
        }
    }
}

/// Finds host ports that differ from the container port, which network mode `awsvpc` does not support.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html>
fn ports<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, all: &[(Guards, &'a Node<'a>)], exists: &Guards, mode: &Guards) {
    let template = check.template;
    for (guards, container) in all {
        for (guards, mapping) in items(template, container.get("PortMappings"), guards) {
            let inside = mapping.get("ContainerPort").and_then(|port| port.scalar());
            for (guards, node) in written(template, mapping, "HostPort", &guards) {
                let (Some(inside), Some(outside)) = (inside, node.scalar()) else { continue };
                if inside != outside {
                    let message = format!(
                        "a container of `{}` maps port {inside} to host port {outside}; network mode awsvpc requires equal ports",
                        entry.name
                    );
                    let diagnostic = check
                        .error("port-mapping-mismatch", message, node.span, "differs from ContainerPort")
                        .hinted("remove HostPort, or set it to the ContainerPort");
                    let guards: Guards = guards.iter().chain(mode).copied().collect();
                    check.report_where(diagnostic, exists, &guards);
                }
            }
        }
    }
}
