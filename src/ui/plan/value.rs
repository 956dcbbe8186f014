//! One value before and after, shown by its differences.

use similar::ChangeTag;

use crate::cloudformation::KNOWN_AFTER_APPLY;
use crate::secret::MASKED;
use crate::text::{Pairs, TextDifference};
use crate::ui::layout::{clip, width};
use crate::ui::visible::visible;

/// Text for a deployed value that is known only to AWS.
pub(super) const UNKNOWN_BEFORE: &str = "(not known offline)";

/// Text for a value that is known only after the update.
pub(super) const UNKNOWN_AFTER: &str = "(known after apply)";

/// The number of unchanged lines shown before and after a changed one.
const CONTEXT_LINES: usize = 1;

/// The maximum number of lines shown for one value.
const MAX_LINES: usize = 40;

/// Columns that a value on one line may always use: a terminal wraps it, and a shortened name or ARN is useless.
const MIN_LINE_COLUMNS: usize = 400;

/// A value before and after.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// `before -> after`.
    Line(String),
    /// Lines with their sign: `-`, `+`, or a blank for an unchanged line.
    Lines(Vec<(char, String)>),
}

/// The space for a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room<'r> {
    /// The number of columns.
    pub(super) columns: usize,
    /// Whether values are never shortened.
    pub(super) whole: bool,
    /// What the comparisons of the view may still look at.
    pub(super) pairs: &'r Pairs,
}

impl Room<'_> {
    /// Returns the columns for a value on one line.
    fn of_one_line(self) -> usize {
        if self.whole { usize::MAX } else { self.columns.max(MIN_LINE_COLUMNS) }
    }

    /// Returns the columns for one line of a value with several lines, without the sign.
    fn of_a_line(self) -> usize {
        if self.whole { usize::MAX } else { self.columns.saturating_sub(2) }
    }

    /// Returns the maximum number of lines for one value.
    fn lines(self) -> usize {
        if self.whole { usize::MAX } else { MAX_LINES }
    }
}

/// Returns a value before and after, fitted into the space.
pub(super) fn change(before: Option<&str>, after: Option<&str>, room: Room<'_>) -> Shown {
    let (before, after) =
        (before.map(|text| with_placeholders(text, UNKNOWN_BEFORE)), after.map(|text| with_placeholders(text, UNKNOWN_AFTER)));
    let (Some(before), Some(after)) = (&before, &after) else {
        return match (&before, &after) {
            (None, Some(after)) => one_sided('+', "(absent) -> ", after, "", room),
            (Some(before), None) => one_sided('-', "", before, " -> (absent)", room),
            _ => Shown::Line(String::new()),
        };
    };
    let (before, after) = match (decoded(before), decoded(after)) {
        (None, None) => (readable(before), readable(after)),
        // One side may be too short to be recognized as Base64.
        (old, new) => (old.unwrap_or_else(|| readable(before)), new.unwrap_or_else(|| readable(after))),
    };
    if before == after && before.contains(MASKED) {
        return Shown::Line("(a masked value in it changes)".to_owned());
    }
    if !before.contains('\n') && !after.contains('\n') {
        let line = format!("{} -> {}", or_quotes(&before), or_quotes(&after));
        let columns = room.of_one_line();
        if width(&line) <= columns {
            return Shown::Line(line);
        }
        let (short_before, short_after) = around_difference(&before, &after, columns.saturating_sub(4) / 2);
        return Shown::Line(format!("{short_before} -> {short_after}"));
    }
    Shown::Lines(changed_lines(&before, &after, room))
}

fn one_sided(sign: char, prefix: &str, value: &str, suffix: &str, room: Room<'_>) -> Shown {
    let value = decoded(value).unwrap_or_else(|| readable(value));
    if !value.contains('\n') {
        return Shown::Line(format!("{prefix}{}{suffix}", clip(or_quotes(&value), room.of_one_line())));
    }
    let compact = compact(&value);
    if width(&compact) <= room.columns.saturating_sub(prefix.len() + suffix.len()) {
        return Shown::Line(format!("{prefix}{compact}{suffix}"));
    }
    let mut lines: Vec<(char, String)> = value.lines().map(|line| (sign, clip(line, room.of_a_line()))).collect();
    cut(&mut lines, room.lines());
    Shown::Lines(lines)
}

