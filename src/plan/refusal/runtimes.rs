//! Lambda functions that are created or updated with a runtime that Lambda no longer accepts.
//!
//! The words are those of bug reports, such as <https://github.com/alestic/lambdash/issues/13>. They continue with a recommended runtime,
//! which depends on the date.

use super::{Refusal, RefusalKind, Search};
use crate::evaluate::Resource;
use crate::plan::certainty::Certainty;
use crate::plan::compare::{ChangeCertainty, ModifiedResource, Outcome};
use crate::plan::values;
use crate::schema::{DeprecatedRuntime, deprecated_runtime};

const SOURCE: &str = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html";

/// Properties that are changed without a request that takes the function's configuration or code, so that the runtime does not matter.
const INDEPENDENT: [&str; 5] =
    ["FunctionScalingConfig", "RecursiveLoop", "ReservedConcurrentExecutions", "RuntimeManagementConfig", "Tags"];

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    let verdicts = search.comparison.verdicts;
    let added = search.changed.added.iter().filter_map(|resource| {
        let runtime = runtime_of(resource).filter(DeprecatedRuntime::refuses_creation)?;
        Some(refusal(resource, runtime, "created", Certainty::Certain))
    });
    let modified = search.changed.modified.iter().filter_map(|modified| {
        let runtime = runtime_of(modified.after)?;
        let outcome = verdicts.outcome(modified.id).actual;
        let replaces = match outcome {
            Outcome::Replaced => Some(Certainty::Certain),
            Outcome::MayReplace => Some(Certainty::Possible),
            _ => None,
        };
        if let Some(certainty) = replaces
            && runtime.refuses_creation()
        {
            return Some(refusal(modified.after, runtime, "replaced", certainty));
        }
        let certainty = is_updated(modified).filter(|_| runtime.refuses_update() && outcome != Outcome::Replaced)?;
        Some(refusal(modified.after, runtime, "updated", certainty))
    });
    let found: Vec<Refusal> = added.chain(modified).collect();
    search.found.extend(found);
}

/// Returns the runtime of a function, if AWS has deprecated it.
fn runtime_of(resource: &Resource<'_>) -> Option<DeprecatedRuntime> {
    let is_function = matches!(resource.resource_type, "AWS::Lambda::Function" | "AWS::Serverless::Function");
    values::text_at(&resource.properties, &["Runtime"]).filter(|_| is_function).and_then(deprecated_runtime)
}

/// Returns whether the update sends the function's code or configuration to Lambda.
fn is_updated(modified: &ModifiedResource<'_, '_>) -> Option<Certainty> {
    let differences = modified.differences.iter();
    let concerned = differences.filter(|difference| difference.property().is_some_and(|name| !INDEPENDENT.contains(&name)));
    match concerned.map(|difference| difference.verdict.actual).max()? {
        ChangeCertainty::Unchanged => None,
        certainty => Some(Certainty::possible_if(certainty != ChangeCertainty::Certain)),
    }
}

fn refusal(resource: &Resource<'_>, runtime: DeprecatedRuntime, what: &str, certainty: Certainty) -> Refusal {
    let (id, resource_type, name) = (resource.entry.name, resource.resource_type, runtime.name);
    let (is, fails) = if certainty.is_certain() { ("is", "fails") } else { ("may be", "may fail") };
    // Lambda's message is the same for both requests.
    let message = format!("The runtime parameter of {name} is no longer supported for creating or updating AWS Lambda functions.");
    Refusal {
        kind: RefusalKind::DeprecatedRuntime,
        certainty,
        operation: None,
        logical_resource_id: Some(id.to_owned()),
        resource_type: Some(resource_type.to_owned()),
        previous_type: None,
        path: Some("/Properties/Runtime".to_owned()),
        code: Some("InvalidParameterValueException".to_owned()),
        message: Some(message),
        reason: format!(
            "`{id}` ({resource_type}) {is} {what} with the runtime {name}, which Lambda no longer accepts, so the update {fails}."
        ),
        fix: Some(format!("change `Runtime` of `{id}` to a supported runtime, such as {}", runtime.successor)),
        source: Some(SOURCE.to_owned()),
    }
}
