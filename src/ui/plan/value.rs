//! One value before and after, shown by what differs: two walls of text help nobody.

use similar::{ChangeTag, TextDiff};

use crate::cloudformation::KNOWN_AFTER_APPLY;
use crate::ui::layout::{clip, visible, width};

/// What stands for a deployed value that only the account knows.
pub(super) const UNKNOWN_BEFORE: &str = "(not known offline)";

/// What stands for a value that comes to be on the way.
pub(super) const UNKNOWN_AFTER: &str = "(known after apply)";

/// Unchanged lines shown around a changed one.
const CONTEXT_LINES: usize = 1;

/// Most lines shown of one value's difference.
const MOST_LINES: usize = 40;

/// Columns that a value on one line may always take: a terminal wraps it, and a cut name or ARN is worth nothing.
const WHOLE_COLUMNS: usize = 400;

/// A value before and after.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// `before -> after`.
    Line(String),
    /// Lines with their sign: `-`, `+`, or a blank for what stays.
    Lines(Vec<(char, String)>),
}

/// How much of a value is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Columns there are.
    pub(super) columns: usize,
    /// Whether values are shown whole all the same.
    pub(super) whole: bool,
}

impl Room {
    /// Returns the columns that a value on one line may take.
    fn of_one_line(self) -> usize {
        if self.whole { usize::MAX } else { self.columns.max(WHOLE_COLUMNS) }
    }

    /// Returns the columns that a line of a value over several may take beside its sign.
    fn of_a_line(self) -> usize {
        if self.whole { usize::MAX } else { self.columns.saturating_sub(2) }
    }

    /// Returns how many lines of one value's difference there may be.
    fn lines(self) -> usize {
        if self.whole { usize::MAX } else { MOST_LINES }
    }
}

/// Returns a value before and after within so much room.
pub(super) fn change(before: Option<&str>, after: Option<&str>, room: Room) -> Shown {
    let (before, after) = (before.map(|text| in_words(text, UNKNOWN_BEFORE)), after.map(|text| in_words(text, UNKNOWN_AFTER)));
    let (Some(before), Some(after)) = (&before, &after) else {
        return match (&before, &after) {
            (None, Some(after)) => one_sided('+', "(absent) -> ", after, "", room),
            (Some(before), None) => one_sided('-', "", before, " -> (absent)", room),
            _ => Shown::Line(String::new()),
        };
    };
    let (before, after) = match (decoded(before), decoded(after)) {
        (Some(before), Some(after)) => (before, after),
        _ => (readable(before), readable(after)),
    };
    if !before.contains('\n') && !after.contains('\n') {
        let line = format!("{} -> {}", bare(&before), bare(&after));
        let columns = room.of_one_line();
        if width(&line) <= columns {
            return Shown::Line(line);
        }
        let (short_before, short_after) = around_difference(&before, &after, columns.saturating_sub(4) / 2);
        return Shown::Line(format!("{short_before} -> {short_after}"));
    }
    Shown::Lines(changed_lines(&before, &after, room))
}

fn one_sided(sign: char, prefix: &str, value: &str, suffix: &str, room: Room) -> Shown {
    let value = decoded(value).unwrap_or_else(|| readable(value));
    if !value.contains('\n') {
        return Shown::Line(format!("{prefix}{}{suffix}", clip(bare(&value), room.of_one_line())));
    }
    let compact = compact(&value);
    if width(&compact) <= room.columns.saturating_sub(prefix.len() + suffix.len()) {
        return Shown::Line(format!("{prefix}{compact}{suffix}"));
    }
    let mut lines: Vec<(char, String)> = value.lines().map(|line| (sign, clip(line, room.of_a_line()))).collect();
    cut(&mut lines, room.lines());
    Shown::Lines(lines)
}

/// Returns the text that a value is the Base64 of, such as user data: nobody reads the other form.
fn decoded(value: &str) -> Option<String> {
    use base64::Engine as _;
    const LEAST: usize = 24;
    if value.len() < LEAST || !value.len().is_multiple_of(4) || value.contains(|c: char| c.is_whitespace()) {
        return None;
    }
    let text = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(value).ok()?).ok()?;
    let is_text = text.contains([' ', '\n']) && !text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r'));
    is_text.then(|| text.replace('\r', ""))
}

/// Returns a text with what is not known in words: what will be, or what is deployed and cannot be seen from here.
pub(super) fn in_words(text: &str, words: &str) -> String {
    visible(&text.replace(KNOWN_AFTER_APPLY, words)).into_owned()
}

/// Returns JSON over several lines, and other text as it is.
fn readable(value: &str) -> String {
    if value.starts_with(['{', '['])
        && let Ok(json) = serde_json::from_str::<serde_json::Value>(value)
        && let Ok(text) = serde_json::to_string_pretty(&json)
    {
        return text;
    }
    value.to_owned()
}

/// Returns JSON over several lines as one line again.
fn compact(value: &str) -> String {
    serde_json::from_str::<serde_json::Value>(value).map_or_else(|_| value.replace('\n', "\\n"), |json| json.to_string())
}

