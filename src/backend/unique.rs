//! Names and tokens that nobody else has.

use std::hash::{BuildHasher as _, Hasher as _};

/// Returns sixteen hexadecimal digits that no other call and no other run gives.
pub(crate) fn unique() -> String {
    // Every state is seeded anew by the operating system's randomness.
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    format!("{:016x}", hasher.finish())
}
