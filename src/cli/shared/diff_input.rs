//! A template argument: a file, `rack` or `deployed`, with its parameters and state.

use std::path::{Path, PathBuf};

use crate::cli::shared::notes::print_note;
use crate::cli::shared::secret_values;
use crate::cli::{Context, ExitCode, Failure};
use crate::config::FileKind;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::evaluate::{Evaluation, State};
use crate::operation::{self, OperationError};
use crate::parameters::ParameterOverrides;
use crate::render::{RENDERED_RACK, RenderOptions, render};
use crate::template::{Arena, Document, Template};

/// The default account ID of offline evaluation, as in AWS's examples.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// A template argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffInput {
    /// A template file; `-` is standard input.
    File(PathBuf),
    /// The rack of `rack.yaml`: its template, or rackform's own, with its parameters.
    Rack,
    /// The deployed stack.
    Deployed,
}

/// Parses a template argument. For a file with the name `rack` or `deployed`, use `./rack` or `./deployed`.
///
/// # Errors
///
/// Returns no errors: every text is valid.
pub fn parse_diff_input(text: &str) -> Result<DiffInput, std::convert::Infallible> {
    Ok(match text {
        "rack" => DiffInput::Rack,
        "deployed" => DiffInput::Deployed,
        path => DiffInput::File(PathBuf::from(path)),
    })
}

/// Parameters of the template.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ParameterArgs {
    /// Parameter value; may be repeated
    #[arg(short, long = "parameter", value_name = "NAME=VALUE")]
    pub parameter: Vec<String>,
    /// Parameter file, JSON or YAML: a map, or a list as the AWS CLI accepts it; `--parameter` takes precedence
    #[arg(long = "parameters", value_name = "FILE")]
    pub parameter_files: Vec<PathBuf>,
    /// Value of a NoEcho parameter, from the environment (`NAME=env:VARIABLE`), a file (`NAME=file:PATH`) or standard input (`NAME=-`);
    /// may be repeated
    #[arg(long = "secret", value_name = "NAME=SOURCE")]
    pub secrets: Vec<String>,
}

impl ParameterArgs {
    /// Returns whether no parameters are given.
    pub fn is_empty(&self) -> bool {
        let Self { parameter, parameter_files, secrets } = self;
        parameter.is_empty() && parameter_files.is_empty() && secrets.is_empty()
    }

    /// Adds the parameters of files, then of options, then secrets, over existing overrides.
    ///
    /// # Errors
    ///
    /// Returns every error of the files, or of the options.
    pub fn add_to(&self, overrides: &mut ParameterOverrides) -> Result<(), Failure> {
        let mut problems = Diagnostics::default();
        for path in &self.parameter_files {
            let source = Source::read(path)?;
            if let Err(found) = overrides.add_file(&source) {
                problems.0.extend(found.0);
            }
        }
        if !problems.0.is_empty() {
            return Err(problems.into());
        }
        overrides.add_flags(&self.parameter).map_err(|problems| Failure::Problems(problems, ExitCode::Usage))?;
        secret_values::add_to(overrides, &self.secrets)
    }
}

/// Values that offline evaluation cannot know from a template.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct StateArgs {
    /// AWS account ID [default: `account` in rack.yaml, else 123456789012]
    #[arg(long, value_name = "ACCOUNT_ID")]
    pub account: Option<String>,
    /// JSON file with values known only to AWS: pseudo, physical_ids, attributes, ssm, exports
    #[arg(long = "state", value_name = "FILE")]
    pub state_file: Option<PathBuf>,
}

