//! Applies mappings to the templates of stacks.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{check_dependencies, check_mappings};
use super::relocate::{Relocation, new_template, relocate};
use super::rename::{Names, rename};
use super::stack::RefactorStack;
use super::{MAX_STACKS, RefactorProblem};
use crate::cloudformation::ResourceMapping;
use crate::diagnostic::Source;
use crate::template::{Arena, Format, Template};

/// A stack after the refactoring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefactoredStack {
    /// Its name.
    pub name: String,
    /// The text of its template.
    pub template: String,
    /// How many references got the new name, by the old logical ID of a resource of this stack.
    pub references: BTreeMap<String, usize>,
    /// Entries with texts that mention an old logical ID and stay as they are: the entry and the logical ID.
    pub mentions: Vec<(String, String)>,
}

/// Returns the stacks after a refactoring, in the order of `stacks`, which are all stacks of the mappings.
///
/// # Errors
///
/// Returns every reason why the refactoring is impossible.
pub fn refactor(stacks: &[RefactorStack<'_, '_>], mappings: &[ResourceMapping]) -> Result<Vec<RefactoredStack>, Vec<RefactorProblem>> {
    let mut problems = check_mappings(stacks, mappings);
    if stacks.len() > MAX_STACKS {
        problems.push(RefactorProblem::TooManyStacks { count: stacks.len() });
    }
    for stack in stacks {
        if stack.has_policy {
            problems.push(RefactorProblem::StackPolicy { stack: stack.name.to_owned() });
        }
        if stack.template.is_some_and(Template::is_rewritten) {
            problems.push(RefactorProblem::Rewritten { stack: stack.name.to_owned() });
        }
    }
    check_dependencies(stacks, mappings, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    // First every resource gets its new name where it is; then those that leave are moved.
    let mut refactored = Vec::new();
    for stack in stacks {
        let text = |reason: String| RefactorProblem::Text { stack: stack.name.to_owned(), reason };
        let Some(template) = stack.template else { continue };
        let names: Names = mappings
            .iter()
            .filter(|mapping| mapping.source.stack_name == stack.name)
            .map(|mapping| (mapping.source.logical_resource_id.clone(), mapping.destination.logical_resource_id.clone()))
            .collect();
        match rename(template, &names) {
            Ok(renamed) => refactored.push((stack.name, renamed)),
            Err(reason) => problems.push(text(reason)),
        }
    }
    let moves: Vec<&ResourceMapping> = mappings.iter().filter(|mapping| !mapping.is_rename()).collect();
    let arena = Arena::new();
    let mut templates: BTreeMap<&str, &Template<'_>> = BTreeMap::new();
    for (name, renamed) in &refactored {
        let source: &Source = arena.bump().alloc(Source::new(*name, renamed.text.as_str()));
        match Template::read(source, &arena) {
            Ok(template) => drop(templates.insert(name, arena.bump().alloc(template))),
            Err(_) => problems.push(RefactorProblem::Text { stack: (*name).to_owned(), reason: "the edited text is invalid".to_owned() }),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut result = Vec::new();
    for stack in stacks {
        let leaving: BTreeSet<&str> = moves
            .iter()
            .filter(|mapping| mapping.source.stack_name == stack.name)
            .map(|mapping| mapping.destination.logical_resource_id.as_str())
            .collect();
        let arriving: Vec<_> = moves
            .iter()
            .filter(|mapping| mapping.destination.stack_name == stack.name)
            .filter_map(|mapping| {
                let source = templates.get(mapping.source.stack_name.as_str())?;
                source.resources.get(&mapping.destination.logical_resource_id)
            })
            .collect();
        let text = match templates.get(stack.name) {
            Some(template) if leaving.is_empty() && arriving.is_empty() => Ok(template.source.text().to_owned()),
            Some(template) => relocate(template, &Relocation { leaving: &leaving, arriving: &arriving }),
            None => {
                let is_yaml = moves
                    .iter()
                    .find(|mapping| mapping.destination.stack_name == stack.name)
                    .and_then(|mapping| templates.get(mapping.source.stack_name.as_str()))
                    .is_some_and(|template| super::relocate::format(template) == Format::Yaml);
                new_template(&arriving, if is_yaml { Format::Yaml } else { Format::Json })
            }
        };
        let renamed = refactored.iter().find(|(name, _)| *name == stack.name).map(|(_, renamed)| renamed);
        match text {
            Ok(template) => result.push(RefactoredStack {
                name: stack.name.to_owned(),
                template,
                references: renamed.map(|renamed| renamed.references.clone()).unwrap_or_default(),
                mentions: renamed.map(|renamed| renamed.mentions.clone()).unwrap_or_default(),
            }),
            Err(reason) => problems.push(RefactorProblem::Text { stack: stack.name.to_owned(), reason }),
        }
    }
    if problems.is_empty() { Ok(result) } else { Err(problems) }
}
