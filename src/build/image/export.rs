//! Exports an image and its tag as variables, in the syntax of a shell or a CI system.

/// The variable for `IMAGE:TAG`, which Buildkite's docker plugin reads.
pub const DEFAULT_VARIABLE: &str = "BUILDKITE_PLUGIN_DOCKER_IMAGE";

/// The variable for the image without its tag.
pub const IMAGE_VARIABLE: &str = "BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_EXPORT_IMAGE";

/// The variable for the tag.
pub const TAG_VARIABLE: &str = "BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_EXPORT_TAG";

/// The syntax of exported variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// `export NAME=VALUE` lines, for `eval "$(...)"` or a Buildkite environment hook
    Shell,
    /// `NAME=VALUE` lines, for `--env-file`
    Env,
    /// GitHub Actions: appends to the files `$GITHUB_ENV` and `$GITHUB_OUTPUT`
    Github,
    /// Like `shell`; the Buildkite plugin's hook evaluates it
    Buildkite,
}

/// Returns the variables of an image: `IMAGE:TAG` under the name `variable`, then the image and the tag.
pub fn variables(variable: &str, image: &str, tag: &str) -> [(String, String); 3] {
    [
        (variable.to_owned(), format!("{image}:{tag}")),
        (IMAGE_VARIABLE.to_owned(), image.to_owned()),
        (TAG_VARIABLE.to_owned(), tag.to_owned()),
    ]
}

/// Returns whether a text is a valid variable name in every shell.
pub fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Returns `export` lines that a POSIX shell reads back unchanged.
///
/// # Errors
///
/// Returns an error if a value contains a NUL byte.
pub fn shell_exports(variables: &[(String, String)]) -> Result<String, shlex::QuoteError> {
    let line = |(name, value): &(String, String)| Ok(format!("export {name}={}\n", shlex::try_quote(value)?));
    variables.iter().map(line).collect()
}

/// Returns `NAME=VALUE` lines; the values must not contain line breaks.
pub fn env_file(variables: &[(String, String)]) -> String {
    variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// Returns the text for a `GITHUB_ENV` or `GITHUB_OUTPUT` file: each value between two lines with a delimiter that it does not contain.
///
/// Source: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings>
pub fn github_file(variables: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in variables {
        let mut delimiter = "rackform_end".to_owned();
        while value.contains(&delimiter) {
            delimiter.push('_');
        }
        text.push_str(&format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{github_file, is_variable, shell_exports, variables};

    #[test]
    fn exported_values_are_read_back_unchanged() {
        let hostile = [("A".to_owned(), "it's $(id) `id`\nx".to_owned())];
        let text = shell_exports(&hostile).unwrap_or_default();
        let back = std::process::Command::new("sh").args(["-c", &format!("{text}printf %s \"$A\"")]).output();
        assert_eq!(back.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).ok().as_deref(), Some("it's $(id) `id`\nx"));
        let tricky = [("A".to_owned(), "rackform_end\nB<<x".to_owned())];
        assert_eq!(github_file(&tricky), "A<<rackform_end_\nrackform_end\nB<<x\nrackform_end_\n");
        assert_eq!(variables("X", "r/i", "t")[0].1, "r/i:t");
        assert!(is_variable("_A1") && !is_variable("1A") && !is_variable("A-B") && !is_variable("") && !is_variable("A;id"));
    }
}
