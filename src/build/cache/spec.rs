//! The attributes of BuildKit's cache backends, and the checks of user-written ones.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::text::did_you_mean;

use super::attributes::{Attributes, Direction};
use super::values::refused_values;

/// Attributes that contain a credential, which would be visible in the process list and in logs.
const CREDENTIALS: [&str; 6] = ["access_key_id", "secret_access_key", "session_token", "token", "ghtoken", "account_key"];

/// Attributes of image layouts, in a registry or a directory.
const LAYOUT: [&str; 6] = ["mode", "oci-mediatypes", "image-manifest", "compression", "compression-level", "force-compression"];

/// Returns the attributes of a cache backend except `type`, or `None` if BuildKit does not have the backend.
///
/// Sources: <https://docs.docker.com/build/cache/backends/> and the pages below it, <https://github.com/moby/buildkit#export-cache>.
/// `ignore-error` on an import and `push` on an export are widely used and have no effect: a failed import is only a warning, and a
/// cache is always pushed.
pub fn attributes_of(kind: &str, direction: Direction) -> Option<Vec<&'static str>> {
    let exporting = direction == Direction::Export;
    let mut names: Vec<&'static str> = match kind {
        "inline" if exporting => return Some(Vec::new()),
        "registry" => vec!["ref", "registry.insecure"],
        "local" if exporting => vec!["dest", "tag"],
        "local" => vec!["src", "digest", "tag"],
        "s3" => {
            let location = ["region", "bucket", "name", "prefix", "blobs_prefix", "manifests_prefix", "endpoint_url", "use_path_style"];
            location.into_iter().chain(["retry_mode", "retry_max_attempts", "disable_accept_encoding"]).collect()
        }
        "gha" => vec!["url", "url_v2", "scope", "timeout", "version"],
        "azblob" => vec!["account_url", "account_name", "container", "name", "prefix", "blobs_prefix", "manifests_prefix"],
        _ => return None,
    };
    if exporting {
        match kind {
            "registry" => names.extend(LAYOUT.into_iter().chain(["push"])),
            "local" => names.extend(LAYOUT.into_iter().chain(["reset"])),
            "s3" => names.extend(["mode", "upload_parallelism", "touch_refresh"]),
            "gha" => names.extend(["mode", "repository"]),
            _ => names.push("mode"),
        }
    }
    names.push("ignore-error");
    Some(names)
}

/// Reads a cache specification in BuildKit's syntax and adds its errors to `problems`.
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
                    .hinted("write `type=TYPE,name=value,...`; quote a field that contains a comma: `\"name=a,b\"`"),
            );
            return None;
        }
    };
    let before = problems.0.len();
    // Before any check whose message shows the value.
    for (name, _) in attributes.iter().filter(|(name, _)| CREDENTIALS.contains(name)) {
        problems.push(Diagnostic::error("credential-in-argument", format!("`{flag}` contains a credential: `{name}`")).hinted(
            "remove it: engines read AWS credentials and GitHub tokens from the environment, and arguments are visible to other users",
        ));
    }
    let Some(kind) = attributes.get("type") else {
        problems
            .push(Diagnostic::error("cache-attributes", format!("`{flag}` requires `type`")).hinted("for example `type=registry,ref=...`"));
        return None;
    };
    let Some(known) = attributes_of(kind, direction) else {
        let problem = Diagnostic::error("cache-attributes", format!("`{flag}` does not support the type `{}`", kind.escape_debug()));
        problems.push(match did_you_mean(kind, ["registry", "local", "s3", "gha", "azblob", "inline"]) {
            Some(hint) => problem.hinted(hint),
            None if kind == "inline" => problem.hinted("an inline cache is imported as `type=registry,ref=IMAGE`"),
            None => problem.hinted("BuildKit supports registry, local, s3, gha, azblob and, for exports, inline"),
        });
        return None;
    };
    let mut seen = Vec::new();
    for (name, _) in attributes.iter() {
        if seen.contains(&name) {
            problems.push(Diagnostic::error("cache-attributes", format!("`{flag}` contains `{}` more than once", name.escape_debug())));
        }
        seen.push(name);
        if name != "type" && !known.contains(&name) && !CREDENTIALS.contains(&name) {
            let message = format!("`{flag}` of type `{kind}` does not support the attribute `{}`", name.escape_debug());
            let hint = did_you_mean(name, known.iter().copied());
            problems.push(
                Diagnostic::error("cache-attributes", message).hinted(hint.unwrap_or_else(|| format!("use one of {}", known.join(", ")))),
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
        problems.push(Diagnostic::error("cache-attributes", format!("`{flag}` of type `{kind}` requires `{name}`")));
    }
    for message in refused_values(&attributes, direction) {
        problems.push(
            Diagnostic::error("cache-attributes", format!("`{flag}` of type `{kind}`: {message}")).hinted("BuildKit refuses the build"),
        );
    }
    (problems.0.len() == before).then_some(attributes)
}
