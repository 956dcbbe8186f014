//! Words for what to do about a check that did not pass.

use super::hints;
use crate::backend::{BackendError, BackendHint};
use crate::permissions::Purpose;
use crate::verify::Remedy;

/// Returns a remedy in words.
pub fn remedy(remedy: &Remedy) -> String {
    const SKIP: &str = "the plan can be executed without this check";
    match remedy {
        Remedy::Advice(text) => text.clone(),
        Remedy::AwsRequest(hint) => hints::request(hint),
        Remedy::VerifyAgain => "`rackform verify --wait 120` checks again until it is available".to_owned(),
        Remedy::WaitForStack => "wait for the operation to finish; `rackform events --follow` shows its progress".to_owned(),
        Remedy::RecoverStack => {
            "`rackform events --failed` shows why; `rackform recover` deletes the stack, so that it can be created again".to_owned()
        }
        Remedy::StackStatus { stack, status } => {
            let error = BackendError::WrongStatus { stack: stack.clone(), status: *status, operation: "update" };
            error.hint().map_or_else(|| "`rackform status` explains the status".to_owned(), |hint| hints::backend(&hint))
        }
        Remedy::GrantVerify => "grant it; `rackform permissions --for verify` lists the permissions that the checks need".to_owned(),
        Remedy::GrantPreflight => {
            format!("grant it; `rackform permissions --for preflight` lists the permissions that the checks need; {SKIP}")
        }
        Remedy::GrantPlan { principal, purposes } => {
            let names: Vec<&str> =
                purposes.iter().map(|purpose| if *purpose == Purpose::Request { "request" } else { "resources" }).collect();
            format!(
                "grant these permissions to {principal}: `rackform permissions --for {} --format policy` prints a policy; \
                 the simulation ignores session policies and resource-based policies",
                names.join(",")
            )
        }
        Remedy::SetTemplateBucket => hints::backend(&BackendHint::SetTemplateBucket),
        Remedy::BucketInRegion => {
            "use a bucket in the region of the stack: `--template-bucket`, or `template_bucket` in rack.yaml".to_owned()
        }
        Remedy::SkipPreflight(text) => format!("{text}; {SKIP}"),
    }
}