/// Returns the decoded text of a Base64 value such as user data; `None` for any other value.
fn decoded(value: &str) -> Option<String> {
    use base64::Engine as _;
    const MIN_LENGTH: usize = 24;
    if value.len() < MIN_LENGTH || !value.len().is_multiple_of(4) || value.contains(|c: char| c.is_whitespace()) {
        return None;
    }
    let text = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(value).ok()?).ok()?;
    let is_text = text.contains([' ', '\n']) && !text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r'));
    is_text.then(|| text.replace('\r', ""))
}

/// Returns a text with `placeholder` for every unknown value: [`UNKNOWN_BEFORE`] or [`UNKNOWN_AFTER`].
pub(super) fn with_placeholders(text: &str, placeholder: &str) -> String {
    visible(&text.replace(KNOWN_AFTER_APPLY, placeholder)).into_owned()
}

/// Returns JSON indented, and other text unchanged.
fn readable(value: &str) -> String {
    if value.starts_with(['{', '['])
        && let Ok(json) = serde_json::from_str::<serde_json::Value>(value)
        && let Ok(text) = serde_json::to_string_pretty(&json)
    {
        return text;
    }
    value.to_owned()
}

/// Returns indented JSON on one line.
fn compact(value: &str) -> String {
    serde_json::from_str::<serde_json::Value>(value).map_or_else(|_| value.replace('\n', "\\n"), |json| json.to_string())
}

/// Returns a text, or `""` if it is empty.
fn or_quotes(text: &str) -> &str {
    if text.is_empty() { "\"\"" } else { text }
}

/// Shortens two long lines to their difference with a few equal characters before and after it.
fn around_difference(before: &str, after: &str, columns: usize) -> (String, String) {
    const AROUND: usize = 12;
    let (old, new): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    let lead = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let shorter = old.len().min(new.len());
    let tail = old.iter().rev().zip(new.iter().rev()).take(shorter - lead).take_while(|(a, b)| a == b).count();
    let cut = |text: &[char]| {
        let from = if lead > AROUND + 3 { lead - AROUND } else { 0 };
        let to = if tail > AROUND + 3 { text.len() - tail + AROUND } else { text.len() };
        let middle: String = text[from..to].iter().collect();
        let (start, end) = (if from > 0 { "..." } else { "" }, if to < text.len() { "..." } else { "" });
        clip(or_quotes(&format!("{start}{middle}{end}")), columns.max(8))
    };
    (cut(&old), cut(&new))
}

/// Returns the lines that differ, with some unchanged lines around them and the number of omitted lines.
fn changed_lines(before: &str, after: &str, room: Room<'_>) -> Vec<(char, String)> {
    let diff = TextDifference::of(before, after, room.pairs);
    let mut lines = Vec::new();
    let mut next = 0;
    for group in diff.groups(CONTEXT_LINES) {
        let start = group.first().map_or(next, |op| op.old_range().start);
        fold(&mut lines, start.saturating_sub(next));
        for change in group.iter().flat_map(|operation| diff.changes(*operation)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push((sign, change.value().trim_end_matches(['\n', '\r']).to_owned()));
        }
        next = group.last().map_or(next, |op| op.old_range().end);
    }
    fold(&mut lines, before.lines().count().saturating_sub(next));
    cut_pairs(&mut lines, room.of_a_line());
    cut(&mut lines, room.lines());
    lines
}

/// Shortens long lines; a removed line and the added line after it are shortened to their difference.
fn cut_pairs(lines: &mut [(char, String)], columns: usize) {
    for index in 0..lines.len() {
        if width(&lines[index].1) <= columns {
            continue;
        }
        match lines.get(index + 1) {
            Some((next_sign, next)) if lines[index].0 == '-' && *next_sign == '+' => {
                let (before, after) = around_difference(&lines[index].1, next, columns);
                lines[index].1 = before;
                lines[index + 1].1 = after;
            }
            _ => lines[index].1 = clip(&lines[index].1, columns),
        }
    }
}

fn fold(lines: &mut Vec<(char, String)>, count: usize) {
    if count > 0 {
        lines.push((' ', format!("... {}", plural(count, "unchanged line"))));
    }
}

