//! Literals that are secrets by their looks: in the environment of containers and functions.

use super::value::{Value, ValueKind};
use super::{Named, Resource};
use crate::secret::looks_like_secret;
use crate::template::Kind;

/// Calls `visit` with the logical ID and the text of each literal secret in the environments of containers, functions and builds.
pub(super) fn each<'a>(resources: &Named<'a, Resource<'a>>, visit: &mut dyn FnMut(&'a str, &'a str)) {
    for (id, resource) in resources {
        each_variable(resource.resource_type, &resource.properties, &mut |name, value| {
            if let (Some(text), Kind::String(literal)) = (value.text(), value.origin.kind)
                && looks_like_secret(name, text)
            {
                visit(id, literal);
            }
        });
    }
}

/// Calls `visit` with the name and the value of each environment variable of a resource.
fn each_variable<'a>(resource_type: &str, properties: &Value<'a>, visit: &mut dyn FnMut(&str, &Value<'a>)) {
    match resource_type {
        "AWS::ECS::TaskDefinition" => {
            for container in properties.get("ContainerDefinitions").and_then(Value::items).unwrap_or_default() {
                pairs(container.get("Environment"), visit);
            }
        }
        "AWS::CodeBuild::Project" => {
            pairs(properties.get("Environment").and_then(|environment| environment.get("EnvironmentVariables")), visit);
        }
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => {
            let variables = properties.get("Environment").and_then(|environment| environment.get("Variables"));
            if let Some(Value { kind: ValueKind::Map(members), .. }) = variables {
                members.iter().for_each(|(name, value)| visit(name, value));
            }
        }
        _ => {}
    }
}

fn pairs<'a>(list: Option<&Value<'a>>, visit: &mut dyn FnMut(&str, &Value<'a>)) {
    for pair in list.and_then(Value::items).unwrap_or_default() {
        if let (Some(name), Some(value)) = (pair.get("Name").and_then(Value::text), pair.get("Value")) {
            visit(name, value);
        }
    }
}
