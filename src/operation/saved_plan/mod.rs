//! Saved plans: written from a prepared change, and prepared again for execution.
//!
//! A saved plan is a request, like a template: its effects, risks, refusals and unknowns are derived again from its template and
//! parameters, from the deployed stack and, for imports and drift, from the account. A file that says anything else is refused, and what is
//! shown, checked and executed is the derived plan. `docs/design/saved-plans.md` lists every field.

mod settings;

use indexmap::IndexMap;
use serde::Serialize;

use super::deployed::DeployedStack;
use super::error::{OperationError, SavedPlanMismatch};
use super::note::Note;
use super::options::RequestedOptions;
use super::prepare::prepare_loaded;
use super::request::{Baseline, ChangeRequest, Desired, ExistingResources};
use super::target::PreparedChange;
use crate::apply::{self, Target};
use crate::backend::Backend;
use crate::config::RackFile;
use crate::diagnostic::Source;
use crate::evaluate::State;
use crate::parameters::{ParameterOverride, ParameterOverrides, Provenance};
use crate::plan::saved::{FieldProblem, ReadPlan, SavedParameter, SavedPlan, SavedPlanError, SecretKey, differing_fields};
use crate::plan::{ImportRequest, ResourceImport};
use crate::template::Arena;
use crate::verify::Inspector;

/// A saved plan to execute, with what the operator says beside it.
pub struct SavedPlanRequest<'r> {
    /// The plan as read from the file.
    pub read: ReadPlan,
    /// `rack.yaml`, or its default if there is none.
    pub rack: &'r RackFile,
    /// The options of the command line.
    pub requested: RequestedOptions<'r>,
    /// The role that CloudFormation assumes, from the command line or `rack.yaml`.
    pub cloudformation_role_arn: Option<String>,
    /// The values of the plan's secrets, which are not in the file, by parameter.
    pub secrets: IndexMap<String, String>,
    /// The key of the digests by which the values are recognised.
    pub secret_key: Option<SecretKey>,
    /// What is known while the stack does not exist.
    pub offline_state: State,
    /// Reads resources to import where they are; required only for a plan with imports.
    pub inspector: Option<&'r dyn Inspector>,
}

/// Returns a prepared change as a plan to save.
pub fn saved_plan(backend: &dyn Backend, change: PreparedChange<'_>, parameters: IndexMap<String, SavedParameter>) -> SavedPlan {
    let target = change.target;
    SavedPlan {
        stack_name: target.stack,
        backend: backend.name().to_owned(),
        region: backend.region(),
        account: backend.identity().ok().map(|identity| identity.account),
        revision: target.revision,
        before: change.before,
        template: target.template,
        parameters,
        tags: target.tags,
        options: target.options,
        settings: target.settings,
        import: target.import,
        plan: change.plan,
    }
}

