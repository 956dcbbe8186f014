//! Views of why a stack is stuck, and of its recovery options.

use std::fmt::Write as _;

use serde::Serialize;

use super::events::status_style;
use super::layout::{Layout, wrapped};
use super::outcome::because;
use super::stack_status::meaning;
use super::styles::styled;
use super::visible::visible;
use crate::apply::RootCause;
use crate::cloudformation::StackStatus;
use crate::recover::{Blocker, Recovery, RecoveryAction, RecoveryOption};

/// Returns why a stack is stuck, and its recovery options, for a terminal.
pub fn recovery(recovery: &Recovery, layout: Layout) -> String {
    let styles = layout.styles;
    let status = styled(status_style(recovery.status.as_str(), styles), recovery.status);
    let mut text = format!("{}  {status}  {}", styled(styles.strong, &recovery.stack_name), meaning(recovery.status).0);
    text.push_str(&because("first failure", recovery.root_cause.as_ref()));
    for blocker in &recovery.blockers {
        let reason = blocker.reason.as_deref().map(|reason| format!(": {}", visible(&reason.replace('\n', " ")))).unwrap_or_default();
        let _ = write!(
            text,
            "\n  stuck at: {} ({}, {}) {}{reason}",
            blocker.logical_id, blocker.resource_type, blocker.physical_id, blocker.status
        );
    }
    text.push('\n');
    if recovery.options.is_empty() {
        text.push_str("\nThe stack is not stuck; no recovery is needed.\n");
        return text;
    }
    for (number, option) in recovery.options.iter().enumerate() {
        let _ = writeln!(text);
        let name = styled(styles.strong, format!("{}{}", option.action.name(), flags(&option.action)));
        let _ = writeln!(text, "{}. {name}", number + 1);
        field(&mut text, "why", &option.why, layout);
        field(&mut text, "does", &option.does, layout);
        if let Some(loses) = &option.loses {
            field(&mut text, "loses", loses, layout);
        }
        let _ = writeln!(text, "   {:5}  {}", "run", styled(styles.hint, command(option, number == 0)));
    }
    text
}

fn field(text: &mut String, name: &str, value: &str, layout: Layout) {
    for (index, line) in wrapped(&visible(value), layout.width.saturating_sub(10)).into_iter().enumerate() {
        let _ = writeln!(text, "   {:5}  {line}", if index == 0 { name } else { "" });
    }
}

/// Returns what an action does, and the command that runs it without a confirmation; `None` if it is no recovery option.
pub fn recovery_choice(recovery: &Recovery, action: &RecoveryAction) -> Option<String> {
    let options = || recovery.options.iter().enumerate();
    let of_name = || options().find(|(_, option)| option.action.name() == action.name());
    let (number, option) = options().find(|(_, option)| option.action == *action).or_else(of_name)?;
    // The user may have chosen other resources to skip or to retain than the option proposes.
    let chosen = RecoveryOption { action: action.clone(), ..option.clone() };
    let is_default = number == 0 && option.action == *action;
    Some(format!("`{}` runs `{}{}`: {}", command(&chosen, is_default), action.name(), flags(action), option.does))
}

fn command(option: &RecoveryOption, is_first: bool) -> String {
    let flags = flags(&option.action);
    let choice = if is_first || !flags.is_empty() { String::new() } else { format!(" --choose {}", option.action.name()) };
    let approved: String = option.data_loss.iter().map(|name| format!(" --allow-data-loss {name}")).collect();
    format!("rackform recover{choice}{flags} --yes{approved}")
}

/// Returns the flags of an action, which distinguish two options with the same action.
fn flags(action: &RecoveryAction) -> String {
    match action {
        RecoveryAction::Delete { retain } => retain.iter().map(|name| format!(" --retain {name}")).collect(),
        RecoveryAction::Continue { skip } => skip.iter().map(|name| format!(" --skip {name}")).collect(),
        RecoveryAction::Wait | RecoveryAction::Cancel | RecoveryAction::Rollback | RecoveryAction::ForceDelete => String::new(),
    }
}

/// Why a stack is stuck, and its recovery options with their commands, for JSON.
#[derive(Clone, Debug, Serialize)]
pub struct RecoveryView<'r> {
    stack_name: &'r str,
    status: StackStatus,
    root_cause: Option<&'r RootCause>,
    blockers: &'r [Blocker],
    options: Vec<OptionView<'r>>,
}

#[derive(Clone, Debug, Serialize)]
struct OptionView<'r> {
    #[serde(flatten)]
    option: &'r RecoveryOption,
    command: String,
}

impl<'r> RecoveryView<'r> {
    /// Returns the view of a recovery.
    pub fn of(recovery: &'r Recovery) -> Self {
        let Recovery { stack_name, status, root_cause, blockers, options } = recovery;
        let options = options.iter().enumerate().map(|(number, option)| OptionView { option, command: command(option, number == 0) });
        Self { stack_name, status: *status, root_cause: root_cause.as_ref(), blockers, options: options.collect() }
    }
}
