//! What was checked in an account, shown: what is not as expected first, with what to do.

use super::layout::{visible, wrapped};
use super::{Layout, styled};
use crate::verify::{Level, Report, State, Summary, Verdict};

/// Columns of the words before expected, found and what to do.
const LABEL: usize = 18;

/// Returns everything that was checked: what is not passed in full, then a line for what is.
pub fn human(report: &Report, layout: Layout) -> String {
    let mut text = not_passed(report, layout);
    let passed: Vec<&Verdict> = report.checks.iter().filter(|verdict| verdict.state == State::Passed).collect();
    let columns = passed.iter().map(|verdict| verdict.check.len()).max().unwrap_or_default();
    if !text.is_empty() && !passed.is_empty() {
        text.push('\n');
    }
    for verdict in passed {
        let glyph = styled(layout.styles.add, "ok");
        let subject = subject(verdict);
        let subject = if subject.is_empty() { verdict.expected.clone() } else { subject };
        let line = format!("{:columns$}  {subject}", verdict.check);
        text.push_str(&format!(" {glyph}  {}\n", super::clip(&line, layout.width.saturating_sub(5))));
    }
    text.push_str(&format!("\n{}\n", summary(report)));
    text
}

/// Returns what is not passed, each with what was expected, what was found and what to do; empty when all is well.
pub fn not_passed(report: &Report, layout: Layout) -> String {
    let mut text = String::new();
    let mut told: Vec<&Verdict> = Vec::new();
    for verdict in report.checks.iter().filter(|verdict| verdict.state != State::Passed) {
        if told.iter().any(|other| is_the_same(verdict, other)) {
            continue;
        }
        told.push(verdict);
        let all: Vec<&Verdict> = report.checks.iter().filter(|other| is_the_same(verdict, other)).collect();
        text.push_str(&one(verdict, &all, layout));
    }
    text
}

/// Tells whether two verdicts say the same of different resources.
fn is_the_same(verdict: &Verdict, other: &Verdict) -> bool {
    (verdict.check, verdict.state, &verdict.found, &verdict.remedy) == (other.check, other.state, &other.found, &other.remedy)
        && (verdict.expected == other.expected || verdict.check == "resource-present")
}

fn one(verdict: &Verdict, all: &[&Verdict], layout: Layout) -> String {
    let styles = layout.styles;
    let (style, word) = match (verdict.state, verdict.level) {
        (State::Pending, _) => (styles.warning, "pending"),
        (State::Unchecked, _) => (styles.dim, "unchecked"),
        (_, Level::Warning) => (styles.warning, "warning"),
        _ => (styles.alarm, "error"),
    };
    let subject = match all {
        [] | [_] => subject(verdict),
        all => format!("{} resources", all.len()),
    };
    let colon = if subject.is_empty() { "" } else { ": " };
    let mut text = format!("{}{colon}{subject}\n", styled(style, format!("{word}[{}]", verdict.check)));
    let found = if verdict.state == State::Unchecked { "not looked at" } else { "found" };
    let lines = [("expected", Some(&verdict.expected)), (found, Some(&verdict.found)), ("what to do", verdict.remedy.as_ref())];
    for (label, value) in lines {
        let Some(value) = value else { continue };
        let named: Vec<&str> = all.iter().filter_map(|verdict| verdict.logical_resource_id.as_deref()).collect();
        let value = &match (label, all.len() > 1) {
            ("expected", true) if verdict.check == "resource-present" => named.join(", "),
            ("expected", true) => format!("{value}: {}", named.join(", ")),
            _ => value.clone(),
        };
        let room = layout.width.saturating_sub(LABEL).max(40);
        let mut label = label;
        for line in wrapped(&visible(value), room) {
            text.push_str(&format!("    {label:<13} {line}\n"));
            label = "";
        }
    }
    text
}

fn subject(verdict: &Verdict) -> String {
    match (&verdict.logical_resource_id, &verdict.physical_resource_id) {
        (Some(logical), Some(physical)) => format!("{logical} ({})", visible(physical)),
        (Some(one), None) | (None, Some(one)) => visible(one).into_owned(),
        (None, None) => String::new(),
    }
}

/// Returns how many there are of each kind in one line.
pub fn summary(report: &Report) -> String {
    let Summary { passed, errors, warnings, pending, unchecked } = report.summary;
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let mut text = format!("{}: {} passed", report.stack_name, plural(passed, "check"));
    for (count, words) in [(errors, plural(errors, "error")), (warnings, plural(warnings, "warning"))] {
        if count > 0 {
            text.push_str(&format!(", {words}"));
        }
    }
    for (count, word) in [(pending, "pending"), (unchecked, "could not be looked at")] {
        if count > 0 {
            text.push_str(&format!(", {count} {word}"));
        }
    }
    text
}
