//! The stacks that take part.

use indexmap::IndexMap;

use crate::template::Template;

/// A stack that takes part.
#[derive(Clone, Copy)]
pub struct RefactorStack<'s, 'a> {
    /// Its name.
    pub name: &'s str,
    /// Its deployed template; `None` if the refactoring creates the stack.
    pub template: Option<&'s Template<'a>>,
    /// The deployed values of its parameters; `None` for a secret.
    pub parameters: &'s IndexMap<String, Option<String>>,
    /// Whether it has a stack policy.
    pub has_policy: bool,
}
