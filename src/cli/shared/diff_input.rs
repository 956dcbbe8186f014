//! One side of a diff: a template file, `rack` or `deployed`, with its parameters, read and evaluated.

use std::path::PathBuf;

use crate::cli::{Context, ExitCode, Failure};
use crate::evaluate::{Evaluation, State, evaluate_in_part};
use crate::parameters::{ParameterOverrides, ParameterSet, Provenance};
use crate::render::{RenderOptions, render};
use crate::template::{Diagnostic, Diagnostics, Source, Span, Template};

/// Account number that offline evaluation uses unless told otherwise: the one of AWS's own examples.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// What a side is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffInput {
    /// A template file; `-` is standard input.
    File(PathBuf),
    /// The rack of `rack.yaml`: its template, or rackform's own, under its parameters.
    Rack,
    /// The deployed stack, as it is.
    Deployed,
}

/// Reads a side's name; a file of the name `rack` or `deployed` is `./rack` or `./deployed`.
///
/// # Errors
///
/// Never: every text names a side.
pub fn parse_diff_input(text: &str) -> Result<DiffInput, std::convert::Infallible> {
    Ok(match text {
        "rack" => DiffInput::Rack,
        "deployed" => DiffInput::Deployed,
        path => DiffInput::File(PathBuf::from(path)),
    })
}

/// Parameters for one side.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ParameterArgs {
    /// A parameter; may be given again for more
    #[arg(short, long = "parameter", value_name = "NAME=VALUE")]
    pub parameter: Vec<String>,
    /// A parameter file, JSON or YAML: a map, or the AWS CLI's list; `--parameter` is stronger
    #[arg(long = "parameters", value_name = "FILE")]
    pub parameter_files: Vec<PathBuf>,
}

impl ParameterArgs {
    /// Tells whether none were given.
    pub fn is_empty(&self) -> bool {
        let Self { parameter, parameter_files } = self;
        parameter.is_empty() && parameter_files.is_empty()
    }

    /// Adds what was given to weaker values.
    ///
    /// # Errors
    ///
    /// Returns every flag without `=`, and the problems of every file.
    pub fn add_to(&self, given: &mut ParameterOverrides) -> Result<(), Failure> {
        let mut problems = Diagnostics::default();
        for path in &self.parameter_files {
            let source = Source::read(path)?;
            if let Err(found) = given.add_file(&source) {
                problems.0.extend(found.0);
            }
        }
        if !problems.0.is_empty() {
            return Err(problems.into());
        }
        given.add_flags(&self.parameter).map_err(|problems| Failure::Problems(problems, ExitCode::Usage))
    }
}

/// What offline evaluation cannot know from a template.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct StateArgs {
    /// Account number [default: `account` in rack.yaml, else 123456789012]
    #[arg(long, value_name = "NUMBER")]
    pub account: Option<String>,
    /// What only the account knows, as JSON: pseudo, physical_ids, attributes, ssm, exports
    #[arg(long = "state", value_name = "FILE")]
    pub state_file: Option<PathBuf>,
}

impl StateArgs {
    /// Returns what is known: the file, then the region, account and stack name in force.
    ///
    /// A flag is stronger than the file, the file than `rack.yaml` and the defaults.
    ///
    /// # Errors
    ///
    /// Returns that the file cannot be read or is not in the shape of a [`State`].
    pub fn load(&self, context: &mut Context<'_>, side: &DiffInput) -> Result<State, Failure> {
        let mut state = match &self.state_file {
            Some(path) => parse_state(&Source::read(path)?)?,
            None => State::default(),
        };
        let file = match side {
            DiffInput::File(path) => Some(path.as_path()),
            _ => None,
        };
        let account = match &self.account {
            Some(account) => account.clone(),
            None => context.rack_file()?.account.clone().unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
        };
        let global = context.global;
        for (name, is_flag, value) in [
            ("AWS::Region", global.region.is_some(), context.region()?),
            ("AWS::AccountId", self.account.is_some(), account),
            ("AWS::StackName", global.stack_name.is_some(), context.stack_name(file)?),
        ] {
            if is_flag || !state.pseudo.contains_key(name) {
                state.pseudo.insert(name.to_owned(), value.into());
            }
        }
        Ok(state)
    }
}

