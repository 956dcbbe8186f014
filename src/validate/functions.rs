//! Intrinsic functions whose problems depend on parameter values; [`evaluated`](super::evaluated) has the others.

use super::check::Check;
use super::selects;
use super::walk::{self, Guards};
use crate::template::{Intrinsic, Node};

pub(super) fn check(check: &mut Check<'_, '_>) {
    // A macro can define its own functions.
    if check.template.is_rewritten() {
        return;
    }
    let template = check.template;
    for entry in &template.conditions {
        walk(check, entry.body, &mut Vec::new());
    }
    for entry in template.resources.iter().filter(|entry| !entry.name.starts_with("Fn::")) {
        let mut guards = check.exists(entry);
        entry.body.members().iter().filter(|member| member.key != "Metadata").for_each(|member| walk(check, &member.value, &mut guards));
    }
    for entry in template.outputs.iter().filter(|entry| !entry.name.starts_with("Fn::")) {
        let mut guards = check.exists(entry);
        walk(check, entry.body, &mut guards);
    }
}

fn walk<'a>(check: &mut Check<'_, 'a>, node: &'a Node<'a>, guards: &mut Guards) {
    match Intrinsic::of(node) {
        Some(Intrinsic::If(operand)) => {
            let name = operand.items().first().and_then(|name| name.as_str());
            for (branch, holds) in operand.items().iter().skip(1).zip([true, false]) {
                let depth = guards.len();
                guards.extend(name.and_then(|name| walk::condition(check.template, name, holds)));
                walk(check, branch, guards);
                guards.truncate(depth);
            }
            return;
        }
        Some(Intrinsic::Select(operand)) => selects::check(check, operand, guards),
        _ => {}
    }
    node.members().iter().for_each(|member| walk(check, &member.value, guards));
    node.items().iter().for_each(|item| walk(check, item, guards));
}
