//! Requirements of Fargate, and settings that it does not support.
//!
//! Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>

use super::containers;
use crate::diagnostic::Span;
use crate::template::{Entry, Intrinsic, Kind, Node};
use crate::validate::check::{Check, alternatives, items, written};
use crate::validate::clause::Literal;
use crate::validate::walk::Guards;

/// Log drivers that Fargate supports.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-logging>
const LOG_DRIVERS: &[&str] = &["awsfirelens", "awslogs", "splunk"];

/// The range of `EphemeralStorage` in GiB; without it a task has 20 GiB.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html>
const MIN_STORAGE_GIB: f64 = 21.0;
const MAX_STORAGE_GIB: f64 = 200.0;

/// The values of a setting that Fargate does not support.
#[derive(Clone, Copy)]
enum Refused {
    Anything,
    True,
    Text(&'static str),
}

/// Task settings that Fargate does not support.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>
const NOT_IN_TASKS: &[(&str, Refused)] = &[
    ("InferenceAccelerators", Refused::Anything),
    ("IpcMode", Refused::Anything),
    ("PidMode", Refused::Text("host")),
    ("PlacementConstraints", Refused::Anything),
];

/// Container settings that Fargate does not support; same source.
const NOT_IN_CONTAINERS: &[(&str, Refused)] = &[
    ("DisableNetworking", Refused::True),
    ("DnsSearchDomains", Refused::Anything),
    ("DnsServers", Refused::Anything),
    ("DockerSecurityOptions", Refused::Anything),
    ("ExtraHosts", Refused::Anything),
    ("Links", Refused::Anything),
];

/// Settings of `LinuxParameters` that Fargate does not support.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-linuxparameters.html>
const NOT_IN_LINUX_PARAMETERS: &[(&str, Refused)] = &[
    ("Devices", Refused::Anything),
    ("MaxSwap", Refused::Anything),
    ("SharedMemorySize", Refused::Anything),
    ("Swappiness", Refused::Anything),
    ("Tmpfs", Refused::Anything),
];

/// Types of `ResourceRequirements` that require special hardware.
const ACCELERATORS: &[&str] = &["GPU", "InferenceAccelerator"];

/// A task definition for Fargate.
pub(super) struct Task<'c, 't, 'a> {
    pub(super) check: &'c mut Check<'t, 'a>,
    pub(super) entry: &'c Entry<'a>,
    pub(super) properties: &'a Node<'a>,
    pub(super) guards: Guards,
}

/// A possible value of a property: its guards, its text (`None` if absent), and its position.
pub(super) type Text = (Guards, Option<String>, Span);

impl<'a> Task<'_, '_, 'a> {
    pub(super) fn check(&mut self) {
        self.network_mode();
        self.size();
        self.volumes();
        self.ephemeral_storage();
        self.refused(self.properties, NOT_IN_TASKS, "the task", &self.guards.clone());
        for (guards, container) in containers(self.check, self.properties, &self.guards) {
            self.container(container, &guards);
            self.refused(container, NOT_IN_CONTAINERS, &named(container), &guards);
            for (guards, parameters) in written(self.check.template, container, "LinuxParameters", &guards) {
                self.refused(parameters, NOT_IN_LINUX_PARAMETERS, &named(container), &guards);
                self.capabilities(container, parameters, &guards);
            }
            self.accelerators(container, &guards);
            self.execution_role(container, &guards);
        }
    }

    pub(super) fn report(&mut self, rule: &'static str, problem: &str, span: Span, hint: &str, guards: &[Literal]) {
        let exists = self.check.exists(self.entry);
        let diagnostic = self.check.error(rule, format!("Fargate task `{}` {problem}", self.entry.name), span, "").hinted(hint);
        self.check.report_where(diagnostic, &exists, guards);
    }

    /// Returns the possible values of a property, for a `Ref` each known value of the parameter; values known only to AWS are omitted.
    pub(super) fn texts(&self, name: &str) -> Vec<Text> {
        let Some(node) = self.properties.get(name) else { return vec![(self.guards.clone(), None, self.entry.name_span)] };
        let mut texts = Vec::new();
        for (guards, value) in alternatives(self.check.template, node, &self.guards) {
            let Some(value) = value else {
                texts.push((guards, None, node.span));
                continue;
            };
            if let Some(text) = value.scalar() {
                texts.push((guards, Some(text.to_owned()), value.span));
            } else if let Some(Intrinsic::Ref(parameter)) = Intrinsic::of(value) {
                for (literal, text) in self.check.parameter_values(parameter.as_str().unwrap_or_default()) {
                    let mut guards = guards.clone();
                    guards.push(literal);
                    texts.push((guards, Some(text), value.span));
                }
            }
        }
        texts
    }

    fn network_mode(&mut self) {
        for (guards, mode, span) in self.texts("NetworkMode") {
            if mode.as_deref() != Some("awsvpc") {
                let found = mode.map_or("no network mode".to_owned(), |mode| format!("network mode `{mode}`"));
                self.report("fargate-network-mode", &format!("has {found}"), span, "set NetworkMode to awsvpc", &guards);
            }
        }
    }

    fn volumes(&mut self) {
        for (guards, volume) in items(self.check.template, self.properties.get("Volumes"), &self.guards) {
            for (member, what) in [("Host", "SourcePath"), ("DockerVolumeConfiguration", "")] {
                let Some(node) = volume.get(member).filter(|node| what.is_empty() || node.get(what).is_some()) else { continue };
                let problem = "has a host volume or Docker volume, which Fargate does not support";
                self.report("fargate-host-volume", problem, node.span, "remove the host path, or use an EFS volume", &guards);
            }
        }
    }

