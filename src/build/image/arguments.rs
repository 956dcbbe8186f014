//! Words that a user gives for an engine.

use super::super::cache::Attributes;
use super::super::request::{Secret, SecretSource};

/// Returns words with `$NAME` and `${NAME}` replaced by the environment's values, nothing where it has none; `$$` is a dollar.
///
/// No shell sees them: a value stays one piece of its word, whatever is in it.
pub fn expand_variables(words: &[String], environment: impl Fn(&str) -> Option<String>) -> Vec<String> {
    words.iter().map(|word| expand_word(word, &environment)).collect()
}

fn expand_word(word: &str, environment: &impl Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::new();
    let mut rest = word;
    while let Some((before, behind)) = rest.split_once('$') {
        expanded.push_str(before);
        let braced = behind.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        let end = behind.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(behind.len());
        let (name, left) = match braced {
            Some((name, left)) => (name, left),
            None => (&behind[..end], &behind[end..]),
        };
        if super::export::is_variable(name) {
            expanded.push_str(&environment(name).unwrap_or_default());
            rest = left;
        } else {
            expanded.push('$');
            rest = behind.strip_prefix('$').unwrap_or(behind);
        }
    }
    expanded.push_str(rest);
    expanded
}

/// Reads a secret: `id=npmrc,src=.npmrc`, `id=TOKEN,env=TOKEN`, or a bare name, which is a variable of the environment and its own ID.
///
/// Source: <https://docs.docker.com/reference/cli/docker/buildx/build/#secret>
///
/// # Errors
///
/// Returns what is wrong with it, without the value of anything.
pub fn parse_secret(text: &str) -> Result<Secret, String> {
    if super::export::is_variable(text) {
        return Ok(Secret { id: text.to_owned(), source: SecretSource::Environment(text.to_owned()) });
    }
    if !text.contains('=') {
        return Err("a bare secret is the name of a variable: letters, digits and `_`".to_owned());
    }
    let attributes =
        Attributes::parse(text).map_err(|_| "its attributes are not divided by commas, or a quote is not closed".to_owned())?;
    let known = ["id", "src", "source", "env", "type"];
    if let Some((unknown, _)) = attributes.iter().find(|(name, _)| !known.contains(name)) {
        return Err(format!("a secret has no `{unknown}`: it has `id`, and `src` or `env`"));
    }
    let id = attributes.get("id").filter(|id| !id.is_empty()).ok_or("a secret needs an `id`")?;
    let file = attributes.get("src").or_else(|| attributes.get("source"));
    let source = match (attributes.get("type"), file, attributes.get("env")) {
        (_, Some(_), Some(_)) => return Err("a secret has `src` or `env`, not both".to_owned()),
        (Some("env"), Some(name), None) | (_, None, Some(name)) => SecretSource::Environment(name.to_owned()),
        (_, Some(path), None) => SecretSource::File(path.to_owned()),
        // The engine looks for a variable of that name.
        (_, None, None) => SecretSource::Environment(id.to_owned()),
    };
    Ok(Secret { id: id.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::super::super::request::{Secret, SecretSource};
    use super::{expand_variables, parse_secret};

    #[test]
    fn variables_are_put_in_and_nothing_else_is_done() {
        let value = |name: &str| (name == "SOCK").then(|| "/a b;$(id)".to_owned());
        let words = ["default=$SOCK", "${SOCK}x", "$$SOCK", "$(id)", "$NONE.", "100$"].map(str::to_owned);
        assert_eq!(expand_variables(&words, value), ["default=/a b;$(id)", "/a b;$(id)x", "$SOCK", "$(id)", ".", "100$"]);
    }

    #[test]
    fn secrets_are_named_by_where_they_are() {
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
