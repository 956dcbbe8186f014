//! Why a backend could not do what it was asked to.

use std::path::PathBuf;

use super::StackName;
use crate::cloudformation::StackStatus;
use crate::template::Diagnostics;

/// Why a backend could not do what it was asked to; a resource that fails is an event instead.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// There is no such stack.
    #[error("stack `{stack}` does not exist")]
    StackNotFound {
        /// The name or ID as given.
        stack: StackName,
    },
    /// There is no such change set.
    #[error("change set `{change_set}` of stack `{stack}` does not exist")]
    ChangeSetNotFound {
        /// The stack.
        stack: StackName,
        /// The change set as given.
        change_set: String,
    },
    /// The stack's status does not allow it.
    #[error("stack `{stack}` is in the state {status}, in which it cannot be {wanted}")]
    WrongStatus {
        /// The stack.
        stack: StackName,
        /// Its status.
        status: StackStatus,
        /// What was wanted: `updated`, `deleted`, ...
        wanted: &'static str,
    },
    /// The stack changed between the change set's creation and its execution.
    #[error("the stack `{stack}` changed after the change set `{change_set}` was made")]
    ChangeSetObsolete {
        /// The stack.
        stack: StackName,
        /// The change set.
        change_set: String,
    },
    /// The stack is protected against deletion.
    #[error("stack `{stack}` cannot be deleted while termination protection is on")]
    TerminationProtection {
        /// The stack.
        stack: StackName,
    },
    /// Other stacks import what would go.
    #[error("export `{export}` cannot be deleted as it is in use by {}", importers.join(", "))]
    ExportInUse {
        /// The export.
        export: String,
        /// The stacks that import it.
        importers: Vec<StackName>,
    },
    /// The template, or the parameters given to it, are not valid.
    #[error("the template or its parameters are not valid")]
    Template(#[source] Diagnostics),
    /// What CloudFormation calls a `ValidationError`.
    #[error("{message}")]
    Validation {
        /// CloudFormation's words.
        message: String,
    },
    /// AWS could not be asked, or said no.
    #[error("{operation} failed: {message}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Request {
        /// The API's operation.
        operation: &'static str,
        /// AWS's error code, where AWS answered.
        code: Option<String>,
        /// What AWS said, or why it was not reached.
        message: String,
    },
    /// The template is longer than CloudFormation takes from anywhere.
    #[error("the template is {size} bytes long, and CloudFormation takes {limit} at most")]
    TemplateTooLarge {
        /// Its length in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The template is over the inline limit, and there is no bucket to pass it through.
    #[error("the template is {size} bytes long, CloudFormation takes {limit} in a request, and there is no bucket to pass it through")]
    NoTemplateBucket {
        /// Its length in bytes.
        size: usize,
        /// The inline limit in bytes.
        limit: usize,
    },
    /// AWS was not asked, since there is nobody to ask as.
    #[error("{operation} was not sent: there are no usable AWS credentials: {message}")]
    Credentials {
        /// The API's operation.
        operation: &'static str,
        /// Where it was looked for, or what refused them.
        message: String,
    },
    /// The profile that was named does not exist.
    #[error("there is no AWS profile `{name}` in ~/.aws/config or ~/.aws/credentials")]
    Profile {
        /// Its name.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// No region is given anywhere.
    #[error("no AWS region is given")]
    Region,
    /// AWS did not answer, however often it was asked.
    #[error("{operation} got no answer: {message}")]
    Unreachable {
        /// The API's operation.
        operation: &'static str,
        /// Why.
        message: String,
    },
    /// Another process has the local backend's directory.
    #[error("`{}` is in use by {}", directory.display(), match process { Some(id) => format!("process {id}"), None => "another process".to_owned() })]
    Locked {
        /// The directory.
        directory: PathBuf,
        /// The other process's ID, where it could be told.
        process: Option<u32>,
    },
    /// The store could not be read or written.
    #[error("cannot {attempt} the store in `{}`", directory.display())]
    Store {
        /// What was tried: `open`, `read`, `write`.
        attempt: &'static str,
        /// The directory.
        directory: PathBuf,
        /// What the store or the operating system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl BackendError {
    /// Returns what to do about it, where something can be done.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::WrongStatus { status, .. } if *status == StackStatus::RollbackComplete => {
                "its creation failed and was rolled back; `rackform recover` or `rackform delete`, then create it again".to_owned()
            }
            Self::WrongStatus { status, .. } if status.is_failed() => {
                "`rackform recover` says why it is stuck, and gets it out".to_owned()
            }
            Self::WrongStatus { status, .. } if status.is_in_progress() => {
                "`rackform apply` with nothing else follows it to its end".to_owned()
            }
            Self::ChangeSetObsolete { .. } => "plan again and look at the new changes".to_owned(),
            Self::TemplateTooLarge { .. } => "`--minify-template` may bring it below; nested stacks split it".to_owned(),
            Self::NoTemplateBucket { .. } => {
                "`--template-bucket NAME` (or `template_bucket` in rack.yaml) names one, `--create-template-bucket` makes a private one, \
                 `--minify-template` may do without"
                    .to_owned()
            }
            Self::Region => "`--region`, `region:` in rack.yaml, AWS_REGION or the profile says which".to_owned(),
            Self::Profile { name, known } => match crate::template::nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => {
                    "`aws configure sso` or `aws configure` makes one; without `--profile`, AWS_ACCESS_KEY_ID and its like are taken from the \
                     environment"
                        .to_owned()
                }
                None => format!("there are {}", known.join(", ")),
            },
            Self::Credentials { message, .. } if message.contains("SSO") || message.contains("access token") => {
                "`aws sso login` (with `--profile NAME`, if it is not the default one) starts a new session, then run this again".to_owned()
            }
            Self::Credentials { .. } => {
                "`aws sso login` and then `--profile NAME` takes those of ~/.aws/config, AWS_ACCESS_KEY_ID and its like those of the environment"
                    .to_owned()
            }
            Self::Unreachable { .. } => {
                "are the region, AWS_ENDPOINT_URL and the network what they should be? What was asked for may have begun: \
                 `rackform status` tells"
                    .to_owned()
            }
            Self::Request { code: Some(code), .. } => return request_hint(code).map(str::to_owned),
            Self::TerminationProtection { .. } => "`rackform delete --disable-termination-protection` turns it off first".to_owned(),
            Self::Locked { .. } => "wait until it is done, or end it: what it began goes on with the next `rackform apply`".to_owned(),
            Self::Store { source, directory, .. } => match os_error(source.as_ref()) {
                Some(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                    "it may be another user's; `--backend local:DIRECTORY` keeps stacks elsewhere".to_owned()
                }
                Some(error) if error.raw_os_error().is_some() => return None,
                _ => format!(
                    "`{}` holds the local backend's stacks and is damaged; put a copy of it back, or forget it with `rackform local reset --yes`",
                    directory.join("state.redb").display()
                ),
            },
            _ => return None,
        })
    }
}

