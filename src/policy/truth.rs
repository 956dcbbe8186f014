//! Three-valued logic: what is certain for every value of the unknown parts, and what is not.

/// Whether something is the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Truth {
    /// Not for any value of the unknown parts.
    No,
    /// Depends on unknown parts.
    Maybe,
    /// For every value of the unknown parts.
    Yes,
}

impl Truth {
    pub(super) fn known(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }

    pub(super) fn not_if(self, negated: bool) -> Self {
        if negated { self.not() } else { self }
    }

    /// Returns whether at least one holds.
    pub(super) fn any(values: impl IntoIterator<Item = Self>) -> Self {
        values.into_iter().max().unwrap_or(Self::No)
    }

    /// Returns whether all hold.
    pub(super) fn all(values: impl IntoIterator<Item = Self>) -> Self {
        values.into_iter().min().unwrap_or(Self::Yes)
    }
}
