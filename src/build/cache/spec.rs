//! Which attributes BuildKit's caches have, and what is wrong with those that a user wrote.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::text::did_you_mean;

use super::attributes::Attributes;

/// Whether a cache is written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `--cache-to`, `--export-cache`.
    Export,
    /// `--cache-from`, `--import-cache`.
    Import,
}

/// Attributes that hold a credential: they would be seen in the process list and in logs.
const CREDENTIALS: [&str; 6] = ["access_key_id", "secret_access_key", "session_token", "token", "ghtoken", "account_key"];

/// Attributes of every image layout, in a registry or a directory.
const LAYOUT: [&str; 6] = ["mode", "oci-mediatypes", "image-manifest", "compression", "compression-level", "force-compression"];

/// Returns the attributes that a kind of cache has beside `type`, or `None` for a kind that BuildKit does not have.
///
/// Sources: <https://docs.docker.com/build/cache/backends/> and the pages below it, <https://github.com/moby/buildkit#export-cache>.
/// `ignore-error` on an import and `push` on an export are in wide use and have no effect: an import that fails is a warning anyway, and a
/// cache is always pushed.
pub fn attributes_of(kind: &str, direction: Direction) -> Option<Vec<&'static str>> {
    let exporting = direction == Direction::Export;
    let mut names: Vec<&'static str> = match kind {
        "inline" if exporting => return Some(Vec::new()),
        "registry" => vec!["ref", "registry.insecure"],
        "local" if exporting => vec!["dest", "tag"],
        "local" => vec!["src", "digest", "tag"],
        "s3" => {
            vec!["region", "bucket", "name", "prefix", "blobs_prefix", "manifests_prefix", "endpoint_url", "use_path_style"]
        }
        "gha" => vec!["url", "url_v2", "scope", "timeout", "version"],
        "azblob" => vec!["account_url", "name", "prefix", "blobs_prefix", "manifests_prefix"],
        _ => return None,
    };
    if exporting {
        match kind {
            "registry" => names.extend(LAYOUT.into_iter().chain(["push"])),
            "local" => names.extend(LAYOUT),
            "s3" => names.extend(["mode", "upload_parallelism", "touch_refresh"]),
            "gha" => names.extend(["mode", "repository"]),
            _ => names.push("mode"),
        }
    }
    names.push("ignore-error");
    Some(names)
}

/// Reads a cache in BuildKit's own words and adds to `problems` what is wrong with it.
pub fn check_spec(text: &str, direction: Direction, problems: &mut Diagnostics) -> Option<Attributes> {
    let flag = match direction {
        Direction::Export => "--cache-to",
        Direction::Import => "--cache-from",
    };
    let attributes = match Attributes::parse(text) {
        Ok(attributes) => attributes,
        Err(error) => {
            problems.push(
                Diagnostic::error("cache-attributes", format!("`{flag}`: {error}"))
                    .hinted("attributes are `type=TYPE,name=value,...`; a field with a comma is quoted whole: `\"name=a,b\"`"),
            );
            return None;
        }
    };
    let before = problems.0.len();
    // Before anything that would show the value.
    for (name, _) in attributes.iter().filter(|(name, _)| CREDENTIALS.contains(name)) {
        problems.push(Diagnostic::error("credential-in-argument", format!("`{flag}` has a credential in it: `{name}`")).hinted(
            "leave it out: engines read AWS credentials and GitHub's tokens from the environment, and arguments are for everybody to see",
        ));
    }
    let Some(kind) = attributes.get("type") else {
        problems.push(Diagnostic::error("cache-attributes", format!("`{flag}` has no `type`")).hinted("such as `type=registry,ref=...`"));
        return None;
    };
    let Some(known) = attributes_of(kind, direction) else {
        let problem = Diagnostic::error("cache-attributes", format!("`{flag}` cannot be of type `{}`", kind.escape_debug()));
        problems.push(match did_you_mean(kind, ["registry", "local", "s3", "gha", "azblob", "inline"]) {
            Some(hint) => problem.hinted(hint),
            None if kind == "inline" => problem.hinted("an inline cache is imported as `type=registry,ref=IMAGE`"),
            None => problem.hinted("BuildKit has registry, local, s3, gha, azblob and, for exports, inline"),
        });
        return None;
    };
    let mut seen = Vec::new();
    for (name, _) in attributes.iter() {
        if seen.contains(&name) {
            problems.push(Diagnostic::error("cache-attributes", format!("`{flag}` has `{}` twice", name.escape_debug())));
        }
        seen.push(name);
        if name != "type" && !known.contains(&name) && !CREDENTIALS.contains(&name) {
            let message = format!("`{flag}` of type `{kind}` has no attribute `{}`", name.escape_debug());
            let hint = did_you_mean(name, known.iter().copied());
            problems.push(
                Diagnostic::error("cache-attributes", message).hinted(hint.unwrap_or_else(|| format!("it has {}", known.join(", ")))),
            );
        }
    }
    let required: &[&str] = match (kind, direction) {
        ("registry", _) => &["ref"],
        ("local", Direction::Export) => &["dest"],
        ("local", Direction::Import) => &["src"],
        ("s3", _) => &["region", "bucket"],
        _ => &[],
    };
    for name in required.iter().filter(|name| attributes.get(name).is_none_or(str::is_empty)) {
        problems.push(Diagnostic::error("cache-attributes", format!("`{flag}` of type `{kind}` needs `{name}`")));
    }
    (problems.0.len() == before).then_some(attributes)
}
