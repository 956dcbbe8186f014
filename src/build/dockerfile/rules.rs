//! Every rule by name; the names are stable.

use crate::template::Severity;
use crate::validate::Rule;

const fn error(name: &'static str, summary: &'static str) -> Rule {
    Rule { name, severity: Severity::Error, summary }
}

const fn warning(name: &'static str, summary: &'static str) -> Rule {
    Rule { name, severity: Severity::Warning, summary }
}

/// Every rule, sorted by name; `docs/dockerfile-rules.md` says more about each.
pub const RULES: &[Rule] = &[
    warning("argument-out-of-scope", "a stage that uses an ARG from before the first FROM declares it again"),
    warning("cache-mount-not-kept", "what a cache mount holds is there for the next build"),
    warning("copy-before-install", "dependencies are installed before the rest of the app is copied"),
    error("dockerfile-syntax", "instructions have the arguments that they take"),
    error("duplicate-stage", "no two stages have one name"),
    warning("empty-base", "every FROM names an image, whatever is given"),
    error("invalid-mount", "mounts are of a type that there is, with options that it has"),
    warning("later-stage", "a stage is named after it was declared"),
    warning("missing-secret", "secrets that a build mounts are given; an error for a mount with `required`"),
    warning("mount-not-supported", "the engine at hand knows the mounts"),
    error("no-stage", "a Dockerfile has a FROM"),
    warning("secret-in-argument", "secrets are no build arguments"),
    warning("secret-in-environment", "secrets are no environment variables of the image"),
    error("stage-name", "stages have names that a builder takes"),
    warning("undeclared-build-argument", "build arguments that are given are declared"),
    warning("unknown-flag", "instructions have flags that there are"),
    error("unknown-instruction", "instructions are ones that there are"),
    warning("unknown-stage", "stages that files are taken from are there"),
    error("unknown-target", "the stage that is to be built is there"),
    warning("unused-argument", "arguments that are declared are used"),
    warning("unused-build-argument", "build arguments that are given are used by what is built"),
    warning("unused-secret", "secrets that are given are mounted"),
    warning("volatile-argument", "arguments that change with every build are declared after dependencies are installed"),
];
