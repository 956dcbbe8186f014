//! Renders every rack of a list in parallel: the full template, or one specialised for the parameters of the rack.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::config::{ListedParameters, ListedRack, RackList};
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::evaluate::{Evaluation, State, evaluate};
use crate::parameters::{ParameterOverrides, ParameterSet, Patterns};
use crate::specialise::{Inputs, specialise};
use crate::template::{Arena, Node, Template};

use super::error::OperationError;
use super::input::{add_new, evaluate_partly, fill_missing};

/// What all racks of a list have in common.
#[derive(Clone, Debug, Default)]
pub struct RackListRequest {
    /// Parameters; a rack's own value takes precedence over one from a file, and one of the command line over both.
    pub parameters: ParameterOverrides,
    /// Pseudo parameters, unless a rack has its own.
    pub pseudo: Vec<(String, String)>,
    /// Whether to specialise the template for each rack.
    pub is_specialised: bool,
    /// Parameters that stay parameters of specialised templates.
    pub kept: Vec<String>,
    /// Whether specialised templates have no descriptions of the template and of its outputs.
    pub omits_descriptions: bool,
    /// The number of threads, at least 1.
    pub threads: usize,
}

/// The template of one rack, with its evaluation.
#[derive(Debug)]
pub struct RenderedRack<'r> {
    /// The position of the rack in the list.
    pub index: usize,
    /// The name of the rack.
    pub name: &'r str,
    /// The document.
    pub root: &'r Node<'r>,
    /// The template evaluated with the rack's parameters.
    pub evaluation: &'r Evaluation<'r>,
}

