//! YAML scalars.

use std::fmt::Write as _;

/// Plain scalars that some YAML parsers do not read as strings.
const NOT_TEXT: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// Returns a text as a YAML scalar that every parser reads back unchanged: plain if that is unambiguous, otherwise in double quotes.
pub(super) fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte))
        && !text.ends_with(':')
        && !NOT_TEXT.contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // YAML does not allow control characters, and parsers differ on line separators and the byte order mark.
            _ if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::scalar;

    #[test]
    fn only_unambiguous_scalars_are_plain() {
        for text in ["us-east-1", "arn:aws:iam::123456789012:role/build", "registry.example.com:5000/cache"] {
            assert_eq!(scalar(text), text);
        }
        for text in ["", "yes", "Off", "12", "1.5", "a: b", "a #b", "*a", "a:", "-", "~", "<<", "a b"] {
            assert!(scalar(text).starts_with('"'), "{text}");
        }
    }

    #[test]
    fn scalars_round_trip() {
        for text in
            ["", "null", "0x1f", "it's \"so\"", "a: b #c", "${{ x }}", "line\nbreak\r\n\t", "\u{7f}\u{85}\u{2028}\u{feff}", "\\n", "é"]
        {
            let read: String = serde_yaml::from_str(&scalar(text)).unwrap();
            assert_eq!(read, text);
        }
    }
}
