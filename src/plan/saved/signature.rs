//! Signatures of saved plans: Ed25519, with keys in the PEM files that `openssl genpkey -algorithm ed25519` writes.
//!
//! Takes the text of key files; reading them, and checking who may read them, is left to `cli`. `docs/design/saved-plans.md` explains the
//! choice.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

/// The bytes before the key in a public key file: the algorithm identifier of Ed25519.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc8410#section-4>
const PUBLIC_KEY_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Length of an Ed25519 public key, in bytes.
const PUBLIC_KEY_BYTES: usize = 32;

/// A private key.
pub struct SigningKey(Ed25519KeyPair);

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey([u8; PUBLIC_KEY_BYTES]);

/// Why a key file cannot be used. The message contains nothing of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The file has no PEM block of this kind.
    #[error("no `{0}` in PEM format")]
    NoPem(&'static str),
    /// A private key stands where a public one belongs.
    #[error("this is a private key; checking a signature takes the public key")]
    PrivateKey,
    /// A public key stands where a private one belongs.
    #[error("this is a public key; signing takes the private key")]
    PublicKey,
    /// The key is damaged, or of another algorithm.
    #[error("not an Ed25519 key")]
    NotEd25519,
}

const PRIVATE: &str = "PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";

impl SigningKey {
    /// Reads a private key: PKCS#8 in PEM format.
    ///
    /// # Errors
    ///
    /// Returns an error if the text has no such key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let Some(der) = pem(text, PRIVATE) else {
            return Err(if pem(text, PUBLIC).is_some() { KeyError::PublicKey } else { KeyError::NoPem(PRIVATE) });
        };
        // OpenSSL writes the private key without the public one, so there is nothing to check it against.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map(Self).map_err(|_| KeyError::NotEd25519)
    }

    /// Returns the public key.
    pub fn verifying_key(&self) -> VerifyingKey {
        let mut key = [0; PUBLIC_KEY_BYTES];
        key.copy_from_slice(self.0.public_key().as_ref());
        VerifyingKey(key)
    }

    /// Returns the signature of a text, in Base64.
    pub(super) fn sign(&self, message: &str) -> String {
        STANDARD.encode(self.0.sign(message.as_bytes()))
    }
}

impl VerifyingKey {
    /// Reads a public key: `SubjectPublicKeyInfo` in PEM format.
    ///
    /// # Errors
    ///
    /// Returns an error if the text has no such key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let Some(der) = pem(text, PUBLIC) else {
            return Err(if pem(text, PRIVATE).is_some() { KeyError::PrivateKey } else { KeyError::NoPem(PUBLIC) });
        };
        let key = der.strip_prefix(&PUBLIC_KEY_PREFIX).and_then(|key| key.try_into().ok());
        key.map(Self).ok_or(KeyError::NotEd25519)
    }

    /// Returns whether a text has this signature in Base64.
    pub(super) fn is_signature(&self, message: &str, signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        UnparsedPublicKey::new(&ED25519, self.0).verify(message.as_bytes(), &signature).is_ok()
    }
}

/// Returns the content of the first PEM block with this label.
fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let inside = text.split_once(&begin)?.1.split_once(&end)?.0;
    let digits: String = inside.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(digits).ok()
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(****)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{KeyError, SigningKey, VerifyingKey};

    /// Made for this test with `openssl genpkey -algorithm ed25519`; it protects nothing.
    const PRIVATE_PEM: &str =
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ0zJGSHU1iQKr6Ihr7n4Rl0vrej7utF/UdX0y9HgC3H\n-----END PRIVATE KEY-----\n";
    const PUBLIC_PEM: &str =
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAtbfXVZmGU3vvK6fwoqf4kzsfOh5W810HGry2E08E87c=\n-----END PUBLIC KEY-----\n";

    #[test]
    fn keys_of_openssl_sign_and_verify() {
        let (key, public) = (SigningKey::from_pem(PRIVATE_PEM).unwrap(), VerifyingKey::from_pem(PUBLIC_PEM).unwrap());
        assert_eq!(key.verifying_key(), public);
        let signature = key.sign("message");
        assert!(public.is_signature("message", &signature));
        assert!(!public.is_signature("messagf", &signature));
        assert!(!public.is_signature("message", ""));
        assert!(!public.is_signature("message", &format!("A{}", &signature[1..])));
        assert_eq!(format!("{key:?}"), "SigningKey(****)");
    }

    #[test]
    fn other_files_are_no_keys() {
        assert_eq!(SigningKey::from_pem(PUBLIC_PEM).unwrap_err(), KeyError::PublicKey);
        assert_eq!(VerifyingKey::from_pem(PRIVATE_PEM).unwrap_err(), KeyError::PrivateKey);
        assert_eq!(SigningKey::from_pem("secret").unwrap_err(), KeyError::NoPem("PRIVATE KEY"));
        let damaged = PRIVATE_PEM.replace("MC4CAQAw", "MC4CAQEw");
        assert_eq!(SigningKey::from_pem(&damaged).unwrap_err(), KeyError::NotEd25519);
    }
}
