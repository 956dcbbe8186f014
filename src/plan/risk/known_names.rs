//! References in policies to resources whose name the template sets: their ARN is then as known as a written one.

use serde_json::{Map, Value as Json};

use crate::evaluate::Evaluation;
use crate::plan::attributes;
use crate::plan::context::PlanningContext;
use crate::plan::facts::Facts;
use crate::plan::values::text_at;
use crate::policy::Document;

/// Returns the documents with the text of each reference whose value is known and stays, such as the ARN of a bucket with a name.
pub(super) fn with_known_names(context: &PlanningContext<'_, '_>, documents: &[Document]) -> Vec<Document> {
    let resolved = |document: &Document| match document {
        Document::Policy(json) => Document::Policy(resolve(context, json)),
        Document::Managed(json) => Document::Managed(json.clone()),
    };
    documents.iter().map(resolved).collect()
}

fn resolve(context: &PlanningContext<'_, '_>, json: &Json) -> Json {
    match json {
        Json::Array(items) => items.iter().map(|item| resolve(context, item)).collect(),
        Json::Object(members) => match reference(members).and_then(|(id, attribute)| lasting_text(context, id, attribute)) {
            Some(text) => Json::String(text),
            None => Json::Object(members.iter().map(|(key, member)| (key.clone(), resolve(context, member))).collect()),
        },
        other => other.clone(),
    }
}

fn reference(members: &Map<String, Json>) -> Option<(&str, Option<&str>)> {
    let mut members = members.iter();
    let (function, operand) = members.next().filter(|_| members.len() == 0)?;
    match (function.as_str(), operand) {
        ("Ref", Json::String(id)) => Some((id, None)),
        ("Fn::GetAtt", Json::Array(parts)) => match parts.as_slice() {
            [Json::String(id), Json::String(attribute)] => Some((id, Some(attribute))),
            _ => None,
        },
        ("Fn::GetAtt", Json::String(text)) => text.split_once('.').map(|(id, attribute)| (id, Some(attribute))),
        _ => None,
    }
}

/// Returns the text of a reference that has the same value in both templates, or that only one of them has.
fn lasting_text(context: &PlanningContext<'_, '_>, id: &str, attribute: Option<&str>) -> Option<String> {
    let of = |evaluation: &Evaluation<'_>| evaluation.resources.contains_key(id).then(|| text(evaluation, id, attribute));
    match (context.before.and_then(of), of(context.after)) {
        (Some(before), Some(after)) => before.filter(|before| Some(before) == after.as_ref()),
        (only, None) | (None, only) => only.flatten(),
    }
}

fn text(evaluation: &Evaluation<'_>, id: &str, attribute: Option<&str>) -> Option<String> {
    let resource = evaluation.resources.get(id)?;
    let facts = Facts::of(resource.resource_type);
    let property = facts.custom_name_property()?;
    let name = text_at(&resource.properties, &[property])?;
    match attribute {
        None => (facts.identifier() == Some(property)).then(|| name.to_owned()),
        Some(attribute) => {
            let path = text_at(&resource.properties, &["Path"]);
            attributes::derived(resource.resource_type, attribute, path, name, evaluation.state)
        }
    }
}
