//! Plans a build for the engine that will run it: detects the engine, plans, and inspects the builder that the plan would create.

use super::command::{Invocation, Problems, plan};
use super::engine::{BuilderState, CommandOutput, CommandRunner, EngineFacts, Start, detect, inspect_builder};
use super::request::BuildRequest;

/// How much of an engine is detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detection {
    /// Nothing: the facts describe an engine that may be on another machine.
    None,
    /// What commands report that start nothing.
    Query,
    /// Everything; a builder that does not run is started. For builds that run at once.
    Start,
}

/// A planned build.
#[derive(Debug)]
pub struct DetectedPlan {
    /// The plan, or all problems of the request.
    pub invocation: Result<Invocation, Problems>,
    /// The facts that it is based on.
    pub facts: EngineFacts,
    /// What could not be detected, and why.
    pub warnings: Vec<String>,
}

/// Plans a build for the engine that `given` describes and detection completes.
///
/// If the build needs a builder beside docker's own, one of that name may exist, with another version than a new one would have, or unable
/// to build. It is the engine that runs the build, so it is inspected, too, and the build is planned again for it.
pub fn plan_detected(request: &BuildRequest, given: &EngineFacts, detection: Detection, programs: &dyn CommandRunner) -> DetectedPlan {
    let start = match detection {
        Detection::None => return DetectedPlan { invocation: plan(request, given), facts: given.clone(), warnings: Vec::new() },
        Detection::Query => Start::Never,
        Detection::Start => Start::Builder,
    };
    let detected = detect(given, start, programs);
    let (mut facts, mut warnings) = (detected.facts, detected.warnings);
    let mut invocation = plan(request, &facts);
    let creates = invocation.as_ref().is_ok_and(|invocation| invocation.steps.iter().any(|step| step.unless.is_some()));
    if creates && facts.own.is_none() {
        let (program, name) = (facts.program(), facts.builder.clone().unwrap_or_else(|| request.builder.name.clone()));
        match inspect_builder(&program, Some(&name), start, programs) {
            Ok(BuilderState::Found(found)) => {
                facts.platform = given.platform.clone().or_else(|| found.platform.clone()).or(facts.platform);
                facts.own = Some(BuilderState::Found(found));
                invocation = plan(request, &facts);
            }
            // One that cannot be inspected is created, and the engine reports why that fails.
            Ok(BuilderState::Missing) | Err(CommandOutput::Ended { .. }) => facts.own = Some(BuilderState::Missing),
            Err(_) => warnings.push(format!("`{program} buildx inspect {name}` did not respond")),
        }
    }
    DetectedPlan { invocation, facts, warnings }
}
