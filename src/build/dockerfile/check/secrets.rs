//! Secrets that end up in the image or its cache, and secrets that are mounted but not passed, or passed but not mounted.

use super::linter::Linter;
use crate::build::dockerfile::facts::{Argument, StepKind};
use crate::build::dockerfile::mount::{Mount, MountKind};
use crate::build::dockerfile::text::Text;
use crate::diagnostic::Severity;
use crate::text::{did_you_mean, nearest};

pub(super) fn check(linter: &mut Linter<'_>) {
    for argument in &linter.dockerfile.global_arguments {
        in_argument(linter, argument);
    }
    for stage in linter.stages().collect::<Vec<_>>() {
        for step in &stage.steps {
            match &step.kind {
                StepKind::Arg(arguments) => arguments.iter().for_each(|argument| in_argument(linter, argument)),
                StepKind::Env(pairs) => pairs.iter().for_each(|(name, value)| in_environment(linter, name, value)),
                _ => {}
            }
        }
    }
    mounted(linter);
}

const USE_A_MOUNT: &str = "pass it to the build as a secret and mount it with `RUN --mount=type=secret,id=...`: no layer, history or cache \
    contains a mounted secret";

fn in_argument(linter: &mut Linter<'_>, argument: &Argument) {
    let name = argument.name.as_str();
    let has_secret = argument.default.as_ref().is_some_and(|default| is_secret_value(default.as_str()));
    if is_secret_name(name) || has_secret {
        let message = format!(
            "the {} of the build argument `{name}` looks like a secret, and arguments are stored in the image's history",
            what(has_secret)
        );
        let problem = linter.warn("secret-in-argument", message, argument.name.span());
        linter.report(problem.hinted(USE_A_MOUNT));
    }
}

fn in_environment(linter: &mut Linter<'_>, name: &Text, value: &Text) {
    let has_secret = is_secret_value(value.as_str());
    let is_empty = value.as_str().trim_matches(['"', '\'']).is_empty();
    if has_secret || (is_secret_name(name.as_str()) && !is_empty) {
        let message = format!(
            "the {} of the variable `{}` looks like a secret, and variables are stored in the image and its cache",
            what(has_secret),
            name.as_str()
        );
        let problem = linter.warn("secret-in-environment", message, name.span());
        linter.report(problem.hinted(format!("{USE_A_MOUNT}; pass secrets that the app needs at run time to the container")));
    }
}

fn what(has_secret: bool) -> &'static str {
    if has_secret { "value" } else { "name" }
}

/// The last words of names that contain secrets; two words where one is ambiguous.
const SECRET_NAMES: [&[&str]; 22] = [
    &["PASSWORD"],
    &["PASSWD"],
    &["PASSPHRASE"],
    &["SECRET"],
    &["TOKEN"],
    &["APIKEY"],
    &["CREDENTIAL"],
    &["CREDENTIALS"],
    &["PAT"],
    &["API", "KEY"],
    &["ACCESS", "KEY"],
    &["SECRET", "KEY"],
    &["PRIVATE", "KEY"],
    &["SSH", "KEY"],
    &["DEPLOY", "KEY"],
    &["MASTER", "KEY"],
    &["ENCRYPTION", "KEY"],
    &["SIGNING", "KEY"],
    &["AUTH", "KEY"],
    &["LICENSE", "KEY"],
    &["ACCESS", "KEY", "ID"],
    &["SECRET", "KEY", "BASE"],
];

/// Returns whether a name looks like the name of a secret.
///
/// Only the last words matter, so that `TOKEN_LIMIT`, `PASSWORD_FILE` and `SECRET_KEY_BASE_DUMMY` do not match.
pub(super) fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase().replace('-', "_");
    let words: Vec<&str> = upper.trim_end_matches(|c: char| c.is_ascii_digit()).split('_').filter(|word| !word.is_empty()).collect();
    !words.contains(&"PUBLIC") && !words.contains(&"DUMMY") && SECRET_NAMES.iter().any(|secret| words.ends_with(secret))
}

