//! Change sets that interrupted dry runs left: reported by commands that only read, deleted by commands that change something.

use crate::apply;
use crate::backend::Backend;
use crate::cli::Context;
use crate::operation::{StaleChangeSets, find_stale_change_sets};

/// Reports stale change sets. If they cannot be listed, prints that only with `-v`.
pub fn report(context: &mut Context<'_>, backend: &dyn Backend, stack: &str) {
    let Some(StaleChangeSets { names, is_only_content }) = find(context, backend, stack) else { return };
    let list: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    context.status(&format!(
        "an interrupted dry run left change set{} {}{}; this changes no resource, and `rackform recover` deletes it",
        if names.len() == 1 { "" } else { "s" },
        list.join(", "),
        if is_only_content { format!(" and stack `{stack}`, which contains nothing else") } else { String::new() }
    ));
}

/// Deletes stale change sets and reports it. A change set that cannot be deleted is reported and does not stop the command.
pub fn delete(context: &mut Context<'_>, backend: &dyn Backend, stack: &str) {
    let Some(stale) = find(context, backend, stack) else { return };
    for name in stale.names {
        match apply::delete_change_set(backend, stack, &name) {
            Ok(()) => context.status(&format!("deleted change set `{name}`, which an interrupted dry run left")),
            Err(error) => {
                context.status(&format!("cannot delete change set `{name}`, which an interrupted dry run left: {error}"));
            }
        }
    }
}

fn find(context: &mut Context<'_>, backend: &dyn Backend, stack: &str) -> Option<StaleChangeSets> {
    find_stale_change_sets(backend, stack).unwrap_or_else(|error| {
        context.detail(&format!("cannot list stale change sets: {error}"));
        None
    })
}