    fn container(&mut self, container: &'a Node<'a>, guards: &Guards) {
        for (guards, configuration) in written(self.check.template, container, "LogConfiguration", guards) {
            for (guards, driver) in written(self.check.template, configuration, "LogDriver", &guards) {
                let Some(name) = driver.as_str().filter(|name| !LOG_DRIVERS.contains(name)) else { continue };
                let problem = format!("uses the log driver `{name}`, which Fargate does not support");
                self.report("fargate-log-driver", &problem, driver.span, "use awslogs, awsfirelens or splunk", &guards);
            }
        }
        for (guards, value) in written(self.check.template, container, "Privileged", guards) {
            if is_true(value) {
                self.report("fargate-privileged", "has a privileged container", value.span, "remove Privileged", &guards);
            }
        }
    }

    /// Finds ephemeral storage outside the range of Fargate.
    fn ephemeral_storage(&mut self) {
        for (guards, storage) in written(self.check.template, self.properties, "EphemeralStorage", &self.guards.clone()) {
            for (guards, size) in written(self.check.template, storage, "SizeInGiB", &guards) {
                let Some(amount) = size.scalar().and_then(|text| text.trim().parse::<f64>().ok()) else { continue };
                if !(MIN_STORAGE_GIB..=MAX_STORAGE_GIB).contains(&amount) {
                    let problem = format!("has {amount} GiB of ephemeral storage, which Fargate does not support");
                    let hint = format!("use {MIN_STORAGE_GIB} to {MAX_STORAGE_GIB} GiB, or remove EphemeralStorage for 20 GiB");
                    self.report("fargate-ephemeral-storage", &problem, size.span, &hint, &guards);
                }
            }
        }
    }

    /// Finds members of an object that Fargate does not support.
    fn refused(&mut self, node: &'a Node<'a>, names: &[(&str, Refused)], owner: &str, guards: &Guards) {
        for (name, refused) in names {
            for (guards, value) in written(self.check.template, node, name, guards) {
                let counts = match refused {
                    Refused::Anything => !matches!(value.kind, Kind::Array([]) | Kind::Object([])),
                    Refused::True => is_true(value),
                    Refused::Text(text) => value.as_str() == Some(text),
                };
                if counts {
                    let problem = format!("sets {name} for {owner}, which Fargate does not support");
                    self.report("fargate-unsupported-setting", &problem, value.span, &format!("remove {name}"), &guards);
                }
            }
        }
    }

    fn capabilities(&mut self, container: &'a Node<'a>, parameters: &'a Node<'a>, guards: &Guards) {
        for (guards, capabilities) in written(self.check.template, parameters, "Capabilities", guards) {
            for (guards, added) in items(self.check.template, capabilities.get("Add"), &guards) {
                if let Some(name) = added.as_str().filter(|name| *name != "SYS_PTRACE") {
                    let problem = format!("adds the Linux capability {name} to {}, which Fargate does not support", named(container));
                    self.report(
                        "fargate-unsupported-setting",
                        &problem,
                        added.span,
                        "remove it; Fargate supports only SYS_PTRACE",
                        &guards,
                    );
                }
            }
        }
    }

    fn accelerators(&mut self, container: &'a Node<'a>, guards: &Guards) {
        for (guards, requirement) in items(self.check.template, container.get("ResourceRequirements"), guards) {
            if let Some(kind) = requirement.get("Type").and_then(|kind| kind.as_str()).filter(|kind| ACCELERATORS.contains(kind)) {
                let problem = format!("requires a {kind} for {}, which Fargate does not support", named(container));
                self.report(
                    "fargate-unsupported-setting",
                    &problem,
                    requirement.span,
                    "run the task on EC2 instances with this hardware",
                    &guards,
                );
            }
        }
    }

    /// Finds a task whose logs or secrets require an execution role, without one.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html>
    fn execution_role(&mut self, container: &'a Node<'a>, guards: &Guards) {
        let template = self.check.template;
        let mut reasons: Vec<(Guards, &str, Span)> = Vec::new();
        for (guards, configuration) in written(template, container, "LogConfiguration", guards) {
            let drivers = written(template, configuration, "LogDriver", &guards);
            let logs = drivers.into_iter().filter(|(_, driver)| driver.as_str() == Some("awslogs"));
            reasons.extend(logs.map(|(guards, driver)| (guards, "uses awslogs", driver.span)));
        }
        let secrets = items(template, container.get("Secrets"), guards).into_iter().take(1);
        reasons.extend(secrets.map(|(guards, secret)| (guards, "uses secrets", secret.span)));
        let roles = crate::validate::check::member(template, self.properties, "ExecutionRoleArn", &self.guards);
        for (guards, reason, span) in reasons {
            for (absent, _) in roles.iter().filter(|(_, role)| role.is_none()) {
                let together: Guards = guards.iter().chain(absent).copied().collect();
                let problem = format!("{reason} but has no ExecutionRoleArn");
                self.report(
                    "fargate-execution-role",
                    &problem,
                    span,
                    "set ExecutionRoleArn to a role with the required permissions",
                    &together,
                );
            }
        }
    }
}

/// Returns whether a value is `true`, as a boolean or a string.
fn is_true(value: &Node<'_>) -> bool {
    value.scalar().is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Describes a container.
fn named(container: &Node<'_>) -> String {
    container.get("Name").and_then(|name| name.as_str()).map_or_else(|| "a container".to_owned(), |name| format!("container `{name}`"))
}
