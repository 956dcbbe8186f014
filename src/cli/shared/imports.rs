//! `--import`: existing resources that are taken into the stack, looked at before anything is planned.

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::backend::Backend;
use crate::cli::shared::deployed::Deployed;
use crate::cli::{Context, ExitCode, Failure};
use crate::evaluate::Evaluation;
use crate::plan::{ImportProblem, ImportRequest, ImportStep, ResourceImport, import_step, resolve_imports};
use crate::verify::{ActualState, inspect_resource};

/// Existing resources that are to come into the stack.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ImportArgs {
    /// Take an existing resource into the stack first, as that resource of the template, such as BuildCacheFilesystem=fs-0123; again for more
    ///
    /// A type that takes several properties to name a resource has them all: LOGICAL_ID=Property=value,Property=value.
    #[arg(long = "import", value_name = "LOGICAL_ID=ID")]
    pub imports: Vec<ImportRequest>,
}

/// Returns what is to be imported, and the template that does it; `None` where nothing is left to import.
///
/// `after` is the wanted template in the stack as it is deployed.
///
/// # Errors
///
/// Returns everything that is wrong with what was asked for, or that the backend cannot be asked.
pub fn prepare<'a>(
    context: &mut Context<'a>,
    backend: &dyn Backend,
    asked: &[ImportRequest],
    deployed: Option<&Deployed<'a>>,
    after: &Evaluation<'a>,
) -> Result<Option<ImportStep>, Failure> {
    if asked.is_empty() {
        return Ok(None);
    }
    let found = resolve_imports(asked, after).map_err(|problems| refused(&problems))?;
    for import in &found.already_imported {
        context.status(&format!(
            "`{}` is in the stack already as {}: nothing is left to import of it",
            import.logical_resource_id,
            import.identifier()
        ));
    }
    if found.imports.is_empty() {
        return Ok(None);
    }
    let mut imports = found.imports;
    let actual = look(context, backend, &mut imports, after)?;
    import_step(imports, &actual, after, deployed.map(|deployed| deployed.template)).map(Some).map_err(|problems| refused(&problems))
}

/// Looks at each resource where it is; returns what of it is not what the template says.
fn look(
    context: &mut Context<'_>,
    backend: &dyn Backend,
    imports: &mut [ResourceImport],
    after: &Evaluation<'_>,
) -> Result<Vec<IndexMap<String, Option<Json>>>, Failure> {
    let inspector = crate::cli::shared::backend::inspector(context, backend)?;
    let mut problems = Vec::new();
    let mut actual = Vec::new();
    for import in imports {
        let (mut wanted, mut open) = (IndexMap::new(), Vec::new());
        let properties = after.resources.get(import.logical_resource_id.as_str()).and_then(|resource| resource.properties.members());
        for (name, value) in properties.unwrap_or_default() {
            if value.is_known() {
                wanted.insert((*name).to_owned(), value.to_json());
            } else {
                open.push(*name);
            }
        }
        let found = match import.physical_id() {
            Some(id) => inspect_resource(inspector.as_ref(), &import.resource_type, id, &wanted, &open),
            None => ActualState::Unsupported,
        };
        actual.push(match found {
            ActualState::Differs(differing) => {
                import.compared = true;
                differing
            }
            ActualState::Missing => {
                let reason = format!("there is no {} in {}", import.identifier(), inspector.description());
                problems.push(ImportProblem::new(
                    &import.logical_resource_id,
                    reason,
                    Some("region and account are those of the stack".to_owned()),
                ));
                IndexMap::new()
            }
            ActualState::Refused(refusal) => {
                import.not_compared_because = Some(refusal.to_string());
                IndexMap::new()
            }
            ActualState::Unsupported => {
                import.not_compared_because = Some(format!("rackform does not know how to look at {}", import.resource_type));
                IndexMap::new()
            }
        });
    }
    if problems.is_empty() { Ok(actual) } else { Err(refused(&problems)) }
}

/// Says everything that is wrong at once.
fn refused(problems: &[ImportProblem]) -> Failure {
    let what = if problems.len() == 1 { "the import is".to_owned() } else { format!("the imports are, for {} reasons,", problems.len()) };
    Failure::Expected(Box::new(crate::cli::ExpectedFailure {
        message: format!("{what} not possible; nothing was changed"),
        causes: problems.iter().map(ToString::to_string).collect(),
        hint: None,
        exit_code: ExitCode::Usage,
    }))
}
