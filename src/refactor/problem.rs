//! Why a stack refactoring is impossible.

use crate::cloudformation::ResourceLocation;
use crate::text::did_you_mean;

/// Why a stack refactoring is impossible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefactorProblem {
    /// A stack has no such resource.
    #[error("stack `{}` has no resource `{}`{}", .place.stack_name, .place.logical_resource_id, suggestion(.place, .known))]
    UnknownResource {
        /// The requested resource.
        place: ResourceLocation,
        /// The logical IDs of the stack.
        known: Vec<String>,
    },
    /// Two mappings have the same source or the same destination.
    #[error("`{0}` is named twice")]
    NamedTwice(ResourceLocation),
    /// A mapping changes nothing.
    #[error("`{0}` already has this logical ID")]
    SamePlace(ResourceLocation),
    /// A logical ID has another form.
    #[error("`{0}` is not a logical ID: use letters and digits only, at most 255")]
    InvalidLogicalId(String),
    /// The destination exists already.
    #[error("stack `{}` already has a {kind} `{}`; choose another logical ID", .destination.stack_name, .destination.logical_resource_id)]
    Taken {
        /// The destination.
        destination: ResourceLocation,
        /// What has that name.
        kind: &'static str,
    },
    /// A stack would have no resources.
    #[error(
        "stack `{stack}` would have no resources, which CloudFormation does not support; leave one there, or add one with an update first"
    )]
    Empty {
        /// The stack.
        stack: String,
    },
    /// Too many stacks.
    #[error("{count} stacks take part; CloudFormation refactors at most {limit} at once", limit = super::MAX_STACKS)]
    TooManyStacks {
        /// How many take part.
        count: usize,
    },
    /// A macro or include rewrites the template.
    #[error("a macro or include rewrites the template of stack `{stack}`, so its resources are known only to AWS")]
    Rewritten {
        /// The stack.
        stack: String,
    },
    /// A stack has a policy.
    #[error("stack `{stack}` has a stack policy; CloudFormation does not refactor such a stack, whatever the policy allows")]
    StackPolicy {
        /// The stack.
        stack: String,
    },
    /// Another part of the source stack refers to a resource that leaves it.
    #[error("{from} of stack `{}` refers to `{}`, which would leave the stack; move it too, or replace the reference with an update first",
        .moved.stack_name, .moved.logical_resource_id)]
    ReferredTo {
        /// The resource that would be moved.
        moved: ResourceLocation,
        /// What refers to it.
        from: String,
    },
    /// A moved resource refers to a resource that stays behind.
    #[error("`{moved}` refers to `{to}`, which would stay behind; move it too, or replace the reference with an update first")]
    RefersTo {
        /// The resource that would be moved.
        moved: ResourceLocation,
        /// The resource that it refers to.
        to: String,
    },
    /// The destination lacks what a moved resource uses, and a refactoring adds no parameters, conditions or mappings.
    #[error(
        "`{moved}` uses the {kind} `{name}`, which stack `{destination}` {problem}; a refactoring changes no {kind}s: update the stack first"
    )]
    Declaration {
        /// The resource that would be moved.
        moved: ResourceLocation,
        /// `parameter`, `condition` or `mapping`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The destination.
        destination: String,
        /// What is wrong there.
        problem: &'static str,
    },
    /// A pseudo parameter has another value in another stack.
    #[error("`{moved}` uses `{name}`, whose value differs in another stack")]
    PseudoParameter {
        /// The resource that would be moved.
        moved: ResourceLocation,
        /// The pseudo parameter.
        name: String,
    },
    /// The text of the template cannot be edited in place.
    #[error("the template of stack `{stack}` cannot be edited: {reason}")]
    Text {
        /// The stack.
        stack: String,
        /// Why.
        reason: String,
    },
}

fn suggestion(place: &ResourceLocation, known: &[String]) -> String {
    did_you_mean(&place.logical_resource_id, known.iter().map(String::as_str)).map(|hint| format!("; {hint}")).unwrap_or_default()
}
