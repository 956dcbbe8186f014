//! What was changed behind the stack's back, beside what a plan changes.

use std::fmt::Write as _;

use serde::Serialize;

use super::super::layout::Layout;
use super::super::styles::styled;
use crate::backend::ResourceDrift;
use crate::plan::{Effect, Plan};

/// A resource that is not what its stack's template says.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Drifted {
    #[serde(flatten)]
    drift: ResourceDrift,
    /// Whether the plan touches the resource, and so writes over what was changed.
    written_over: bool,
}

impl Drifted {
    /// Puts drift beside a plan; `hide` takes secrets out.
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

/// Returns drift for a terminal, or for a pull request when there is no layout.
pub fn drift(drifted: &[Drifted], layout: Option<Layout>) -> String {
    let title = match drifted {
        [] => return "Nothing drifted: every resource that AWS can look at is as the deployed template says.\n".to_owned(),
        [_] => "1 resource is not what the deployed template says:".to_owned(),
        many => format!("{} resources are not what the deployed template says:", many.len()),
    };
    let (mut text, item) = match layout {
        Some(layout) => (format!("{}\n", styled(layout.styles.strong, title)), "  "),
        None => (format!("\n**{title}**\n\n"), "- "),
    };
    for Drifted { drift, written_over } in drifted {
        let then = if *written_over { "this change touches it" } else { "this change leaves it so" };
        let _ = writeln!(text, "{item}`{}` ({}) is {}; {then}", drift.logical_resource_id, drift.resource_type, drift.status);
        for difference in &drift.differences {
            let _ = writeln!(text, "  {item}{}: the template says {}, it is {}", difference.path, difference.expected, difference.actual);
        }
    }
    text
}