impl StateArgs {
    /// Returns the state: the file, with region, account and stack name.
    ///
    /// Options take precedence over the file, and the file over `rack.yaml` and defaults.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or is not a valid [`State`].
    pub fn load(&self, context: &mut Context<'_>, input: &DiffInput) -> Result<State, Failure> {
        let mut state = match &self.state_file {
            Some(path) => parse_state(&Source::read(path)?)?,
            None => State::default(),
        };
        let file = match input {
            DiffInput::File(path) => Some(path.as_path()),
            _ => None,
        };
        let given = self.account.clone().or(context.rack_file()?.account.clone());
        if given.is_none() && !state.pseudo.contains_key("AWS::AccountId") {
            state.assumed.push("AWS::AccountId".to_owned());
        }
        if context.settings()?.configured_region().is_none() && !state.pseudo.contains_key("AWS::Region") {
            state.assumed.push("AWS::Region".to_owned());
        }
        let account = given.unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned());
        let global = context.global;
        for (name, is_flag, value) in [
            ("AWS::Region", global.region.is_some(), context.settings()?.region().to_owned()),
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

/// The size from which the number of values in a state file may be beyond the limit of a document.
const LARGE_STATE: usize = 1_000_000;

fn parse_state(source: &Source) -> Result<State, Diagnostics> {
    if source.text().len() > LARGE_STATE
        && let Err(mut problems) = Document::read(source, &Arena::new())
    {
        problems.0.retain(|problem| problem.rule == "document-limit");
        if let [problem, ..] = problems.0.as_mut_slice() {
            problem.hint = None;
            return Err(problems);
        }
    }
    serde_json::from_str(source.text()).map_err(|error| {
        let line_start = source.text().split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let at = line_start + error.column().saturating_sub(1);
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        Diagnostic::error("state-file", format!("invalid state file: {message}"))
            .at(source, Span::new(at, at), "")
            .hinted("a state file is JSON with the optional keys `pseudo`, `physical_ids`, `attributes`, `ssm` and `exports`")
            .into()
    })
}

/// Evaluates a template as far as possible, prints its warnings, and also returns its errors.
///
/// # Errors
///
/// Returns the errors of a template that cannot be evaluated at all.
pub fn evaluate_partly<'a>(
    context: &mut Context<'a>,
    template: &'a Template<'a>,
    overrides: &ParameterOverrides,
    state: &'a State,
) -> Result<(Evaluation<'a>, Diagnostics), OperationError> {
    operation::evaluate_partly(context.arena, template, overrides, state, &mut |note| print_note(context, note))
}

/// Adds the position of `region` in `rack.yaml` to errors about a mapping without that region, unless `--region` is given.
pub fn point_at_region(context: &mut Context<'_>, problems: Diagnostics) -> Diagnostics {
    match context.rack_file() {
        Ok(rack_file) if context.global.region.is_none() => rack_file.point_at_region(problems),
        _ => problems,
    }
}

/// Returns the text of a template file or of the rack.
///
/// # Errors
///
/// Returns an error if the file cannot be read, the rack cannot be rendered, or the argument is `deployed`.
pub fn source(context: &mut Context<'_>, input: &DiffInput) -> Result<Source, Failure> {
    match input {
        DiffInput::File(path) => read_template_file(path),
        DiffInput::Rack => match &context.rack_file()?.template {
            Some(path) => {
                let place = context.rack_file()?.location(context.rack_file()?.template_line);
                let source = Source::read(path).map_err(|error| Failure::from(error).hinted(format!("{place} sets it as the template")))?;
                let is_template = check_template(&source);
                is_template.map_err(|failure| failure.hinted(format!("{place} sets it as the template; name a template file there")))?;
                Ok(source)
            }
            None => {
                context.report_missing_rack_file()?;
                Ok(Source::new(RENDERED_RACK, render(&RenderOptions::default())?))
            }
        },
        DiffInput::Deployed => Err(Failure::new(ExitCode::Usage, "the deployed stack is not supported here")
            .hinted("use a template file or `rack`; `diff` supports `deployed` as BEFORE")),
    }
}

/// Reads a template file.
///
/// # Errors
///
/// Returns an error if the file cannot be read, or is a rack file or a saved plan.
pub fn read_template_file(path: &Path) -> Result<Source, Failure> {
    let source = Source::read(path)?;
    check_template(&source)?;
    Ok(source)
}

/// Checks that a text is no rack file and no saved plan. Other errors are reported by the template's reader.
fn check_template(source: &Source) -> Result<(), Failure> {
    if !FileKind::may_be_no_template(source.text()) {
        return Ok(());
    }
    let name = source.name();
    match FileKind::of(source.text()) {
        Some(FileKind::RackFile) => Err(Failure::new(ExitCode::Data, format!("`{name}` is a rack file, not a template"))
            .hinted(format!("use `--file {name}`, and `rack` in place of the template"))),
        Some(FileKind::SavedPlan) => Err(Failure::new(ExitCode::Data, format!("`{name}` is a saved plan, not a template"))
            .hinted(format!("`rackform apply {name}` applies it"))),
        Some(FileKind::Template) | None => Ok(()),
    }
}

/// Returns the parameters of `rack.yaml` for `rack`, and none for a file.
///
/// # Errors
///
/// Returns every error of `rack.yaml`.
pub fn overrides(context: &mut Context<'_>, input: &DiffInput) -> Result<ParameterOverrides, Failure> {
    Ok(match input {
        DiffInput::Rack => context.rack_file()?.parameters.clone(),
        DiffInput::File(_) | DiffInput::Deployed => ParameterOverrides::default(),
    })
}
