//! How certain a statement of a plan is.

use serde::{Deserialize, Serialize};

/// Whether a risk or refusal follows from what is known, or depends on something that is known only during the update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// It follows from the templates and parameters.
    #[default]
    Certain,
    /// It depends on a value, a service's decision or a macro's output that is known only during the update.
    Possible,
}

impl Certainty {
    /// Returns [`Certainty::Possible`] for `true`.
    pub fn possible_if(is_possible: bool) -> Self {
        if is_possible { Self::Possible } else { Self::Certain }
    }

    /// Returns whether it is certain.
    pub fn is_certain(self) -> bool {
        self == Self::Certain
    }
}