/// Checks that a plan was made for this backend, region and account.
///
/// # Errors
///
/// Returns the mismatch, or an error if the account of the backend cannot be read.
pub fn check_saved_location(saved: &SavedPlan, backend: &dyn Backend) -> Result<(), OperationError> {
    let region = backend.region();
    if saved.backend != backend.name() || saved.region != region {
        return Err(OperationError::from(SavedPlanMismatch::Location {
            planned_backend: saved.backend.clone(),
            planned_region: saved.region.clone(),
            actual_backend: backend.name().to_owned(),
            actual_region: region,
        }));
    }
    match (&saved.account, backend.identity()) {
        (planned, Ok(identity)) if planned.as_ref() != Some(&identity.account) => {
            let planned = planned.clone().unwrap_or_else(|| "unknown".to_owned());
            Err(OperationError::from(SavedPlanMismatch::Account { planned, actual: identity.account }))
        }
        // A stack of the same name may exist in any account.
        (Some(_), Err(error)) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prepares a saved plan for execution: derives it again, and compares.
///
/// # Errors
///
/// Returns an error if the plan was made for another backend, region or account, if the stack changed since, if a field of the file is not
/// what is derived, or if the file alone asks for other settings of the stack.
pub fn prepare_saved_plan<'a>(
    request: SavedPlanRequest<'_>,
    backend: &dyn Backend,
    arena: &'a Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<PreparedChange<'a>, OperationError> {
    let SavedPlanRequest { read: ReadPlan { plan: saved, is_verified, .. }, rack, requested, .. } = &request;
    check_saved_location(saved, backend)?;
    requested.check_saved(&saved.options, &saved.settings)?;
    let deployed = DeployedStack::load(backend, &saved.stack_name, arena)?;
    let of_plan = Target { stack: saved.stack_name.clone(), revision: saved.revision.clone(), ..Target::default() };
    apply::check_revision(backend, &of_plan)?;
    let compare = Compare { is_verified: *is_verified };
    saved.check_secrets(request.secret_key.as_ref(), &request.secrets)?;
    compare.fields("before", &deployed.as_ref().map(DeployedStack::before), &saved.before)?;
    let imports = import_requests(saved);
    let inspector = request.inspector.filter(|_| !imports.is_empty());
    let import = inspector.map(|inspector| ExistingResources { resources: &imports, inspector });
    let mut offline_state = request.offline_state.clone();
    offline_state.pseudo.insert("AWS::StackName".to_owned(), saved.stack_name.clone().into());
    let derived = ChangeRequest {
        stack: &saved.stack_name,
        desired: Desired::Template(Source::new("template of the saved plan", saved.template.clone())),
        overrides: &overrides(saved, &request.secrets),
        baseline: Baseline::reverting_drift(saved.options.deployment_mode.is_some()),
        import,
        offline_state,
        cloudformation_role_arn: request.cloudformation_role_arn.clone(),
    };
    let prepared = prepare_loaded(&derived, deployed.as_ref(), backend, arena, notes);
    let mut change = prepared.map_err(|error| match error {
        OperationError::Import { problems } => SavedPlanError::Import { problems }.into(),
        error => error,
    })?;
    compare.fields(
        "parameters",
        &SavedPlan::parameters_of(change.after.parameters, &saved.stack_name, request.secret_key.as_ref())?,
        &saved.parameters,
    )?;
    compare.fields("import", &change.target.import, &saved.import)?;
    compare.fields("options.capabilities", &change.target.options.capabilities, &saved.options.capabilities)?;
    compare.fields("options.deployment_mode", &change.target.options.deployment_mode, &saved.options.deployment_mode)?;
    if rack.path.is_some() {
        change.target.tags.clone_from(&rack.tags);
    }
    requested.resolve(rack, backend, &mut change, notes)?;
    settings::apply_saved(&mut change, saved, *is_verified, backend, notes)?;
    change.compare_stack_settings(backend)?;
    compare.fields("plan", &change.plan, &saved.plan)?;
    Ok(change)
}

/// Returns the values that the plan sets; all others are deployed values or defaults.
fn overrides(saved: &SavedPlan, secrets: &IndexMap<String, String>) -> ParameterOverrides {
    let value = |(name, parameter): (&String, &SavedParameter)| {
        let (text, provenance) = match parameter {
            SavedParameter::Value(text) => (text, Provenance::Flag),
            SavedParameter::Secret(_) => (secrets.get(name)?, Provenance::Secret),
            SavedParameter::UsePreviousValue | SavedParameter::Default => return None,
        };
        Some((name.clone(), ParameterOverride { text: Some(text.clone()), provenance, span: None }))
    };
    ParameterOverrides { values: saved.parameters.iter().filter_map(value).collect() }
}

fn import_requests(saved: &SavedPlan) -> Vec<ImportRequest> {
    let request = |import: &ResourceImport| {
        let parts: Vec<String> = import.resource_identifier.iter().map(|(name, value)| format!("{name}={value}")).collect();
        ImportRequest { logical_id: import.logical_resource_id.clone(), identifier: parts.join(",") }
    };
    saved.import.iter().flat_map(|step| &step.resources).map(request).collect()
}

/// Compares fields of a file with what was derived.
struct Compare {
    is_verified: bool,
}

impl Compare {
    fn fields<T: Serialize>(&self, path: &str, derived: &T, saved: &T) -> Result<(), OperationError> {
        let json = |value: &T| serde_json::to_value(value).map_err(SavedPlanError::Syntax);
        let fields: Vec<FieldProblem> = differing_fields(path, &json(derived)?, &json(saved)?);
        if fields.is_empty() { Ok(()) } else { Err(SavedPlanError::Mismatch { fields, is_verified: self.is_verified }.into()) }
    }
}
