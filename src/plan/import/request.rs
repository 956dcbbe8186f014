//! What somebody asks to be imported, held against the template and the stack.

use indexmap::IndexMap;

use super::resource::ResourceImport;
use crate::cloudformation::Action;
use crate::evaluate::Evaluation;
use crate::schema::{self, Handler, ResourceType};
use crate::text::nearest;

/// `LOGICAL_ID=IDENTIFIER`, as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRequest {
    /// What it is to be called: a logical ID of the template.
    pub logical_id: String,
    /// Which one it is: `fs-0123`, or `Property=value,Property=value` where it takes several properties to say so.
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

/// Why something cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{logical_id}`: {reason}{}", hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default())]
pub struct ImportProblem {
    /// What was to be imported.
    pub logical_id: String,
    /// Why it cannot be.
    pub reason: String,
    /// What to do.
    pub hint: Option<String>,
}

impl ImportProblem {
    /// Returns a problem.
    pub fn new(logical_id: &str, reason: impl Into<String>, hint: Option<String>) -> Self {
        Self { logical_id: logical_id.to_owned(), reason: reason.into(), hint }
    }
}

/// What is left to import of what was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResolvedImports {
    /// What is to be imported.
    pub imports: Vec<ResourceImport>,
    /// What is in the stack already, as an earlier run left it.
    pub already_imported: Vec<ResourceImport>,
}

