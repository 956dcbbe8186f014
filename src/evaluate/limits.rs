//! Limits for the entries of a template, ten times CloudFormation's quotas: a template beyond them cannot be deployed.
//!
//! A template between a quota and its limit is still evaluated, since a part of it may be moved to a nested stack; `validate` reports the
//! quota. Comparisons of all resources with each other rely on these limits.
//!
//! Source of the quotas: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::template::Template;

/// The rule of these problems, which `validate` has for the quotas.
pub(crate) const RULE: &str = "template-limit";

const RESOURCES: Limit = Limit::of_quota(500);
const PARAMETERS: Limit = Limit::of_quota(200);
const OUTPUTS: Limit = Limit::of_quota(200);
const MAPPINGS: Limit = Limit::of_quota(200);
const MAPPING_KEYS: Limit = Limit::of_quota(200);

/// CloudFormation has no quota for conditions and rules; a template has as many as resources at most, or hardly more.
const CONDITIONS_AND_RULES: Limit = Limit { most: RESOURCES.most, quota: None };

#[derive(Clone, Copy)]
struct Limit {
    most: usize,
    quota: Option<usize>,
}

impl Limit {
    const fn of_quota(quota: usize) -> Self {
        Self { most: 10 * quota, quota: Some(quota) }
    }
}

/// Checks the number of entries of a template whose loops are expanded.
///
/// # Errors
///
/// Returns an error with the place of the first entry beyond each limit.
pub(super) fn check(template: &Template<'_>) -> Result<(), Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut over = |count: usize, limit: Limit, what: &str, span: Span| {
        let message = format!("{count} {what}; the limit is {}", limit.most);
        let quota = limit.quota.map(|quota| format!("; CloudFormation allows {quota}")).unwrap_or_default();
        let problem = Diagnostic::error(RULE, message).at(template.source, span, "the first beyond the limit");
        problems.push(problem.hinted(format!("split the template, for example into nested stacks{quota}")));
    };
    for (section, limit, name) in [
        (&template.resources, RESOURCES, "resources"),
        (&template.parameters, PARAMETERS, "parameters"),
        (&template.outputs, OUTPUTS, "outputs"),
        (&template.mappings, MAPPINGS, "mappings"),
        (&template.conditions, CONDITIONS_AND_RULES, "conditions"),
        (&template.rules, CONDITIONS_AND_RULES, "rules"),
    ] {
        if let Some(entry) = section.iter().nth(limit.most) {
            over(section.len(), limit, name, entry.name_span);
        }
    }
    for mapping in &template.mappings {
        let levels = std::iter::once(mapping.body.members()).chain(mapping.body.members().iter().map(|top| top.value.members()));
        if let Some((level, member)) = levels.filter_map(|level| Some((level, level.get(MAPPING_KEYS.most)?))).next() {
            let what = format!("keys on one level of mapping `{}`", mapping.name);
            over(level.len(), MAPPING_KEYS, &what, member.key_span);
        }
    }
    problems.into_result(())
}
