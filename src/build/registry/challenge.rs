//! Reads the challenges of a `WWW-Authenticate` header: how the registry authenticates clients.

use std::collections::BTreeMap;

/// An authentication scheme that the registry supports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A user name and a password in each request.
    Basic,
    /// A token from a token server.
    Bearer {
        /// The address of the token server.
        realm: String,
        /// The service that the token is for.
        service: Option<String>,
    },
}

/// Returns the supported challenges of a `WWW-Authenticate` header, in its order.
///
/// The scope in a challenge is ignored: the client requests what it needs, not what the registry asks for.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1>, <https://distribution.github.io/distribution/spec/auth/token/>
pub(super) fn challenges(header: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    let mut rest = header.trim_start_matches([' ', ',']);
    while !rest.is_empty() {
        let word = rest.split(|c: char| c == '=' || c == ',' || c.is_whitespace()).next().unwrap_or_default();
        let after = &rest[word.len()..];
        if let Some(value) = after.trim_start().strip_prefix('=').map(str::trim_start) {
            let (value, remainder) = parameter(value);
            if let Some((_, parameters)) = found.last_mut() {
                parameters.insert(word.to_ascii_lowercase(), value);
            }
            rest = remainder;
        } else {
            found.push((word.to_ascii_lowercase(), BTreeMap::new()));
            rest = after;
        }
        let next = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        // Invalid syntax: ignore the rest of the header.
        if next.len() == rest.len() && !rest.is_empty() {
            break;
        }
        rest = next;
    }
    let supported = |(scheme, mut parameters): (String, BTreeMap<String, String>)| match scheme.as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer { realm: parameters.remove("realm")?, service: parameters.remove("service") }),
        _ => None,
    };
    found.into_iter().filter_map(supported).collect()
}

/// Reads the value of a parameter, quoted or not; returns it and the rest of the text.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => value.push(character),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::{Challenge, challenges};

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) }
    }

    #[test]
    fn challenges_of_real_registries_are_read() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        let hub_challenge = bearer("https://auth.docker.io/token", Some("registry.docker.io"));
        assert_eq!(challenges(hub), std::slice::from_ref(&hub_challenge));
        assert_eq!(
            challenges(r#"Basic realm="https://1.dkr.ecr.us-east-1.amazonaws.com/",service="ecr.amazonaws.com""#),
            [Challenge::Basic]
        );
        assert_eq!(challenges(&format!("Digest nonce=1, Basic realm=\"a, \\\"b\", {hub}")), [Challenge::Basic, hub_challenge]);
        assert_eq!(challenges("BEARER realm=https://t.example/token"), [bearer("https://t.example/token", None)]);
    }

    #[test]
    fn invalid_headers_have_no_challenges_and_do_not_loop_forever() {
        for text in ["", "Bearer", "Bearer realm=\"", "==,==", "Negotiate abc==", "Bearer ,=,\"", "\u{0}"] {
            let read = challenges(text);
            assert!(read.is_empty() || text.starts_with("Bearer realm"), "{text:?}: {read:?}");
        }
    }
}
