//! Parses secrets, and expands variables in additional engine arguments.

use super::super::cache::Attributes;
use super::super::request::{Secret, SecretSource};

/// Returns arguments with `$NAME` and `${NAME}` replaced by environment variables; an unset variable expands to nothing, and `$$` to a
/// dollar sign.
///
/// No shell is involved: a value is never split into several arguments.
pub fn expand_variables(arguments: &[String], environment: impl Fn(&str) -> Option<String>) -> Vec<String> {
    arguments.iter().map(|argument| expand_argument(argument, &environment)).collect()
}

fn expand_argument(argument: &str, environment: &impl Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::new();
    let mut rest = argument;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let braced = after.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
        let (name, remainder) = match braced {
            Some((name, remainder)) => (name, remainder),
            None => (&after[..end], &after[end..]),
        };
        if super::export::is_variable(name) {
            expanded.push_str(&environment(name).unwrap_or_default());
            rest = remainder;
        } else {
            expanded.push('$');
            rest = after.strip_prefix('$').unwrap_or(after);
        }
    }
    expanded.push_str(rest);
    expanded
}

/// Parses a secret: `id=npmrc,src=.npmrc`, `id=TOKEN,env=TOKEN`, or a bare name, which is both an environment variable and the secret's ID.
///
/// Source: <https://docs.docker.com/reference/cli/docker/buildx/build/#secret>
///
/// # Errors
///
/// Returns an error if the text is not a secret; the message contains no value.
pub fn parse_secret(text: &str) -> Result<Secret, String> {
    if super::export::is_variable(text) {
        return Ok(Secret { id: text.to_owned(), source: SecretSource::Environment(text.to_owned()) });
    }
    if !text.contains('=') {
        return Err("a secret without attributes is the name of an environment variable: letters, digits and `_`".to_owned());
    }
    let attributes =
        Attributes::parse(text).map_err(|_| "the attributes are not separated by commas, or a quote is not closed".to_owned())?;
    let known = ["id", "src", "source", "env", "type"];
    if let Some((unknown, _)) = attributes.iter().find(|(name, _)| !known.contains(name)) {
        return Err(format!("unknown attribute `{unknown}`; a secret has `id`, and `src` or `env`"));
    }
    let id = attributes.get("id").filter(|id| !id.is_empty()).ok_or("the attribute `id` is missing")?;
    let file = attributes.get("src").or_else(|| attributes.get("source"));
    let source = match (attributes.get("type"), file, attributes.get("env")) {
        (_, Some(_), Some(_)) => return Err("`src` and `env` exclude each other".to_owned()),
        (Some("env"), Some(name), None) | (_, None, Some(name)) => SecretSource::Environment(name.to_owned()),
        (_, Some(path), None) => SecretSource::File(path.to_owned()),
        // The engine reads the environment variable of that name.
        (_, None, None) => SecretSource::Environment(id.to_owned()),
    };
    Ok(Secret { id: id.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::super::super::request::{Secret, SecretSource};
    use super::{expand_variables, parse_secret};

    #[test]
    fn variables_are_expanded_without_a_shell() {
        let value = |name: &str| (name == "SOCK").then(|| "/a b;$(id)".to_owned());
        let words = ["default=$SOCK", "${SOCK}x", "$$SOCK", "$(id)", "$NONE.", "100$"].map(str::to_owned);
        assert_eq!(expand_variables(&words, value), ["default=/a b;$(id)", "/a b;$(id)x", "$SOCK", "$(id)", ".", "100$"]);
    }

    #[test]
    fn secrets_are_parsed_with_their_source() {
        let of = |id: &str, source| Ok(Secret { id: id.to_owned(), source });
        assert_eq!(parse_secret("SECRET"), of("SECRET", SecretSource::Environment("SECRET".to_owned())));
        assert_eq!(parse_secret("id=npmrc,src=.npmrc"), of("npmrc", SecretSource::File(".npmrc".to_owned())));
        assert_eq!(parse_secret("id=t,env=TOKEN"), of("t", SecretSource::Environment("TOKEN".to_owned())));
        assert_eq!(parse_secret("type=file,id=t,source=/x"), of("t", SecretSource::File("/x".to_owned())));
        assert_eq!(parse_secret("\"id=t\",\"src=/a,b\""), of("t", SecretSource::File("/a,b".to_owned())));
        for text in ["", "a b", "src=x", "id=,src=x", "id=a,value=planted", "id=a,src=b,env=c"] {
            assert!(parse_secret(text).is_err_and(|error| !error.contains("planted")), "{text}");
        }
    }
}
