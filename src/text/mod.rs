//! Small helpers for texts: hexadecimal digits, suggestions for misspelled names, differences by lines.

mod lines;

pub use lines::{Pairs, TextDifference};

use sha2::Digest as _;

/// Longest name that is compared with the candidates; a longer one is not a spelling mistake.
const LONGEST_MISSPELLED: usize = 100;

/// Most misspelled names of one kind that are compared with all candidates, so that a template full of unknown names does not take
/// quadratic time.
pub const MOST_SUGGESTIONS: usize = 100;

/// Most candidates of a similar length that a misspelled name is compared with.
const MOST_CANDIDATES: usize = 5_000;

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

/// Returns ``did you mean `Name`?`` for the candidate closest to a misspelled name, if one is close. For a number, these are the nearest
/// numbers on both sides: one with similar digits may be far away.
pub fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    let Some(number) = number(name) else {
        return nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"));
    };
    let numbers = candidates.into_iter().take(MOST_CANDIDATES).filter_map(|candidate| Some((self::number(candidate)?, candidate)));
    let (below, above): (Vec<_>, Vec<_>) = numbers.filter(|(value, _)| *value != number).partition(|(value, _)| *value < number);
    let nearest = [below.iter().max_by(|a, b| a.0.total_cmp(&b.0)), above.iter().min_by(|a, b| a.0.total_cmp(&b.0))];
    let found: Vec<String> = nearest.into_iter().flatten().map(|(_, candidate)| format!("`{candidate}`")).collect();
    (!found.is_empty()).then(|| format!("did you mean {}?", found.join(" or ")))
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && text.len() <= LONGEST_MISSPELLED)
}

/// Returns the candidate closest to a misspelled name by edit distance, ignoring case, if one is close.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > LONGEST_MISSPELLED {
        return None;
    }
    let lower = name.to_lowercase();
    let close_enough = 1 + name.chars().count() / 4;
    // The distance is at least the difference in length.
    let lengths = name.chars().count().saturating_sub(close_enough)..=name.chars().count() + close_enough;
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name && candidate.len() <= LONGEST_MISSPELLED && lengths.contains(&candidate.chars().count()))
        .take(MOST_CANDIDATES)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= close_enough)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, hex, nearest, sha256_hex};

    #[test]
    fn the_nearest_numbers_are_suggested_for_a_number() {
        let retention = ["1", "3", "5", "7", "14", "90", "120", "3653"];
        assert_eq!(did_you_mean("91", retention).as_deref(), Some("did you mean `90` or `120`?"));
        assert_eq!(did_you_mean("0", retention).as_deref(), Some("did you mean `1`?"));
        assert_eq!(did_you_mean("9999", retention).as_deref(), Some("did you mean `3653`?"));
        assert_eq!(did_you_mean("12", ["1a", "Yes"]), None);
    }

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
