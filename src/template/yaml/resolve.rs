//! Resolves plain scalars as YAML 1.1, like CloudFormation: `yes` is true and `0755` is 493.
//!
//! CloudFormation's parser also reads digits with a leading zero that are not octal as a floating-point number, and shows it as Java does:
//! `012345678901` is 1.2345678901E10.
//! Sources: <https://yaml.org/type/>,
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>,
//! <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/745> (octal),
//! <https://github.com/awslabs/aws-service-catalog-factory/issues/128> and
//! <https://github.com/aws/serverless-application-model/issues/1135> (leading zero)

use std::borrow::Cow;

/// The type and value of a plain scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plain<'t> {
    /// Empty, `~` or `null`.
    Null,
    /// `yes`, `no`, `on`, `off`, `true`, `false` in their three spellings.
    Bool(bool),
    /// A number in JSON's syntax, as written if JSON allows it.
    Number(Cow<'t, str>),
    /// Anything else, including dates.
    Text,
}

/// Returns the type and value of a plain scalar.
///
/// `.inf` and `.nan` are text, since JSON has no such numbers.
pub(super) fn plain(text: &str) -> Plain<'_> {
    match text.as_bytes().first() {
        None => Plain::Null,
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number(text).map_or(Plain::Text, Plain::Number),
        _ => match text {
            "~" | "null" | "Null" | "NULL" => Plain::Null,
            "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Plain::Bool(true),
            "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Plain::Bool(false),
            _ => Plain::Text,
        },
    }
}

fn number(text: &str) -> Option<Cow<'_, str>> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { "-" } else { "" };
    if !unsigned.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'_' | b':' | b'.' | b'x' | b'+' | b'-')) {
        return None;
    }
    let as_written = || {
        if !text.starts_with('+') && !text.contains('_') {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(format!("{sign}{}", unsigned.replace('_', "")))
        }
    };
    let digits_only = |part: &str, allowed: fn(u8) -> bool| !part.is_empty() && part.bytes().all(|byte| byte == b'_' || allowed(byte));
    let decimal: fn(u8) -> bool = |byte| byte.is_ascii_digit();
    let in_base = |digits: &str, base: u32| {
        let value = u128::from_str_radix(&digits.replace('_', ""), base).ok()?;
        Some(Cow::Owned(if value == 0 { "0".to_owned() } else { format!("{sign}{value}") }))
    };
    if unsigned == "0" {
        return Some(as_written());
    }
    if let Some(digits) = unsigned.strip_prefix("0x") {
        return if digits_only(digits, |byte| byte.is_ascii_hexdigit()) { in_base(digits, 16) } else { None };
    }
    if let Some(digits) = unsigned.strip_prefix("0b") {
        return if digits_only(digits, |byte| matches!(byte, b'0' | b'1')) { in_base(digits, 2) } else { None };
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    if digits_only(unsigned, decimal) {
        if !unsigned.starts_with('0') {
            return Some(as_written());
        }
        // A leading zero means octal; with an 8 or a 9, as in many account IDs, the scalar is a floating-point number.
        return if unsigned.contains(['8', '9']) { double(text) } else { in_base(unsigned, 8) };
    }
    if unsigned.contains(':') {
        return sexagesimal(unsigned).map(|value| Cow::Owned(format!("{sign}{value}")));
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    // The parser that reads 012345678901 as a floating-point number requires neither a point nor a sign in the exponent.
    if let Some(exponent) = exponent
        && digits_only(mantissa, decimal)
        && digits_only(exponent.strip_prefix(['+', '-']).unwrap_or(exponent), decimal)
    {
        return double(text);
    }
    let exponent_is_sound = exponent
        .is_none_or(|exponent| exponent.strip_prefix(['+', '-']).is_some_and(|digits| !digits.is_empty() && digits.bytes().all(decimal)));
    let (whole, fraction) = mantissa.split_once('.')?;
    let is_sound = exponent_is_sound
        && (whole.is_empty() || (decimal(whole.as_bytes()[0]) && digits_only(whole, decimal)))
        && (fraction.is_empty() || digits_only(fraction, decimal))
        && (!whole.is_empty() || fraction.bytes().any(decimal));
    if !is_sound {
        return None;
    }
    if !whole.is_empty() && (whole == "0" || !whole.starts_with('0')) && !fraction.is_empty() {
        return Some(as_written());
    }
    let whole = whole.replace('_', "");
    let whole = if whole.trim_start_matches('0').is_empty() { "0" } else { whole.trim_start_matches('0') };
    let fraction = fraction.replace('_', "");
    let fraction = if fraction.is_empty() { "0" } else { &fraction };
    let exponent = exponent.map(|digits| format!("e{digits}")).unwrap_or_default();
    Some(Cow::Owned(format!("{sign}{whole}.{fraction}{exponent}")))
}

/// Returns the text of a floating-point number as Java writes it, or `None` if it is too large.
fn double(text: &str) -> Option<Cow<'_, str>> {
    let value = text.replace('_', "").parse::<f64>().ok().filter(|value| value.is_finite())?;
    let (digits, exponent) = format!("{value:e}").split_once('e').map(|(digits, exponent)| (digits.to_owned(), exponent.to_owned()))?;
    let magnitude = value.abs();
    Some(Cow::Owned(if value == 0.0 || (1e-3..1e7).contains(&magnitude) {
        format!("{value:?}")
    } else {
        format!("{digits}{}E{exponent}", if digits.contains('.') { "" } else { ".0" })
    }))
}

