//! Key files of saved plans: who may read or write them, and what is in them.
//!
//! Keys are files, never arguments: every user of the machine can read the arguments of a process.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::cli::shared::files::write;
use crate::cli::{Context, ExitCode, Failure};
use crate::files::{self, NewMode, ReadError};
use crate::plan::saved::{KeyError, SecretKey, SigningKey, VerifyingKey};

/// Largest key file that is read, in bytes. A key of Ed25519 has about 120.
const MAX_KEY_BYTES: u64 = 16 * 1024;

/// Permissions of other users that a private key must not have.
const FORBIDDEN_FOR_PRIVATE: u32 = 0o077;

/// Permissions of other users that a public key must not have: a user who can write it can sign.
const FORBIDDEN_FOR_PUBLIC: u32 = 0o022;

/// Reads a private key.
///
/// # Errors
///
/// Returns an error if the file cannot be read, if other users can read it, or if it has no private Ed25519 key.
pub fn signing_key(path: &Path) -> Result<SigningKey, Failure> {
    let text = read(path, FORBIDDEN_FOR_PRIVATE, "600")?;
    SigningKey::from_pem(&text).map_err(|error| invalid(path, error, "openssl genpkey -algorithm ed25519 -out plan.key"))
}

/// Reads a public key.
///
/// # Errors
///
/// Returns an error if the file cannot be read, if other users can write it, or if it has no public Ed25519 key.
pub fn verifying_key(path: &Path) -> Result<VerifyingKey, Failure> {
    let text = read(path, FORBIDDEN_FOR_PUBLIC, "644")?;
    VerifyingKey::from_pem(&text).map_err(|error| invalid(path, error, "openssl pkey -in plan.key -pubout -out plan.pub"))
}

/// Returns the file of the key that recognises the secrets of a plan, unless another one is named.
pub fn secret_key_path(plan: &Path) -> PathBuf {
    let mut name = plan.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

/// Reads the key that recognises the secrets of a plan.
///
/// # Errors
///
/// Returns an error if the file cannot be read, if other users can read it, or if it has no such key.
pub fn secret_key(path: &Path) -> Result<SecretKey, Failure> {
    let text = read(path, FORBIDDEN_FOR_PRIVATE, "600")?;
    SecretKey::from_text(&text).map_err(|error| {
        Failure::new(ExitCode::Data, format!("`{}`: {error}", path.display()))
            .hinted("name the key that was written when the plan was saved")
    })
}

/// Reads the key that recognises the secrets of a plan, or makes it if the file does not exist.
///
/// # Errors
///
/// As [`secret_key`], or an error if a new key cannot be made or written.
pub fn secret_key_or_new(context: &mut Context<'_>, path: &Path) -> Result<SecretKey, Failure> {
    if path.symlink_metadata().is_err() {
        let text = SecretKey::generate().map_err(|error| Failure::new(ExitCode::CannotWrite, error.to_string()))?;
        write(context.global, path, text.as_bytes(), NewMode::Private)?;
        context.status(&format!(
            "`apply` recognises the secrets of this plan with the new key in {}: keep it from those who may only read the plan",
            path.display()
        ));
    }
    secret_key(path)
}

fn invalid(path: &Path, error: KeyError, command: &str) -> Failure {
    Failure::new(ExitCode::Data, format!("`{}`: {error}", path.display())).hinted(format!("create the key with `{command}`"))
}

/// Reads a key file whose mode has none of the forbidden bits. A pipe has no mode that says who wrote to it.
fn read(path: &Path, forbidden: u32, mode: &str) -> Result<String, Failure> {
    let attempt = || -> Result<(Option<u32>, Vec<u8>), ReadError> {
        let file = files::open(path)?;
        // The opened file, not the path: the path may name another file by now.
        let metadata = file.metadata()?;
        let bytes = files::read_opened(&file, MAX_KEY_BYTES)?;
        Ok((metadata.is_file().then(|| metadata.mode() & 0o777), bytes))
    };
    let (found, bytes) = attempt()
        .map_err(|error| Failure::new(ExitCode::NoInput, format!("cannot read the key `{}`", path.display())).caused_by(&error))?;
    if let Some(found) = found.filter(|found| found & forbidden != 0) {
        let who = if found & forbidden & 0o044 == 0 { "write" } else { "read" };
        let path = path.display();
        return Err(Failure::new(ExitCode::Data, format!("other users can {who} the key `{path}` (mode {found:03o})"))
            .hinted(format!("run `chmod {mode} {path}`, and replace the key if it was exposed")));
    }
    // Nothing of the file is in a message, so a key that is not text is reported as no key.
    Ok(String::from_utf8(bytes).unwrap_or_default())
}
