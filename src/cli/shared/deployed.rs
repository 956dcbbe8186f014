//! The deployed stack as one side of a plan, and the change from it to what is wanted.

use crate::apply::Target;
use crate::backend::{
    Backend, BackendError, ResourceDrift, StackDescription, add_attributes_of_outputs, deployed_state, exports, imports as has_imports,
};
use crate::cli::shared::diff_input::{self, DiffInput};
use crate::cli::shared::imports;
use crate::cli::shared::ssm_parameters;
use crate::cli::{Context, Failure};
use crate::cloudformation::ChangeSetOptions;
use crate::evaluate::{Evaluation, State, evaluate};
use crate::parameters::{ParameterOverrides, ParameterSet};
use crate::plan::redact::Secrets;
use crate::plan::{
    DesiredStack, ImportRequest, Plan, StackState, plan, plan_first, plan_reverting_drift, required_capabilities, stack_changes,
    without_import_metadata,
};
use crate::template::{Source, Style, Template, write_json};

/// A deployed stack, read.
pub struct Deployed<'a> {
    /// What the backend says of it.
    pub description: StackDescription,
    /// Its template.
    pub template: &'a Template<'a>,
    /// Its parameters; `NoEcho` ones without their value.
    pub given: ParameterOverrides,
    /// What is known of its resources.
    pub state: &'a State,
}

impl<'a> Deployed<'a> {
    /// Returns a stack, or `None` when there is none that holds anything.
    ///
    /// # Errors
    ///
    /// Returns that the backend cannot be asked.
    pub fn read(context: &mut Context<'a>, backend: &dyn Backend, stack: &str) -> Result<Option<Self>, Failure> {
        let Some(description) = backend.describe_stack(stack)?.filter(|stack| !stack.status.is_review()) else { return Ok(None) };
        let template = diff_input::template(context, Source::new(format!("{stack} (deployed)"), description.template.clone()))?;
        let mut given = ParameterOverrides::default();
        for (name, value) in &description.parameters {
            given.add_deployed(name, value.clone());
        }
        let mut state = deployed_state(backend, &description)?;
        add_attributes_of_outputs(&mut state, template, &description.outputs);
        let state = context.alloc(state);
        Ok(Some(Self { description, template, given, state }))
    }

    /// Returns what the stack's template means under its parameters.
    ///
    /// # Errors
    ///
    /// Returns what keeps it from being evaluated.
    pub fn evaluation(&self, context: &mut Context<'a>) -> Result<Evaluation<'a>, Failure> {
        diff_input::evaluated(context, self.template, &self.given, self.state)
    }
}

/// A change that can be carried out.
pub struct Change<'a> {
    /// What it does.
    pub plan: Plan,
    /// What it asks for.
    pub target: Target,
    /// What it is set to.
    pub parameters: &'a ParameterSet<'a>,
    /// What the stack itself has, where there is one.
    pub present: Option<StackState>,
    /// Its resources by logical ID and type.
    pub deployed: Vec<(String, String)>,
    /// Every logical ID before and after, for messages.
    pub logical_ids: Vec<String>,
    /// What is known of the account where there is no stack yet.
    pub known: &'a State,
    /// What was changed behind the stack's back, where that was looked for.
    pub drift: Option<Vec<ResourceDrift>>,
    /// What must not be shown, whoever says it.
    pub secrets: Secrets<'a>,
}

impl Change<'_> {
    /// Returns from what it is predicted, for a plan's heading.
    pub fn made(&self) -> &'static str {
        match self.target.revision {
            Some(_) if self.plan.deployment_mode.is_some() => "predicted from what is really there: REVERT_DRIFT",
            Some(_) => "predicted from the deployed stack",
            None => "the stack does not exist yet",
        }
    }

    /// Tells whether there is anything to do.
    pub fn is_empty(&self) -> bool {
        !self.plan.has_changes()
    }

    /// Adds to the plan what differs of the stack itself, once it is decided what that is to have.
    ///
    /// # Errors
    ///
    /// Returns that the backend cannot be asked for the stack's policy.
    pub fn compare_stack(&mut self, backend: &dyn Backend) -> Result<(), Failure> {
        let mut present = self.present.clone().unwrap_or_default();
        if self.present.is_some() && self.target.settings.stack_policy.is_some() {
            present.stack_policy = backend.stack_policy(&self.target.stack)?;
        }
        // The embedded backend tells nobody, watches no alarm and needs no role.
        let options = if backend.capabilities().supports_stack_options { self.target.options.clone() } else { ChangeSetOptions::default() };
        let wanted = DesiredStack { tags: &self.target.tags, options: &options, settings: &self.target.settings };
        let changes = stack_changes(&present, &wanted);
        self.plan.add_stack_changes(changes, self.deployed.iter().map(|(id, kind)| (id.as_str(), kind.as_str())));
        self.target.approved = Some(self.plan.clone());
        Ok(())
    }
}

