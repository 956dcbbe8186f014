//! Digests that recognise a secret again, although the file with the digest does not contain it.
//!
//! The key is in a file of its own: with the digest alone, a short secret cannot be guessed. Takes and returns texts; reading and writing
//! key files is left to `cli`.

use std::fmt;

use ring::hmac::{HMAC_SHA256, Key, sign, verify};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::text::hex;

/// Length of a key, in bytes: as long as the digest, as RFC 2104 recommends.
const KEY_BYTES: usize = 32;

const PREFIX: &str = "hmac-sha256:";

/// The key of the digests of one plan, or of several.
pub struct SecretKey(Key);

/// Why a text is not a key. The message contains nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeyError {
    /// Not 64 hexadecimal digits.
    #[error("not a key for secrets of plans: such a file has {} hexadecimal digits", KEY_BYTES * 2)]
    Form,
    /// The operating system provides no random numbers.
    #[error("the operating system provides no random numbers")]
    NoRandomNumbers,
}

impl SecretKey {
    /// Makes a new key, and returns the text of its file.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system provides no random numbers.
    pub fn generate() -> Result<String, SecretKeyError> {
        let mut bytes = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| SecretKeyError::NoRandomNumbers)?;
        Ok(format!("{}\n", hex(bytes)))
    }

    /// Reads a key.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a key.
    pub fn from_text(text: &str) -> Result<Self, SecretKeyError> {
        let digits = text.trim_end();
        if digits.len() != KEY_BYTES * 2 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(SecretKeyError::Form);
        }
        Ok(Self(Key::new(HMAC_SHA256, digits.to_ascii_lowercase().as_bytes())))
    }

    /// Returns the digest of a parameter's value. It fits no other parameter and no other stack.
    pub fn digest(&self, stack: &str, parameter: &str, value: &str) -> String {
        format!("{PREFIX}{}", hex(sign(&self.0, &message(stack, parameter, value)).as_ref()))
    }

    /// Returns whether a digest is that of a parameter's value.
    pub fn is_digest(&self, digest: &str, stack: &str, parameter: &str, value: &str) -> bool {
        digest.strip_prefix(PREFIX).and_then(bytes).is_some_and(|tag| verify(&self.0, &message(stack, parameter, value), &tag).is_ok())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

/// The value comes last, and names contain no line breaks, so that no two values have one message.
fn message(stack: &str, parameter: &str, value: &str) -> Vec<u8> {
    format!("rackform secret\n{stack}\n{parameter}\n{value}").into_bytes()
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() {
        return None;
    }
    (0..digits.len()).step_by(2).map(|start| u8::from_str_radix(digits.get(start..start + 2)?, 16).ok()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_fits_one_value_of_one_parameter_of_one_stack() {
        let key = SecretKey::from_text(&SecretKey::generate().unwrap()).unwrap();
        let digest = key.digest("web", "Password", "correct horse");
        assert!(key.is_digest(&digest, "web", "Password", "correct horse"));
        for (stack, parameter, value) in
            [("other", "Password", "correct horse"), ("web", "Other", "correct horse"), ("web", "Password", "another horse")]
        {
            assert!(!key.is_digest(&digest, stack, parameter, value));
        }
        let other = SecretKey::from_text(&SecretKey::generate().unwrap()).unwrap();
        assert!(!other.is_digest(&digest, "web", "Password", "correct horse"));
    }

    #[test]
    fn a_damaged_digest_or_key_is_refused() {
        let key = SecretKey::from_text(&"0f".repeat(KEY_BYTES)).unwrap();
        for digest in ["", "hmac-sha256:", "hmac-sha256:0", "hmac-sha256:äöü", "sha256:00"] {
            assert!(!key.is_digest(digest, "web", "Password", "x"));
        }
        for text in ["", "0f", "secret", &"zz".repeat(KEY_BYTES)] {
            assert_eq!(SecretKey::from_text(text).unwrap_err(), SecretKeyError::Form);
        }
    }
}
