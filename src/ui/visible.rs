//! Escapes characters that a reader cannot see, or that control a terminal.

use std::borrow::Cow;

/// Returns a text in which every hidden character is written as its escape, such as `\u{1b}`.
///
/// Line feeds and tabs are kept.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !may_hide(text.as_bytes()) || !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) { escaped.extend(character.escape_unicode()) } else { escaped.push(character) }
    }
    Cow::Owned(escaped)
}

/// Returns a text on one line: hidden characters as in [`visible`], line feeds as `\n` and tabs as `\t`.
pub fn one_line(text: &str) -> Cow<'_, str> {
    match visible(text) {
        shown if shown.contains(['\n', '\t']) => Cow::Owned(shown.replace('\n', "\\n").replace('\t', "\\t")),
        shown => shown,
    }
}

/// Returns whether a text may contain hidden characters: printable ASCII contains none, and is recognized fastest.
pub(super) fn may_hide(bytes: &[u8]) -> bool {
    any(bytes, |byte| !matches!(byte, b' '..=b'~' | b'\n' | b'\t'))
}

/// Returns whether any byte matches. Within a block there is no early exit, so that the compiler compares the bytes of a block at once.
pub(super) fn any(bytes: &[u8], matches: impl Fn(u8) -> bool + Copy) -> bool {
    let any_of = |block: &[u8]| block.iter().fold(false, |found, byte| found | matches(*byte));
    match bytes.last_chunk::<16>() {
        // The last block overlaps the one before.
        Some(last) => bytes.as_chunks::<16>().0.iter().any(|block| any_of(block)) || any_of(last),
        None => any_of(bytes),
    }
}

/// Returns whether a character is not shown as itself: controls, formatting (bidirectional controls, zero-width characters, tags), line and
/// paragraph separators, other characters that fonts show as nothing, private use and noncharacters.
///
/// The selectors of text and emoji presentation, U+FE0E and U+FE0F, are kept.
///
/// Sources: <https://www.unicode.org/reports/tr44/#General_Category_Values> (Cc, Cf, Co, Zl, Zp), and `Default_Ignorable_Code_Point` in
/// <https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt>
pub(super) fn is_hidden(character: char) -> bool {
    match character {
        '\n' | '\t' | ' '..='~' => false,
        '\0'..='\u{9f}' => true,
        // Latin, Greek and Cyrillic come next, so that most text takes few comparisons.
        '\u{ad}' | '\u{34f}' => true,
        '\u{a0}'..='\u{5ff}' => false,
        '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}' => true,
        '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' => true,
        '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' => true,
        '\u{fff0}'..='\u{fffb}' => true,
        '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => true,
        // Tags, variation selectors and private use.
        '\u{e0000}'.. => true,
        _ => u32::from(character) & 0xfffe == 0xfffe,
    }
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn hidden_characters_are_escaped_and_others_are_kept() {
        let kept = "plain\ttext\nGrüße, Ελλάδα, Привет, 日本語, العربية, ‘quoted’ – ⚠\u{fe0f} 🚀 \u{301}";
        assert_eq!(visible(kept), kept);
        for hidden in [
            '\0',
            '\u{7}',
            '\u{8}',
            '\r',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{ad}',
            '\u{200b}',
            '\u{200d}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{e000}',
            '\u{fdd0}',
            '\u{fffe}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{f0000}',
            '\u{10ffff}',
            '\u{3164}',
            '\u{fe01}',
        ] {
            assert_eq!(visible(&format!("a{hidden}b")), format!("a{}b", hidden.escape_unicode()), "{:x}", u32::from(hidden));
        }
    }
}
