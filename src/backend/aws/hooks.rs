//! The results of hooks, with their findings.
//!
//! Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListHookResults.html>,
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetHookResult.html>

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::operation::get_hook_result::GetHookResultOutput;
use aws_sdk_cloudformation::types::{self as sdk, ListHookResultsTargetType};

use super::error::failed;
use super::{AwsBackend, convert};
use crate::backend::{BackendError, EventsUnavailable, HookQuery, HookResults};
use crate::cloudformation::{AnnotationSeverity, AnnotationStatus, HookAnnotation, HookResult, HookStatus, HookTarget};

/// Most pages of one answer: an endpoint that repeats its pages must not keep the command busy.
const MOST_PAGES: usize = 100;

impl AwsBackend {
    /// Returns the results of hooks; a failed request is part of the result.
    pub(super) fn results_of_hooks(&self, query: HookQuery<'_>) -> HookResults {
        match query {
            HookQuery::Invocation(id) => match self.hook_result(id) {
                Ok(result) => HookResults { results: result.into_iter().collect(), unavailable: None },
                Err(error) => HookResults { results: Vec::new(), unavailable: Some(EventsUnavailable::of(error)) },
            },
            HookQuery::ChangeSet(id) => {
                let mut results = match self.hook_results_of(id) {
                    Ok(results) => results,
                    Err(error) => return HookResults { results: Vec::new(), unavailable: Some(EventsUnavailable::of(error)) },
                };
                let mut unavailable = None;
                for result in results.iter_mut().filter(|result| result.status.is_failed()) {
                    match self.hook_result(&result.id) {
                        Ok(Some(detailed)) => *result = detailed,
                        Ok(None) => {}
                        Err(error) => unavailable = Some(EventsUnavailable::of(error)),
                    }
                }
                HookResults { results, unavailable }
            }
        }
    }

    fn hook_results_of(&self, change_set: &str) -> Result<Vec<HookResult>, BackendError> {
        let (mut results, mut token): (Vec<HookResult>, Option<String>) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let call = self.client.list_hook_results().target_type(ListHookResultsTargetType::ChangeSet).target_id(change_set);
            let response = match self.session.block_on(call.set_next_token(token).send()) {
                Ok(response) => response,
                Err(error) if is_missing(&error) => break,
                Err(error) => return Err(failed("ListHookResults", error)),
            };
            for summary in response.hook_results() {
                let found = self.sent_secrets.hook_result(summarized(summary));
                if !results.iter().any(|other| other.id == found.id && !found.id.is_empty()) {
                    results.push(found);
                }
            }
            token = response.next_token().filter(|token| !token.is_empty()).map(ToOwned::to_owned);
            if token.is_none() {
                break;
            }
        }
        Ok(results)
    }

    fn hook_result(&self, id: &str) -> Result<Option<HookResult>, BackendError> {
        match self.session.block_on(self.client.get_hook_result().hook_result_id(id).send()) {
            Ok(response) => Ok(Some(self.sent_secrets.hook_result(detailed(&response, id)))),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed("GetHookResult", error)),
        }
    }
}

/// Returns whether a call failed because no hook was invoked.
fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().is_some_and(|error| matches!(error.code(), Some("HookResultNotFound" | "HookResultNotFoundException")))
}

fn summarized(summary: &sdk::HookResultSummary) -> HookResult {
    HookResult {
        id: convert::text(summary.hook_result_id()),
        hook_type: convert::text(summary.type_name()),
        status: summary.status().map(|status| HookStatus::from(status.as_str())).unwrap_or_default(),
        reason: convert::given(summary.hook_status_reason()),
        failure_mode: summary.failure_mode().map(|mode| mode.as_str().to_owned()),
        target: None,
        annotations: Vec::new(),
    }
}

fn detailed(result: &GetHookResultOutput, id: &str) -> HookResult {
    HookResult {
        id: result.hook_result_id().unwrap_or(id).to_owned(),
        hook_type: convert::text(result.type_name()),
        status: result.status().map(|status| HookStatus::from(status.as_str())).unwrap_or_default(),
        reason: convert::given(result.hook_status_reason()),
        failure_mode: result.failure_mode().map(|mode| mode.as_str().to_owned()),
        target: result
            .target()
            .map(|target| HookTarget { type_name: convert::text(target.target_type_name()), id: convert::text(target.target_id()) }),
        annotations: result.annotations().iter().map(annotation).collect(),
    }
}

fn annotation(annotation: &sdk::Annotation) -> HookAnnotation {
    HookAnnotation {
        name: convert::text(annotation.annotation_name()),
        status: annotation.status().map(|status| AnnotationStatus::from(status.as_str())).unwrap_or_default(),
        message: convert::given(annotation.status_message()),
        remediation: convert::given(annotation.remediation_message()),
        remediation_link: convert::given(annotation.remediation_link()),
        severity: annotation.severity_level().map(|severity| AnnotationSeverity::from(severity.as_str())),
    }
}
