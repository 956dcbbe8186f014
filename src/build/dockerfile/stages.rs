//! Duplicate stage names.

use super::facts::Dockerfile;
use crate::diagnostic::Diagnostic;

/// Returns an error for each stage whose name is already used.
pub(super) fn problems(dockerfile: &Dockerfile) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (number, stage) in dockerfile.stages.iter().enumerate() {
        let Some((name, span)) = &stage.name else { continue };
        let earlier = dockerfile.stages[..number].iter().find_map(|stage| stage.name.as_ref().filter(|(other, _)| other == name));
        if let Some((_, first)) = earlier {
            let problem = Diagnostic::error("duplicate-stage", format!("duplicate stage name `{name}`"))
                .at(&dockerfile.source, *span, "")
                .at(&dockerfile.source, *first, "first use");
            problems.push(problem.hinted("rename one of the stages; names are case-insensitive"));
        }
    }
    problems
}
