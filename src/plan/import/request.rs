//! Import requests, checked against the template and the stack.

use indexmap::IndexMap;

use super::resource::ResourceImport;
use crate::cloudformation::Action;
use crate::evaluate::Evaluation;
use crate::schema::{self, Handler, ResourceType};
use crate::text::did_you_mean;

/// A request to import one resource, written `LOGICAL_ID=IDENTIFIER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRequest {
    /// A logical ID of the template.
    pub logical_id: String,
    /// The primary identifier: `fs-0123`, or `Property=value,Property=value` if it consists of several properties.
    pub identifier: String,
}

impl std::str::FromStr for ImportRequest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((logical_id, identifier)) if !logical_id.is_empty() && !identifier.is_empty() => {
                Ok(Self { logical_id: logical_id.to_owned(), identifier: identifier.to_owned() })
            }
            _ => Err("an import is `LOGICAL_ID=IDENTIFIER`, such as BuildCacheFilesystem=fs-0123456789abcdef0".to_owned()),
        }
    }
}

/// The reason why a resource cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{logical_id}`: {reason}{}", hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default())]
pub struct ImportProblem {
    /// The logical ID of the request.
    pub logical_id: String,
    /// The reason.
    pub reason: String,
    /// How to fix it.
    pub hint: Option<String>,
}

impl ImportProblem {
    /// Returns a problem.
    pub fn new(logical_id: &str, reason: impl Into<String>, hint: Option<String>) -> Self {
        Self { logical_id: logical_id.to_owned(), reason: reason.into(), hint }
    }
}

/// The requested imports, without those that an earlier run finished.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResolvedImports {
    /// The resources to import.
    pub imports: Vec<ResourceImport>,
    /// Requested resources that the stack already contains, from an earlier run.
    pub already_imported: Vec<ResourceImport>,
}

