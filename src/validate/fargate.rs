//! ECS tasks: mount points that name no volume, and what Fargate does not take.
//!
//! Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>

use super::check::{Check, alternatives, items, type_name};
use super::literals::short;
use super::solver::{Clause, Literal};
use super::walk::Guards;
use crate::template::{Entry, Intrinsic, Node, Span, did_you_mean};

/// Log drivers that Fargate has.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-logging>
const LOG_DRIVERS: &[&str] = &["awsfirelens", "awslogs", "splunk"];

/// CPU units with the least and the most memory and the step between, all in MiB.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size>
const SIZES: &[(u32, &[u32])] = &[
    (256, &[512, 1_024, 2_048]),
    (512, &[1_024, 4_096, 1_024]),
    (1_024, &[2_048, 8_192, 1_024]),
    (2_048, &[4_096, 16_384, 1_024]),
    (4_096, &[8_192, 30_720, 1_024]),
    (8_192, &[16_384, 61_440, 4_096]),
    (16_384, &[32_768, 122_880, 8_192]),
    (32_768, &[61_440, 122_880, 249_856]),
];

pub(super) fn check(check: &mut Check<'_, '_>) {
    for entry in check.template.resources.iter().filter(|entry| type_name(entry) == "AWS::ECS::TaskDefinition") {
        let Some(properties) = entry.body.get("Properties") else { continue };
        let exists = check.exists(entry);
        mount_points(check, entry, properties, &exists);
        let platforms = items(check.template, properties.get("RequiresCompatibilities"), &exists);
        for (guards, _) in platforms.into_iter().filter(|(_, platform)| platform.as_str() == Some("FARGATE")) {
            Task { check, entry, properties, guards }.check();
        }
    }
}

/// Returns the containers of a task definition.
fn containers<'a>(check: &Check<'_, 'a>, properties: &'a Node<'a>, guards: &Guards) -> Vec<(Guards, &'a Node<'a>)> {
    items(check.template, properties.get("ContainerDefinitions"), guards)
}

/// Finds mount points whose volume is not there under some parameters.
fn mount_points<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, properties: &'a Node<'a>, exists: &Guards) {
    let volumes = items(check.template, properties.get("Volumes"), exists);
    // A volume list or name that a function makes could be anything.
    let written = |node: &Node<'_>| Intrinsic::of(node).is_none_or(|function| matches!(function, Intrinsic::If(_)));
    if properties.get("Volumes").is_some_and(|volumes| !written(volumes)) || volumes.iter().any(|(_, volume)| !written(volume)) {
        return;
    }
    for (guards, container) in containers(check, properties, exists) {
        for (guards, mount) in items(check.template, container.get("MountPoints"), &guards) {
            let Some(source) = mount.get("SourceVolume") else { continue };
            let mut clauses: Vec<Clause> = guards[exists.len()..].iter().map(|guard| vec![*guard]).collect();
            let mut possible = source.as_str().is_none();
            for (volume_guards, volume) in &volumes {
                let Some(name) = volume.get("Name") else { continue };
                possible |= name.as_str().is_none() && source.as_str().is_some();
                if name.same(source) {
                    possible &= source.as_str().is_some();
                    clauses.push(volume_guards.iter().map(|guard| guard.negated()).filter(|guard| !guards.contains(guard)).collect());
                }
            }
            if possible {
                continue;
            }
            let Some(when) = check.when_of(exists, clauses) else { continue };
            let name = source.as_str().unwrap_or_default();
            let message = format!("a mount point of `{}` names volume `{name}`, which the task definition does not have", entry.name);
            let diagnostic = check.error("mount-point-without-volume", message, source.span, "no such volume");
            let names = volumes.iter().filter_map(|(_, volume)| volume.get("Name").and_then(|name| name.as_str()));
            let near = did_you_mean(name, names.filter(|other| *other != name));
            let diagnostic = super::references::hinted(diagnostic.as_aws_says(format!("Unknown volume '{name}'.")), near);
            check.report_when(diagnostic, &when);
        }
    }
}

/// A task definition for Fargate.
struct Task<'c, 't, 'a> {
    check: &'c mut Check<'t, 'a>,
    entry: &'c Entry<'a>,
    properties: &'a Node<'a>,
    guards: Guards,
}

/// What a property may be: what must hold for it, its text (`None` when it is not there), and its place.
type Text = (Guards, Option<String>, Span);

impl<'a> Task<'_, '_, 'a> {
    fn check(&mut self) {
        self.network_mode();
        self.size();
        self.volumes();
        for (guards, container) in containers(self.check, self.properties, &self.guards) {
            self.container(container, &guards);
        }
    }

    fn report(&mut self, rule: &'static str, problem: &str, span: Span, hint: &str, guards: &[Literal]) {
        let exists = self.check.exists(self.entry);
        let inner = guards[exists.len()..].iter().map(|guard| vec![*guard]).collect();
        let Some(when) = self.check.when_of(&exists, inner) else { return };
        let diagnostic = self.check.error(rule, format!("Fargate task `{}` {problem}", self.entry.name), span, "").hinted(hint);
        self.check.report_when(diagnostic, &when);
    }

