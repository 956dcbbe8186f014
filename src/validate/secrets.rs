//! Literal secrets in the environment of containers, functions and builds: everyone who can read the template or the task reads them.
//!
//! Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-secrets.html>

use super::check::{Check, items, type_name, written};
use super::walk::Guards;
use crate::diagnostic::Diagnostic;
use crate::secret::looks_like_secret;
use crate::template::{Entry, Kind, Node};

pub(super) fn check(check: &mut Check<'_, '_>) {
    for entry in &check.template.resources {
        let Some(properties) = entry.body.get("Properties") else { continue };
        let (template, exists) = (check.template, check.exists(entry));
        match type_name(entry) {
            "AWS::ECS::TaskDefinition" => {
                for (guards, container) in items(template, properties.get("ContainerDefinitions"), &exists) {
                    pairs(check, entry, container.get("Environment"), &exists, &guards);
                }
            }
            "AWS::CodeBuild::Project" => {
                for (guards, environment) in written(template, properties, "Environment", &exists) {
                    pairs(check, entry, environment.get("EnvironmentVariables"), &exists, &guards);
                }
            }
            "AWS::Lambda::Function" | "AWS::Serverless::Function" => {
                for (guards, environment) in written(template, properties, "Environment", &exists) {
                    for (guards, variables) in written(template, environment, "Variables", &guards) {
                        for variable in variables.members() {
                            variable_of(check, entry, variable.key, &variable.value, &exists, &guards);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

/// Checks a list of variables, each with a name and a value.
fn pairs<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, list: Option<&'a Node<'a>>, exists: &Guards, guards: &Guards) {
    for (guards, pair) in items(check.template, list, guards) {
        if let (Some(name), Some(value)) = (pair.get("Name").and_then(Node::as_str), pair.get("Value")) {
            variable_of(check, entry, name, value, exists, &guards);
        }
    }
}

fn variable_of<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, name: &str, value: &'a Node<'a>, exists: &Guards, guards: &Guards) {
    let Kind::String(text) = value.kind else { return };
    if !looks_like_secret(name, text) {
        return;
    }
    check.template.source.hide_for_good(value.span);
    let message = format!("the variable `{name}` of `{}` has a secret as a literal value", entry.name);
    let diagnostic = Diagnostic::warning("literal-secret", message)
        .at(check.template.source, value.span, "")
        .hinted("keep it in Secrets Manager or the Parameter Store, and refer to it: `Secrets` of a container, or a dynamic reference");
    check.report_where(diagnostic, exists, guards);
}
