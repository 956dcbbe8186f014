//! Mount points without a volume.

use super::containers;
use crate::template::{Entry, Intrinsic, Node};
use crate::validate::check::{Check, hinted, items};
use crate::validate::clause::Clause;
use crate::validate::walk::Guards;

/// Finds mount points whose volume is absent with some parameter values.
pub(super) fn check<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, properties: &'a Node<'a>, exists: &Guards) {
    let volumes = items(check.template, properties.get("Volumes"), exists);
    // A computed volume list or name is unknown.
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
            let message = format!("a mount point of `{}` refers to volume `{name}`, which is not in the task definition", entry.name);
            let diagnostic = check.error("mount-point-without-volume", message, source.span, "unknown volume");
            let names = volumes.iter().filter_map(|(_, volume)| volume.get("Name").and_then(|name| name.as_str()));
            let near = check.did_you_mean(name, names.filter(|other| *other != name));
            let diagnostic = hinted(diagnostic.with_aws_message(format!("Unknown volume '{name}'.")), near);
            check.report_when(diagnostic, &when);
        }
    }
}
