//! Permissions as text and JSON.

use serde::Serialize;

use super::layout::wrapped;
use super::{Layout, styled};
use crate::permissions::{MANAGED_POLICY_LIMIT, Policy, Statement};

/// The permissions to show.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// The stack.
    pub stack_name: String,
    /// `plan` or `lifetime`.
    pub scope: &'static str,
    /// The resource types that are covered.
    pub resource_types: Vec<String>,
    /// Notes.
    pub notes: Vec<String>,
    /// Policies, each within the size limit of a managed policy.
    pub policies: Vec<Policy>,
}

/// Returns the statements and notes as text.
pub fn human(listing: &Listing, statements: &[Statement], layout: Layout) -> String {
    let of = match listing.scope {
        "lifetime" => "every operation on its template",
        _ => "this plan",
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
    text.push_str(&format!("\n{count} with {} characters; the limit is {MANAGED_POLICY_LIMIT}\n", sizes.join(", ")));
    for note in &listing.notes {
        for (index, line) in wrapped(note, layout.width.saturating_sub(6).max(40)).into_iter().enumerate() {
            let lead = if index == 0 { styled(layout.styles.hint, "note:") } else { "     ".to_owned() };
            text.push_str(&format!("{lead} {line}\n"));
        }
    }
    text
}
