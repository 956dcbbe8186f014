//! Small helpers for texts: hexadecimal digits, suggestions for misspelled names, differences by lines.

use sha2::Digest as _;

/// Longest name that is compared with the candidates; a longer one is not a spelling mistake.
const LONGEST_MISSPELLED: usize = 100;

/// Most misspelled names of one kind that are compared with all candidates, so that a template full of unknown names does not take
/// quadratic time.
pub const MOST_SUGGESTIONS: usize = 100;

/// Texts with fewer lines are compared without a look at how much they differ.
const MOST_LINES: usize = 1_000;

/// Most pairs of lines that are compared to find the lines that two texts share.
const MOST_PAIRS: usize = 4_000_000;

/// Returns the difference of two texts by lines. The lines between their common start and end are not aligned if there are very many.
pub fn line_difference<'t>(before: &'t str, after: &'t str) -> similar::TextDiff<'t, 't, str> {
    let is_short = |text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).take(MOST_LINES).count() < MOST_LINES;
    if is_short(before) && is_short(after) {
        return similar::TextDiff::from_lines(before, after);
    }
    let shared =
        before.split_inclusive('\n').zip(after.split_inclusive('\n')).take_while(|(a, b)| a == b).map(|(line, _)| line.len()).sum();
    let (old, new): (&str, &str) = (before.get(shared..).unwrap_or_default(), after.get(shared..).unwrap_or_default());
    let ends = old.lines().rev().zip(new.lines().rev()).take_while(|(a, b)| a == b).count();
    let pairs = old.lines().count().saturating_sub(ends).saturating_mul(new.lines().count().saturating_sub(ends));
    if pairs <= MOST_PAIRS {
        return similar::TextDiff::from_lines(before, after);
    }
    // One replacement of everything: a deadline in the past ends the search for common lines at once.
    similar::TextDiff::configure().timeout(std::time::Duration::ZERO).diff_lines(before, after)
}

/// Most names of a cycle that a message lists.
const MOST_IN_CYCLE: usize = 50;

/// Returns bytes as lowercase hexadecimal digits.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 0x0f)]);
    bytes.as_ref().iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// Returns the SHA-256 of bytes as 64 hexadecimal digits.
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    hex(sha2::Sha256::digest(bytes))
}

/// Returns the names of a cycle, in code quotes and with arrows between them; of very many only the first ones and their number.
pub fn cycle<'n>(names: impl Iterator<Item = &'n str> + Clone) -> String {
    let count = names.clone().count();
    let shown: Vec<String> = names.clone().take(MOST_IN_CYCLE).map(|name| format!("`{name}`")).collect();
    let end = match names.clone().next() {
        Some(_) if count > MOST_IN_CYCLE => format!(" -> ... ({count} in all)"),
        Some(first) => format!(" -> `{first}`"),
        None => String::new(),
    };
    shown.join(" -> ") + &end
}

/// Returns ``did you mean `Name`?`` for the candidate closest to a misspelled name, if one is close.
pub fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Returns the candidate closest to a misspelled name by edit distance, ignoring case, if one is close.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > LONGEST_MISSPELLED {
        return None;
    }
    let lower = name.to_lowercase();
    let close_enough = 1 + name.chars().count() / 4;
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name && candidate.len() <= LONGEST_MISSPELLED)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= close_enough)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, hex, nearest, sha256_hex};

    #[test]
    fn hex_writes_two_digits_per_byte() {
        assert_eq!(hex([0x00, 0x0f, 0xa5, 0xff]), "000fa5ff");
        assert_eq!(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn nearest_ignores_case_and_refuses_distant_names() {
        assert_eq!(nearest("resources", ["Outputs", "Resources"]), Some("Resources"));
        assert_eq!(nearest("InternalOnyl", ["InternalOnly", "Internal"]), Some("InternalOnly"));
        assert_eq!(nearest("Vpc", ["Vpc", "SecurityGroup"]), None);
        assert_eq!(did_you_mean("Subnet", ["Subnets"]), Some("did you mean `Subnets`?".to_owned()));
    }
}
