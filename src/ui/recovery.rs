//! Why a stack is stuck, and its recovery options.

use std::fmt::Write as _;

use super::events::status_style;
use super::layout::{Layout, visible, wrapped};
use super::outcome::because;
use super::stack_status::meaning;
use super::styles::styled;
use crate::recover::{Proposal, Recovery, Way};

/// Returns why a stack is stuck, and its recovery options, as text.
pub fn recovery(recovery: &Recovery, layout: Layout) -> String {
    let styles = layout.styles;
    let status = styled(status_style(recovery.status.as_str(), styles), &recovery.status);
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
    if recovery.proposals.is_empty() {
        text.push_str("\nThe stack is not stuck; no recovery is needed.\n");
        return text;
    }
    for (number, proposal) in recovery.proposals.iter().enumerate() {
        let _ = writeln!(text);
        // Flags distinguish two options with the same name.
        let flags = match &proposal.way {
            Way::Delete { retain } => retain.iter().map(|name| format!(" --retain {name}")).collect(),
            Way::Continue { skip } => skip.iter().map(|name| format!(" --skip {name}")).collect(),
            _ => String::new(),
        };
        let name = styled(styles.strong, format!("{}{flags}", proposal.way.name()));
        let _ = writeln!(text, "{}. {name}", number + 1);
        field(&mut text, "why", &proposal.why, layout);
        field(&mut text, "does", &proposal.does, layout);
        if let Some(loses) = &proposal.loses {
            field(&mut text, "loses", loses, layout);
        }
        command(&mut text, proposal, layout);
    }
    text
}

fn field(text: &mut String, name: &str, value: &str, layout: Layout) {
    for (index, line) in wrapped(&visible(value), layout.width.saturating_sub(10)).into_iter().enumerate() {
        let _ = writeln!(text, "   {:5}  {line}", if index == 0 { name } else { "" });
    }
}

fn command(text: &mut String, proposal: &Proposal, layout: Layout) {
    let _ = writeln!(text, "   {:5}  {}", "run", styled(layout.styles.hint, &proposal.command));
}
