use super::{Untranslated, translate};

fn matches(pattern: &str, text: &str) -> bool {
    let mut found = [false, true].into_iter().filter(|is_ascii| !is_ascii || text.is_ascii()).map(|is_ascii| {
        let translated = translate(pattern, is_ascii).unwrap_or_else(|error| unreachable!("{pattern}: {error:?}")).text;
        let regex = fancy_regex::Regex::new(&format!(r"\A(?:{translated})\z"));
        regex.unwrap_or_else(|error| unreachable!("{pattern} gives {translated}: {error}")).is_match(text).unwrap_or(false)
    });
    let first = found.next().unwrap_or_default();
    assert!(found.all(|other| other == first), "{pattern} on {text:?}");
    first
}

#[test]
fn syntax_that_only_java_has_is_translated() {
    for (pattern, yes, no) in [
        (r"[\w-\.]+@[\w-]+\.[a-z]{2,}", "a.b-c@x-y.com", "a b@x.com"),
        (r"[a-z&&[^aeiou]]+", "bcd", "bad"),
        (r"[a-c[x-z]]+", "axz", "d"),
        (r"\Qa.b\E+", "a.bb", "axb"),
        (r"\p{Alpha}\p{Digit}{2}", "a12", "é12"),
        (r"\p{Upper}\p{Lower}*+", "Abc", "abc"),
        (r"a++b", "aab", "a"),
        (r"a{1,2}+b", "aab", "aaab"),
        (r"(?<year>\d{4})-\k<year>", "2020-2020", "2020-2021"),
        (r"a\h\R?b", "a\u{a0}\r\nb", "ab"),
        (r"[^\s]+", "abc", "a b"),
        (r"[\[\]{}()*+?.,\\^$|#-]+", "[]{}()*+?.,\\^$|#-", "a"),
        (r"(?i)abc", "ABC", "abd"),
        (r"(?i:ab)c", "ABc", "ABC"),
        (r"(?!admin)[a-z]+", "adm", "admin"),
        (r"^(?>a|ab)c$", "ac", "abc"),
        (r"\x41\u0042\0103", "ABC", "abc"),
        (r"[\x20-\x7E]*", "a ~", "é"),
        (r"(a|b)\1", "aa", "ab"),
        (r"\-\/\<\_", "-/<_", "-/<"),
        (r"[a\-z]+", "a-z", "b"),
        (r"[-a]+", "-a", "b"),
        (r"[a-]+", "-a", "b"),
        (r"[]a]+", "]a", "b"),
        (r"\d+", "12", "\u{661}"),
        (r".*", "a b", "a\nb"),
        (r"(?s)a.b", "a\nb", "ab"),
        (r"\pL+", "é", "1"),
        (r"[\p{Lu}\p{Nd}\p{P}]+", "A1-", "a"),
        (r"\P{L}+", "1-", "a"),
        (r"\p{Lo}?b", "b", "ab"),
        (r"[^\p{Lo}]", "a", "ab"),
        (r"", "", "a"),
    ] {
        assert!(matches(pattern, yes), "{pattern} must match {yes:?}");
        assert!(!matches(pattern, no), "{pattern} must not match {no:?}");
    }
}

#[test]
fn malformed_patterns_differ_from_those_without_a_translation() {
    for pattern in ["(", ")", "[a", "a{", "a{x}", "*a", r"\q", "a\\", "[z-a]", "(?<1>a)", r"\p{"] {
        assert_eq!(translate(pattern, false), Err(Untranslated::Malformed), "{pattern}");
    }
    for pattern in [r"\X", r"\p{javaLowerCase}", r"\p{InGreek}", "(?x) a", "[^a[b]]", r"\12"] {
        assert_eq!(translate(pattern, false), Err(Untranslated::Unsupported), "{pattern}");
    }
}

#[test]
fn states_count_repetitions_as_if_they_were_written_out() {
    for (pattern, states, backtracks) in [
        ("abc", 3, false),
        ("a{3}b", 4, false),
        ("(ab){2,5}", 15, false),
        ("((a{1,10}){10}){3}", 333, false),
        ("a(?=b)", 3, true),
        ("a*+", 1, true),
    ] {
        let found = translate(pattern, true).map(|found| (found.states, found.backtracks));
        assert_eq!(found, Ok((states, backtracks)), "{pattern}");
    }
    assert_eq!(translate(r"((\pL{1,100}){1,100}){1,10}", true), Err(Untranslated::Unsupported));
    assert_eq!(translate("a{1,99999999999999999999}", true), Err(Untranslated::Unsupported));
}
