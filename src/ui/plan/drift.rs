//! Views of drift: resources that were changed outside CloudFormation, and whether the plan updates them.

use std::fmt::Write as _;

use serde::Serialize;

use super::super::layout::Layout;
use super::super::markdown::prose;
use super::super::styles::styled;
use crate::backend::ResourceDrift;
use crate::plan::{Effect, Plan};

/// A resource that differs from the deployed template.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Drifted {
    #[serde(flatten)]
    drift: ResourceDrift,
    /// Whether the plan changes the resource, which overwrites its drift.
    written_over: bool,
}

impl Drifted {
    /// Combines drift with a plan; `hide` masks secrets.
    pub fn of(plan: &Plan, drifts: Vec<ResourceDrift>, hide: &dyn Fn(String) -> String) -> Vec<Self> {
        let mut drifted = Vec::new();
        for mut drift in drifts {
            for difference in &mut drift.differences {
                difference.expected = hide(std::mem::take(&mut difference.expected));
                difference.actual = hide(std::mem::take(&mut difference.actual));
            }
            let effect = plan.effects.iter().find(|effect| effect.logical_resource_id == drift.logical_resource_id);
            let written_over = effect.is_some_and(|effect| effect.effect != Effect::Untouched);
            drifted.push(Self { drift, written_over });
        }
        drifted
    }
}

/// Returns drift for a terminal, or for a pull request if `layout` is `None`.
pub fn drift(drifted: &[Drifted], layout: Option<Layout>) -> String {
    let title = match drifted {
        [] => return "No drift: every resource that supports drift detection matches the deployed template.\n".to_owned(),
        [_] => "1 resource differs from the deployed template:".to_owned(),
        many => format!("{} resources differ from the deployed template:", many.len()),
    };
    let (mut text, item) = match layout {
        Some(layout) => (format!("{}\n", styled(layout.styles.strong, title)), "  "),
        None => (format!("\n**{title}**\n\n"), "- "),
    };
    let shown = |line: String| if layout.is_some() { line } else { prose(&line) };
    for Drifted { drift, written_over } in drifted {
        let effect = if *written_over { "this plan changes it" } else { "this plan does not change it" };
        let line = format!("`{}` ({}) is {}; {effect}", drift.logical_resource_id, drift.resource_type, drift.status);
        let _ = writeln!(text, "{item}{}", shown(line));
        for difference in &drift.differences {
            let line = format!("{}: {} in the template, actual value {}", difference.path, difference.expected, difference.actual);
            let _ = writeln!(text, "  {item}{}", shown(line));
        }
    }
    text
}
