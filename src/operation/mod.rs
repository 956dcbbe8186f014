//! Prepares changes: from a deployed stack and its desired state, a [`PreparedChange`] that can be shown and executed.
//!
//! Takes a typed request ([`ChangeRequest`], [`DeletionRequest`] or a saved plan) and a [`Backend`](crate::backend::Backend). Loads the
//! deployed stack, merges parameters, resolves SSM values, prepares imports, detects drift, plans and builds the target. Returns typed
//! errors ([`OperationError`]); warnings and details are reported as data ([`Note`]) during the preparation.
//!
//! Arguments, prompts, printing and exit codes are left to [`cli`](crate::cli), execution to [`apply`](crate::apply).

#[cfg(feature = "build")]
mod build_environment;
#[cfg(feature = "build")]
mod build_platform;
mod confirmation;
mod deletion;
mod deployed;
mod drift;
mod error;
mod express;
mod imports;
mod input;
mod note;
mod offline;
mod options;
mod policy_checks;
mod preflight;
mod prepare;
mod rack_list;
mod refactor;
mod request;
mod saved_plan;
mod ssm_parameters;
mod stack_policy;
mod stale_change_sets;
mod target;
mod template_bucket;
mod template_errors;
mod verification;

#[cfg(feature = "build")]
pub use build_environment::build_environment;
pub use confirmation::{ConfirmedChangeSet, confirm_change};
pub use deletion::{DeletionRequest, PreparedDeletion, declared_resources, prepare_deletion};
pub use deployed::{DeployedStack, stack_state};
pub use drift::{detect_all, hide_secrets};
pub use error::{DecidedOption, OperationError, SavedPlanMismatch};
pub use express::{ExpressObstacle, ExpressRefused, check_express};
pub use input::{check_protected, evaluate_partly, evaluate_template, fill_missing, read_template, read_template_leniently, rule_problems};
pub use note::Note;
pub use offline::{OfflineRequest, OfflineSide, plan_offline};
pub use options::RequestedOptions;
pub use policy_checks::{Denied, PolicyChecks, PolicyViolation, PolicyViolations, UnusedAllowances, unused_allowances};
pub use preflight::check_account;
pub use prepare::prepare_change;
pub use rack_list::{RackListRequest, RenderedRack, explain_racks, render_racks};
pub use refactor::{PlannedMove, PreparedRefactor, plan_after_refactor, prepare_refactor, propose_refactor};
pub use request::{Baseline, ChangeRequest, Desired, DesiredRack, ExistingResources};
pub use saved_plan::{SavedPlanRequest, check_saved_location, prepare_saved_plan, saved_plan};
pub use ssm_parameters::ssm_parameter_names;
pub use stale_change_sets::{StaleChangeSets, find_stale_change_sets};
pub use target::{PlanBasis, PreparedChange};
pub use template_bucket::{RequiredBucket, required_bucket};
pub use verification::{VerificationRequest, verify_stack};
