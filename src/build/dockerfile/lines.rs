//! Offsets of lines in a Dockerfile.

/// Returns the start of the line after an offset.
pub(super) fn next_line(text: &str, offset: usize) -> usize {
    text.get(offset..).and_then(|rest| rest.find('\n')).map_or(text.len(), |newline| offset + newline + 1)
}

/// Returns the start of the first line from an offset that is neither empty nor a comment.
pub(super) fn first_significant_line(text: &str, offset: usize) -> usize {
    let mut at = offset;
    for line in text.get(offset..).unwrap_or_default().split_inclusive('\n') {
        let trimmed = line.trim_start();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            return at + (line.len() - trimmed.len());
        }
        at += line.len();
    }
    text.len()
}

/// Returns the end of the instruction at an offset, including continued lines.
pub(super) fn logical_end(text: &str, offset: usize, escape: char) -> usize {
    let mut at = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let mut is_continued = true;
    for line in text[at..].split_inclusive('\n') {
        let trimmed = line.trim();
        let is_between = (trimmed.is_empty() || trimmed.starts_with('#')) && at > offset;
        if !is_continued {
            break;
        }
        at += line.len();
        if !is_between {
            is_continued = trimmed.ends_with(escape);
        }
    }
    at
}
