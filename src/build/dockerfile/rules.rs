//! The rules by name; the names are stable.

use crate::diagnostic::Rule;

/// All rules, sorted by name; `docs/dockerfile-rules.md` describes them.
pub const RULES: &[Rule] = &[
    Rule::warning("argument-out-of-scope", "a stage redeclares an ARG from before the first FROM before it uses it"),
    Rule::warning("cache-mount-not-kept", "cache mounts persist until the next build"),
    Rule::warning("copy-before-install", "dependencies are installed before the rest of the app is copied"),
    Rule::error("dockerfile-syntax", "instructions have valid arguments"),
    Rule::error("duplicate-stage", "stage names are unique"),
    Rule::warning("empty-base", "every FROM has an image after its variables are expanded"),
    Rule::error("excluded-source", "copied files are not excluded from the build context"),
    Rule::error("invalid-dockerignore", "patterns in .dockerignore are valid"),
    Rule::error("invalid-mount", "mounts have a known type and known options"),
    Rule::warning("later-stage", "stages are declared before they are referenced"),
    Rule::warning("missing-secret", "mounted secrets are passed to the build; an error for a mount with `required`"),
    Rule::warning("mount-not-supported", "the engine supports the mounts"),
    Rule::error("no-stage", "a Dockerfile has a FROM"),
    Rule::warning("secret-in-argument", "secrets are not build arguments"),
    Rule::warning("secret-in-context", "files with secrets are not copied from the build context"),
    Rule::warning("secret-in-environment", "secrets are not environment variables of the image"),
    Rule::error("stage-name", "stage names are valid"),
    Rule::warning("stale-cache", "changes of a step change its key in kaniko's layer cache"),
    Rule::warning("undeclared-build-argument", "passed build arguments are declared"),
    Rule::warning("unknown-flag", "instructions have known flags"),
    Rule::error("unknown-instruction", "instructions exist"),
    Rule::warning("unknown-stage", "referenced stages exist"),
    Rule::error("unknown-target", "the target stage exists"),
    Rule::warning("unused-argument", "declared arguments are used"),
    Rule::warning("unused-build-argument", "passed build arguments are used by the stages that are built"),
    Rule::warning("unused-secret", "passed secrets are mounted"),
    Rule::warning("volatile-argument", "arguments that change with every build are declared after dependencies are installed"),
    Rule::warning("volatile-context", "what changes without the app is not copied from the build context"),
];
