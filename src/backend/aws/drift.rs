//! Runs CloudFormation's drift detection and reads its results.

use std::time::{Duration, Instant};

use aws_sdk_cloudformation::types::{self as sdk, StackDriftDetectionStatus};

use super::AwsBackend;
use super::error::{failed, no_stack};
use crate::aws::RequestError;
use crate::backend::{BackendError, PropertyDifference, ResourceDrift};
use crate::cloudformation::{DifferenceType, ResourceDriftStatus};

/// Time limit of a detection; CloudFormation reads every resource in turn.
const DETECTION_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Pause between two polls of a detection.
const POLL_PAUSE: Duration = Duration::from_secs(2);

impl AwsBackend {
    /// Runs drift detection on a stack, and returns the result for each resource.
    pub(super) fn find_drift(&self, stack: &str) -> Result<Vec<ResourceDrift>, BackendError> {
        let response = self
            .session
            .block_on(self.client.detect_stack_drift().stack_name(stack).send())
            .map_err(|error| no_stack("DetectStackDrift", error, stack))?;
        self.wait_for_detection(response.stack_drift_detection_id().unwrap_or_default())?;
        let mut drifts = Vec::new();
        let mut token = None;
        loop {
            let page = self
                .session
                .block_on(self.client.describe_stack_resource_drifts().stack_name(stack).set_next_token(token).send())
                .map_err(|error| no_stack("DescribeStackResourceDrifts", error, stack))?;
            drifts.extend(page.stack_resource_drifts().iter().map(drift));
            token = page.next_token().map(ToOwned::to_owned);
            if token.is_none() {
                break;
            }
        }
        drifts.sort_by(|a, b| a.logical_resource_id.cmp(&b.logical_resource_id));
        Ok(drifts)
    }

    fn wait_for_detection(&self, id: &str) -> Result<(), BackendError> {
        let started = Instant::now();
        loop {
            let operation = "DescribeStackDriftDetectionStatus";
            let response = self
                .session
                .block_on(self.client.describe_stack_drift_detection_status().stack_drift_detection_id(id).send())
                .map_err(|error| failed(operation, error))?;
            match response.detection_status() {
                Some(StackDriftDetectionStatus::DetectionInProgress) if started.elapsed() < DETECTION_TIMEOUT => {
                    std::thread::sleep(POLL_PAUSE)
                }
                Some(StackDriftDetectionStatus::DetectionInProgress) => {
                    let message = format!("drift detection did not end within {} minutes", DETECTION_TIMEOUT.as_secs() / 60);
                    return Err(RequestError::Request { operation, code: None, message }.into());
                }
                // A failed detection may still have results for some resources; each result states whether the resource was checked.
                _ => return Ok(()),
            }
        }
    }
}

fn drift(found: &sdk::StackResourceDrift) -> ResourceDrift {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    ResourceDrift {
        logical_resource_id: text(found.logical_resource_id()),
        physical_resource_id: text(found.physical_resource_id()),
        resource_type: text(found.resource_type()),
        status: found.stack_resource_drift_status().map(|status| ResourceDriftStatus::from(status.as_str())).unwrap_or_default(),
        status_reason: found.drift_status_reason().filter(|reason| !reason.is_empty()).map(ToOwned::to_owned),
        differences: found
            .property_differences()
            .iter()
            .map(|difference| PropertyDifference {
                path: text(difference.property_path()),
                kind: difference.difference_type().map(|kind| DifferenceType::from(kind.as_str())).unwrap_or_default(),
                expected: text(difference.expected_value()),
                actual: text(difference.actual_value()),
            })
            .collect(),
    }
}
