//! Values of secret parameters from the environment, from files, from standard input or from a prompt, and never from an argument.
//!
//! Every user of the machine can read the arguments of a process.

use std::path::Path;

use indexmap::IndexMap;

use crate::cli::{Context, ExitCode, Failure};
use crate::files;
use crate::parameters::{ParameterOverride, ParameterOverrides, Provenance};

/// The longest value that is read, in bytes; CloudFormation takes 4,096.
const MAX_BYTES: u64 = 16 * 1024;

/// The forms of the argument.
const FORMS: &str = "`NAME=env:VARIABLE`, `NAME=file:PATH` or `NAME=-` for standard input";

/// Where a value is read from.
enum ValueSource<'a> {
    Environment(&'a str),
    File(&'a Path),
    StandardInput,
}

/// Reads values of secrets from arguments of the form `NAME=env:VARIABLE`, `NAME=file:PATH` or `NAME=-`.
///
/// One line break at the end of a file or of standard input is not part of the value.
///
/// # Errors
///
/// Returns every malformed argument and every value that cannot be read. No message contains what follows the `=`: it may be a secret.
pub fn read(arguments: &[String]) -> Result<IndexMap<String, String>, Failure> {
    let mut values = IndexMap::new();
    let mut problems = Vec::new();
    let mut reads_stdin = false;
    for (index, argument) in arguments.iter().enumerate() {
        let number = index + 1;
        let Some((name, source)) = parse(argument) else {
            problems.push(format!("secret {number} has none of the forms {FORMS}"));
            continue;
        };
        if values.contains_key(name) {
            problems.push(format!("the secret `{name}` is given twice"));
            continue;
        }
        if matches!(source, ValueSource::StandardInput) && std::mem::replace(&mut reads_stdin, true) {
            problems.push(format!("the secret `{name}` is the second one from standard input, which has one value"));
            continue;
        }
        match value(&source) {
            Ok(text) => {
                values.insert(name.to_owned(), text);
            }
            Err(problem) => problems.push(format!("cannot read the secret `{name}`: {problem}")),
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(Failure::new(ExitCode::Usage, problems.join("\n"))) }
}

/// Reads values of secrets and adds them to others.
///
/// # Errors
///
/// As [`read`], or an error if a parameter has a value already.
pub fn add_to(overrides: &mut ParameterOverrides, arguments: &[String]) -> Result<(), Failure> {
    let values = read(arguments)?;
    let is_twice = |name: &&String| overrides.values.get(*name).is_some_and(|value| value.provenance == Provenance::Flag);
    let twice: Vec<String> = values.keys().filter(is_twice).map(|name| format!("`{name}`")).collect();
    if !twice.is_empty() {
        let message = format!("given both as a secret and as a parameter: {}", twice.join(", "));
        return Err(Failure::new(ExitCode::Usage, message).hinted("remove the parameter: arguments are visible to other users"));
    }
    for (name, text) in values {
        overrides.add(name, ParameterOverride { text: Some(text), provenance: Provenance::Secret, span: None });
    }
    Ok(())
}

/// Returns the values of all secrets of a saved plan: those given, and the others from prompts without echo.
///
/// # Errors
///
/// Returns an error if a value is given for another parameter, or if one is missing and no terminal is available.
pub fn of_plan(
    context: &mut Context<'_>,
    secrets: &[&str],
    mut values: IndexMap<String, String>,
) -> Result<IndexMap<String, String>, Failure> {
    let others: Vec<String> = values.keys().filter(|name| !secrets.contains(&name.as_str())).map(|name| format!("`{name}`")).collect();
    if !others.is_empty() {
        let hint = match secrets {
            [] => "the plan has no secrets".to_owned(),
            secrets => format!("the plan has these secrets: {}", secrets.join(", ")),
        };
        return Err(Failure::new(ExitCode::Usage, format!("the saved plan sets no secret {}", others.join(", "))).hinted(hint));
    }
    let missing: Vec<&str> = secrets.iter().copied().filter(|name| !values.contains_key(*name)).collect();
    if !missing.is_empty() && !context.can_prompt() {
        let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let arguments = missing.iter().map(|name| format!("--secret {name}=env:VARIABLE")).collect::<Vec<_>>().join(" ");
        return Err(Failure::new(
            ExitCode::Usage,
            format!("the value of {names} is not in the saved plan, and there is no terminal to ask for it"),
        )
        .hinted(format!("use `{arguments}`, or another of the forms {FORMS}")));
    }
    for name in missing {
        values.insert(name.to_owned(), context.ask_secret(&format!("value of {name} (not shown): "))?);
    }
    Ok(values)
}

fn parse(argument: &str) -> Option<(&str, ValueSource<'_>)> {
    let (name, source) = argument.split_once('=')?;
    let name = Some(name.trim()).filter(|name| !name.is_empty())?;
    let source = match source.split_once(':') {
        Some(("env", variable)) if !variable.is_empty() => ValueSource::Environment(variable),
        Some(("file", path)) if !path.is_empty() => ValueSource::File(Path::new(path)),
        _ if source == "-" => ValueSource::StandardInput,
        _ => return None,
    };
    Some((name, source))
}

fn value(source: &ValueSource<'_>) -> Result<String, String> {
    let bytes = match source {
        ValueSource::Environment(variable) => {
            return match std::env::var(variable) {
                Ok(text) => Ok(text),
                Err(std::env::VarError::NotPresent) => Err(format!("the environment variable `{variable}` is not set")),
                Err(std::env::VarError::NotUnicode(_)) => Err(format!("the environment variable `{variable}` is not UTF-8")),
            };
        }
        ValueSource::File(path) => files::read(path, MAX_BYTES).map_err(|error| format!("`{}`: {error}", path.display()))?,
        ValueSource::StandardInput => files::read_stdin(MAX_BYTES).map_err(|error| format!("standard input: {error}"))?,
    };
    let mut text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}
