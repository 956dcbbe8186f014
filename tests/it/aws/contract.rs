//! The contract of every backend, for the AWS backend.
//!
//! `a_cancelled_update_is_rolled_back` is left out because it counts steps, and the endpoint finishes most operations before the first
//! poll. [`stories`](super::stories) cancels a longer update.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use rackform::aws::Session;
use rackform::backend::aws::AwsBackend;

use super::endpoint::Account;
use crate::backend::contract_tests;

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

/// Returns a backend in an empty account, or `None` if there is no endpoint.
fn open() -> Option<AwsBackend> {
    let account = Account::new()?;
    Some(backend_at(&account.address, &account.id))
}

contract_tests!(open() =>
    a_parameter_is_toggled_on_and_off,
    an_unchanged_template_changes_nothing,
    a_replacement_propagates_and_the_old_resource_is_deleted,
    deleting_the_change_set_of_a_new_stack_deletes_the_stack,
    a_plan_for_another_revision_is_refused,
    a_protected_stack_is_not_deleted,
    a_noecho_value_is_never_returned,
);
