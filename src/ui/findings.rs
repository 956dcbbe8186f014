//! Findings of validation: as text, as JSON, and as SARIF for code scanning.

use indexmap::IndexMap;
use serde::Serialize;

use super::layout::Layout;
use crate::diagnostic::{Diagnostic, Diagnostics, Label, Rule, Severity};
use crate::validate::Finding;

#[derive(Serialize)]
struct Answer<'f> {
    summary: Summary,
    findings: Vec<FindingAnswer<'f>>,
}

/// The number of findings.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Summary {
    /// Findings that CloudFormation or a service would refuse.
    pub errors: usize,
    /// Other findings.
    pub warnings: usize,
}

impl Summary {
    /// Counts findings.
    pub fn of(findings: &[Finding]) -> Self {
        let errors = findings.iter().filter(|finding| finding.diagnostic.severity == Severity::Error).count();
        Self { errors, warnings: findings.len() - errors }
    }
}

/// A problem in JSON output.
#[derive(Serialize)]
pub(super) struct FindingAnswer<'f> {
    rule: &'f str,
    severity: &'static str,
    message: &'f str,
    #[serde(flatten)]
    position: Option<Position<'f>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloudformation_message: Option<&'f str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'f>>,
    /// Parameter values that cause the problem, if it depends on them.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    assignment: IndexMap<&'f str, &'f str>,
}

/// Lines and columns start at 1; columns count characters; the end is exclusive.
#[derive(Serialize)]
struct Position<'f> {
    file: &'f str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Related<'f> {
    #[serde(flatten)]
    position: Position<'f>,
    text: &'f str,
}

fn position(label: &Label) -> Position<'_> {
    let (start, end) = (label.start(), label.source.line_column(label.span.end));
    Position { file: label.source.name(), line: start.line, column: start.column, end_line: end.line, end_column: end.column }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

impl<'f> FindingAnswer<'f> {
    pub(super) fn new(finding: &'f Finding) -> Self {
        let assignment = finding.assignment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Self { assignment, ..problem(&finding.diagnostic) }
    }
}

/// Returns a problem that does not depend on parameter values.
pub(super) fn problem(diagnostic: &Diagnostic) -> FindingAnswer<'_> {
    FindingAnswer {
        rule: diagnostic.rule,
        severity: level(diagnostic.severity),
        message: &diagnostic.message,
        position: diagnostic.labels.first().map(position),
        hint: diagnostic.hint.as_deref(),
        cloudformation_message: diagnostic.aws_message.as_deref(),
        related: diagnostic.labels.iter().skip(1).map(|label| Related { position: position(label), text: &label.text }).collect(),
        assignment: IndexMap::new(),
    }
}

/// Returns the findings as JSON.
///
/// # Errors
///
/// Returns an error if serialization fails.
pub fn json(findings: &[Finding]) -> Result<String, serde_json::Error> {
    super::json(&Answer { summary: Summary::of(findings), findings: findings.iter().map(FindingAnswer::new).collect() })
}

/// Returns the findings as SARIF 2.1.0, the format of code scanning services; `rules` are the rules that were checked.
///
/// Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
///
/// # Errors
///
/// Returns an error if serialization fails.
pub fn sarif(findings: &[Finding], rules: &[Rule]) -> Result<String, serde_json::Error> {
    let location = |label: &Label| {
        let position = position(label);
        serde_json::json!({
            "physicalLocation": {
                "artifactLocation": {"uri": uri(position.file)},
                "region": {"startLine": position.line, "startColumn": position.column, "endLine": position.end_line, "endColumn": position.end_column},
            },
        })
    };
    let described: Vec<serde_json::Value> = rules
        .iter()
        .map(|rule| {
            serde_json::json!({
                "id": rule.name,
                "shortDescription": {"text": rule.summary},
                "defaultConfiguration": {"level": level(rule.severity)},
            })
        })
        .collect();
    let related = |(index, label): (usize, &Label)| {
        let mut related = location(label);
        related["id"] = index.into();
        if !label.text.is_empty() {
            related["message"] = serde_json::json!({"text": label.text});
        }
        related
    };
    let results: Vec<serde_json::Value> = findings
        .iter()
        .map(|finding| {
            let diagnostic = &finding.diagnostic;
            let mut result = serde_json::json!({
                "ruleId": diagnostic.rule,
                "level": level(diagnostic.severity),
                "message": {"text": message(finding)},
                "locations": diagnostic.labels.iter().take(1).map(location).collect::<Vec<_>>(),
            });
            if let Some(index) = rules.iter().position(|rule| rule.name == diagnostic.rule) {
                result["ruleIndex"] = index.into();
            }
            if diagnostic.labels.len() > 1 {
                result["relatedLocations"] = diagnostic.labels.iter().enumerate().skip(1).map(related).collect();
            }
            if !finding.assignment.is_empty() {
                result["properties"] = serde_json::json!({"assignment": FindingAnswer::new(finding).assignment});
            }
            result
        })
        .collect();
    super::bare_json(&serde_json::json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "rackform", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": described}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

/// Returns a file name as a URI reference, with reserved characters percent-encoded.
fn uri(name: &str) -> String {
    let name = name.replace('\\', "/");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let coded: String = name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect();
    if coded.starts_with('/') { format!("file://{coded}") } else { coded }
}

/// Returns the message, the parameter values that cause it, and the hint as one text.
fn message(finding: &Finding) -> String {
    let mut text = finding.diagnostic.message.clone();
    if let Some(exposed) = exposed_by(finding) {
        text.push_str(&format!(" ({exposed})"));
    }
    if let Some(hint) = &finding.diagnostic.hint {
        text.push_str(&format!("; {hint}"));
    }
    text
}

fn exposed_by(finding: &Finding) -> Option<String> {
    // A message with "when" already names the relevant values; the JSON has all of them.
    if finding.diagnostic.message.contains(" when ") {
        return None;
    }
    let values: Vec<String> = finding.assignment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    (!values.is_empty()).then(|| format!("with {}", values.join(", ")))
}

/// Returns the findings with their source lines, and a summary.
pub fn human(findings: &[Finding], layout: Layout) -> String {
    if findings.is_empty() {
        return "no problems found\n".to_owned();
    }
    let shown = findings.iter().map(|finding| {
        let message = match exposed_by(finding) {
            Some(exposed) => format!("{} {exposed}", finding.diagnostic.message),
            None => finding.diagnostic.message.clone(),
        };
        Diagnostic { message, ..finding.diagnostic.clone() }
    });
    let summary = Summary::of(findings);
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let text = super::diagnostics(&Diagnostics(shown.collect()), layout);
    format!("{text}{}, {}\n", plural(summary.errors, "error"), plural(summary.warnings, "warning"))
}
