//! Resources that SAM or a module generates: which resource of the template they come from, and whether a change of that changes them.
//!
//! A template can refer to them, by `Api.Stage`, `FunctionRole` or the implicit `ServerlessRestApi`, although it does not contain them.
//!
//! Sources: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>,
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/modules-ref-resources.html>

use super::facts::Facts;
use super::values::{at, member, text_at};
use crate::evaluate::{Evaluation, Resource, ValueKind};
use crate::schema::serverless::SERVERLESS_PREFIX;

/// The APIs that SAM generates for events that name none: the logical ID and the type of the event.
const IMPLICIT_APIS: [(&str, &str); 2] = [("ServerlessRestApi", "Api"), ("ServerlessHttpApi", "HttpApi")];

/// Words in the logical ID of what SAM makes anew with each change: a version and the alias that points to it, a deployment.
const REVISIONS: [&str; 3] = ["Version", "Alias", "Deployment"];

/// What a change of a resource does to the other resources that are generated from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Generated {
    /// Nothing.
    #[default]
    Same,
    /// Makes new versions and deployments.
    Revisions,
    /// May change any of them.
    Any,
}

impl Generated {
    /// Returns whether a generated resource may change.
    pub(super) fn concerns(self, id: &str) -> bool {
        match self {
            Self::Same => false,
            Self::Revisions => REVISIONS.iter().any(|word| id.contains(word)),
            Self::Any => true,
        }
    }
}

/// Returns the resources that a logical ID outside the template is generated from, or none.
pub(super) fn generators<'a>(evaluation: &Evaluation<'a>, id: &str) -> Vec<&'a str> {
    let resources = &evaluation.resources;
    if let Some((_, event)) = IMPLICIT_APIS.iter().find(|(api, _)| id.starts_with(api)) {
        return resources.iter().filter(|(_, resource)| has_implicit_api(resource, event)).map(|(name, _)| *name).collect();
    }
    let generates = |resource: &Resource<'_>| {
        let facts = Facts::of(resource.resource_type);
        facts.is_serverless() || facts.is_module()
    };
    let is_prefix = |name: &str| id.len() > name.len() && id.starts_with(name);
    let of_id = resources.iter().filter(|(name, resource)| is_prefix(name) && generates(resource)).map(|(name, _)| *name);
    of_id.max_by_key(|name| name.len()).into_iter().collect()
}

/// Returns whether SAM generates an API of a kind, `Api` or `HttpApi`, for the events of a resource that name no API.
///
/// Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html>
pub(super) fn has_implicit_api(resource: &Resource<'_>, kind: &str) -> bool {
    let owner = match kind {
        "Api" => "RestApiId",
        "HttpApi" => "ApiId",
        _ => return false,
    };
    let events = member(&resource.properties, "Events").filter(|_| resource.resource_type.starts_with(SERVERLESS_PREFIX));
    let ValueKind::Map(events) = events.map_or(ValueKind::Null, |events| events.kind) else { return false };
    events.iter().any(|(_, event)| text_at(event, &["Type"]) == Some(kind) && at(event, &["Properties", owner]).is_none())
}