/// The prefixes of secrets that services issue, with their minimum length.
const SECRET_VALUES: [(&str, usize); 10] = [
    ("AKIA", 20),
    ("ASIA", 20),
    ("ghp_", 36),
    ("gho_", 36),
    ("ghs_", 36),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("npm_", 36),
    ("xoxb-", 30),
    ("sk_live_", 24),
];

fn is_secret_value(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let is_known =
        SECRET_VALUES.iter().any(|(start, length)| value.starts_with(start) && value.len() >= *length && !value.contains(['$', ' ']));
    let has_login = value.split_once("://").is_some_and(|(_, rest)| {
        let login = rest.split('/').next().unwrap_or_default().rsplit_once('@').map(|(login, _)| login);
        let password = login.and_then(|login| login.split_once(':')).map(|(_, password)| password);
        password.is_some_and(|password| !password.is_empty() && !password.contains('$'))
    });
    is_known || has_login || (value.contains("-----BEGIN ") && value.contains("PRIVATE KEY"))
}

/// Compares the secrets that are mounted with those that are passed.
fn mounted(linter: &mut Linter<'_>) {
    let Some(passed) = linter.context.secrets else { return };
    let mut ids: Vec<String> = Vec::new();
    for stage in linter.stages().collect::<Vec<_>>() {
        let mounts = stage.steps.iter().flat_map(|step| match &step.kind {
            StepKind::Run(run) => run.mounts.as_slice(),
            _ => &[],
        });
        for mount in mounts.filter(|mount| mount.kind == MountKind::Secret) {
            missing(linter, mount, passed, &mut ids);
        }
    }
    let Some(span) = linter.target().map(|target| target.span) else { return };
    for id in passed.iter().filter(|id| !ids.iter().any(|known| known == *id)) {
        let problem = linter.warn("unused-secret", format!("no stage in this build mounts the secret `{}`", id.escape_debug()), span);
        let suggestion = did_you_mean(id, ids.iter().map(String::as_str));
        let hint = suggestion.unwrap_or_else(|| format!("do not pass it, or mount it: `RUN --mount=type=secret,id={}`", id.escape_debug()));
        linter.report(problem.hinted(hint));
    }
}

fn missing(linter: &mut Linter<'_>, mount: &Mount, passed: &[&str], ids: &mut Vec<String>) {
    let Some(id) = mount.identifier().filter(|id| !id.contains('$')).map(str::to_owned) else { return };
    if ids.contains(&id) {
        return;
    }
    ids.push(id.clone());
    if passed.contains(&id.as_str()) {
        return;
    }
    let consequence = if mount.is_required { "the build fails" } else { "its file will be missing" };
    let mut problem = linter.warn("missing-secret", format!("the secret `{id}` is not passed, so {consequence}"), mount.span);
    if mount.is_required {
        problem.severity = Severity::Error;
    }
    let hint = match nearest(&id, passed.iter().copied()) {
        Some(other) => format!("`{other}` is passed: did you mean that?"),
        None => format!("pass the secret to the build: `id={id},env=VARIABLE` or `id={id},src=FILE`"),
    };
    linter.report(problem.hinted(hint));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_recognized_by_the_last_words_of_their_names() {
        for name in
            ["NPM_TOKEN", "db_password", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "GITHUB_TOKEN2", "API_KEY", "SECRET_KEY_BASE"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in
            ["PASSWORD_FILE", "TOKENIZERS_PARALLELISM", "MAX_TOKENS", "PUBLIC_KEY", "KEY", "SSH_PUBLIC_KEY", "CACHE_KEY", "PATH", "AUTHOR"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn secrets_are_recognized_by_the_form_of_their_values() {
        assert!(is_secret_value("AKIAABCDEFGHIJKLMNOP") && is_secret_value("https://me:pass@example.com/x"));
        for value in ["https://me@example.com", "https://$USER:$PASS@example.com", "AKIA", "npm_config", "http://host:80/a@b"] {
            assert!(!is_secret_value(value), "{value}");
        }
    }
}
