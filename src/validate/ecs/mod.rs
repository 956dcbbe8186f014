//! ECS task definitions and services: volumes, containers, and settings that Fargate does not support.

mod containers;
mod fargate;
mod mounts;
mod service;
mod settings;
mod size;
mod volumes;

use super::check::{Check, items, type_name};
use super::walk::Guards;
use crate::template::Node;

pub(super) fn check(check: &mut Check<'_, '_>) {
    for entry in &check.template.resources {
        let Some(properties) = entry.body.get("Properties") else { continue };
        let exists = check.exists(entry);
        match type_name(entry) {
            "AWS::ECS::TaskDefinition" => {
                mounts::check(check, entry, properties, &exists);
                volumes::check(check, entry, properties, &exists);
                containers::check(check, entry, properties, &exists);
                settings::check(check, entry, properties, &exists);
                let platforms = items(check.template, properties.get("RequiresCompatibilities"), &exists);
                for (guards, _) in platforms.into_iter().filter(|(_, platform)| platform.as_str() == Some("FARGATE")) {
                    fargate::Task { check, entry, properties, guards }.check();
                }
            }
            "AWS::ECS::Service" => service::check(check, entry, properties, &exists),
            _ => {}
        }
    }
}

/// Returns the containers of a task definition.
fn containers<'a>(check: &Check<'_, 'a>, properties: &'a Node<'a>, guards: &Guards) -> Vec<(Guards, &'a Node<'a>)> {
    items(check.template, properties.get("ContainerDefinitions"), guards)
}
