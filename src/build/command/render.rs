//! An invocation as text: for a POSIX shell, and as an environment file. Text only: nothing here is ever run by a shell.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::invocation::{Invocation, Step};

/// A text that cannot be written in a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No shell and no program can be given a NUL.
    #[error("an argument has a NUL in it")]
    Nul,
    /// An environment file has one line a variable.
    #[error("the value of `{0}` has a line break in it, which an environment file cannot hold")]
    LineBreak(String),
}

/// Returns the steps as commands for a POSIX shell, each on a line of its own, that runs until the first one fails.
///
/// # Errors
///
/// Returns that an argument has a NUL in it.
pub fn shell(invocation: &Invocation) -> Result<String, RenderError> {
    let mut text = String::new();
    for (index, step) in invocation.steps.iter().enumerate() {
        if index > 0 {
            text.push_str(" &&\n");
        }
        let variables = step.heeds_environment.then_some(&invocation.environment);
        let command = command(variables, &step.argv)?;
        match (&step.unless, step.may_fail) {
            (None, false) => text.push_str(&command),
            (unless, may_fail) => {
                let probe = unless.as_ref().map(|probe| Ok(format!("{} >/dev/null 2>&1 || ", self::command(None, probe)?))).transpose()?;
                let go_on = if may_fail { " || true" } else { "" };
                let _ = write!(text, "{{ {}{command}{go_on}; }}", probe.unwrap_or_default());
            }
        }
    }
    text.push('\n');
    Ok(text)
}

/// Returns one step as it is run, the environment that it heeds in front.
///
/// For a person to read: its probe and whether it may fail are left out, and what no shell could be given stands as it is.
pub fn step(invocation: &Invocation, step: &Step) -> String {
    let variables = step.heeds_environment.then_some(&invocation.environment);
    command(variables, &step.argv).unwrap_or_else(|_| step.argv.join(" "))
}

fn command(variables: Option<&IndexMap<String, String>>, argv: &[String]) -> Result<String, RenderError> {
    let mut words = Vec::new();
    for (name, value) in variables.into_iter().flatten() {
        words.push(format!("{name}={}", shell_word(value)?));
    }
    for (index, word) in argv.iter().enumerate() {
        let quoted = shell_word(word)?;
        // In front, a word with `=` sets a variable.
        words.push(if index == 0 && quoted.contains('=') && !quoted.starts_with('\'') { format!("'{quoted}'") } else { quoted });
    }
    Ok(words.join(" "))
}

/// Returns a word as a POSIX shell reads it back, bare where nothing in it means anything to one.
///
/// # Errors
///
/// Returns that it has a NUL in it.
pub fn shell_word(word: &str) -> Result<String, RenderError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte);
    // zsh reads a leading `=` as a program's path.
    if !word.is_empty() && !word.starts_with('=') && word.bytes().all(is_plain) {
        return Ok(word.to_owned());
    }
    shlex::try_quote(word).map(std::borrow::Cow::into_owned).map_err(|_| RenderError::Nul)
}

/// Returns what programs around the build want to know, one `NAME=VALUE` a line with the value as it is: for `docker run --env-file`,
/// systemd and `$GITHUB_ENV`.
///
/// `RACKFORM_BUILD_STEPS` holds the steps as JSON, each with its `argv`, `may_fail`, and `unless` where there is one; `BUILD_CACHE` and
/// `BUILD_CACHE_REPO` are what the build agent reads.
///
/// # Errors
///
/// Returns the variable whose value has a line break or a NUL in it.
pub fn environment_file(invocation: &Invocation, repository: Option<&str>) -> Result<String, RenderError> {
    let json = |value: serde_json::Value| value.to_string();
    let mut lines: Vec<(String, String)> = invocation.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let has_cache = !invocation.cache_to.is_empty() || !invocation.cache_from.is_empty();
    lines.push(("BUILD_CACHE".to_owned(), if has_cache { "true" } else { "false" }.to_owned()));
    if let Some(repository) = repository.filter(|_| has_cache) {
        lines.push(("BUILD_CACHE_REPO".to_owned(), repository.to_owned()));
    }
    lines.push(("RACKFORM_BUILD_CACHE_TO".to_owned(), json(invocation.cache_to.clone().into())));
    lines.push(("RACKFORM_BUILD_CACHE_FROM".to_owned(), json(invocation.cache_from.clone().into())));
    lines.push(("RACKFORM_BUILD_STEPS".to_owned(), json(serde_json::json!(invocation.steps))));
    let mut text = String::new();
    for (name, value) in lines {
        if value.contains(['\n', '\r', '\0']) {
            return Err(RenderError::LineBreak(name));
        }
        let _ = writeln!(text, "{name}={value}");
    }
    Ok(text)
}
