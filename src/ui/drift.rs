//! Drift: changes outside CloudFormation.

use std::fmt::Write as _;

use super::layout::{Layout, clip, width};
use super::styles::styled;
use crate::backend::ResourceDrift;
use crate::cloudformation::{DifferenceType, ResourceDriftStatus};

/// Returns the drifted resources with one line for each difference, then the resources that could not be compared.
pub fn human(drifts: &[ResourceDrift], stack: &str, layout: Layout) -> String {
    let styles = layout.styles;
    let drifted: Vec<&ResourceDrift> = drifts.iter().filter(|drift| drift.is_drifted()).collect();
    let unchecked: Vec<&ResourceDrift> =
        drifts.iter().filter(|drift| !drift.is_drifted() && drift.status != ResourceDriftStatus::InSync).collect();
    let in_sync = drifts.len() - drifted.len() - unchecked.len();
    let mut text = String::new();
    if drifted.is_empty() {
        let _ = match drifts.len() {
            all if all == in_sync => {
                writeln!(text, "No drift: {in_sync} of {all} resources of `{stack}` match the template.")
            }
            all => writeln!(text, "No drift detected: {in_sync} of {all} resources of `{stack}` could be compared and match the template."),
        };
    } else {
        let title = format!("Drift in {stack}: {} of {} resources", drifted.len(), drifts.len());
        let _ = writeln!(text, "{}", styled(styles.strong, title));
        for drift in &drifted {
            let (glyph, verb, style) = match drift.status {
                ResourceDriftStatus::Deleted => ("-", "deleted", styles.alarm),
                _ => ("~", "modified", styles.update),
            };
            let _ = writeln!(text, "\n{} {}  {}  {verb}", styled(style, glyph), drift.logical_resource_id, drift.resource_type);
            let _ = writeln!(text, "    {}", styled(styles.dim, &drift.physical_resource_id));
            let names = drift.differences.iter().map(|difference| width(&difference.path)).max().unwrap_or(0);
            for difference in &drift.differences {
                let (before, after) = match difference.kind {
                    DifferenceType::Add => ("(none)", difference.actual.as_str()),
                    DifferenceType::Remove => (difference.expected.as_str(), "(none)"),
                    _ => (difference.expected.as_str(), difference.actual.as_str()),
                };
                let room = if layout.whole { usize::MAX } else { (layout.width.saturating_sub(names + 12) / 2).max(12) };
                let pad = " ".repeat(names - width(&difference.path));
                let _ = writeln!(text, "    {}{pad}  {} -> {}", difference.path, clip(before, room), clip(after, room));
            }
        }
        let _ = writeln!(
            text,
            "\n`rackform apply` does not revert drift by itself: CloudFormation updates only what differs between the two templates."
        );
    }
    if !unchecked.is_empty() {
        let _ = writeln!(text, "\nNot checked ({}):", unchecked.len());
        for drift in unchecked {
            let reason = drift.status_reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let _ = writeln!(text, "  {}  {}{reason}", drift.logical_resource_id, drift.resource_type);
        }
    }
    text
}