/// Holds what is asked for against the wanted template `after`, whose state is that of the stack as it is deployed.
///
/// # Errors
///
/// Returns everything that is wrong with any of it.
pub fn resolve_imports(requests: &[ImportRequest], after: &Evaluation<'_>) -> Result<ResolvedImports, Vec<ImportProblem>> {
    let mut problems = Vec::new();
    let mut found = ResolvedImports::default();
    let mut seen: Vec<&str> = Vec::new();
    let mut taken: Vec<ResourceImport> = Vec::new();
    for request in requests {
        let id = request.logical_id.as_str();
        let mut problem = |reason: String, hint: Option<String>| problems.push(ImportProblem::new(id, reason, hint));
        if seen.contains(&id) {
            problem("two imports have this logical ID".to_owned(), Some("one resource comes from one place: leave one out".to_owned()));
            continue;
        }
        seen.push(id);
        let Some(resource) = existing(id, after, &mut problem) else { continue };
        let Some(facts) = importable(resource.resource_type, &mut problem) else { continue };
        let Some(identifier) = identifier(&facts, &request.identifier, &mut problem) else { continue };
        for (name, value) in &identifier {
            if let Some(said) = resource.properties.get(name).and_then(crate::evaluate::Value::text)
                && said != value
            {
                problem(
                    format!("the template says {name} is `{said}`, and `{value}` is to be imported"),
                    Some("what names a resource has to be the same in both".to_owned()),
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
        if let Some(other) = taken
            .iter()
            .find(|other| other.resource_type == import.resource_type && other.resource_identifier == import.resource_identifier)
        {
            let reason = format!("{} is to be imported as `{}` too", import.identifier(), other.logical_resource_id);
            problem(reason, Some("one resource has one logical ID: leave one out".to_owned()));
        }
        taken.push(import.clone());
        match after.state.physical_ids.get(id).filter(|physical| !physical.is_empty()) {
            Some(physical) if Some(physical.as_str()) == import.physical_id() => found.already_imported.push(import),
            Some(physical) => problem(
                format!("it is in the stack already, as {physical}"),
                Some("a resource of a stack cannot become another one: leave `--import` out, or take it out of the stack first".to_owned()),
            ),
            None => {
                let own = after.state.physical_ids.iter().find(|(_, physical)| Some(physical.as_str()) == import.physical_id());
                let same_type = |other: &str| after.resources.get(other).is_none_or(|other| other.resource_type == import.resource_type);
                match own.filter(|(other, _)| same_type(other)) {
                    Some((other, physical)) => problem(format!("{physical} is in this stack already, as `{other}`"), None),
                    None => found.imports.push(import),
                }
            }
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// Returns the resource of that name, if the template has it and it exists under these parameters.
fn existing<'e, 'a>(
    id: &str,
    after: &'e Evaluation<'a>,
    problem: &mut impl FnMut(String, Option<String>),
) -> Option<&'e crate::evaluate::Resource<'a>> {
    use crate::evaluate::ConditionValue;
    let condition = |name: &str| format!("its condition `{name}` is not true under these parameters, so the template does not have it");
    let hint = |name: &str| Some(format!("set the parameters that `{name}` rests on in the same command"));
    let Some(entry) = after.sections().resources.get(id) else {
        let near = nearest(id, after.sections().resources.iter().map(|entry| entry.name)).map(|near| format!("did you mean `{near}`?"));
        problem("the template has no such resource".to_owned(), near);
        return None;
    };
    match after.resources.get(id) {
        Some(resource) => match resource.condition {
            Some((name, ConditionValue::Unknown)) => {
                problem(format!("whether its condition `{name}` is true is not known before the stack is changed"), None);
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

/// Returns the facts of a type that CloudFormation can import: it can be read, and something names it.
fn importable(resource_type: &str, problem: &mut impl FnMut(String, Option<String>)) -> Option<ResourceType> {
    let hint = || {
        let list = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html";
        Some(format!("{list} lists the types that can be"))
    };
    let facts = schema::resource_type(resource_type);
    let can_be_read = schema::handler_permissions(resource_type, Handler::Read).len() > 0;
    match facts {
        Some(facts) if can_be_read && facts.primary_identifier().next().is_some() => Some(facts),
        Some(_) => {
            problem(format!("CloudFormation cannot import {resource_type}: nothing reads one"), hint());
            None
        }
        None => {
            problem(format!("CloudFormation cannot import {resource_type}, of which no schema is published"), hint());
            None
        }
    }
}

/// Reads an identifier as its type has it.
fn identifier(facts: &ResourceType, text: &str, problem: &mut impl FnMut(String, Option<String>)) -> Option<IndexMap<String, String>> {
    let names: Vec<String> = facts.primary_identifier().map(|path| path.segments().collect::<Vec<_>>().join("/")).collect();
    let mut given: IndexMap<String, String> = IndexMap::new();
    if let [name] = names.as_slice() {
        let value = text.strip_prefix(&format!("{name}=")).unwrap_or(text);
        given.insert(name.clone(), value.to_owned());
    } else {
        let spelled = names.iter().map(|name| format!("{name}=...")).collect::<Vec<_>>().join(",");
        let mut is_right = true;
        for part in text.split(',') {
            match part.split_once('=') {
                Some((name, value)) if names.iter().any(|own| own == name) && !value.is_empty() => {
                    given.insert(name.to_owned(), value.to_owned());
                }
                Some((name, _)) if !names.iter().any(|own| own == name) => {
                    is_right = false;
                    problem(
                        format!("`{name}` is no part of what names {}", facts.name()),
                        nearest(name, names.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?")),
                    );
                }
                _ => {
                    is_right = false;
                    problem(
                        format!("it takes {} properties to name {}, and `{part}` says nothing of which", names.len(), facts.name()),
                        Some(format!("write {spelled}")),
                    );
                }
            }
        }
        let missing: Vec<&str> = names.iter().filter(|name| !given.contains_key(*name)).map(String::as_str).collect();
        if is_right && !missing.is_empty() {
            is_right = false;
            problem(format!("{} is missing of what names {}", missing.join(", "), facts.name()), Some(format!("write {spelled}")));
        }
        if !is_right {
            return None;
        }
        given.sort_by(|a, _, b, _| names.iter().position(|name| name == a).cmp(&names.iter().position(|name| name == b)));
    }
    let single = given.len() == 1;
    let mut is_right = true;
    for (name, value) in &given {
        if let Some(reason) = wrong_shape(facts, name, value, single) {
            is_right = false;
            problem(reason, example(facts, value).filter(|_| single));
        }
    }
    is_right.then_some(given)
}

/// Returns why a value cannot be that property of any resource of the type.
fn wrong_shape(facts: &ResourceType, name: &str, value: &str, single: bool) -> Option<String> {
    let property = facts.property(&name.split('/').collect::<Vec<_>>());
    if let Some(property) = property {
        let (least, most) = property.length();
        let length = value.chars().count();
        if length < least as usize || most.is_some_and(|most| length > most as usize) {
            return Some(format!("`{value}` has {length} characters, which no {name} of {} has", facts.name()));
        }
        let pattern = property.pattern().and_then(|pattern| fancy_regex::Regex::new(pattern).ok());
        // A pattern that is too much for the engine says nothing.
        if pattern.is_some_and(|pattern| pattern.is_match(value).is_ok_and(|matches| !matches)) {
            return Some(format!("`{value}` is no {name} of {}, which matches {}", facts.name(), property.pattern().unwrap_or_default()));
        }
    }
    match schema::id_prefix(facts.name()) {
        Some(prefix) if single && !(value.starts_with(prefix) && value.len() > prefix.len()) => {
            Some(format!("`{value}` is no {name} of {}, which begins with `{prefix}`", facts.name()))
        }
        _ => None,
    }
}

/// Returns the ID that is inside an ARN, where somebody gave the ARN.
fn example(facts: &ResourceType, value: &str) -> Option<String> {
    let prefix = schema::id_prefix(facts.name())?;
    let last = value.rsplit(['/', ':']).next().filter(|last| value.starts_with("arn:") && last.starts_with(prefix))?;
    Some(format!("of that ARN it is `{last}`"))
}
