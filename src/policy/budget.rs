//! The bound on the work of one comparison.
//!
//! Inclusion of policies is hard in general: patterns with many `*` have exponentially many combinations. Every loop whose length depends
//! on the input pays from the budget. Without budget, the answer is "possible".

use std::cell::Cell;

/// The work that one comparison may still do.
#[derive(Debug)]
pub struct Budget(Cell<u64>);

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Budget {
    /// Returns a budget for `steps` steps.
    pub fn new(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    /// Returns the number of steps that are left.
    pub(super) fn left(&self) -> u64 {
        self.0.get()
    }

    /// Does work with at most `most` of the steps, and pays what it took.
    pub(super) fn share<T>(&self, most: u64, work: impl FnOnce(&Self) -> T) -> T {
        let steps = most.min(self.left());
        let part = Self::new(steps);
        let result = work(&part);
        self.0.set(self.left() - (steps - part.left()));
        result
    }

    /// Pays for some steps.
    ///
    /// # Errors
    ///
    /// Returns an error if less is left.
    pub(super) fn spend(&self, steps: usize) -> Result<(), Exhausted> {
        match self.0.get().checked_sub(steps as u64) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => {
                self.0.set(0);
                Err(Exhausted)
            }
        }
    }
}
