//! The way out that somebody wants, if it is one.

use super::{Recovery, Way};
use crate::cloudformation::StackStatus;
use crate::template::nearest;

/// What somebody wants to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The way's name, where one was given.
    pub way: Option<String>,
    /// Resources to take for rolled back as they are.
    pub skip: Vec<String>,
    /// Resources to let go.
    pub retain: Vec<String>,
}

/// Why a wish is none of the ways out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// That way does not lead out of this status.
    #[error("`{wanted}` is no way out of {status}")]
    NotOffered {
        /// What was wanted.
        wanted: String,
        /// The status.
        status: StackStatus,
        /// What is offered.
        offered: Vec<&'static str>,
    },
    /// Two wishes that exclude each other.
    #[error("--skip goes on with a rollback and --retain deletes: they exclude each other")]
    Both,
    /// A resource that is not stuck.
    #[error("`{flag} {name}`: {}", match candidates.as_slice() { [] => "no resource of this stack is stuck".to_owned(), names => format!("only what is stuck can be named: {}", names.join(", ")) })]
    NotStuck {
        /// The flag.
        flag: &'static str,
        /// The name as given.
        name: String,
        /// The names that can be given.
        candidates: Vec<String>,
    },
}

impl Problem {
    /// Returns what to do about it, where something can be done.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotOffered { offered, .. } if offered.is_empty() => Some("the stack is not stuck".to_owned()),
            Self::NotOffered { offered, .. } => Some(format!("the ways out are: {}", offered.join(", "))),
            Self::Both => None,
            Self::NotStuck { name, candidates, .. } => {
                nearest(name, candidates.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"))
            }
        }
    }
}

/// Returns the way that is wished for: the best one when nothing is said; `None` when the stack is not stuck.
///
/// # Errors
///
/// Returns that the wish is none of the ways out.
pub fn choose(recovery: &Recovery, wish: &Wish) -> Result<Option<Way>, Problem> {
    let wanted = match (wish.way.as_deref(), wish.skip.is_empty(), wish.retain.is_empty()) {
        (_, false, false) => return Err(Problem::Both),
        (None | Some("continue"), false, true) => Some("continue"),
        (None | Some("delete"), true, false) => Some("delete"),
        (way, ..) => way,
    };
    let Some(wanted) = wanted else { return Ok(recovery.proposals.first().map(|proposal| proposal.way.clone())) };
    let mut offered: Vec<&'static str> = recovery.proposals.iter().map(|proposal| proposal.way.name()).collect();
    offered.dedup();
    let found = recovery.proposals.iter().find(|proposal| proposal.way.name() == wanted);
    let not_offered =
        |wanted: &str| Problem::NotOffered { wanted: wanted.to_owned(), status: recovery.status.clone(), offered: offered.clone() };
    // What was typed is what is answered.
    let typed = match (wish.way.is_some(), wish.skip.is_empty(), wish.retain.is_empty()) {
        (false, false, _) => "--skip",
        (false, _, false) => "--retain",
        _ => wanted,
    };
    let Some(found) = found else { return Err(not_offered(typed)) };
    let candidates = || recovery.blockers.iter().map(|blocker| blocker.logical_id.clone()).collect::<Vec<_>>();
    let stuck = |flag: &'static str, names: &[String]| {
        // A resource of a nested stack is `NESTED.LOGICAL_ID`, and CloudFormation alone knows whether it is stuck.
        match names.iter().find(|name| !name.contains('.') && !candidates().contains(name)) {
            Some(name) => Err(Problem::NotStuck { flag, name: name.clone(), candidates: candidates() }),
            None => Ok(names.to_vec()),
        }
    };
    Ok(Some(match &found.way {
        Way::Continue { .. } => Way::Continue { skip: stuck("--skip", &wish.skip)? },
        // CloudFormation retains only of a deletion that failed.
        Way::Delete { .. } if !wish.retain.is_empty() && recovery.status != StackStatus::DeleteFailed => {
            return Err(not_offered("--retain"));
        }
        Way::Delete { .. } => Way::Delete { retain: stuck("--retain", &wish.retain)? },
        way if !wish.skip.is_empty() => return Err(not_offered(if way.name() == wanted { "--skip" } else { wanted })),
        way if !wish.retain.is_empty() => return Err(not_offered(if way.name() == wanted { "--retain" } else { wanted })),
        way => way.clone(),
    }))
}
