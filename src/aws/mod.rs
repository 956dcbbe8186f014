//! What every module that calls AWS shares: the session, errors of requests, and documented facts (partitions, Fargate task sizes, ARNs).
//!
//! Takes what the user configured (profile, region, role); returns a `Session` with credentials and a runtime, over which the adapters in
//! `backend/aws`, `verify/aws` and `build/aws` create their SDK clients. Which requests to send is theirs. Errors and facts do not need the
//! SDK, so they are compiled without the `aws` feature too.

mod arn;
mod error;
pub mod fargate;
mod identity;
mod partition;
#[cfg(feature = "aws")]
mod sdk_error;
#[cfg(feature = "aws")]
mod sdk_text;
#[cfg(feature = "aws")]
mod session;

pub use arn::is_arn;
pub use error::{RequestError, RequestHint, is_denied};
pub use identity::Identity;
pub use partition::partition;
#[cfg(feature = "aws")]
pub(crate) use sdk_error::{error_chain, request_error};
#[cfg(feature = "aws")]
pub use session::{Session, SessionOptions};
