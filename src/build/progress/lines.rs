//! Splits output into lines, with a limit on the memory for one line.

/// The largest part of a line that is kept, in bytes. A line of BuildKit's JSON contains the state of many steps.
const LIMIT_BYTES: usize = 256 << 10;

/// The incomplete last line of an output.
#[derive(Debug, Default)]
pub(super) struct Lines {
    line: Vec<u8>,
}

impl Lines {
    /// Adds output, and calls `on_line` for each line that is now complete.
    pub(super) fn add(&mut self, output: &[u8], on_line: &mut dyn FnMut(&str)) {
        let mut rest = output;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.extend(&rest[..end]);
            self.finish(on_line);
            rest = &rest[end + 1..];
        }
        self.extend(rest);
    }

    /// Calls `on_line` for the last line if it has no line feed.
    pub(super) fn finish(&mut self, on_line: &mut dyn FnMut(&str)) {
        if !self.line.is_empty() {
            on_line(String::from_utf8_lossy(&self.line).trim_end_matches('\r'));
            self.line.clear();
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        let free = LIMIT_BYTES.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(free)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        let mut keep = |line: &str| found.push(line.to_owned());
        for part in parts {
            lines.add(part, &mut keep);
        }
        lines.finish(&mut keep);
        found
    }

    #[test]
    fn lines_are_found_however_the_output_is_divided() {
        let text = "first\r\n\nsecond \u{e9}\nlast";
        let expected = ["first", "second \u{e9}", "last"];
        assert_eq!(lines(&[text.as_bytes()]), expected);
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(lines(&bytes), expected);
    }

    #[test]
    fn the_rest_of_a_long_line_is_dropped() {
        let long = vec![b'x'; 3 * LIMIT_BYTES];
        let found = lines(&[&long, b"\nnext\n"]);
        assert_eq!((found[0].len(), found[1].as_str()), (LIMIT_BYTES, "next"));
    }
}