fn cut(lines: &mut Vec<(char, String)>, max: usize) {
    if lines.len() > max {
        let more = lines.len() - max;
        lines.truncate(max);
        lines.push((' ', format!("... {} more; `--format json` shows all", plural(more, "line"))));
    }
}

/// Returns a count with its noun.
pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{Pairs, Room, Shown, change};

    fn line(before: &str, after: &str, columns: usize) -> String {
        match change(Some(before), Some(after), Room { columns, whole: false, pairs: &Pairs::default() }) {
            Shown::Line(line) => line,
            Shown::Lines(lines) => format!("{lines:?}"),
        }
    }

    #[test]
    fn short_values_are_shown_on_one_line() {
        assert_eq!(line("7", "30", 40), "7 -> 30");
        assert_eq!(line("", "x", 40), "\"\" -> x");
        let unknown = "{{changeSet:KNOWN_AFTER_APPLY}}";
        assert_eq!(line("a", unknown, 40), "a -> (known after apply)");
        assert_eq!(line(unknown, unknown, 80), "(not known offline) -> (known after apply)");
    }

    #[test]
    fn long_values_are_shortened_to_their_difference() {
        let before = format!("{}a{}", "x".repeat(900), "y".repeat(900));
        let after = format!("{}b{}", "x".repeat(900), "y".repeat(900));
        let line = line(&before, &after, 80);
        assert!(line.len() <= 400, "{line}");
        assert!(line.contains("xay") && line.contains("xby"), "{line}");
    }

    #[test]
    fn whole_values_are_never_shortened() {
        let (before, after) = ("x".repeat(900), format!("{}{}", "x".repeat(900), "y\n".repeat(200)));
        let pairs = Pairs::default();
        let whole = Room { columns: 80, whole: true, pairs: &pairs };
        let Shown::Line(line) = change(Some(&before), Some("z"), whole) else { unreachable!("one line") };
        assert_eq!(line, format!("{before} -> z"));
        let Shown::Lines(lines) = change(None, Some(&after), whole) else { unreachable!("several lines") };
        assert_eq!((lines.len(), lines[0].1.len()), (200, 901));
    }

    #[test]
    fn base64_user_data_is_decoded() {
        use base64::Engine as _;
        let encoded = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let (before, after) = ("#!/bin/sh\necho one\necho two\n", "#!/bin/sh\necho one\necho three\n");
        let pairs = Pairs::default();
        let room = Room { columns: 80, whole: false, pairs: &pairs };
        let Shown::Lines(lines) = change(Some(&encoded(before)), Some(&encoded(after)), room) else { unreachable!("several lines") };
        let changed: Vec<_> = lines.iter().filter(|(sign, _)| *sign != ' ').map(|(sign, line)| format!("{sign}{line}")).collect();
        assert_eq!(changed, ["-echo two", "+echo three"]);
        // Not Base64 of a text.
        assert_eq!(
            line("AKIAIOSFODNN7EXAMPLEAAAA", "AKIAIOSFODNN7EXAMPLEBBBB", 80),
            "AKIAIOSFODNN7EXAMPLEAAAA -> AKIAIOSFODNN7EXAMPLEBBBB"
        );
    }

    #[test]
    fn a_long_arn_is_never_shortened() {
        let arn = format!("arn:aws:ecs:us-east-1:123456789012:task-definition/{}:1", "n".repeat(60));
        assert_eq!(line(&arn, "b", 20), format!("{arn} -> b"));
    }

    #[test]
    fn a_policy_shows_only_its_changed_lines() {
        let before = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
        let after = before.replace("s3:GetObject", "s3:*");
        let pairs = Pairs::default();
        let Shown::Lines(lines) = change(Some(before), Some(&after), Room { columns: 80, whole: false, pairs: &pairs }) else {
            unreachable!("a document is shown by lines");
        };
        let changed: Vec<_> = lines.iter().filter(|(sign, _)| *sign != ' ').map(|(sign, line)| format!("{sign}{}", line.trim())).collect();
        assert_eq!(changed, [r#"-"Action": "s3:GetObject","#, r#"+"Action": "s3:*","#]);
        assert!(lines.iter().any(|(_, line)| line.contains("unchanged lines")), "{lines:?}");
    }
}