fn parse_state(source: &Source) -> Result<State, Diagnostics> {
    serde_json::from_str(source.text()).map_err(|error| {
        let line_start = source.text().split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let at = line_start + error.column().saturating_sub(1);
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        Diagnostic::error("state-file", format!("not a state file: {message}"))
            .at(source, Span::new(at, at), "")
            .hinted("it is JSON with any of `pseudo`, `physical_ids`, `attributes`, `ssm` and `exports`")
            .into()
    })
}

/// Reads a template into the command's memory.
///
/// # Errors
///
/// Returns what is wrong with the text.
pub fn template<'a>(context: &mut Context<'a>, source: Source) -> Result<&'a Template<'a>, Failure> {
    let source = context.alloc(source);
    let template = Template::read(source, context.arena)?;
    Ok(context.alloc(template))
}

/// Reads a template whose shape may be wrong here and there; evaluating it tells that beside what else is wrong.
///
/// # Errors
///
/// Returns what is wrong with a text of which nothing else can be said.
pub fn template_with_names<'a>(context: &mut Context<'a>, source: Source) -> Result<&'a Template<'a>, Failure> {
    let source = context.alloc(source);
    let template = Template::read_with_names(source, context.arena)?;
    Ok(context.alloc(template))
}

/// Evaluates a template under what was given; warnings about the parameters are shown.
///
/// # Errors
///
/// Returns every problem of the parameters, and of the template under them.
pub fn evaluated<'a>(
    context: &mut Context<'a>,
    template: &'a Template<'a>,
    given: &ParameterOverrides,
    state: &'a State,
) -> Result<Evaluation<'a>, Failure> {
    let (evaluation, problems) = evaluated_in_part(context, template, given, state)?;
    point_at_region(context, problems).into_result(evaluation).map_err(Failure::from)
}

/// Evaluates a template under what was given as far as it goes, beside what is wrong with it.
///
/// # Errors
///
/// Returns every problem of the template's shape and of the parameters, and what is wrong with the template whatever those are.
pub fn evaluated_in_part<'a>(
    context: &mut Context<'a>,
    template: &'a Template<'a>,
    given: &ParameterOverrides,
    state: &'a State,
) -> Result<(Evaluation<'a>, Diagnostics), Failure> {
    let (parameters, of_parameters) = ParameterSet::resolve_partial(template, given);
    let parameters: &'a ParameterSet<'a> = context.alloc(parameters);
    let outcome = evaluate_in_part(template, parameters, state, context.arena);
    let mut problems = template.shape.clone();
    add_untold(&mut problems, of_parameters);
    if problems.has_errors() {
        let (Ok((_, found)) | Err(found)) = outcome;
        add_untold(&mut problems, found);
        return Err(problems.into());
    }
    context.show_warnings(&parameters.warnings);
    outcome.map_err(Failure::from)
}

/// Adds problems that are not among those told already.
fn add_untold(problems: &mut Diagnostics, further: Diagnostics) {
    let told = |one: &Diagnostic| (one.message.clone(), one.labels.first().map(|label| (label.source.name().to_owned(), label.span.start)));
    let mut seen: std::collections::HashSet<_> = problems.0.iter().map(told).collect();
    problems.0.extend(further.0.into_iter().filter(|one| seen.insert(told(one))));
}

/// Returns both sides, or what is wrong with either, told together.
///
/// # Errors
///
/// Returns the problems of both sides, each once, or else why one of them could not be read.
pub fn both<A, B>(before: Result<A, Failure>, after: Result<B, Failure>) -> Result<(A, B), Failure> {
    match (before, after) {
        (Ok(before), Ok(after)) => Ok((before, after)),
        (Err(Failure::Problems(mut problems, code)), Err(Failure::Problems(further, _))) => {
            add_untold(&mut problems, further);
            Err(Failure::Problems(problems, code))
        }
        (Err(failure), _) | (_, Err(failure)) => Err(failure),
    }
}

