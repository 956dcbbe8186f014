//! A warning about changed parameters that no update stores.

use super::super::layout::Layout;
use super::super::styles::styled;
use super::super::visible::visible;
use crate::plan::ParameterChange;

/// Returns a warning about changed parameters that CloudFormation does not store, because it has nothing to update.
pub fn parameters_not_stored(changes: &[&ParameterChange], layout: Layout) -> Option<String> {
    if changes.is_empty() {
        return None;
    }
    let names: Vec<String> = changes.iter().map(|change| format!("`{}`", change.name)).collect();
    let kept = |change: &&ParameterChange| format!("{} keeps {}", change.name, visible(change.before.as_deref().unwrap_or_default()));
    let kept: Vec<String> = changes.iter().map(kept).collect();
    let values = if changes.len() == 1 { "value of" } else { "values of" };
    Some(format!(
        "{} the new {values} {} would not be stored: {}\n  no resource, output or tag uses the change, and CloudFormation then performs no update\n\
         {} change a resource, an output or a tag in the same update, or remove the parameter from the template if nothing uses it",
        styled(layout.styles.warning, "warning:"),
        names.join(", "),
        kept.join(", "),
        styled(layout.styles.hint, "hint:"),
    ))
}
