//! Permissions, shown.

use serde::Serialize;

use super::layout::wrapped;
use super::{Layout, styled};
use crate::permissions::{MANAGED_POLICY_LIMIT, Policy, Statement};

/// Everything that is listed.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// The stack.
    pub stack_name: String,
    /// `plan` or `lifetime`.
    pub scope: &'static str,
    /// The types of resources that it is about.
    pub resource_types: Vec<String>,
    /// What to know of it.
    pub notes: Vec<String>,
    /// Policies, each short enough for a managed one.
    pub policies: Vec<Policy>,
}

/// Returns the statements one after the other, then what to know of them.
pub fn human(listing: &Listing, statements: &[Statement], layout: Layout) -> String {
    let of = match listing.scope {
        "lifetime" => "everything that its template may ever do",
        _ => "the present plan",
    };
    let title = format!("Permissions for {}: {of}", listing.stack_name);
    let mut text = format!("{}\n", styled(layout.styles.strong, title));
    for statement in statements {
        text.push_str(&format!("\n{}\n", styled(layout.styles.strong, &statement.sid)));
        let region = statement.region.as_ref().map(|region| format!(" (requests to {region} only)"));
        let region = region.or(statement.passed_to.map(|service| format!(" (passed to {service} only)"))).unwrap_or_default();
        for line in wrapped(&statement.actions.join(" "), layout.width.saturating_sub(4).max(40)) {
            text.push_str(&format!("    {line}\n"));
        }
        for (index, resource) in statement.resources.iter().enumerate() {
            let word = if index == 0 { "on" } else { "" };
            let region = if index + 1 == statement.resources.len() { &region } else { "" };
            text.push_str(&format!("  {:2} {resource}{region}\n", styled(layout.styles.dim, word)));
        }
    }
    let sizes: Vec<String> = listing.policies.iter().map(|policy| policy.characters.to_string()).collect();
    let count = match sizes.len() {
        1 => "1 managed policy".to_owned(),
        count => format!("{count} managed policies"),
    };
    text.push_str(&format!("\n{count} of {} characters, {MANAGED_POLICY_LIMIT} being the most\n", sizes.join(", ")));
    for note in &listing.notes {
        for (index, line) in wrapped(note, layout.width.saturating_sub(6).max(40)).into_iter().enumerate() {
            let lead = if index == 0 { styled(layout.styles.hint, "note:") } else { "     ".to_owned() };
            text.push_str(&format!("{lead} {line}\n"));
        }
    }
    text
}
