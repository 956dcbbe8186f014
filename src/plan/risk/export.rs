//! Removed outputs and exports, which other stacks or scripts may read.

use super::{RiskKind, Search};
use crate::plan::compare::{Viewpoint, text};
use crate::plan::outputs::OutputChange;

pub(super) fn search(search: &mut Search<'_, '_, '_>, outputs: &[OutputChange]) {
    let Some(before) = search.comparison.context.before else { return };
    for change in outputs {
        let name = &change.name;
        let shown = |value| text(search.comparison.resolver(Viewpoint::Deployed).json(&value));
        let old = before.outputs.get(name.as_str()).and_then(|output| output.export).map(shown);
        let new = search.comparison.context.after.outputs.get(name.as_str()).and_then(|output| output.export).map(shown);
        let reason = match (&old, &new, &change.after) {
            (Some(old), None, None) => {
                format!("Output `{name}` is removed with its export `{old}`; CloudFormation refuses that while another stack imports it.")
            }
            (Some(old), None, Some(_)) => {
                format!("Output `{name}` no longer exports `{old}`; CloudFormation refuses that while another stack imports it.")
            }
            (Some(old), Some(new), _) if old != new => {
                format!("Output `{name}` exports `{new}` instead of `{old}`; CloudFormation refuses that while another stack imports it.")
            }
            (None, _, None) => format!(
                "Output `{name}`, which has no export, is removed; no stack imports it, but scripts and parent stacks that read it will fail."
            ),
            _ => continue,
        };
        let kind = if old.is_some() { RiskKind::ExportRemoved } else { RiskKind::OutputRemoved };
        search.note(kind, None, None, reason);
    }
}
