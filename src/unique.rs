//! Unique names and tokens.

use std::hash::{BuildHasher as _, Hasher as _};

/// Returns 16 hexadecimal digits that no other call, in this process or another, returns.
pub(crate) fn unique_token() -> String {
    // The operating system's randomness seeds every state.
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    format!("{:016x}", hasher.finish())
}
