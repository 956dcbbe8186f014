//! Where the template declares a resource that failed.

use super::Outcome;
use super::history::{Place, RootCause};
use super::validations::origin;
use crate::diagnostic::Source;
use crate::render::RENDERED_RACK;
use crate::template::{Arena, Document, pointed_span};

/// Adds to an outcome where the template declares what failed. Of a nested stack, only the stack itself is in the template.
pub fn locate(outcome: &mut Outcome, source: Option<&Source>) {
    let Some(source) = source else { return };
    let causes = match outcome {
        Outcome::RolledBack { root_cause, .. } => [root_cause.as_mut(), None],
        Outcome::Failed { root_cause, rollback_cause, .. } => [root_cause.as_mut(), rollback_cause.as_deref_mut()],
        _ => return,
    };
    let arena = Arena::new();
    let Ok(document) = Document::read(source, &arena) else { return };
    for cause in causes.into_iter().flatten().filter(|cause| !cause.event.is_of_stack()) {
        let path = pointer(cause);
        cause.place = pointed_span(document.root, &path).map(|span| {
            let at = source.line_column(span.start);
            let origin = if source.name() == RENDERED_RACK { origin(&path) } else { None };
            Place { template: source.name().to_owned(), line: at.line, column: at.column, origin }
        });
    }
}

/// Returns the JSON pointer of what failed: of the property that the message names as `#/Name`, else of the resource.
///
/// Validations against the schema of a resource type use that notation: "Properties validation failed for resource
/// BestsellersApiRequestOPTIONS with message: #/AuthorizationType: ..."
/// (<https://github.com/aws-samples/aws-bookstore-demo-app/issues/56>), "Model validation failed (#/KmsKeyId: ..."
/// (<https://github.com/aws-cloudformation/cloudformation-resource-schema/issues/127>).
fn pointer(cause: &RootCause) -> String {
    let resource = format!("/Resources/{}", cause.event.logical_id);
    let reason = cause.event.status_reason.as_deref().unwrap_or_default();
    match reason.split_once("#/").filter(|_| cause.nested.is_empty()) {
        Some((_, rest)) => {
            let property: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
            format!("{resource}/Properties/{}", property.trim_end_matches('/'))
        }
        None => resource,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::cloudformation::StackEvent;

    fn located(reason: &str) -> Option<(usize, usize)> {
        let text = "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n  Files:\n    Type: AWS::EFS::FileSystem\n    Properties:\n      Encrypted: maybe\n";
        let event = StackEvent {
            logical_id: "Files".to_owned(),
            resource_type: "AWS::EFS::FileSystem".to_owned(),
            status_reason: Some(reason.to_owned()),
            ..StackEvent::default()
        };
        let cause = crate::apply::history::cause_of(event);
        let mut outcome = Outcome::RolledBack { status: crate::cloudformation::StackStatus::RollbackComplete, root_cause: Some(cause) };
        locate(&mut outcome, Some(&Source::new("template.yaml", text)));
        let Outcome::RolledBack { root_cause, .. } = outcome else { return None };
        root_cause.unwrap().place.map(|place| (place.line, place.column))
    }

    #[test]
    fn a_failed_resource_is_found_in_the_template_and_its_property_if_the_message_names_one() {
        assert_eq!(located("Access denied"), Some((3, 3)));
        assert_eq!(
            located("Properties validation failed for resource Files with message: #/Encrypted: expected type: Boolean"),
            Some((6, 7))
        );
        assert_eq!(located("#: required key [Missing] not found, see #/Missing"), Some((5, 5)));
    }
}
