//! CloudFormation's own vocabulary, shared by `plan` and the backends: change sets, capabilities, statuses, events and limits.
//!
//! Takes nothing and decides nothing: these are the types of CloudFormation's API, spelled and serialised as AWS spells them. A word that
//! AWS adds later is kept as text, so that an unknown word never fails a command. What a change set contains is predicted by
//! [`plan`](crate::plan); what a stack's status is comes from a [`backend`](crate::backend).

mod capability;
mod change_set;
mod change_set_options;
mod limits;

pub use capability::Capability;
pub use change_set::{
    Action, Attribute, AttributeChangeType, Change, ChangeSet, ChangeSource, EvaluationType, KNOWN_AFTER_APPLY, LiveResourceDrift,
    PolicyAction, Replacement, ResourceChange, ResourceChangeDetail, ResourceTargetDefinition,
};
pub use change_set_options::{ChangeSetOptions, DeploymentMode, OnFailure, StackSettings, is_arn, parse_rollback_alarm, rollback_alarm};
pub use limits::{INLINE_TEMPLATE_LIMIT_BYTES, S3_TEMPLATE_LIMIT_BYTES};
