//! Plans the insertions that add the build cache to a template, independent of its text.

use super::insertion::{Insertion, Step};
use super::template_capabilities::{TemplateCapabilities, section_span};
use super::{sections, tasks};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::template::Template;

/// Returns the insertions that the build cache needs.
///
/// # Errors
///
/// Returns an error with everything that the template lacks, and every entry with a name of the cache but different content.
pub(super) fn plan<'a>(template: &Template<'a>) -> Result<Vec<Insertion<'a>>, Diagnostics> {
    let mut problems = Diagnostics::default();
    let capabilities = TemplateCapabilities::of(template, &mut problems);
    let mut insertions = sections::plan(template, &capabilities, &mut problems);
    insertions.extend(tasks::plan(&capabilities, &mut problems));
    limits(template, &insertions, &mut problems);
    problems.0.sort_by_key(|problem| problem.labels.first().map(|label| label.span.start));
    problems.into_result(insertions)
}

/// Maximum number of parameters in a template.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MOST_PARAMETERS: usize = 200;
/// Maximum number of resources in a template, from the same page.
const MOST_RESOURCES: usize = 500;

/// Reports sections that would exceed CloudFormation's limits.
fn limits(template: &Template<'_>, insertions: &[Insertion<'_>], problems: &mut Diagnostics) {
    for (name, section, most) in [("Parameters", &template.parameters, MOST_PARAMETERS), ("Resources", &template.resources, MOST_RESOURCES)]
    {
        let added = insertions.iter().filter(|insertion| insertion.path == [Step::Key(name)]).count();
        let total = section.len() + added;
        if added > 0 && total > most {
            problems.push(
                Diagnostic::error(
                    "patch-limit",
                    format!("with the build cache, `{name}` would have {total} entries; CloudFormation allows at most {most}"),
                )
                .at(template.source, section_span(template, name), format!("{} entries here; the build cache adds {added}", section.len()))
                .hinted("remove unused entries"),
            );
        }
    }
}