/// What a stack is to have.
pub enum Wanted {
    /// The template and parameters of `rack.yaml`.
    Rack,
    /// The template of a file; parameters that are not given keep their deployed value.
    File(Source),
    /// What it has.
    Same,
}

/// Plans the change of a stack; `given` is stronger than `rack.yaml`, that than what is deployed, that than defaults.
///
/// # Errors
///
/// Returns every problem of the template and its parameters, that the stack cannot be updated, or that the backend cannot be asked.
pub fn change<'a>(
    context: &mut Context<'a>,
    backend: &dyn Backend,
    stack: &str,
    wanted: &Wanted,
    stronger: &ParameterOverrides,
) -> Result<Change<'a>, Failure> {
    change_from(context, backend, stack, wanted, stronger, Before::Template, &[])
}

/// What a change starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// What the deployed template made: CloudFormation does not look further by itself.
    Template,
    /// What is really there, which the change brings in line with the template.
    Reality,
}

impl Before {
    /// Returns what `--drift` asks for.
    pub fn of(drift: bool) -> Self {
        if drift { Self::Reality } else { Self::Template }
    }
}

/// Plans the change of a stack from its template, or from what is really there; some existing resources are imported before.
///
/// # Errors
///
/// As [`change`], and everything that is wrong with the imports.
pub fn change_from<'a>(
    context: &mut Context<'a>,
    backend: &dyn Backend,
    stack: &str,
    wanted: &Wanted,
    stronger: &ParameterOverrides,
    from: Before,
    imports_asked: &[ImportRequest],
) -> Result<Change<'a>, Failure> {
    let deployed = Deployed::read(context, backend, stack)?;
    if let Some(Deployed { description, .. }) = &deployed
        && !description.status.is_updatable()
    {
        return Err(BackendError::WrongStatus { stack: stack.to_owned(), status: description.status, operation: "update" }.into());
    }
    let mut given = deployed.as_ref().map(|deployed| deployed.given.clone()).unwrap_or_default();
    let mut tags = deployed.as_ref().map(|deployed| deployed.description.tags.clone()).unwrap_or_default();
    let template = match (wanted, &deployed) {
        (Wanted::Rack, _) => {
            tags.clone_from(&context.rack_file()?.tags);
            for (name, value) in diff_input::given(context, &DiffInput::Rack)?.values {
                given.add(name, value);
            }
            let source = diff_input::source(context, &DiffInput::Rack)?;
            let template = diff_input::template(context, source)?;
            diff_input::check_protected(context, template, deployed.as_ref().map(|deployed| deployed.template))?;
            template
        }
        (Wanted::File(source), _) => diff_input::template(context, source.clone())?,
        (Wanted::Same, Some(deployed)) => match without_import_metadata(deployed.template) {
            // What stopped between an import and its update left the import's own template there.
            Some(text) => diff_input::template(context, Source::new(format!("{stack} (deployed, before its import)"), text))?,
            None => deployed.template,
        },
        (Wanted::Same, None) => return Err(crate::cli::shared::backend::no_stack(stack)),
    };
    for (name, value) in &stronger.values {
        given.add(name.clone(), value.clone());
    }
    let state: &State = match &deployed {
        // What the old template did not import, the new one may.
        Some(deployed) if has_imports(template.source.text()) && !has_imports(&deployed.description.template) => {
            context.alloc(State { exports: exports(backend)?, ..deployed.state.clone() })
        }
        Some(deployed) => deployed.state,
        None => {
            let mut state = diff_input::StateArgs::default().load(context, &DiffInput::Rack)?;
            state.pseudo.insert("AWS::Region".to_owned(), backend.region().into());
            match backend.identity() {
                Ok(identity) => drop(state.pseudo.insert("AWS::AccountId".to_owned(), identity.account.into())),
                Err(error) => {
                    context.detail(&format!("the account stays unknown: {error}"));
                    state.pseudo.shift_remove("AWS::AccountId");
                }
            }
            if has_imports(template.source.text()) {
                state.exports = exports(backend)?;
            }
            context.alloc(state)
        }
    };
    let known = ssm_parameters::look_up(context, backend, template, &given, state)?;
    let mut after = diff_input::evaluated(context, template, &given, known.after)?;
    context.show_warnings(&after.warnings);
    let import = imports::prepare(context, backend, imports_asked, deployed.as_ref(), &after)?;
    let mut taken_in = None;
    if let Some(step) = &import {
        let ids = step.resources.iter().filter_map(|import| Some((import.logical_resource_id.clone(), import.physical_id()?.to_owned())));
        let ids: Vec<(String, String)> = ids.collect();
        let [before, then] = [known.before.unwrap_or(state), known.after].map(|state| {
            let mut state = state.clone();
            state.physical_ids.extend(ids.iter().cloned());
            state
        });
        let (before, then): (&State, &State) = (context.alloc(before), context.alloc(then));
        let template_after_import =
            diff_input::template(context, Source::new(format!("{stack} (with its imports)"), step.template.clone()))?;
        let given = deployed.as_ref().map(|deployed| deployed.given.clone()).unwrap_or_default();
        taken_in = Some(diff_input::evaluated(context, template_after_import, &given, before)?);
        after = evaluate(template, after.parameters, then, context.arena)?;
    }
    let mut logical_ids: Vec<String> = after.resources.keys().map(|name| (*name).to_owned()).collect();
    let drift = match (from, &deployed) {
        (Before::Template, _) => None,
        (Before::Reality, None) => Some(Vec::new()),
        (Before::Reality, Some(deployed)) => Some(crate::cli::rack::drift::found(context, backend, deployed)?),
    };
    let mut types: Vec<(String, String)> = Vec::new();
    let planned = |before: &Evaluation<'a>, after: &Evaluation<'a>| match &drift {
        Some(drift) => plan_reverting_drift(before, after, &crate::cli::rack::drift::live(drift)),
        None => plan(before, after),
    };
    let (plan, secrets) = match (&deployed, &taken_in, &import) {
        (_, Some(before), Some(step)) => {
            let gone = before.resources.keys().filter(|name| !after.resources.contains_key(*name));
            logical_ids.extend(gone.map(|name| (*name).to_owned()));
            (planned(before, &after).with_imports(step), Secrets::of(Some(before), &after))
        }
        (Some(deployed), ..) => {
            let before = diff_input::evaluated(context, deployed.template, &deployed.given, known.before.unwrap_or(deployed.state))?;
            logical_ids.extend(before.resources.keys().filter(|name| !after.resources.contains_key(*name)).map(|name| (*name).to_owned()));
            types.extend(before.resources.iter().map(|(name, resource)| ((*name).to_owned(), resource.resource_type.to_owned())));
            (planned(&before, &after), Secrets::of(Some(&before), &after))
        }
        (None, ..) => (plan_first(&after), Secrets::of(None, &after)),
    };
    let present = deployed.as_ref().map(|deployed| stack_state(&deployed.description));
    let template_text = match template.alias {
        // CloudFormation takes neither YAML aliases nor merge keys: what they stand for is written out.
        Some(_) => {
            context.detail("the template has YAML aliases, which CloudFormation does not take: it goes there as JSON");
            write_json(template.root, &Style::pretty())
        }
        None => template.source.text().to_owned(),
    };
    let target = Target {
        stack: stack.to_owned(),
        revision: deployed.map(|deployed| deployed.description.revision),
        template: template_text,
        parameters: Target::inputs(after.parameters),
        tags,
        options: ChangeSetOptions {
            capabilities: required_capabilities(template),
            role_arn: context.cloudformation_role_arn()?,
            deployment_mode: plan.deployment_mode,
            ..ChangeSetOptions::default()
        },
        approved: Some(plan.clone()),
        import,
        ..Target::default()
    };
    Ok(Change { plan, target, parameters: after.parameters, present, deployed: types, logical_ids, known: known.after, drift, secrets })
}

/// Returns what a stack has beside its template and parameters; its policy is asked for apart.
pub fn stack_state(stack: &StackDescription) -> StackState {
    StackState {
        tags: stack.tags.clone(),
        termination_protection: stack.termination_protection,
        stack_policy: None,
        role_arn: stack.role_arn.clone(),
        notification_topics: stack.notification_topics.clone(),
        rollback_alarms: stack.rollback_alarms.clone(),
        rollback_monitoring_minutes: stack.rollback_monitoring_minutes,
    }
}