impl BackendError {
    /// Tells whether asking again later may go well: AWS was not reached, is busy, or wants fewer calls.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html>, and the codes of throttling that
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html> lists.
    pub fn is_passing(&self) -> bool {
        const PASSING: [&str; 18] = [
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "RequestLimitExceeded",
            "BandwidthLimitExceeded",
            "TooManyRequestsException",
            "LimitExceededException",
            "PriorRequestNotComplete",
            "SlowDown",
            "TransactionInProgressException",
            "RequestTimeout",
            "RequestTimeoutException",
            "InternalFailure",
            "InternalError",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ];
        match self {
            Self::Request { code: Some(code), .. } => PASSING.contains(&code.as_str()) || code.starts_with('5'),
            Self::Unreachable { .. } => true,
            // A page of a proxy, or an answer that was cut off.
            Self::Request { code: None, operation, .. } => *operation != "load the AWS configuration" && !self.is_of_credentials(),
            _ => false,
        }
    }

    /// Tells whether it is the credentials that AWS does not take, or that could not be had.
    pub fn is_of_credentials(&self) -> bool {
        const REFUSED: [&str; 8] = [
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
            Self::Request { code: Some(code), .. } => REFUSED.contains(&code.as_str()),
            Self::Credentials { .. } => true,
            // The SDK's providers have no codes, only words.
            Self::Request { code: None, message, .. } => {
                let message = message.to_ascii_lowercase();
                ["credential", "sso token", "assume role", "assumerole"].iter().any(|word| message.contains(word))
            }
            _ => false,
        }
    }
}

/// Returns what to do about an answer that is about who asks, and not about what was asked for.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html>
pub(crate) fn request_hint(code: &str) -> Option<&'static str> {
    Some(match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => {
            "the credentials have expired: take new ones (`aws sso login`, or assume the role again), then run this again"
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "AuthFailure"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => {
            "AWS does not know these credentials here: are key, profile and partition (aws, aws-cn, aws-us-gov) the right ones?"
        }
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "NotAuthorized" => {
            "whoever asks needs leave for that action; `-v` says who asks, `--profile` and `--role-arn` ask as somebody else"
        }
        "PermanentRedirect" | "AuthorizationHeaderMalformed" => "the bucket is in another region: name one in the stack's own region",
        "BucketAlreadyExists" => "another account has that bucket: name one of your own with `--template-bucket`",
        "NoSuchBucket" => "there is no such bucket: is its name spelled right?",
        "OptInRequired" => "the account has not opted in to this region",
        code if is_throttling(code) => "AWS has too many requests of this account; wait a little, then run this again",
        _ => return None,
    })
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

/// Returns the operating system's error behind an error, where there is one.
fn os_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e std::io::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        // The database's errors hold it without calling it their source.
        if let Some(redb::DatabaseError::Storage(redb::StorageError::Io(error))) = error.downcast_ref() {
            return Some(error);
        }
        next = error.source();
    }
    None
}
