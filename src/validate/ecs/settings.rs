//! Container settings on all launch types: memory, an essential container, log options and variable names.
//!
//! Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html>

use super::containers;
use crate::template::{Entry, Intrinsic, Node};
use crate::validate::check::{Check, items, member, written};
use crate::validate::walk::Guards;

/// The required options of the log driver `awslogs`.
const LOG_OPTIONS: &[&str] = &["awslogs-group", "awslogs-region"];

pub(super) fn check<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, properties: &'a Node<'a>, exists: &Guards) {
    let all = containers(check, properties, exists);
    let is_plain = all.iter().all(|(_, container)| Intrinsic::of(container).is_none());
    if is_plain {
        essential(check, entry, properties, &all, exists);
        for (guards, container) in &all {
            memory(check, entry, properties, container, exists, guards);
        }
    }
    for (guards, container) in &all {
        log_options(check, entry, container, exists, guards);
        variables(check, entry, container, exists, guards);
    }
}

fn name<'a>(container: &'a Node<'a>) -> &'a str {
    container.get("Name").and_then(|name| name.as_str()).unwrap_or("of a computed name")
}

/// Finds a container without memory in a task without memory.
fn memory<'a>(
    check: &mut Check<'_, 'a>,
    entry: &Entry<'a>,
    properties: &'a Node<'a>,
    container: &'a Node<'a>,
    exists: &Guards,
    guards: &Guards,
) {
    let template = check.template;
    // The rule `fargate-cpu-memory` reports a Fargate task without memory.
    let on_fargate =
        items(template, properties.get("RequiresCompatibilities"), exists).iter().any(|(_, one)| one.as_str() == Some("FARGATE"));
    if on_fargate {
        return;
    }
    let absent = |node: &'a Node<'a>, name: &str, guards: &Guards| -> Vec<Guards> {
        member(template, node, name, guards).into_iter().filter_map(|(guards, value)| value.is_none().then_some(guards)).collect()
    };
    for guards in absent(properties, "Memory", guards) {
        for guards in absent(container, "Memory", &guards) {
            for guards in absent(container, "MemoryReservation", &guards) {
                let message = format!("container `{}` of `{}` has no memory, and the task has none either", name(container), entry.name);
                let span = template.source.first_character(container.span);
                let diagnostic = check
                    .error("container-without-memory", message, span, "requires Memory or MemoryReservation")
                    .hinted("set Memory or MemoryReservation of the container, or Memory of the task")
                    .with_aws_message(format!(
                        "Invalid setting for container '{}'. At least one of 'memory' or 'memoryReservation' must be specified.",
                        name(container)
                    ));
                if check.report_where(diagnostic, exists, &guards) {
                    return;
                }
            }
        }
    }
}

/// Finds a task definition without an essential container.
fn essential<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, properties: &'a Node<'a>, all: &[(Guards, &'a Node<'a>)], exists: &Guards) {
    let never = |container: &Node<'a>| {
        container.get("Essential").and_then(|essential| essential.scalar()).is_some_and(|text| text.eq_ignore_ascii_case("false"))
    };
    let Some(list) = properties.get("ContainerDefinitions") else { return };
    if !all.is_empty() && all.iter().all(|(_, container)| never(container)) {
        let span = check.template.source.first_character(list.span);
        let diagnostic = check
            .error("no-essential-container", format!("no container of `{}` is essential", entry.name), span, "")
            .hinted("set Essential of one container to true, or remove it");
        check.report_where(diagnostic, exists, exists);
    }
}

/// Finds a log configuration with `awslogs` without the required options.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html>
fn log_options<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, container: &'a Node<'a>, exists: &Guards, guards: &Guards) {
    let template = check.template;
    for (guards, configuration) in written(template, container, "LogConfiguration", guards) {
        for (guards, driver) in written(template, configuration, "LogDriver", &guards) {
            if driver.as_str() != Some("awslogs") {
                continue;
            }
            for (guards, options) in member(template, configuration, "Options", &guards) {
                if options.is_some_and(|options| Intrinsic::of(options).is_some()) {
                    continue;
                }
                let lacks = LOG_OPTIONS.iter().find(|option| options.is_none_or(|options| options.get(option).is_none()));
                if let Some(option) = lacks {
                    let message = format!(
                        "container `{}` of `{}` uses the log driver awslogs without the option `{option}`",
                        name(container),
                        entry.name
                    );
                    let diagnostic = check
                        .error("log-options", message, driver.span, format!("requires `{option}`"))
                        .hinted("set awslogs-group and awslogs-region in Options");
                    check.report_where(diagnostic, exists, &guards);
                }
            }
        }
    }
}

/// Finds a secret with the name of an environment variable.
fn variables<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, container: &'a Node<'a>, exists: &Guards, guards: &Guards) {
    let template = check.template;
    let named = |list: &str| -> Vec<(Guards, &'a Node<'a>, &'a str)> {
        let all = items(template, container.get(list), guards).into_iter();
        all.filter_map(|(guards, one)| one.get("Name").and_then(|name| Some((guards, name, name.as_str()?)))).collect()
    };
    let plain = named("Environment");
    for (guards, secret, text) in named("Secrets") {
        for (other_guards, other, _) in plain.iter().filter(|(.., other)| *other == text) {
            let message = format!("container `{}` of `{}` has `{text}` both in Secrets and in Environment", name(container), entry.name);
            let diagnostic = check
                .error("duplicate-variable", message, secret.span, "secret")
                .at(template.source, other.span, "environment variable")
                .hinted("remove it from Environment");
            let guards: Guards = guards.iter().chain(other_guards).copied().collect();
            check.report_where(diagnostic, exists, &guards);
        }
    }
}