/// Returns how a plain scalar was written, if CloudFormation's number has another text; for warnings.
pub(super) fn notation(text: &str, number: &str) -> Option<&'static str> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if text == number {
        // Not observed: a parser that keeps the value and not the text drops the zero.
        return (unsigned.contains('.') && unsigned.ends_with('0') && !unsigned.ends_with(".0")).then_some("a number with a trailing zero");
    }
    let is_zeroed = unsigned.len() > 1 && unsigned.starts_with('0');
    Some(match unsigned.as_bytes().get(1) {
        Some(b'x') => "a hexadecimal number",
        Some(b'b') => "a binary number",
        _ if unsigned.contains(':') => "a sexagesimal number",
        _ if is_zeroed && unsigned.bytes().all(|byte| matches!(byte, b'0'..=b'7' | b'_')) => "an octal number",
        _ if is_zeroed && !unsigned.starts_with("0.") => "a number with a leading zero",
        _ => "a number",
    })
}

/// Returns the value of a scalar with the tag `!!int`, `!!float`, `!!bool` or `!!null`, which may also be a number in JSON's syntax.
pub(super) fn tagged(text: &str) -> Plain<'_> {
    if text.parse::<serde_json::Number>().is_ok() { Plain::Number(Cow::Borrowed(text)) } else { plain(text) }
}

/// Parses a number in base 60: `1:30` is 90, and `01:30` is text.
fn sexagesimal(text: &str) -> Option<u128> {
    let mut parts = text.split(':');
    let first = parts.next().filter(|first| !first.starts_with('0') && !first.is_empty())?;
    let whole = |part: &str| if part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse::<u128>().ok() } else { None };
    let first = whole(&first.replace('_', ""))?;
    parts.try_fold(first, |value, part| {
        let part = whole(part).filter(|digit| *digit < 60 && part.len() <= 2 && !part.is_empty())?;
        value.checked_mul(60)?.checked_add(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match plain(text) {
            Plain::Null => "null".to_owned(),
            Plain::Bool(value) => format!("{value}"),
            Plain::Number(number) => {
                assert!(number.parse::<serde_json::Number>().is_ok(), "{text} gives {number}, which JSON cannot hold");
                format!("number {number}")
            }
            Plain::Text => "text".to_owned(),
        }
    }

    #[test]
    fn booleans_and_null_have_yaml_1_1_spellings() {
        for text in ["yes", "Yes", "YES", "on", "On", "true", "True", "TRUE"] {
            assert_eq!(shown(text), "true", "{text}");
        }
        for text in ["no", "No", "off", "OFF", "false"] {
            assert_eq!(shown(text), "false", "{text}");
        }
        for text in ["y", "n", "Y", "tRUE", "yEs", "none", "None", "nil"] {
            assert_eq!(shown(text), "text", "{text}");
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(shown(text), "null", "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_text_where_json_can_write_it() {
        for text in ["0", "7", "-1", "1.50", "-0.5", "1.5E+3", "1.0e-7", "123456789012345678901234567890", "-0"] {
            assert_eq!(shown(text), format!("number {text}"));
        }
        for (text, number) in
            [("+1", "1"), ("1_000", "1000"), (".5", "0.5"), ("1.", "1.0"), ("-.5e+3", "-0.5e+3"), ("0__.1", "0.1"), ("007.10", "7.10")]
        {
            assert_eq!(shown(text), format!("number {number}"), "{text}");
        }
    }

    #[test]
    fn other_bases_are_numbers_too() {
        for (text, number) in [
            ("0755", "493"),
            ("0x1F", "31"),
            ("-0b11", "-3"),
            ("012345670123", "1402433619"),
            ("1:30", "90"),
            ("-1:00:01", "-3601"),
            ("00", "0"),
            ("0777", "511"),
        ] {
            assert_eq!(shown(text), format!("number {number}"), "{text}");
        }
    }

    #[test]
    fn digits_with_a_leading_zero_that_are_not_octal_are_floating_point_numbers() {
        for (text, number) in [
            ("012345678901", "1.2345678901E10"),
            ("012345678910", "1.234567891E10"),
            ("098765432109", "9.8765432109E10"),
            ("08", "8.0"),
            ("-0900", "-900.0"),
            ("0080000000", "8.0E7"),
            ("1e3", "1000.0"),
            ("12e5", "1200000.0"),
            ("1E10", "1.0E10"),
            ("5e-4", "5.0E-4"),
        ] {
            assert_eq!(shown(text), format!("number {number}"), "{text}");
        }
        assert_eq!(shown("12e4567"), "text");
    }

    #[test]
    fn numbers_whose_text_changes_have_a_notation() {
        let of = |text: &str| match plain(text) {
            Plain::Number(number) => notation(text, &number),
            _ => None,
        };
        assert_eq!(of("0755"), Some("an octal number"));
        assert_eq!(of("12:30"), Some("a sexagesimal number"));
        assert_eq!(of("012345678901"), Some("a number with a leading zero"));
        assert_eq!(of("1.10"), Some("a number with a trailing zero"));
        assert_eq!(of("0x1F"), Some("a hexadecimal number"));
        for text in ["0", "10", "1.0", "0.5", "-1", "2012-10-17", "1.5"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn text_that_resembles_a_number_is_text() {
        for text in [
            "2010-09-09",
            "2012-10-17",
            "10.0.0.0/16",
            "10.0.1.0",
            "1.2.3",
            "-",
            "+",
            ".",
            "..",
            "-.",
            "0x",
            "0b2",
            "0b",
            "1:60",
            "01:30",
            "1:",
            ":1",
            "1::2",
            "::1",
            "e3",
            "1e",
            "1e+",
            ".inf",
            "-.inf",
            ".nan",
            "_1",
            "1a",
            "-x",
            "0o17",
            "1-2",
            "arn:aws",
            "_",
            "._",
            "-_1",
            "1:30.5",
            "0xfffffffffffffffffffffffffffffffffff",
        ] {
            assert_eq!(shown(text), "text", "{text}");
        }
    }
}