    /// Returns what a property may be, a `Ref` to a parameter being each of its values; what only the deployment knows is left out.
    fn texts(&self, name: &str) -> Vec<Text> {
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

    fn size(&mut self) {
        let memories = self.texts("Memory");
        for (guards, cpu, span) in self.texts("Cpu") {
            let Some(cpu_text) = cpu else {
                self.report("fargate-cpu-memory", "does not say how much CPU it takes", span, "set Cpu for the task, such as 256", &guards);
                continue;
            };
            let size = amount(&cpu_text, "vcpu", 1024.0).and_then(|cpu| SIZES.iter().find(|(units, _)| *units == cpu));
            let Some((_, memory)) = size else {
                let problem = format!("has {}, which Fargate does not offer", amount_shown("CPU", &cpu_text));
                self.report("fargate-cpu-memory", &problem, span, "use 256, 512, 1024, 2048, 4096, 8192, 16384 or 32768", &guards);
                continue;
            };
            for (memory_guards, memory_text, span) in &memories {
                let together: Guards = guards.iter().chain(memory_guards).copied().collect();
                let Some(text) = memory_text else {
                    self.report(
                        "fargate-cpu-memory",
                        "does not say how much memory it takes",
                        *span,
                        "set Memory for the task, such as 512",
                        &together,
                    );
                    continue;
                };
                if !amount(text, "gb", 1024.0).is_some_and(|amount| offers(memory, amount)) {
                    let problem =
                        format!("has CPU {cpu_text} with {}, which Fargate does not offer together", amount_shown("memory", text));
                    self.report("fargate-cpu-memory", &problem, *span, &format!("with CPU {cpu_text} use {}", words(memory)), &together);
                }
            }
        }
    }

    fn volumes(&mut self) {
        for (guards, volume) in items(self.check.template, self.properties.get("Volumes"), &self.guards) {
            for (member, what) in [("Host", "SourcePath"), ("DockerVolumeConfiguration", "")] {
                let Some(node) = volume.get(member).filter(|node| what.is_empty() || node.get(what).is_some()) else { continue };
                let problem = "mounts a volume of its host, which Fargate does not give";
                self.report("fargate-host-volume", problem, node.span, "take the host's path out, or use an EFS volume", &guards);
            }
        }
    }

    fn container(&mut self, container: &'a Node<'a>, guards: &Guards) {
        let configurations =
            container.get("LogConfiguration").map(|node| alternatives(self.check.template, node, guards)).unwrap_or_default();
        for (guards, configuration) in configurations {
            let Some(driver) = configuration.and_then(|configuration| configuration.get("LogDriver")) else { continue };
            for (guards, driver) in alternatives(self.check.template, driver, &guards) {
                let Some((node, name)) = driver.and_then(|node| Some((node, node.as_str()?))) else { continue };
                if !LOG_DRIVERS.contains(&name) {
                    let problem = format!("logs through `{name}`, which Fargate does not have");
                    self.report("fargate-log-driver", &problem, node.span, "use awslogs, awsfirelens or splunk", &guards);
                }
            }
        }
        let privileged = container.get("Privileged").map(|node| alternatives(self.check.template, node, guards)).unwrap_or_default();
        for (guards, value) in privileged {
            if let Some(node) = value.filter(|value| value.scalar().is_some_and(|text| text.eq_ignore_ascii_case("true"))) {
                self.report("fargate-privileged", "has a privileged container", node.span, "take Privileged out", &guards);
            }
        }
    }
}

/// Returns what is told of an amount, which may be empty.
fn amount_shown(what: &str, text: &str) -> String {
    if text.trim().is_empty() { format!("an empty {what}") } else { format!("{what} `{}`", short(text)) }
}

/// Returns an amount in small units: `512`, `.5 vCPU`, `2GB`.
fn amount(text: &str, unit: &str, per_unit: f64) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    let (number, factor) = match text.strip_suffix(unit) {
        Some(number) => (number.trim_end(), per_unit),
        None => (text.as_str(), 1.0),
    };
    let amount = number.parse::<f64>().ok()? * factor;
    (amount.fract() == 0.0 && (1.0..1e9).contains(&amount)).then_some(amount as u32)
}

/// Tells whether a row has this much memory: a list of sizes, or the least, the most and a step.
fn offers(memory: &[u32], amount: u32) -> bool {
    match *memory {
        [least, most, step] if most > step => (least..=most).contains(&amount) && amount.is_multiple_of(step),
        _ => memory.contains(&amount),
    }
}

fn words(memory: &[u32]) -> String {
    match *memory {
        [least, most, step] if most > step => format!("{least} to {most} MiB in steps of {step}"),
        _ => memory.iter().map(u32::to_string).collect::<Vec<_>>().join(", ") + " MiB",
    }
}
