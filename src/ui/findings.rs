//! What validation found, shown: drawn for a person, as JSON, and as SARIF for code scanning.

use indexmap::IndexMap;
use serde::Serialize;

use super::layout::Layout;
use crate::template::{Diagnostic, Diagnostics, Label, Severity};
use crate::validate::{Finding, Rule};

#[derive(Serialize)]
struct Answer<'f> {
    summary: Summary,
    findings: Vec<FindingAnswer<'f>>,
}

/// How many findings there are.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Summary {
    /// Findings that CloudFormation or a service would refuse.
    pub errors: usize,
    /// The others.
    pub warnings: usize,
}

impl Summary {
    /// Counts findings.
    pub fn of(findings: &[Finding]) -> Self {
        let errors = findings.iter().filter(|finding| finding.diagnostic.severity == Severity::Error).count();
        Self { errors, warnings: findings.len() - errors }
    }
}

/// A problem as JSON answers spell it.
#[derive(Serialize)]
pub(super) struct FindingAnswer<'f> {
    rule: &'f str,
    severity: &'static str,
    message: &'f str,
    #[serde(flatten)]
    place: Option<Place<'f>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloudformation_message: Option<&'f str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'f>>,
    /// Parameter values that expose it, where only some do.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    assignment: IndexMap<&'f str, &'f str>,
}

/// Lines and columns count from 1, columns in characters; the end is the first character that is not marked.
#[derive(Serialize)]
struct Place<'f> {
    file: &'f str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Related<'f> {
    #[serde(flatten)]
    place: Place<'f>,
    text: &'f str,
}

fn place(label: &Label) -> Place<'_> {
    let (start, end) = (label.start(), label.source.line_column(label.span.end));
    Place { file: label.source.name(), line: start.line, column: start.column, end_line: end.line, end_column: end.column }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn answer(finding: &Finding) -> FindingAnswer<'_> {
    FindingAnswer {
        assignment: finding.assignment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        ..problem(&finding.diagnostic)
    }
}

/// Returns a problem that rests on no assignment.
pub(super) fn problem(diagnostic: &Diagnostic) -> FindingAnswer<'_> {
    FindingAnswer {
        rule: diagnostic.rule,
        severity: level(diagnostic.severity),
        message: &diagnostic.message,
        place: diagnostic.labels.first().map(place),
        hint: diagnostic.hint.as_deref(),
        cloudformation_message: diagnostic.aws_message.as_deref(),
        related: diagnostic.labels.iter().skip(1).map(|label| Related { place: place(label), text: &label.text }).collect(),
        assignment: IndexMap::new(),
    }
}

/// Returns the findings as JSON.
///
/// # Errors
///
/// Returns the serialiser's error.
pub fn json(findings: &[Finding]) -> Result<String, serde_json::Error> {
    super::json(&Answer { summary: Summary::of(findings), findings: findings.iter().map(answer).collect() })
}

/// Returns the findings as SARIF 2.1.0, which code scanning on pull requests reads; `rules` are those that were looked for.
///
/// Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
///
/// # Errors
///
/// Returns the serialiser's error.
pub fn sarif(findings: &[Finding], rules: &[Rule]) -> Result<String, serde_json::Error> {
    let location = |label: &Label| {
        let place = place(label);
        serde_json::json!({
            "physicalLocation": {
                "artifactLocation": {"uri": uri(place.file)},
                "region": {"startLine": place.line, "startColumn": place.column, "endLine": place.end_line, "endColumn": place.end_column},
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
                result["properties"] = serde_json::json!({"assignment": answer(finding).assignment});
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

/// Returns a file's name as a URI reference: what a URI has other uses for is written as its code.
fn uri(name: &str) -> String {
    let name = name.replace('\\', "/");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let coded: String = name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect();
    if coded.starts_with('/') { format!("file://{coded}") } else { coded }
}

/// Returns what is wrong in one text: message, the values that expose it, hint.
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
    // A message that says "when" names the values that matter already; the whole assignment is in the JSON.
    if finding.diagnostic.message.contains(" when ") {
        return None;
    }
    let values: Vec<String> = finding.assignment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    (!values.is_empty()).then(|| format!("under {}", values.join(", ")))
}

/// Returns the findings drawn into the text, and how many there are.
pub fn human(findings: &[Finding], layout: Layout) -> String {
    if findings.is_empty() {
        return "no problems found\n".to_owned();
    }
    let drawn = findings.iter().map(|finding| {
        let message = match exposed_by(finding) {
            Some(exposed) => format!("{} {exposed}", finding.diagnostic.message),
            None => finding.diagnostic.message.clone(),
        };
        Diagnostic { message, ..finding.diagnostic.clone() }
    });
    let summary = Summary::of(findings);
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let text = super::diagnostics(&Diagnostics(drawn.collect()), layout);
    format!("{text}{}, {}\n", plural(summary.errors, "error"), plural(summary.warnings, "warning"))
}
