//! Services: network configuration and platform version on Fargate.

use crate::template::{Entry, Intrinsic, Node};
use crate::validate::check::{Check, items, member, written};
use crate::validate::walk::Guards;

/// Platform versions of Fargate that do not support EFS volumes and `EphemeralStorage`.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-linux-fargate.html>
const BEFORE_1_4: &[&str] = &["1.0.0", "1.1.0", "1.2.0", "1.3.0"];

pub(super) fn check<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, properties: &'a Node<'a>, exists: &Guards) {
    let template = check.template;
    for (guards, launch) in written(template, properties, "LaunchType", exists) {
        if launch.as_str() != Some("FARGATE") {
            continue;
        }
        for (guards, configuration) in member(template, properties, "NetworkConfiguration", &guards) {
            if configuration.is_none() {
                let message = format!("service `{}` with launch type FARGATE has no NetworkConfiguration", entry.name);
                let diagnostic = check
                    .error("fargate-network-configuration", message, launch.span, "requires NetworkConfiguration")
                    .hinted("add NetworkConfiguration with AwsvpcConfiguration and Subnets")
                    .with_aws_message("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
                check.report_where(diagnostic, exists, &guards);
            }
        }
    }
    for (guards, version) in written(template, properties, "PlatformVersion", exists) {
        if version.as_str().is_some_and(|version| BEFORE_1_4.contains(&version)) {
            platform_version(check, entry, properties, version, exists, &guards);
        }
    }
}

/// Finds a platform version that does not support a feature of the task definition.
fn platform_version<'a>(
    check: &mut Check<'_, 'a>,
    entry: &Entry<'a>,
    properties: &'a Node<'a>,
    version: &'a Node<'a>,
    exists: &Guards,
    guards: &Guards,
) {
    let template = check.template;
    for (task_guards, task) in written(template, properties, "TaskDefinition", guards) {
        let Some(Intrinsic::Ref(name)) = Intrinsic::of(task) else { continue };
        let Some(definition) = name.as_str().and_then(|name| template.resources.get(name)) else { continue };
        let Some(inside) = definition.body.get("Properties") else { continue };
        let there: Guards = task_guards.iter().copied().chain(check.exists(definition)).collect();
        let volumes = items(template, inside.get("Volumes"), &there).into_iter();
        let needs = volumes
            .flat_map(|(guards, volume)| written(template, volume, "EFSVolumeConfiguration", &guards))
            .map(|(guards, node)| (guards, node, "EFS volumes"))
            .chain(
                written(template, inside, "EphemeralStorage", &there).into_iter().map(|(guards, node)| (guards, node, "EphemeralStorage")),
            );
        for (guards, node, what) in needs {
            let message = format!(
                "service `{}` uses platform version {}, which does not support {what} of task definition `{}`",
                entry.name,
                version.as_str().unwrap_or_default(),
                definition.name
            );
            let diagnostic = check
                .error("fargate-platform-version", message, version.span, "before 1.4.0")
                .at(template.source, template.source.first_character(node.span), "used here")
                .hinted("use platform version 1.4.0 or LATEST");
            check.report_where(diagnostic, exists, &guards);
        }
    }
}