/// Points at the `region` of `rack.yaml` where a template has no word of that region, if that is the one in force.
pub fn point_at_region(context: &mut Context<'_>, problems: Diagnostics) -> Diagnostics {
    match context.rack_file() {
        Ok(rack_file) if context.global.region.is_none() => rack_file.point_at_region(problems),
        _ => problems,
    }
}

/// Returns the text of a side that is no deployed stack.
///
/// # Errors
///
/// Returns that the file cannot be read, or what keeps the rack from being rendered.
pub fn source(context: &mut Context<'_>, side: &DiffInput) -> Result<Source, Failure> {
    match side {
        DiffInput::File(path) => Ok(Source::read(path)?),
        DiffInput::Rack => match &context.rack_file()?.template {
            Some(path) => {
                let place = context.rack_file()?.place(context.rack_file()?.template_line);
                Source::read(path).map_err(|error| Failure::from(error).hinted(format!("{place} names it as the template")))
            }
            None => {
                context.report_missing_rack_file()?;
                Ok(Source::new("rack.json (rendered)", render(&RenderOptions::default())?))
            }
        },
        DiffInput::Deployed => {
            Err(Failure::new(ExitCode::Usage, "`deployed` is not a template here").hinted("name a template file, or `rack`"))
        }
    }
}

/// Checks that what `rack.yaml` protects is in the rack's template, or in the deployed one.
///
/// # Errors
///
/// Returns every name that is in neither.
pub fn check_protected(context: &mut Context<'_>, template: &Template<'_>, deployed: Option<&Template<'_>>) -> Result<(), Failure> {
    let mut problems = Diagnostics::default();
    for (name, (source, span)) in context.rack_file()?.protected() {
        if template.resources.contains(name) || deployed.is_some_and(|deployed| deployed.resources.contains(name)) {
            continue;
        }
        let problem =
            Diagnostic::error("rack-file-protect", format!("the template has no resource `{name}` to protect")).at(source, *span, "");
        problems.push(match crate::template::nearest(name, template.resources.iter().map(|entry| entry.name)) {
            Some(near) => problem.hinted(format!("did you mean `{near}`?")),
            None => problem.hinted("`protect` takes logical IDs, the keys of the template's Resources"),
        });
    }
    problems.into_result(()).map_err(Failure::from)
}

/// Returns what is given for a side before flags: the parameters of `rack.yaml` for `rack`, nothing for a file.
///
/// # Errors
///
/// Returns the problems of `rack.yaml`.
pub fn given(context: &mut Context<'_>, side: &DiffInput) -> Result<ParameterOverrides, Failure> {
    Ok(match side {
        DiffInput::Rack => context.rack_file()?.parameters.clone(),
        DiffInput::File(_) | DiffInput::Deployed => ParameterOverrides::default(),
    })
}

/// Returns values with those left out that a template does not declare, and all taken as they are.
pub fn declared_only(given: &ParameterOverrides, template: &Template<'_>) -> ParameterOverrides {
    let values = given
        .values
        .iter()
        .filter(|(name, value)| template.parameters.contains(name) && !(value.text.is_none() && value.provenance != Provenance::Deployed));
    ParameterOverrides { values: values.map(|(name, value)| (name.clone(), value.clone())).collect() }
}

/// Leaves parameters open that have neither a default nor a value given, and returns their names.
pub fn leave_open<'a>(template: &Template<'a>, given: &mut ParameterOverrides) -> Vec<&'a str> {
    let open: Vec<&str> = template
        .parameters
        .iter()
        .filter(|entry| entry.body.get("Default").is_none() && !given.values.contains_key(entry.name))
        .map(|entry| entry.name)
        .collect();
    for name in &open {
        given.add_deployed(*name, None);
    }
    open
}
