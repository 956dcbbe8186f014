//! Literals that are secrets by their looks: a password in an environment variable, or a token with a known form.

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

/// The prefixes of secrets that services issue, with their minimum length.
///
/// Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>,
/// <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>,
/// <https://docs.gitlab.com/security/tokens/>, <https://api.slack.com/concepts/token-types>, <https://docs.stripe.com/keys>,
/// <https://docs.docker.com/security/access-tokens/>, <https://docs.pypi.org/project-management/>
const SECRET_VALUES: [(&str, usize); 21] = [
    ("AKIA", 20),
    ("ASIA", 20),
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("npm_", 36),
    ("xoxb-", 12),
    ("xoxp-", 12),
    ("xoxa-", 12),
    ("xapp-", 12),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("sk-ant-", 20),
    ("dckr_pat_", 20),
    ("pypi-AgEI", 24),
    ("AIza", 39),
    ("hf_", 36),
];

/// Returns whether a literal is a secret by its form, or by the name of the variable that has it. Dynamic references are not: what they
/// name is read only when it is used.
pub fn looks_like_secret(name: &str, value: &str) -> bool {
    let is_public = value.trim().is_empty() || value.contains("{{resolve:") || value.starts_with("arn:");
    let is_switch = matches!(value, "true" | "false" | "0" | "1");
    !is_public && (is_secret_value(value) || is_secret_name(name) && !is_switch)
}

/// Returns whether a name looks like the name of a secret, in any of the forms `DB_PASSWORD`, `db-password` and `dbPassword`.
///
/// Only the last words matter, so that `TOKEN_LIMIT`, `PASSWORD_FILE` and `SECRET_KEY_BASE_DUMMY` do not match.
pub fn is_secret_name(name: &str) -> bool {
    let mut upper = String::with_capacity(name.len() + 4);
    let mut is_after_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && is_after_lower {
            upper.push('_');
        }
        is_after_lower = letter.is_ascii_lowercase();
        upper.push(if matches!(letter, '-' | '.') { '_' } else { letter.to_ascii_uppercase() });
    }
    let words: Vec<&str> = upper.trim_end_matches(|c: char| c.is_ascii_digit()).split('_').filter(|word| !word.is_empty()).collect();
    !words.contains(&"PUBLIC") && !words.contains(&"DUMMY") && SECRET_NAMES.iter().any(|secret| words.ends_with(secret))
}

/// Returns whether a text is a JSON Web Token: a header and a payload that are JSON objects in base64url, and a signature.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc7519#section-3.1>
fn is_web_token(value: &str) -> bool {
    let is_part = |part: &&str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let parts: Vec<&str> = value.split('.').collect();
    // `{"` in base64.
    matches!(parts.as_slice(), [header, payload, _] if header.starts_with("eyJ") && payload.starts_with("eyJ")) && parts.iter().all(is_part)
}

/// Returns whether a text has the form of a token, a private key, or a URL with a password.
pub fn is_secret_value(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let is_known =
        SECRET_VALUES.iter().any(|(start, length)| value.starts_with(start) && value.len() >= *length && !value.contains(['$', ' ']));
    let has_login = value.split_once("://").is_some_and(|(_, rest)| {
        let login = rest.split('/').next().unwrap_or_default().rsplit_once('@').map(|(login, _)| login);
        let password = login.and_then(|login| login.split_once(':')).map(|(_, password)| password);
        password.is_some_and(|password| !password.is_empty() && !password.contains('$'))
    });
    is_known || has_login || is_web_token(value) || (value.contains("-----BEGIN ") && value.contains("PRIVATE KEY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_recognized_by_the_last_words_of_their_names() {
        for name in [
            "NPM_TOKEN",
            "db_password",
            "dbPassword",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "GITHUB_TOKEN2",
            "API_KEY",
            "apiKey",
            "SECRET_KEY_BASE",
        ] {
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
        for value in [
            "AKIAABCDEFGHIJKLMNOP",
            "https://me:pass@example.com/x",
            "ghp_0123456789abcdef",
            "xoxb-1234567890",
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJmYWtlIn0.",
            "-----BEGIN RSA PRIVATE KEY-----\nMII",
        ] {
            assert!(is_secret_value(value), "{value}");
        }
        for value in ["https://me@example.com", "https://$USER:$PASS@example.com", "AKIA", "npm_config", "http://host:80/a@b"] {
            assert!(!is_secret_value(value), "{value}");
        }
    }

    #[test]
    fn references_and_switches_are_not_secrets() {
        for (name, value) in [
            ("PASSWORD", ""),
            ("PASSWORD", "{{resolve:secretsmanager:db:SecretString:password}}"),
            ("DB_SECRET", "arn:aws:secretsmanager:us-east-1:1:secret:db"),
            ("USE_TOKEN", "true"),
            ("PORT", "3000"),
        ] {
            assert!(!looks_like_secret(name, value), "{name}={value}");
        }
        assert!(looks_like_secret("PASSWORD", "x"));
    }
}