/// Returns a text, or a word for the empty one, which would be invisible.
fn bare(text: &str) -> &str {
    if text.is_empty() { "\"\"" } else { text }
}

/// Cuts two long lines to where they differ: what is the same before and behind that is left out but for a little.
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
        clip(bare(&format!("{start}{middle}{end}")), columns.max(8))
    };
    (cut(&old), cut(&new))
}

/// Returns the lines that differ, a little of what is around them, and how many lines are left out.
fn changed_lines(before: &str, after: &str, room: Room) -> Vec<(char, String)> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    let mut next = 0;
    for group in diff.grouped_ops(CONTEXT_LINES) {
        let start = group.first().map_or(next, |op| op.old_range().start);
        fold(&mut lines, start.saturating_sub(next));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
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

/// Cuts long lines; a removed line and the added one after it are cut where they differ.
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

fn cut(lines: &mut Vec<(char, String)>, most: usize) {
    if lines.len() > most {
        let more = lines.len() - most;
        lines.truncate(most);
        lines.push((' ', format!("... {} more; `--format json` has them all", plural(more, "line"))));
    }
}

/// Returns a count with its noun.
pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{Room, Shown, change};

    fn line(before: &str, after: &str, columns: usize) -> String {
        match change(Some(before), Some(after), Room { columns, whole: false }) {
            Shown::Line(line) => line,
            Shown::Lines(lines) => format!("{lines:?}"),
        }
    }

    #[test]
    fn short_values_stand_beside_each_other() {
        assert_eq!(line("7", "30", 40), "7 -> 30");
        assert_eq!(line("", "x", 40), "\"\" -> x");
        let unknown = "{{changeSet:KNOWN_AFTER_APPLY}}";
        assert_eq!(line("a", unknown, 40), "a -> (known after apply)");
        assert_eq!(line(unknown, unknown, 80), "(not known offline) -> (known after apply)");
    }

    #[test]
    fn long_values_are_cut_where_they_differ() {
        let before = format!("{}a{}", "x".repeat(900), "y".repeat(900));
        let after = format!("{}b{}", "x".repeat(900), "y".repeat(900));
        let line = line(&before, &after, 80);
        assert!(line.len() <= 400, "{line}");
        assert!(line.contains("xay") && line.contains("xby"), "{line}");
    }

    #[test]
    fn what_goes_into_a_file_is_whole() {
        let (before, after) = ("x".repeat(900), format!("{}{}", "x".repeat(900), "y\n".repeat(200)));
        let whole = Room { columns: 80, whole: true };
        let Shown::Line(line) = change(Some(&before), Some("z"), whole) else { unreachable!("one line") };
        assert_eq!(line, format!("{before} -> z"));
        let Shown::Lines(lines) = change(None, Some(&after), whole) else { unreachable!("several lines") };
        assert_eq!((lines.len(), lines[0].1.len()), (200, 901));
    }

    #[test]
    fn user_data_is_read_as_the_text_it_is() {
        use base64::Engine as _;
        let encoded = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let (before, after) = ("#!/bin/sh\necho one\necho two\n", "#!/bin/sh\necho one\necho three\n");
        let room = Room { columns: 80, whole: false };
        let Shown::Lines(lines) = change(Some(&encoded(before)), Some(&encoded(after)), room) else { unreachable!("several lines") };
        let changed: Vec<_> = lines.iter().filter(|(sign, _)| *sign != ' ').map(|(sign, line)| format!("{sign}{line}")).collect();
        assert_eq!(changed, ["-echo two", "+echo three"]);
        // What only looks like it is left alone.
        assert_eq!(
            line("AKIAIOSFODNN7EXAMPLEAAAA", "AKIAIOSFODNN7EXAMPLEBBBB", 80),
            "AKIAIOSFODNN7EXAMPLEAAAA -> AKIAIOSFODNN7EXAMPLEBBBB"
        );
    }

    #[test]
    fn a_name_is_never_cut() {
        let arn = format!("arn:aws:ecs:us-east-1:123456789012:task-definition/{}:1", "n".repeat(60));
        assert_eq!(line(&arn, "b", 20), format!("{arn} -> b"));
    }

    #[test]
    fn a_policy_shows_its_changed_lines_only() {
        let before = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
        let after = before.replace("s3:GetObject", "s3:*");
        let Shown::Lines(lines) = change(Some(before), Some(&after), Room { columns: 80, whole: false }) else {
            unreachable!("a document is shown by lines");
        };
        let changed: Vec<_> = lines.iter().filter(|(sign, _)| *sign != ' ').map(|(sign, line)| format!("{sign}{}", line.trim())).collect();
        assert_eq!(changed, [r#"-"Action": "s3:GetObject","#, r#"+"Action": "s3:*","#]);
        assert!(lines.iter().any(|(_, line)| line.contains("unchanged lines")), "{lines:?}");
    }
}
