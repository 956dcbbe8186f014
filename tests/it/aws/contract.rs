//! The contract of every backend, for the AWS backend.
//!
//! Left out, since the endpoint has every operation over at the first look: `a_cancelled_update_goes_back` counts steps.
//! [`stories`](super::stories) cancels one that takes longer.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use rackform::aws::Session;
use rackform::backend::aws::AwsBackend;

use super::endpoint::Account;
use crate::backend::promises;

/// Returns a backend that reaches an account at an address.
pub fn backend_at(address: &str, account: &str) -> AwsBackend {
    let credentials = aws_sdk_sts::config::Credentials::new(account, "planted-secret-access-key", None, None, "test");
    let loading = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .endpoint_url(address)
        .credentials_provider(credentials)
        .region("us-east-1")
        .load();
    let config = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(loading);
    AwsBackend::new(Arc::new(Session::over(config).unwrap()))
}

/// Returns a backend in an empty account, or `None` where there is no endpoint.
fn open() -> Option<AwsBackend> {
    let account = Account::new()?;
    Some(backend_at(&account.address, &account.id))
}

promises!(open() =>
    a_toggle_goes_there_and_back,
    the_same_again_is_nothing_to_do,
    a_replacement_spreads_and_cleans_up,
    a_change_set_leaves_nothing,
    a_plan_for_another_revision_is_refused,
    a_protected_stack_is_not_deleted,
    a_secret_is_told_nowhere,
);
