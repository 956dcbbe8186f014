//! What several commands share: the context, failures and exit codes, opening a backend, confirming and following a change.

pub mod aws_confirmation;
pub mod backend;
pub mod bug;
pub mod changes;
pub mod closed_stdout;
pub mod context;
pub mod diff_input;
pub mod execute;
pub mod exit_codes;
pub mod failure;
pub mod files;
pub mod following;
pub mod interrupt;
pub mod multi_rack;
pub mod notes;
pub mod operation_failure;
pub mod pager;
pub mod plan_keys;
pub mod policy_checks;
pub mod preflight;
pub mod rendered;
pub mod screen;
pub mod stack_args;
pub mod stale_change_sets;
pub mod summary;