/// Renders and evaluates every rack of a list, and calls `each` with every result, on any thread and in any order. Memory does not grow
/// with the number of racks: what belongs to a rack is released after the call.
///
/// # Errors
///
/// Returns the errors of all racks in the order of the list, with the position of a parameter's value. The first error of `each` ends the
/// work and is returned inside `Ok`.
pub fn render_racks<E: Send>(
    template: &Template<'_>,
    list: &RackList<'_>,
    request: &RackListRequest,
    each: &(dyn Fn(&RenderedRack<'_>) -> Result<(), E> + Sync),
) -> Result<Result<(), E>, Diagnostics> {
    let next = AtomicUsize::new(0);
    let is_stopped = AtomicBool::new(false);
    let failed: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let stopped: Mutex<Option<E>> = Mutex::new(None);
    let work = || {
        let (mut arena, mut patterns) = (Arena::new(), Patterns::default());
        while !is_stopped.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(rack) = list.racks.get(index) else { break };
            let listed = list.parameters(rack, false);
            match render_rack(template, (index, rack), &listed, request, &mut patterns, &arena, each) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    is_stopped.store(true, Ordering::Relaxed);
                    if let Ok(mut stopped) = stopped.lock() {
                        stopped.get_or_insert(error);
                    }
                }
                Err(_) => {
                    if let Ok(mut failed) = failed.lock() {
                        failed.push(index);
                    }
                }
            }
            arena.reset();
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..request.threads.min(list.racks.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut failed = failed.into_inner().unwrap_or_default();
    if failed.is_empty() {
        return Ok(stopped.into_inner().unwrap_or_default().map_or(Ok(()), Err));
    }
    failed.sort_unstable();
    Err(explain(template, list, request, &failed))
}

/// Returns the errors of a list that cannot be rendered as a whole, together with those of the racks that could be read.
pub fn explain_racks(template: &Template<'_>, list: &RackList<'_>, request: &RackListRequest, mut problems: Diagnostics) -> Diagnostics {
    let nothing = |_: &RenderedRack<'_>| Ok::<(), std::convert::Infallible>(());
    match render_racks(template, list, request, &nothing) {
        Ok(_) => list.hide_values(template),
        Err(further) => add_new(&mut problems, further),
    }
    problems
}

/// Renders one rack and passes it on.
fn render_rack<E>(
    template: &Template<'_>,
    (index, rack): (usize, &ListedRack<'_>),
    listed: &ListedParameters<'_>,
    request: &RackListRequest,
    patterns: &mut Patterns,
    arena: &Arena,
    each: &dyn Fn(&RenderedRack<'_>) -> Result<(), E>,
) -> Result<Result<(), E>, Diagnostics> {
    let overrides = overrides_of(template, listed, request);
    let parameters = ParameterSet::resolve_with(template, &overrides, patterns)?;
    let state = state_of(listed, request);
    let name = rack.name;
    if !request.is_specialised {
        let evaluation = evaluate(template, &parameters, &state, arena)?;
        return Ok(each(&RenderedRack { index, name, root: template.root, evaluation: &evaluation }));
    }
    let mut inputs = Inputs::new(template, parameters).keeping(request.kept.iter().map(String::as_str));
    if request.omits_descriptions {
        inputs = inputs.without_descriptions();
    }
    for (name, value) in &state.pseudo {
        inputs = inputs.with_pseudo_parameter(name, value.as_str().unwrap_or_default());
    }
    let specialised = specialise(template, &inputs, arena)?;
    let small = specialised.template()?;
    let mut own = ParameterOverrides { values: overrides.values };
    own.values.retain(|name, _| small.parameters.contains(name));
    let parameters = ParameterSet::resolve_with(&small, &own, patterns)?;
    let evaluation = evaluate(&small, &parameters, &state, arena)?;
    Ok(each(&RenderedRack { index, name, root: small.root, evaluation: &evaluation }))
}

/// Returns the errors of some racks, this time with positions in the list.
fn explain(template: &Template<'_>, list: &RackList<'_>, request: &RackListRequest, failed: &[usize]) -> Diagnostics {
    list.hide_values(template);
    let (mut arena, mut patterns) = (Arena::new(), Patterns::default());
    let mut all = Diagnostics::default();
    for (index, rack) in failed.iter().filter_map(|index| Some((*index, list.racks.get(*index)?))) {
        let listed = list.parameters(rack, true);
        let ignore = |_: &RenderedRack<'_>| Ok::<(), ()>(());
        let found = errors_of_values(template, &listed, request, &arena);
        let found = found.or_else(|| render_rack(template, (index, rack), &listed, request, &mut patterns, &arena, &ignore).err());
        if let Some(mut problems) = found {
            for problem in &mut problems.0 {
                point_at_region(problem, list, rack, &listed);
                problem.message = format!("rack `{}`: {}", rack.name, problem.message);
                if !problem.labels.iter().any(|label| label.source.name() == list.source.name()) {
                    let label = Label { source: list.source.clone(), span: rack.name_span, text: "in this rack".to_owned() };
                    problem.labels.push(label);
                }
            }
            all.0.append(&mut problems.0);
        }
        arena.reset();
    }
    all
}

/// Returns the errors of a rack's values and of the template with them together, if there are any.
fn errors_of_values(
    template: &Template<'_>,
    listed: &ListedParameters<'_>,
    request: &RackListRequest,
    arena: &Arena,
) -> Option<Diagnostics> {
    let overrides = overrides_of(template, listed, request);
    let state = state_of(listed, request);
    match evaluate_partly(arena, template, &overrides, &state, &mut |_| {}) {
        Ok((_, problems)) => problems.has_errors().then_some(problems),
        Err(OperationError::Invalid(problems)) => Some(problems),
        Err(_) => None,
    }
}

/// Points an error about a mapping without the region at the region of the rack.
fn point_at_region(problem: &mut Diagnostic, list: &RackList<'_>, rack: &ListedRack<'_>, listed: &ListedParameters<'_>) {
    let Some((_, region)) = listed.pseudo.iter().find(|(name, _)| *name == "AWS::Region") else { return };
    let Some(span) = list.pseudo_parameter(rack, "AWS::Region") else { return };
    if problem.rule == "no-mapping" && problem.message.ends_with(&format!(" has no key `{region}`")) {
        problem.labels = vec![Label { source: list.source.clone(), span, text: String::new() }];
    }
}

fn overrides_of(template: &Template<'_>, listed: &ListedParameters<'_>, request: &RackListRequest) -> ParameterOverrides {
    let mut overrides = request.parameters.clone();
    for (name, value) in &listed.parameters.values {
        overrides.add(name.as_str(), value.clone());
    }
    if request.is_specialised {
        fill_missing(template, &mut overrides);
    }
    overrides
}

fn state_of(listed: &ListedParameters<'_>, request: &RackListRequest) -> State {
    let mut state = State::default();
    let common = request.pseudo.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    state.pseudo.extend(common.chain(listed.pseudo.iter().copied()).map(|(name, value)| (name.to_owned(), value.into())));
    state
}
