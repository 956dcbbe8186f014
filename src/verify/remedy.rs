//! What to do about a check that did not pass, as data: [`ui`](crate::ui) words what names a command or option of this program.

use crate::aws::RequestHint;
use crate::cloudformation::StackStatus;
use crate::permissions::Purpose;

/// What to do about a check that did not pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Remedy {
    /// A sentence.
    Advice(String),
    /// Fix a request to AWS.
    AwsRequest(RequestHint),
    /// Verify again until the resource is available.
    VerifyAgain,
    /// Wait for the operation on the stack to finish.
    WaitForStack,
    /// Find out why the creation of the stack failed, and recover it.
    RecoverStack,
    /// Bring the stack into a status that allows an update.
    StackStatus {
        /// The stack.
        stack: String,
        /// Its status.
        status: StackStatus,
    },
    /// Grant the permissions for the calls that verification makes.
    GrantVerify,
    /// Grant the permissions for the calls that preflight makes; the plan can be executed without this check.
    GrantPreflight,
    /// Grant a principal the permissions that the plan requires.
    GrantPlan {
        /// The principal's ARN.
        principal: String,
        /// Which permissions.
        purposes: Vec<Purpose>,
    },
    /// Name a template bucket that exists, or create one.
    SetTemplateBucket,
    /// Use a template bucket in the region of the stack.
    BucketInRegion,
    /// Preflight could not check this, which does not prevent the plan: advice on how to check it.
    SkipPreflight(String),
}

impl Remedy {
    /// Returns the remedy with `mask` applied to free text.
    pub(super) fn masked(self, mask: impl Fn(String) -> String) -> Self {
        match self {
            Self::Advice(text) => Self::Advice(mask(text)),
            Self::SkipPreflight(text) => Self::SkipPreflight(mask(text)),
            other => other,
        }
    }
}

impl From<&str> for Remedy {
    fn from(text: &str) -> Self {
        Self::Advice(text.to_owned())
    }
}

impl From<String> for Remedy {
    fn from(text: String) -> Self {
        Self::Advice(text)
    }
}
