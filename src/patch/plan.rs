//! What has to come into a template, before anybody thinks of its text.

use serde_json::Value;

use super::template_capabilities::{TemplateCapabilities, section_place};
use super::{sections, tasks};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::template::{Node, Template};

/// One step from the document's root to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Into an object's member.
    Key(&'a str),
    /// Into an array's item, from 0.
    Index(usize),
}

/// One new child of one container that is there.
#[derive(Clone, Debug)]
pub(super) struct Insertion<'a> {
    /// The object or array that takes it.
    pub container: &'a Node<'a>,
    /// How to get to the container from the root.
    pub path: Vec<Step<'a>>,
    /// Before which of the container's present children, from 0; their count means after the last.
    pub index: usize,
    /// The key, for an object.
    pub key: Option<String>,
    /// The value.
    pub value: Value,
    /// How many levels of the value stand open even where they would fit one line.
    pub open_levels: usize,
    /// What it is, for people.
    pub what: String,
}

/// Finds out what has to come in.
///
/// # Errors
///
/// Returns everything that the template lacks, and everything that it has under the cache's names with other content.
pub(super) fn plan<'a>(template: &Template<'a>) -> Result<Vec<Insertion<'a>>, Diagnostics> {
    let mut problems = Diagnostics::default();
    let capabilities = TemplateCapabilities::of(template, &mut problems);
    let mut insertions = sections::plan(template, &capabilities, &mut problems);
    insertions.extend(tasks::plan(&capabilities, &mut problems));
    limits(template, &insertions, &mut problems);
    problems.0.sort_by_key(|problem| problem.labels.first().map(|label| label.span.start));
    problems.into_result(insertions)
}

/// The most parameters that a template may declare.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MOST_PARAMETERS: usize = 200;
/// The most resources that a template may declare, by the same page.
const MOST_RESOURCES: usize = 500;

/// Tells when CloudFormation would refuse the template for its size.
fn limits(template: &Template<'_>, insertions: &[Insertion<'_>], problems: &mut Diagnostics) {
    for (name, section, most) in [("Parameters", &template.parameters, MOST_PARAMETERS), ("Resources", &template.resources, MOST_RESOURCES)]
    {
        let added = insertions.iter().filter(|insertion| insertion.path == [Step::Key(name)]).count();
        let total = section.len() + added;
        if added > 0 && total > most {
            problems.push(
                Diagnostic::error(
                    "patch-limit",
                    format!("with the build cache, `{name}` would hold {total} entries; CloudFormation takes {most} at most"),
                )
                .at(template.source, section_place(template, name), format!("{} here, and {added} of the build cache", section.len()))
                .hinted("take out what is not used any more"),
            );
        }
    }
}
