//! Small helpers for texts: hexadecimal digits and suggestions for misspelled names.

use sha2::Digest as _;

/// Longest name that is compared with the candidates; a longer one is not a spelling mistake.
const LONGEST_MISSPELLED: usize = 100;

/// Most misspelled names of one kind that are compared with all candidates, so that a template full of unknown names does not take
/// quadratic time.
pub const MOST_SUGGESTIONS: usize = 100;

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
