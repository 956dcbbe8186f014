//! Why a request to AWS failed, for every module that calls AWS.

/// Why a request to AWS failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// AWS rejected the request, or its response could not be read.
    #[error("{operation} failed: {message}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Request {
        /// The API operation.
        operation: &'static str,
        /// AWS's error code, if AWS responded with one.
        code: Option<String>,
        /// AWS's message, or why the response is unusable.
        message: String,
    },
    /// There are no usable credentials.
    #[error("no usable AWS credentials; {operation} was not sent: {message}")]
    Credentials {
        /// The API operation.
        operation: &'static str,
        /// Why no provider returned credentials.
        message: String,
    },
    /// The named profile does not exist.
    #[error("AWS profile `{name}` does not exist in ~/.aws/config or ~/.aws/credentials")]
    Profile {
        /// Its name.
        name: String,
        /// The existing profiles.
        known: Vec<String>,
    },
    /// No region is configured.
    #[error("no AWS region is configured")]
    Region,
    /// AWS did not respond, after all retries.
    #[error("{operation} got no response: {message}")]
    Unreachable {
        /// The API operation.
        operation: &'static str,
        /// Why.
        message: String,
    },
}

/// The operation of errors in the SDK's configuration, for which no request is sent.
pub(super) const LOAD_CONFIGURATION: &str = "load the AWS configuration";

/// What the user can do about a failed request. `ui` words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestHint {
    /// Configure a region.
    SetRegion,
    /// Create a profile, if none exists, or use an existing one.
    ChooseProfile {
        /// The name of the missing profile.
        name: String,
        /// The existing profiles.
        known: Vec<String>,
    },
    /// Start a new SSO session.
    StartSsoSession,
    /// Provide credentials.
    ProvideCredentials,
    /// Check region, endpoint and network.
    CheckConnection {
        /// Whether the request may have been processed and have started something.
        may_have_started: bool,
    },
    /// The credentials expired; get new ones.
    RenewCredentials,
    /// AWS does not know the credentials; check key, profile and partition.
    CheckCredentials,
    /// The caller lacks a permission.
    RequestPermission,
    /// The bucket is in another region.
    UseBucketInRegion,
    /// Another account owns a bucket of this name.
    UseOwnBucket,
    /// The bucket does not exist.
    CheckBucketName,
    /// The account has not opted in to the region.
    OptInToRegion,
    /// AWS throttles the account's requests.
    WaitForThrottling,
}

impl RequestHint {
    /// Returns the hint for an AWS error code that is about the caller and not about the operation.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html>
    pub fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => Self::RenewCredentials,
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "SignatureDoesNotMatch"
            | "InvalidAccessKeyId"
            | "AuthFailure"
            | "IncompleteSignature"
            | "MissingAuthenticationToken" => Self::CheckCredentials,
            code if is_denied(code) => Self::RequestPermission,
            "PermanentRedirect" | "AuthorizationHeaderMalformed" => Self::UseBucketInRegion,
            "BucketAlreadyExists" => Self::UseOwnBucket,
            "NoSuchBucket" => Self::CheckBucketName,
            "OptInRequired" => Self::OptInToRegion,
            code if is_throttling(code) => Self::WaitForThrottling,
            _ => return None,
        })
    }
}

impl RequestError {
    /// Returns what the user can do about the error, if anything.
    pub fn hint(&self) -> Option<RequestHint> {
        Some(match self {
            Self::Region => RequestHint::SetRegion,
            Self::Profile { name, known } => RequestHint::ChooseProfile { name: name.clone(), known: known.clone() },
            Self::Credentials { message, .. } if message.contains("SSO") || message.contains("access token") => {
                RequestHint::StartSsoSession
            }
            Self::Credentials { .. } => RequestHint::ProvideCredentials,
            Self::Unreachable { operation, .. } => RequestHint::CheckConnection { may_have_started: !only_reads(operation) },
            Self::Request { code: Some(code), .. } => return RequestHint::of_code(code),
            Self::Request { code: None, .. } => return None,
        })
    }

    /// Returns AWS's error code, if AWS responded with one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Request { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// Returns whether AWS denied the request because the caller lacks a permission.
    pub fn is_denied(&self) -> bool {
        self.code().is_some_and(is_denied)
    }

    /// Returns whether a later retry may succeed: AWS did not respond, is overloaded, or throttles requests.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html>, and the throttling codes in
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>.
    pub fn is_transient(&self) -> bool {
        const TRANSIENT: [&str; 7] = [
            "LimitExceededException",
            "TransactionInProgressException",
            "RequestTimeout",
            "RequestTimeoutException",
            "InternalFailure",
            "InternalError",
            "ServiceUnavailable",
        ];
        match self {
            Self::Request { code: Some(code), .. } => {
                is_throttling(code) || TRANSIENT.contains(&code.as_str()) || code == "ServiceUnavailableException" || code.starts_with('5')
            }
            Self::Unreachable { .. } => true,
            // A proxy's error page, or a truncated response.
            Self::Request { code: None, operation, .. } => *operation != LOAD_CONFIGURATION && !self.is_credentials_error(),
            _ => false,
        }
    }

    /// Returns whether AWS rejected the credentials, or no credentials were available.
    pub fn is_credentials_error(&self) -> bool {
        const REJECTED: [&str; 8] = [
            "ExpiredToken",
            "ExpiredTokenException",
            "TokenRefreshRequired",
            "RequestExpired",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
        ];
        match self {
            Self::Request { code: Some(code), .. } => REJECTED.contains(&code.as_str()),
            Self::Credentials { .. } => true,
            // The SDK's credential providers report only text.
            Self::Request { code: None, message, .. } => {
                let message = message.to_ascii_lowercase();
                ["credential", "sso token", "assume role", "assumerole"].iter().any(|word| message.contains(word))
            }
            _ => false,
        }
    }
}

/// Returns whether an API operation, perhaps with its service as in `ecr:DescribeRepositories`, changes nothing. AWS names such operations
/// by these verbs.
fn only_reads(operation: &str) -> bool {
    const VERBS: [&str; 10] = ["Describe", "List", "Get", "Head", "BatchGet", "Validate", "Estimate", "Simulate", "Filter", "AssumeRole"];
    let name = operation.rsplit(':').next().unwrap_or(operation);
    VERBS.iter().any(|verb| name.starts_with(verb))
}

/// Returns whether an error code means that the caller lacks a permission.
///
/// SNS reports `AuthorizationError`. A response to `HEAD` has no body, so S3 reports only the HTTP status there.
pub fn is_denied(code: &str) -> bool {
    matches!(
        code,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AuthorizationError" | "NotAuthorized" | "Forbidden" | "403"
    )
}

/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "SlowDown"
            | "BandwidthLimitExceeded"
            | "PriorRequestNotComplete"
    )
}
