//! The results of checks: problems first, each with what to do.

use serde::Serialize;

use super::layout::wrapped;
use super::remedy::remedy;
use super::visible::visible;
use super::{Layout, styled};
use crate::verify::{Level, Report, State, Summary, Verdict};

/// The width of the labels `expected`, `found` and `what to do`.
const LABEL: usize = 18;

/// A report as JSON shows it.
#[derive(Debug, Serialize)]
pub struct ReportView<'r> {
    stack_name: &'r str,
    summary: Summary,
    checks: Vec<VerdictView<'r>>,
}

#[derive(Debug, Serialize)]
struct VerdictView<'r> {
    #[serde(flatten)]
    verdict: &'r Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// Returns a report as JSON shows it, with remedies in words.
pub fn view(report: &Report) -> ReportView<'_> {
    let checks = report.checks.iter().map(|verdict| VerdictView { verdict, remedy: verdict.remedy.as_ref().map(remedy) });
    ReportView { stack_name: &report.stack_name, summary: report.summary, checks: checks.collect() }
}

/// Returns the whole report: every check that did not pass in full, then a line for each check that passed.
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

/// Returns every check that did not pass, with what was expected, what was found and what to do; empty if all passed.
pub fn not_passed(report: &Report, layout: Layout) -> String {
    let mut text = String::new();
    let mut shown: Vec<&Verdict> = Vec::new();
    for verdict in report.checks.iter().filter(|verdict| verdict.state != State::Passed) {
        if shown.iter().any(|other| is_same_finding(verdict, other)) {
            continue;
        }
        shown.push(verdict);
        let all: Vec<&Verdict> = report.checks.iter().filter(|other| is_same_finding(verdict, other)).collect();
        text.push_str(&finding(verdict, &all, layout));
    }
    text
}

/// Returns whether two verdicts differ only in their resource.
fn is_same_finding(verdict: &Verdict, other: &Verdict) -> bool {
    (verdict.check, verdict.state, &verdict.found, &verdict.remedy) == (other.check, other.state, &other.found, &other.remedy)
        && (verdict.expected == other.expected || verdict.check == "resource-present")
}

fn finding(verdict: &Verdict, all: &[&Verdict], layout: Layout) -> String {
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
    let named: Vec<&str> = all.iter().filter_map(|verdict| verdict.logical_resource_id.as_deref()).collect();
    let expected = match all.len() > 1 {
        true if verdict.check == "resource-present" => named.join(", "),
        true => format!("{}: {}", verdict.expected, named.join(", ")),
        false => verdict.expected.clone(),
    };
    let found = if verdict.state == State::Unchecked { "not checked" } else { "found" };
    let remedy = verdict.remedy.as_ref().map(remedy);
    for (label, value) in [("expected", Some(&expected)), (found, Some(&verdict.found)), ("what to do", remedy.as_ref())] {
        let Some(value) = value else { continue };
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

/// Returns the number of checks with each result, in one line.
pub fn summary(report: &Report) -> String {
    let Summary { passed, errors, warnings, pending, unchecked } = report.summary;
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let mut text = format!("{}: {} passed", report.stack_name, plural(passed, "check"));
    for (count, words) in [(errors, plural(errors, "error")), (warnings, plural(warnings, "warning"))] {
        if count > 0 {
            text.push_str(&format!(", {words}"));
        }
    }
    for (count, word) in [(pending, "pending"), (unchecked, "unchecked")] {
        if count > 0 {
            text.push_str(&format!(", {count} {word}"));
        }
    }
    text
}
