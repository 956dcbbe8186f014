//! Digests of content: their syntax, and whether content has them.

use sha2::Digest as _;

use crate::text::{hex, sha256_hex};

/// Returns whether a text is a digest: `sha256:` and 64 hexadecimal digits, or `sha512:` and 128.
pub(super) fn is_digest(text: &str) -> bool {
    let is_hex = |hex: &str| hex.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    match text.split_once(':') {
        Some(("sha256", hex)) => hex.len() == 64 && is_hex(hex),
        Some(("sha512", hex)) => hex.len() == 128 && is_hex(hex),
        _ => false,
    }
}

/// Checks that content has a digest.
///
/// # Errors
///
/// Returns a message with the content's digest if it has another one.
pub(super) fn verify(digest: &str, content: &[u8]) -> Result<(), String> {
    let actual = match digest.split_once(':') {
        Some(("sha512", _)) => format!("sha512:{}", hex(sha2::Sha512::digest(content))),
        _ => format!("sha256:{}", sha256_hex(content)),
    };
    if actual == digest { Ok(()) } else { Err(format!("its digest is {actual}, not {digest}")) }
}
