//! Steps for which kaniko's layer cache can contain the layer of another step: what changes is not part of the cache key.

use super::linter::Linter;
use crate::build::cache::Backend;
use crate::build::dockerfile::facts::StepKind;
use crate::build::engine::{Engine, Kaniko};
use crate::diagnostic::{Diagnostic, Span};

pub(super) fn check(linter: &mut Linter<'_>) {
    let caches_layers = matches!(linter.context.backend, Some(Backend::Registry | Backend::Local));
    let Some(version) = linter.context.version.filter(|_| linter.context.engine == Some(Engine::Kaniko) && caches_layers) else { return };
    let kaniko = Kaniko(Some(version.clone()));
    let mut documents: Vec<Span> = Vec::new();
    let mut variables: Vec<Span> = Vec::new();
    for step in linter.stages().flat_map(|stage| &stage.steps) {
        let (here_documents, expanded): (_, Vec<&str>) = match &step.kind {
            StepKind::Copy(copy) => {
                (&copy.here_documents[..], copy.sources.iter().chain([&copy.destination]).map(|text| text.as_str()).collect())
            }
            StepKind::Run(run) => (&run.here_documents[..], Vec::new()),
            StepKind::Workdir(path) => (&[][..], vec![path.as_str()]),
            _ => continue,
        };
        if !here_documents.is_empty() && !kaniko.keys_here_documents() {
            documents.push(step.span);
        }
        let escape = linter.dockerfile.escape;
        if expanded.iter().any(|text| has_variable(text, escape)) && !kaniko.keys_variables() {
            variables.push(step.span);
        }
    }
    let description = kaniko.description();
    let cases = [
        (documents, "the text of a here-document", "use kaniko 1.28.1 or later, or copy the text from a file"),
        (
            variables,
            "the value of a variable in `COPY`, `ADD` and `WORKDIR`",
            "use kaniko 1.28.0 or later, or write the path without the variable",
        ),
    ];
    for (spans, what, hint) in cases {
        let Some((first, others)) = spans.split_first() else { continue };
        let message = format!("{description} does not notice that {what} changes, and uses the cached layer of the earlier one");
        let source = linter.dockerfile.source.clone();
        let problem = linter.warn("stale-cache", message, *first).hinted(hint);
        let problem = others.iter().fold(problem, |problem: Diagnostic, span| problem.at(&source, *span, "and here"));
        linter.report(problem);
    }
}

/// Returns whether a text has a variable that the builder expands.
fn has_variable(text: &str, escape: char) -> bool {
    let mut is_escaped = false;
    text.chars().any(|c| {
        let is_variable = c == '$' && !is_escaped;
        is_escaped = c == escape && !is_escaped;
        is_variable
    })
}