/// Checks import requests against the new template `after`, which was evaluated with the state of the deployed stack.
///
/// # Errors
///
/// Returns an error with every problem of every request.
pub fn resolve_imports(requests: &[ImportRequest], after: &Evaluation<'_>) -> Result<ResolvedImports, Vec<ImportProblem>> {
    let mut problems = Vec::new();
    let mut found = ResolvedImports::default();
    let mut seen: Vec<&str> = Vec::new();
    let mut accepted: Vec<ResourceImport> = Vec::new();
    for request in requests {
        let id = request.logical_id.as_str();
        let mut problem = |reason: String, hint: Option<String>| problems.push(ImportProblem::new(id, reason, hint));
        if seen.contains(&id) {
            problem("two imports have this logical ID".to_owned(), Some("remove one of them".to_owned()));
            continue;
        }
        seen.push(id);
        let Some(resource) = existing(id, after, &mut problem) else { continue };
        let Some(facts) = importable(resource.resource_type, &mut problem) else { continue };
        let Some(identifier) = identifier(&facts, &request.identifier, &mut problem) else { continue };
        for (name, value) in &identifier {
            if let Some(template_value) = resource.properties.get(name).and_then(crate::evaluate::Value::text)
                && template_value != value
            {
                problem(
                    format!("the template sets {name} to `{template_value}`, but the import identifies `{value}`"),
                    Some("the identifier must be the same in the template and the import".to_owned()),
                );
            }
        }
        let import = ResourceImport {
            action: Action::Import,
            logical_resource_id: id.to_owned(),
            resource_type: resource.resource_type.to_owned(),
            resource_identifier: identifier,
            compared: false,
            not_compared_because: None,
            left_out: Vec::new(),
        };
        if let Some(other) = accepted
            .iter()
            .find(|other| other.resource_type == import.resource_type && other.resource_identifier == import.resource_identifier)
        {
            let reason = format!("{} is also imported as `{}`", import.identifier(), other.logical_resource_id);
            problem(reason, Some("a resource can have only one logical ID: remove one of the imports".to_owned()));
        }
        accepted.push(import.clone());
        match after.state.physical_ids.get(id).filter(|physical| !physical.is_empty()) {
            Some(physical) if Some(physical.as_str()) == import.physical_id() => found.already_imported.push(import),
            Some(physical) => problem(
                format!("the stack already contains this resource as {physical}"),
                Some(
                    "a resource of a stack cannot be exchanged for another one: do not import it, or remove it from the stack first"
                        .to_owned(),
                ),
            ),
            None => {
                let own = after.state.physical_ids.iter().find(|(_, physical)| Some(physical.as_str()) == import.physical_id());
                let same_type = |other: &str| after.resources.get(other).is_none_or(|other| other.resource_type == import.resource_type);
                match own.filter(|(other, _)| same_type(other)) {
                    Some((other, physical)) => problem(format!("this stack already contains {physical}, as `{other}`"), None),
                    None => found.imports.push(import),
                }
            }
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// Returns the resource with this logical ID if the template defines it and its condition is true with these parameters.
fn existing<'e, 'a>(
    id: &str,
    after: &'e Evaluation<'a>,
    problem: &mut impl FnMut(String, Option<String>),
) -> Option<&'e crate::evaluate::Resource<'a>> {
    use crate::evaluate::ConditionValue;
    let condition = |name: &str| format!("its condition `{name}` is false with these parameters, so the template does not create it");
    let hint = |name: &str| Some(format!("set the parameters that `{name}` depends on in the same command"));
    let Some(entry) = after.sections().resources.get(id) else {
        let near = did_you_mean(id, after.sections().resources.iter().map(|entry| entry.name));
        problem("the template defines no resource with this logical ID".to_owned(), near);
        return None;
    };
    match after.resources.get(id) {
        Some(resource) => match resource.condition {
            Some((name, ConditionValue::Unknown)) => {
                problem(format!("its condition `{name}` cannot be evaluated before the update"), None);
                None
            }
            _ => Some(resource),
        },
        None => {
            let name = entry.body.get("Condition").and_then(crate::template::Node::as_str).unwrap_or_default();
            problem(condition(name), hint(name));
            None
        }
    }
}

/// Returns the facts of a type that CloudFormation can import: its schema has a read handler and a primary identifier.
fn importable(resource_type: &str, problem: &mut impl FnMut(String, Option<String>)) -> Option<ResourceType> {
    let hint = || {
        let list = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html";
        Some(format!("{list} lists the supported types"))
    };
    let facts = schema::resource_type(resource_type);
    let can_be_read = schema::handler_permissions(resource_type, Handler::Read).len() > 0;
    match facts {
        Some(facts) if can_be_read && facts.primary_identifier().next().is_some() => Some(facts),
        Some(_) => {
            problem(format!("CloudFormation cannot import {resource_type}: the type has no read handler or no primary identifier"), hint());
            None
        }
        None => {
            problem(format!("CloudFormation cannot import {resource_type}: no schema is published for the type"), hint());
            None
        }
    }
}

/// Parses a primary identifier of a type.
fn identifier(facts: &ResourceType, text: &str, problem: &mut impl FnMut(String, Option<String>)) -> Option<IndexMap<String, String>> {
    let names: Vec<String> = facts.primary_identifier().map(|path| path.segments().collect::<Vec<_>>().join("/")).collect();
    let mut identifier: IndexMap<String, String> = IndexMap::new();
    if let [name] = names.as_slice() {
        let value = text.strip_prefix(&format!("{name}=")).unwrap_or(text);
        identifier.insert(name.clone(), value.to_owned());
    } else {
        let syntax = names.iter().map(|name| format!("{name}=...")).collect::<Vec<_>>().join(",");
        let mut is_valid = true;
        for part in text.split(',') {
            match part.split_once('=') {
                Some((name, value)) if names.iter().any(|own| own == name) && !value.is_empty() => {
                    identifier.insert(name.to_owned(), value.to_owned());
                }
                Some((name, _)) if !names.iter().any(|own| own == name) => {
                    is_valid = false;
                    problem(
                        format!("`{name}` is not part of the primary identifier of {}", facts.name()),
                        did_you_mean(name, names.iter().map(String::as_str)),
                    );
                }
                _ => {
                    is_valid = false;
                    problem(
                        format!(
                            "invalid part `{part}` of the identifier; the primary identifier of {} has {} properties",
                            facts.name(),
                            names.len()
                        ),
                        Some(format!("write {syntax}")),
                    );
                }
            }
        }
        let missing: Vec<&str> = names.iter().filter(|name| !identifier.contains_key(*name)).map(String::as_str).collect();
        if is_valid && !missing.is_empty() {
            is_valid = false;
            problem(format!("the identifier of {} lacks {}", facts.name(), missing.join(", ")), Some(format!("write {syntax}")));
        }
        if !is_valid {
            return None;
        }
        identifier.sort_by(|a, _, b, _| names.iter().position(|name| name == a).cmp(&names.iter().position(|name| name == b)));
    }
    let single = identifier.len() == 1;
    let mut is_valid = true;
    for (name, value) in &identifier {
        if let Some(reason) = format_problem(facts, name, value, single) {
            is_valid = false;
            problem(reason, id_of_arn(facts, value).filter(|_| single));
        }
    }
    is_valid.then_some(identifier)
}

/// Returns why a value is not a valid value of this identifier property of the type.
fn format_problem(facts: &ResourceType, name: &str, value: &str, single: bool) -> Option<String> {
    let property = facts.property(&name.split('/').collect::<Vec<_>>());
    if let Some(property) = property {
        let (min, max) = property.length();
        let length = value.chars().count();
        if length < min as usize || max.is_some_and(|max| length > max as usize) {
            return Some(format!("`{value}` has {length} characters; the {name} of {} has {}", facts.name(), length_range(min, max)));
        }
        let pattern = property.pattern().and_then(|pattern| fancy_regex::Regex::new(pattern).ok());
        // A pattern that the regex engine cannot execute is not checked.
        if pattern.is_some_and(|pattern| pattern.is_match(value).is_ok_and(|matches| !matches)) {
            return Some(format!(
                "`{value}` is not a valid {name} of {}, which matches {}",
                facts.name(),
                property.pattern().unwrap_or_default()
            ));
        }
    }
    match schema::id_prefix(facts.name()) {
        Some(prefix) if single && !(value.starts_with(prefix) && value.len() > prefix.len()) => {
            Some(format!("`{value}` is not a valid {name} of {}, which begins with `{prefix}`", facts.name()))
        }
        _ => None,
    }
}

/// Returns the number of characters that are allowed, such as `at least 3` or `3 to 63`.
fn length_range(min: u32, max: Option<u32>) -> String {
    max.map_or_else(|| format!("at least {min}"), |max| format!("{min} to {max}"))
}

/// Returns the ID inside an ARN, as a hint for an import that names the ARN.
fn id_of_arn(facts: &ResourceType, value: &str) -> Option<String> {
    let prefix = schema::id_prefix(facts.name())?;
    let last = value.rsplit(['/', ':']).next().filter(|last| value.starts_with("arn:") && last.starts_with(prefix))?;
    Some(format!("use the ID of this ARN, `{last}`"))
}
