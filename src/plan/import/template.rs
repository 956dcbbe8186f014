//! The template of the import operation: the deployed template with the imported resources added.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::request::ImportProblem;
use super::resource::ResourceImport;
use super::step::ImportStep;
use crate::evaluate::Evaluation;
use crate::plan::redact::Secrets;
use crate::template::{Node, Style, Template, write_json};

/// The `Metadata` key of an imported resource that keeps its definition in the deployed template, as JSON text, until the update is
/// finished; the text is empty if the deployed template did not define it.
pub const DEFINITION_KEY: &str = "RackformDefinition";

/// The actual properties of a resource that differ from the template, by name; `None` is a property that is not set.
pub type Actual = IndexMap<String, Option<Json>>;

/// Returns the import operation: the deployed template with each imported resource added, its properties as the new template `after`
/// evaluates them, or their actual values where these are known to differ.
///
/// `after` is evaluated with the state of the deployed stack. A property that depends on a resource which only the update creates has no
/// value yet and is left out. So is a secret, which a template must not contain.
///
/// # Errors
///
/// Returns an error if a required property has no value.
pub fn import_step(
    mut imports: Vec<ResourceImport>,
    actual: &[Actual],
    after: &Evaluation<'_>,
    deployed: Option<&Template<'_>>,
) -> Result<ImportStep, Vec<ImportProblem>> {
    let mut problems = Vec::new();
    let secrets = Secrets::of(None, after);
    let mut root = deployed.map(|template| to_json(template.root)).unwrap_or_else(|| json!({ "Resources": {} }));
    for (import, actual) in imports.iter_mut().zip(actual) {
        let id = import.logical_resource_id.clone();
        let Some(resource) = after.resources.get(id.as_str()) else { continue };
        let is_secret = |name: &str| resource.properties.get(name).is_some_and(|value| secrets.is_secret(after, value));
        let mut properties = Map::new();
        for (name, value) in resource.properties.members().unwrap_or_default() {
            let json = value.to_json();
            if value.is_known() && !is_secret(name) {
                properties.insert((*name).to_owned(), json);
            } else {
                import.left_out.push((*name).to_owned());
            }
        }
        for (name, value) in actual.iter().filter(|(name, _)| !is_secret(name)) {
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
            let reason = format!(
                "the import requires {}, which depends on a resource that only the update creates, or is secret",
                missing.join(", ")
            );
            problems.push(ImportProblem::new(&id, reason, Some("deploy the other resources first, then import this one".to_owned())));
        }
        let before = deployed.and_then(|template| template.resources.get(&id)).map(|entry| write_json(entry.body, &Style::minified()));
        let body = json!({
            "Type": import.resource_type,
            // CloudFormation requires a deletion policy for an import. With `Retain`, a failed operation cannot delete the resource. The
            // update sets the template's own policy.
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

/// Returns the text of a deployed template with the definition that each imported resource had before its import; `None` if the template
/// contains no such resource.
///
/// Between the import and the update, the deployed template contains the import's definition of the resource. A change that only sets
/// parameters then applies to the template from before the import.
pub fn without_import_metadata(template: &Template<'_>) -> Option<String> {
    if !template.source.text().contains(DEFINITION_KEY) {
        return None;
    }
    let definition = |body: &Node<'_>| body.get("Metadata")?.get(DEFINITION_KEY)?.as_str().map(str::to_owned);
    let mut root = to_json(template.root);
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

fn to_json(node: &Node<'_>) -> Json {
    // `write_json` returns valid JSON.
    serde_json::from_str(&write_json(node, &Style::minified())).unwrap_or_default()
}
