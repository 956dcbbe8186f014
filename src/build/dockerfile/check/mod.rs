//! Lints a Dockerfile: what makes the build cache ineffective, for an engine, a cache and the options of a build.

mod arguments;
mod context;
mod linter;
mod mounts;
mod order;
mod secrets;
mod stages;
mod stale;
mod volatile;

pub use linter::{CacheMounts, Context};

use self::linter::Linter;
use super::facts::Dockerfile;
use crate::diagnostic::Diagnostic;

/// Returns the problems of a Dockerfile in the order of the file. Only stages that the build requires are checked.
///
/// A problem with error severity means that the build fails, for example because the target stage does not exist.
pub fn lint(dockerfile: &Dockerfile, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut linter = Linter::new(dockerfile, context);
    stages::check(&mut linter);
    arguments::check(&mut linter);
    mounts::check(&mut linter);
    order::check(&mut linter);
    volatile::check(&mut linter);
    secrets::check(&mut linter);
    stale::check(&mut linter);
    context::check(&mut linter);
    let mut found = linter.found;
    found.sort_by_key(|diagnostic| diagnostic.labels.first().map_or(0, |label| label.span.start));
    found
}
