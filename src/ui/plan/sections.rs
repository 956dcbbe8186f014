//! The sections of a plan for a terminal that consist of sentences: refusals, wider access, unknowns and other risks.

use std::fmt::Write as _;

use rustc_hash::FxHashSet;

use super::value::plural;
use super::view::View;
use crate::plan::{Certainty, Refusal, Risk};
use crate::ui::layout::{Layout, width, wrapped};
use crate::ui::styles::{Style, styled};

/// Draws the refused changes: certain ones, then possible ones.
pub(super) fn refusals(text: &mut String, view: &View<'_>, layout: Layout) {
    let styles = layout.styles;
    let (certain, possible): (Vec<&Refusal>, Vec<&Refusal>) = view.refusals.iter().partition(|refusal| refusal.is_blocking());
    for (refusals, is_certain) in [(certain, true), (possible, false)] {
        if refusals.is_empty() {
            continue;
        }
        let count = plural(refusals.len(), "change");
        let (style, line) = if is_certain {
            let is = if refusals.len() == 1 { "is" } else { "are" };
            (styles.alarm, format!("!!! REFUSED: {count} {is} refused, so the whole update fails !!!"))
        } else {
            (styles.warning, format!("May be refused: {count}"))
        };
        let _ = writeln!(text, "\n{}", styled(style, line));
        for refusal in refusals {
            sentence(text, 2, style, refusal.kind.name(), &refusal.reason, layout);
            if let Some(message) = refusal.message.as_deref().filter(|message| !refusal.reason.contains(message)) {
                sentence(text, 4, styles.dim, "the error", message, layout);
            }
            if let Some(fix) = &refusal.fix {
                sentence(text, 4, styles.hint, "fix", fix, layout);
            }
        }
    }
}

/// Draws the risks that access becomes wider, except those that the facts at the top tell as a whole.
pub(super) fn wider_access(text: &mut String, view: &View<'_>, told: &[String], layout: Layout) {
    let further: Vec<&Risk> = view.widening.iter().copied().filter(|risk| !told.contains(&risk.reason)).collect();
    if further.is_empty() {
        return;
    }
    let title = if further.len() < view.widening.len() { "More wider access" } else { "Wider access" };
    let _ = writeln!(text, "\n{}", styled(layout.styles.warning, title));
    for wider in further {
        risk(text, 2, layout.styles.warning, wider, wider.logical_resource_id.as_deref(), layout);
    }
}

/// Draws what cannot be known before the update.
pub(super) fn unknowns(text: &mut String, view: &View<'_>, layout: Layout) {
    if view.plan.unknowns.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", styled(layout.styles.warning, "Unknown before the update"));
    for unknown in &view.plan.unknowns {
        sentence(text, 2, layout.styles.warning, unknown.kind.name(), &unknown.reason, layout);
    }
}

/// Draws the risks that are not drawn with a resource.
pub(super) fn risks(text: &mut String, view: &View<'_>, layout: Layout) {
    let styles = layout.styles;
    let drawn: FxHashSet<&str> = view.items.iter().map(|item| item.logical_id).collect();
    let mut elsewhere = view.risks.iter().filter(|risk| risk.logical_resource_id.as_deref().is_none_or(|id| !drawn.contains(id)));
    if let Some(first) = elsewhere.next() {
        let _ = writeln!(text, "\n{}", styled(styles.warning, "Risks"));
        for other in std::iter::once(first).chain(elsewhere) {
            risk(text, 2, styles.warning, other, other.logical_resource_id.as_deref(), layout);
        }
    }
}

/// Draws one risk.
pub(super) fn risk(text: &mut String, indent: usize, style: Style, risk: &Risk, id: Option<&str>, layout: Layout) {
    let id = id.filter(|id| !risk.reason.contains(id)).map(|id| format!("{id}: ")).unwrap_or_default();
    let label = match risk.certainty {
        Certainty::Certain => risk.kind.name().to_owned(),
        Certainty::Possible => format!("possible {}", risk.kind.name()),
    };
    sentence(text, indent, style, &label, &format!("{id}{}", risk.reason), layout);
}

/// Draws a labeled sentence with a hanging indent.
fn sentence(text: &mut String, indent: usize, style: Style, label: &str, sentence: &str, layout: Layout) {
    let label = if indent == 4 { format!("{label}:") } else { format!("! {label}:") };
    let columns = layout.width.saturating_sub(indent + 2).max(30);
    for (index, line) in wrapped(&format!("{label} {sentence}"), columns).iter().enumerate() {
        let _ = match line.strip_prefix(&label) {
            Some(rest) if index == 0 => writeln!(text, "{:indent$}{}{rest}", "", styled(style, &label)),
            _ => writeln!(text, "{:indent$}  {line}", ""),
        };
    }
    debug_assert!(width(&label) < columns, "a label fits on its line");
}
