//! The problems that evaluating the template finds: what `evaluate` refuses, `validate` refuses too.
//!
//! The evaluation uses the values in force, so its problems are certain. It also checks the functions of the whole template.

use super::check::Check;
use super::variables::likely_region;
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::{LIMIT_RULE, State, evaluate_in_part, has_loops, misused_functions};
use crate::parameters::{ParameterOverrides, ParameterSet};
use crate::template::{Arena, Template};

/// The region that is assumed if none is given.
const ASSUMED_REGION: &str = "us-east-1";

/// Adds the problems of an evaluation that no other rule has reported.
pub(super) fn check<'t>(check: &mut Check<'t, '_>) {
    let template: &'t Template<'t> = check.template;
    let problems = {
        let arena = Arena::new();
        let state = state(template, check.given_region());
        let defaults;
        let parameters = match check.given_parameters() {
            Some(parameters) => parameters,
            None => {
                defaults = with_defaults(template);
                &defaults
            }
        };
        problems(template, parameters, &state, &arena)
    };
    // `limits` reports the quota itself.
    for diagnostic in problems.into_iter().filter(|problem| problem.rule != LIMIT_RULE) {
        let rule = rule_of(diagnostic.rule);
        let diagnostic = Diagnostic { rule, ..diagnostic };
        if !check.is_reported(&diagnostic) {
            check.report(diagnostic);
        }
    }
}

fn problems<'a>(template: &'a Template<'a>, parameters: &'a ParameterSet<'a>, state: &'a State, arena: &'a Arena) -> Vec<Diagnostic> {
    // Loops may expand to far more than the template, so only their functions are checked.
    if has_loops(template) {
        return misused_functions(template, parameters, state, arena).0;
    }
    match evaluate_in_part(template, parameters, state, arena) {
        Ok((_, problems)) | Err(problems) => problems.0.into_iter().filter(|one| one.severity == Severity::Error).collect(),
    }
}

/// Returns the pseudo parameters that are known or assumed; an account is not assumed.
fn state(template: &Template<'_>, region: Option<&str>) -> State {
    let mut state = State::default();
    if region.is_none() {
        state.assumed.push("AWS::Region".to_owned());
    }
    let region = region.or_else(|| likely_region(template)).unwrap_or(ASSUMED_REGION);
    state.pseudo.insert("AWS::Region".to_owned(), region.into());
    state
}

/// Returns the defaults of all parameters; one without a default is unknown.
fn with_defaults<'a>(template: &Template<'a>) -> ParameterSet<'a> {
    let mut overrides = ParameterOverrides::default();
    for entry in template.parameters.iter().filter(|entry| entry.body.get("Default").is_none()) {
        overrides.add_deployed(entry.name, None);
    }
    ParameterSet::resolve_partial(template, &overrides).0
}

/// Returns the name of the rule of `validate` for a problem of the evaluation.
fn rule_of(rule: &'static str) -> &'static str {
    match rule {
        "circular-condition"
        | "circular-dependency"
        | "duplicate-key"
        | "duplicate-name"
        | "rule-failed"
        | "select-out-of-range"
        | "too-many-problems"
        | "unresolved-condition"
        | "unresolved-reference" => rule,
        "reference-to-absent-resource" => "dangling-reference",
        "no-mapping" => "unresolved-mapping",
        "output-not-a-string" | "export-name" => "invalid-output",
        "policy-not-a-string" | "unknown-policy" => "invalid-policy",
        "depends-on" => "malformed-depends-on",
        "unsupported-function" | "needs-language-extensions" | "rule-function" => "unknown-function",
        "rule-shape" => "section-kind",
        "too-long" => "template-limit",
        _ => "malformed-function",
    }
}
