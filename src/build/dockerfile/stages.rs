//! What is wrong between stages, whatever is built.

use super::facts::Dockerfile;
use crate::template::Diagnostic;

/// Returns stages of one name, which no builder takes.
pub(super) fn problems(dockerfile: &Dockerfile) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (number, stage) in dockerfile.stages.iter().enumerate() {
        let Some((name, place)) = &stage.name else { continue };
        let earlier = dockerfile.stages[..number].iter().find_map(|stage| stage.name.as_ref().filter(|(other, _)| other == name));
        if let Some((_, first)) = earlier {
            let problem = Diagnostic::error("duplicate-stage", format!("two stages are called `{name}`"))
                .at(&dockerfile.source, *place, "")
                .at(&dockerfile.source, *first, "the first one");
            problems.push(problem.hinted("upper and lower case count as equal; give each stage a name of its own"));
        }
    }
    problems
}
