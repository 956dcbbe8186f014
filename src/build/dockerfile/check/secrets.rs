//! Secrets that end up in the image or its cache, and secrets that are mounted and not given, or the other way round.

use super::Check;
use crate::build::dockerfile::facts::{Argument, StepKind};
use crate::build::dockerfile::mount::{Mount, MountKind};
use crate::build::dockerfile::text::Text;
use crate::template::{Severity, did_you_mean, nearest};

pub(super) fn check(check: &mut Check<'_>) {
    for argument in &check.dockerfile.global_arguments {
        in_argument(check, argument);
    }
    for stage in check.stages().collect::<Vec<_>>() {
        for step in &stage.steps {
            match &step.kind {
                StepKind::Arg(arguments) => arguments.iter().for_each(|argument| in_argument(check, argument)),
                StepKind::Env(pairs) => pairs.iter().for_each(|(name, value)| in_environment(check, name, value)),
                _ => {}
            }
        }
    }
    mounted(check);
}

const USE_A_MOUNT: &str =
    "mount it instead, `RUN --mount=type=secret,id=...`, and give it with `--secret`: no layer, history or cache holds that";

fn in_argument(check: &mut Check<'_>, argument: &Argument) {
    let name = argument.name.as_str();
    let has_secret = argument.default.as_ref().is_some_and(|default| is_secret_value(default.as_str()));
    if is_secret_name(name) || has_secret {
        let message =
            format!("the build argument `{name}` is a secret by its {}, and arguments stay in the image's history", what(has_secret));
        let problem = check.warn("secret-in-argument", message, argument.name.span());
        check.report(problem.hinted(USE_A_MOUNT));
    }
}

fn in_environment(check: &mut Check<'_>, name: &Text, value: &Text) {
    let has_secret = is_secret_value(value.as_str());
    let is_empty = value.as_str().trim_matches(['"', '\'']).is_empty();
    if has_secret || (is_secret_name(name.as_str()) && !is_empty) {
        let message =
            format!("the variable `{}` is a secret by its {}, and stays in the image and its cache", name.as_str(), what(has_secret));
        let problem = check.warn("secret-in-environment", message, name.span());
        check.report(problem.hinted(format!("{USE_A_MOUNT}; what the app needs when it runs is given to the container")));
    }
}

fn what(has_secret: bool) -> &'static str {
    if has_secret { "value" } else { "name" }
}

/// Last words of names that hold secrets; two words where one alone says little.
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

/// Tells whether a name is one that secrets have.
///
/// Only the last words count, so that `TOKEN_LIMIT`, `PASSWORD_FILE` and `SECRET_KEY_BASE_DUMMY` are none.
pub(super) fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase().replace('-', "_");
    let words: Vec<&str> = upper.trim_end_matches(|c: char| c.is_ascii_digit()).split('_').filter(|word| !word.is_empty()).collect();
    !words.contains(&"PUBLIC") && !words.contains(&"DUMMY") && SECRET_NAMES.iter().any(|secret| words.ends_with(secret))
}

/// Beginnings of values that services give out as secrets, and how long these are at least.
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

/// Compares what is mounted with what is given.
fn mounted(check: &mut Check<'_>) {
    let Some(given) = check.context.secrets else { return };
    let mut ids: Vec<String> = Vec::new();
    for stage in check.stages().collect::<Vec<_>>() {
        let mounts = stage.steps.iter().flat_map(|step| match &step.kind {
            StepKind::Run(run) => run.mounts.as_slice(),
            _ => &[],
        });
        for mount in mounts.filter(|mount| mount.kind == MountKind::Secret) {
            missing(check, mount, given, &mut ids);
        }
    }
    let Some(place) = check.target().map(|target| target.span) else { return };
    for id in given.iter().filter(|id| !ids.iter().any(|known| known == *id)) {
        let problem = check.warn("unused-secret", format!("nothing that is built mounts the secret `{}`", id.escape_debug()), place);
        let meant = did_you_mean(id, ids.iter().map(String::as_str));
        let hint = meant.unwrap_or_else(|| format!("leave it out, or mount it: `RUN --mount=type=secret,id={}`", id.escape_debug()));
        check.report(problem.hinted(hint));
    }
}

fn missing(check: &mut Check<'_>, mount: &Mount, given: &[&str], ids: &mut Vec<String>) {
    let Some(id) = mount.known_as().filter(|id| !id.contains('$')).map(str::to_owned) else { return };
    if ids.contains(&id) {
        return;
    }
    ids.push(id.clone());
    if given.contains(&id.as_str()) {
        return;
    }
    let then = if mount.is_required { "the build fails" } else { "its file will not be there" };
    let mut problem = check.warn("missing-secret", format!("the secret `{id}` is not given, so {then}"), mount.span);
    if mount.is_required {
        problem.severity = Severity::Error;
    }
    let hint = match nearest(&id, given.iter().copied()) {
        Some(other) => format!("`{other}` is given; is it the same?"),
        None => format!("give it: `--secret id={id},env=VARIABLE` or `--secret id={id},src=FILE`"),
    };
    check.report(problem.hinted(hint));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_end_in_what_secrets_are_called() {
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
    fn values_of_secrets_are_known_by_their_form() {
        assert!(is_secret_value("AKIAABCDEFGHIJKLMNOP") && is_secret_value("https://me:pass@example.com/x"));
        for value in ["https://me@example.com", "https://$USER:$PASS@example.com", "AKIA", "npm_config", "http://host:80/a@b"] {
            assert!(!is_secret_value(value), "{value}");
        }
    }
}
