//! The template that takes resources in: the deployed one, and these as they are.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::request::ImportProblem;
use super::resource::ResourceImport;
use super::step::ImportStep;
use crate::evaluate::Evaluation;
use crate::plan::redact::Secrets;
use crate::template::{Node, Style, Template, write_json};

/// The entry of an imported resource's `Metadata` that keeps how the deployed template had it, as JSON text, until the update is done;
/// empty where it did not have it.
pub const DEFINITION_KEY: &str = "RackformDefinition";

/// What is known of a resource where it is: properties that are not what the template says, by name; `None` is one that is not set.
pub type Actual = IndexMap<String, Option<Json>>;

/// Composes the import: the deployed template with each resource in it, its properties as the wanted template `after` evaluates them, or as
/// they are where that is known to be something else.
///
/// `after` is evaluated in the stack as it is deployed, so what rests on a resource that only the update makes has no value yet and is left
/// out. So is a secret, which must not stand in a template.
///
/// # Errors
///
/// Returns what cannot be left out and has no value.
pub fn import_step(
    mut imports: Vec<ResourceImport>,
    actual: &[Actual],
    after: &Evaluation<'_>,
    deployed: Option<&Template<'_>>,
) -> Result<ImportStep, Vec<ImportProblem>> {
    let mut problems = Vec::new();
    let secrets = Secrets::of(None, after);
    let mut root = deployed.map(|template| written(template.root)).unwrap_or_else(|| json!({ "Resources": {} }));
    for (import, actual) in imports.iter_mut().zip(actual) {
        let id = import.logical_resource_id.clone();
        let Some(resource) = after.resources.get(id.as_str()) else { continue };
        let mut properties = Map::new();
        for (name, value) in resource.properties.members().unwrap_or_default() {
            let json = value.to_json();
            if value.is_known() && secrets.json(after, value, json.clone()) == json {
                properties.insert((*name).to_owned(), json);
            } else {
                import.left_out.push((*name).to_owned());
            }
        }
        for (name, value) in actual {
            import.left_out.retain(|left_out| left_out != name);
            match value {
                Some(value) => drop(properties.insert(name.clone(), value.clone())),
                None => drop(properties.shift_remove(name)),
            }
        }
        let facts = crate::schema::resource_type(&import.resource_type);
        let missing: Vec<&str> = facts
            .iter()
            .flat_map(|facts| facts.required())
            .filter(|name| import.left_out.iter().any(|left_out| left_out == name))
            .collect();
        if !missing.is_empty() {
            let reason =
                format!("{} must be known to import it, and rests on what only the update makes, or is secret", missing.join(", "));
            problems.push(ImportProblem::new(&id, reason, Some("make the rest first, then import it with the next change".to_owned())));
        }
        let before = deployed.and_then(|template| template.resources.get(&id)).map(|entry| write_json(entry.body, &Style::minified()));
        let body = json!({
            "Type": import.resource_type,
            // CloudFormation wants one, and this one lets no mishap on the way delete what was there before; the update brings the
            // template's own.
            "DeletionPolicy": "Retain",
            "Metadata": { DEFINITION_KEY: before.unwrap_or_default() },
            "Properties": properties,
        });
        if let Some(resources) = root.get_mut("Resources").and_then(Json::as_object_mut) {
            resources.insert(id, body);
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let parameters = deployed.map(|template| template.parameters.iter().map(|entry| entry.name.to_owned()).collect()).unwrap_or_default();
    Ok(ImportStep { resources: imports, template: root.to_string(), parameters })
}

/// Returns the text of a deployed template with every resource that an import put there as it was before; `None` where there is none.
///
/// Between the two operations of an import the deployed template holds the resource as the import has it. Whoever then changes a parameter
/// and nothing else means the template that was there before.
pub fn without_import_metadata(template: &Template<'_>) -> Option<String> {
    if !template.source.text().contains(DEFINITION_KEY) {
        return None;
    }
    let definition = |body: &Node<'_>| body.get("Metadata")?.get(DEFINITION_KEY)?.as_str().map(str::to_owned);
    let mut root = written(template.root);
    let resources = root.get_mut("Resources").and_then(Json::as_object_mut)?;
    let mut is_changed = false;
    for entry in &template.resources {
        let Some(text) = definition(entry.body) else { continue };
        is_changed = true;
        match serde_json::from_str(&text) {
            Ok(before) => drop(resources.insert(entry.name.to_owned(), before)),
            Err(_) => drop(resources.shift_remove(entry.name)),
        }
    }
    is_changed.then(|| serde_json::to_string_pretty(&root).unwrap_or_default())
}

fn written(node: &Node<'_>) -> Json {
    // The writer writes nothing but JSON.
    serde_json::from_str(&write_json(node, &Style::minified())).unwrap_or_default()
}
