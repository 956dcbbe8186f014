//! The rules by name; the names are stable.

use crate::template::Severity;
use crate::validate::Rule;

const fn error(name: &'static str, summary: &'static str) -> Rule {
    Rule { name, severity: Severity::Error, summary }
}

const fn warning(name: &'static str, summary: &'static str) -> Rule {
    Rule { name, severity: Severity::Warning, summary }
}

/// All rules, sorted by name; `docs/dockerfile-rules.md` describes them.
pub const RULES: &[Rule] = &[
    warning("argument-out-of-scope", "a stage redeclares an ARG from before the first FROM before it uses it"),
    warning("cache-mount-not-kept", "cache mounts persist until the next build"),
    warning("copy-before-install", "dependencies are installed before the rest of the app is copied"),
    error("dockerfile-syntax", "instructions have valid arguments"),
    error("duplicate-stage", "stage names are unique"),
    warning("empty-base", "every FROM has an image after its variables are expanded"),
    error("invalid-mount", "mounts have a known type and known options"),
    warning("later-stage", "stages are declared before they are referenced"),
    warning("missing-secret", "mounted secrets are passed to the build; an error for a mount with `required`"),
    warning("mount-not-supported", "the engine supports the mounts"),
    error("no-stage", "a Dockerfile has a FROM"),
    warning("secret-in-argument", "secrets are not build arguments"),
    warning("secret-in-environment", "secrets are not environment variables of the image"),
    error("stage-name", "stage names are valid"),
    warning("undeclared-build-argument", "passed build arguments are declared"),
    warning("unknown-flag", "instructions have known flags"),
    error("unknown-instruction", "instructions exist"),
    warning("unknown-stage", "referenced stages exist"),
    error("unknown-target", "the target stage exists"),
    warning("unused-argument", "declared arguments are used"),
    warning("unused-build-argument", "passed build arguments are used by the stages that are built"),
    warning("unused-secret", "passed secrets are mounted"),
    warning("volatile-argument", "arguments that change with every build are declared after dependencies are installed"),
];
