//! Renders an invocation for a POSIX shell and as an environment file. rackform itself never runs this text in a shell.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::invocation::{Invocation, Step};

/// An invocation that cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// An argument contains a NUL character, which no program accepts in an argument.
    #[error("an argument contains a NUL character")]
    Nul,
    /// A value has several lines; an environment file has one line for each variable.
    #[error("the value of `{0}` contains a line break, which an environment file does not support")]
    LineBreak(String),
}

/// Returns the steps as commands for a POSIX shell, one on each line; the shell stops at the first one that fails.
///
/// # Errors
///
/// Returns an error if an argument contains a NUL character.
pub fn shell(invocation: &Invocation) -> Result<String, RenderError> {
    let mut text = String::new();
    for (index, step) in invocation.steps.iter().enumerate() {
        if index > 0 {
            text.push_str(" &&\n");
        }
        let variables = step.uses_environment.then_some(&invocation.environment);
        let command = command(variables, &step.argv)?;
        match (&step.unless, step.may_fail) {
            (None, false) => text.push_str(&command),
            (unless, may_fail) => {
                let probe = unless.as_ref().map(|probe| Ok(format!("{} >/dev/null 2>&1 || ", self::command(None, probe)?))).transpose()?;
                let ignore_failure = if may_fail { " || true" } else { "" };
                let _ = write!(text, "{{ {}{command}{ignore_failure}; }}", probe.unwrap_or_default());
            }
        }
    }
    text.push('\n');
    Ok(text)
}

/// Returns the command of one step, after the variables that it uses, for display.
///
/// Omits its probe and whether it may fail. Arguments that no shell accepts are not quoted.
pub fn step(invocation: &Invocation, step: &Step) -> String {
    let variables = step.uses_environment.then_some(&invocation.environment);
    command(variables, &step.argv).unwrap_or_else(|_| step.argv.join(" "))
}

fn command(variables: Option<&IndexMap<String, String>>, argv: &[String]) -> Result<String, RenderError> {
    let mut parts = Vec::new();
    for (name, value) in variables.into_iter().flatten() {
        parts.push(format!("{name}={}", shell_word(value)?));
    }
    for (index, argument) in argv.iter().enumerate() {
        let quoted = shell_word(argument)?;
        // As the first word, one with `=` would set a variable.
        parts.push(if index == 0 && quoted.contains('=') && !quoted.starts_with('\'') { format!("'{quoted}'") } else { quoted });
    }
    Ok(parts.join(" "))
}

/// Returns a word quoted for a POSIX shell, or unquoted if it contains no special characters.
///
/// # Errors
///
/// Returns an error if it contains a NUL character.
pub fn shell_word(word: &str) -> Result<String, RenderError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte);
    // zsh expands a leading `=` to the path of a program.
    if !word.is_empty() && !word.starts_with('=') && word.bytes().all(is_plain) {
        return Ok(word.to_owned());
    }
    shlex::try_quote(word).map(std::borrow::Cow::into_owned).map_err(|_| RenderError::Nul)
}

/// Returns variables for the programs around a build, one unquoted `NAME=VALUE` on each line: for `docker run --env-file`, systemd and
/// `$GITHUB_ENV`.
///
/// `RACKFORM_BUILD_STEPS` contains the steps as JSON, each with `argv`, `may_fail` and, if it has a probe, `unless`. The build agent reads
/// `BUILD_CACHE` and `BUILD_CACHE_REPO`.
///
/// # Errors
///
/// Returns an error with the name of the variable if its value contains a line break or a NUL character.
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
