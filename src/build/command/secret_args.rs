//! Build arguments that look like secrets: the engine reads their values from its environment, so that no argument contains one.

use super::super::engine::Engine;
use super::super::request::{BuildArg, BuildRequest};
use super::invocation::{Invocation, Need, Note, SecretArg};
use super::problem::{CommandHint, Problem, Problems};
use crate::secret::{is_secret_name, is_secret_value, looks_like_secret};

/// Returns whether a build argument looks like a secret, by its name or by the form of its value.
pub fn is_secret_arg(name: &str, value: Option<&str>) -> bool {
    value.map_or_else(|| is_secret_name(name), |value| looks_like_secret(name, value))
}

/// Takes the values of secret-looking build arguments out of a request, those in additional arguments for the engine included.
pub(super) fn take(request: &mut BuildRequest, engine: Engine) -> Vec<SecretArg> {
    let mut taken = Vec::new();
    for arg in request.build_args.iter_mut().filter(|arg| is_secret_arg(&arg.name, arg.value.as_deref())) {
        taken.push(SecretArg { name: arg.name.clone(), value: arg.value.take() });
    }
    if matches!(engine, Engine::Buildctl | Engine::BuildctlDaemonless) {
        return taken;
    }
    let mut is_value = false;
    for argument in &mut request.extra {
        let (start, text) = match argument.strip_prefix("--build-arg=") {
            Some(text) => ("--build-arg=", text),
            None => ("", argument.as_str()),
        };
        let is_arg = is_value || !start.is_empty();
        is_value = argument == "--build-arg";
        let Some((name, value)) = text.split_once('=').filter(|(name, value)| is_arg && is_secret_arg(name, Some(value))) else { continue };
        taken.push(SecretArg { name: name.to_owned(), value: Some(value.to_owned()) });
        *argument = format!("{start}{name}");
    }
    taken
}

/// Returns the problems of secret-looking build arguments: an engine that has no variables for them, and names that are values.
pub(super) fn check(request: &BuildRequest, engine: Engine, problems: &mut Problems) {
    let is_buildctl = matches!(engine, Engine::Buildctl | Engine::BuildctlDaemonless);
    for BuildArg { name, value } in &request.build_args {
        if is_secret_value(name) {
            let message = "the name of a build argument has the form of a secret, which every user of the machine can read in arguments";
            problems.push(Problem::new("secret-build-arg", message).hinted("write NAME, the name of a variable that has the value"));
        } else if is_buildctl && value.is_some() && is_secret_arg(name, value.as_deref()) {
            let message = format!(
                "the build argument `{}` looks like a secret, and {engine} accepts build arguments only as arguments of the program, which \
                 every user of the machine can read",
                name.escape_debug()
            );
            problems.push(Problem::new("secret-build-arg", message).hinted(CommandHint::UseSecret { name: name.clone() }));
        }
    }
}

/// Adds the variables and the notes of secret-looking build arguments to an invocation.
pub(super) fn add(secret_args: Vec<SecretArg>, invocation: &mut Invocation) {
    for arg in &secret_args {
        let name = arg.name.escape_debug();
        let mut message = format!(
            "the build argument `{name}` looks like a secret; build arguments are readable in the image's history and in its cache"
        );
        if arg.value.is_some() {
            message.push_str(&format!(
                "; the command does not contain its value but reads the environment variable `{name}`, so set it before you run a \
                 printed command"
            ));
        }
        invocation.note(Note::new("secret-build-arg", message).hinted(CommandHint::UseSecret { name: arg.name.clone() }));
        let need = Need { any_of: vec![arg.name.clone()], purpose: format!("the build argument `{name}`"), required: false };
        if !invocation.needs.contains(&need) {
            invocation.needs.push(need);
        }
    }
    invocation.secret_args = secret_args;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_from_arguments_of_all_spellings() {
        let arg = |name: &str, value: &str| BuildArg { name: name.to_owned(), value: Some(value.to_owned()) };
        let mut request = BuildRequest {
            build_args: vec![arg("NPM_TOKEN", "planted-1"), arg("LOG_LEVEL", "debug"), arg("REF", "ghp_0123456789abcdefplanted")],
            extra: ["--build-arg", "API_KEY=planted-2", "--build-arg=DB_PASSWORD=planted-3", "--label", "TOKEN=shown"]
                .map(str::to_owned)
                .to_vec(),
            ..BuildRequest::default()
        };
        let taken = take(&mut request, Engine::Docker);
        let names: Vec<&str> = taken.iter().map(|arg| arg.name.as_str()).collect();
        assert_eq!(names, ["NPM_TOKEN", "REF", "API_KEY", "DB_PASSWORD"]);
        assert_eq!(request.extra, ["--build-arg", "API_KEY", "--build-arg=DB_PASSWORD", "--label", "TOKEN=shown"]);
        assert_eq!(request.build_args[1].value.as_deref(), Some("debug"));
        assert!(!format!("{request:?}{taken:?}").contains("planted"));
    }
}
