//! What a killed dry run left behind in an account: said by who only looks, taken away by who may change something.

use crate::apply;
use crate::backend::{Backend, StackDescription};
use crate::cli::Context;

/// Says what is left of dry runs that were killed, and what takes it away.
///
/// Where it cannot be asked for, nothing is said but at `-v`: it is not what the user wants to know.
pub fn report(context: &mut Context<'_>, backend: &dyn Backend, stack: &str) {
    let left = found(context, backend, stack);
    if left.is_empty() {
        return;
    }
    let only = only_for(backend, stack, &left);
    context.status(&format!(
        "an interrupted dry run left {} behind{}, which changes nothing by being there; `rackform recover` takes it away",
        named(&left),
        if only { format!(", and stack `{stack}`, which is there only for that") } else { String::new() }
    ));
}

/// Takes away what is left of dry runs that were killed, and says so; what cannot be taken away is said too and hinders nothing.
pub fn clear(context: &mut Context<'_>, backend: &dyn Backend, stack: &str) {
    for name in found(context, backend, stack) {
        match apply::delete_change_set(backend, stack, &name) {
            Ok(()) => context.status(&format!("took away change set `{name}`, which an interrupted dry run left behind")),
            Err(error) => {
                context.status(&format!("an interrupted dry run left change set `{name}` behind, and it could not be taken away: {error}"));
            }
        }
    }
}

fn found(context: &mut Context<'_>, backend: &dyn Backend, stack: &str) -> Vec<String> {
    // Dry runs are AWS's alone: the local backend predicts and leaves nothing.
    if !backend.capabilities().confirms_plans {
        return Vec::new();
    }
    apply::stale_change_sets(backend, stack).unwrap_or_else(|error| {
        context.detail(&format!("whether an interrupted dry run left something behind is not known: {error}"));
        Vec::new()
    })
}

/// Tells whether a stack is only there for these change sets.
fn only_for(backend: &dyn Backend, stack: &str, left: &[String]) -> bool {
    let is_review = |found: StackDescription| found.status.is_review();
    backend.describe_stack(stack).ok().flatten().is_some_and(is_review)
        && backend.list_change_sets(stack).is_ok_and(|all| all.iter().all(|name| left.contains(name)))
}

fn named(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("change set{} {}", if names.len() == 1 { "" } else { "s" }, names.join(", "))
}
