//! `rackform permissions`: which permissions a plan, or a rack's whole life, takes.

use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::changes;
use crate::cli::shared::diff_input::{DEFAULT_ACCOUNT, ParameterArgs};
use crate::cli::{Context, ExitCode, Failure};
use crate::cloudformation::INLINE_TEMPLATE_LIMIT_BYTES;
use crate::config::BackendChoice;
use crate::evaluate::State;
use crate::operation::{Baseline, ssm_parameter_names};
use crate::parameters::ParameterOverrides;
use crate::permissions::{self, MANAGED_POLICY_LIMIT, Need, Policy, Purpose, StackLocation};
use crate::ui::permissions::Listing;
use crate::verify::Subject;

/// List the permissions required to apply the plan, verify the stack and run builds, as an IAM policy
///
/// Grants nothing and does not query IAM. The permissions that CloudFormation needs for a resource come from the handlers in AWS's
/// provider schemas; docs/permissions.md describes how narrow the policies are.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform permissions\n  rackform permissions --lifetime --for resources --format policy > cloudformation-role.json\n  rackform permissions --for verify,preflight --format policy\n  rackform permissions --for request --cloudformation-role-arn arn:aws:iam::123456789012:role/cloudformation\n  rackform permissions -p BuildCache=Yes --format json | jq '.policies[].characters'\n\nExit codes: 0 done, 65 bad template or parameters."
)]
pub struct Args {
    #[command(flatten)]
    parameters: ParameterArgs,
    /// Purposes of the permissions, separated by commas [default: all]
    #[arg(long = "for", value_name = "PURPOSE,...", value_enum, value_delimiter = ',')]
    purposes: Vec<Purpose>,
    /// List permissions for everything that the template can do with any parameters, not only for the current plan
    #[arg(long)]
    lifetime: bool,
    /// Bucket for a template over 51,200 bytes [default: `template_bucket` in rack.yaml, else the rack's settings bucket]
    #[arg(long, value_name = "NAME")]
    template_bucket: Option<String>,
    /// Include permissions to create a bucket for such templates
    #[arg(long)]
    create_template_bucket: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: PermissionsFormat,
}

/// The format of permissions.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum PermissionsFormat {
    /// Human-readable text
    #[default]
    Human,
    /// JSON for programs; starts with `format_version`; policies split to the size limit of managed policies
    Json,
    /// One IAM policy document of any length
    Policy,
}

/// Runs the command.
///
/// # Errors
///
/// Returns every problem of the template and its parameters, or that the backend cannot be asked.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_name(None)?;
    let mut overrides = ParameterOverrides::default();
    args.parameters.add_to(&mut overrides)?;
    let backend = backend::open(context, Access::Read, &BackendArgs::default())?;
    let desired = changes::desired_rack(context)?;
    let mut change = changes::prepare(context, backend.as_ref(), &stack, desired, &overrides, Baseline::Template, &[])?;
    let is_local = matches!(context.settings()?.backend(), BackendChoice::Local { .. });
    change.target.options.template_bucket = args.template_bucket.clone().or(context.rack_file()?.template_bucket.clone());
    change.target.options.create_template_bucket = args.create_template_bucket;
    let bucket = crate::operation::required_bucket(backend.as_ref(), &change).unwrap_or_default();
    let creates_bucket = args.create_template_bucket && bucket.as_ref().is_none_or(|bucket| !bucket.is_configured);
    // The name of the bucket that rackform creates contains the account, which may be unknown.
    let name = bucket.map(|bucket| bucket.name).or(change.target.options.template_bucket.clone()).unwrap_or_default();
    let bucket = (change.target.template.len() > INLINE_TEMPLATE_LIMIT_BYTES).then_some(name);
    let role_arn = change.target.options.role_arn.clone();
    let subject = Subject::from(&change.target);
    let (place, needs) = subject.evaluated(backend.as_ref(), change.state, |after, _| {
        let stored = ssm_parameter_names(after.parameters);
        let place = StackLocation { bucket, creates_bucket, ssm_parameters: stored, role_arn, ..place(&stack, after.state, is_local) };
        Ok((place, if args.lifetime { permissions::lifetime(after) } else { permissions::of_plan(after, &change.plan) }))
    })?;
    let purposes = if args.purposes.is_empty() { &Purpose::ALL } else { args.purposes.as_slice() };
    let statements = permissions::statements(&place, &needs, purposes);
    let listing = Listing::new(&stack, args.lifetime, &needs, &statements);
    let whole = Policy::of(&statements);
    let text = match args.format {
        PermissionsFormat::Human => crate::ui::permissions::human(&listing, &statements, context.layout()),
        PermissionsFormat::Json => crate::ui::json(&listing)?,
        PermissionsFormat::Policy => {
            if whole.characters > MANAGED_POLICY_LIMIT {
                let cut = listing.policies.len();
                context.status(&format!(
                    "{} characters, and a managed policy takes {MANAGED_POLICY_LIMIT}: `--format json` has it cut into {cut}",
                    whole.characters
                ));
            }
            crate::ui::bare_json(&whole.document)?
        }
    };
    for note in &listing.notes {
        context.detail(note);
    }
    context.answer(&text)?;
    Ok(ExitCode::Done)
}

fn place(stack: &str, known: &State, is_local: bool) -> StackLocation {
    let pseudo = |name: &str| known.pseudo.get(name).and_then(serde_json::Value::as_str).map(ToOwned::to_owned);
    let region = pseudo("AWS::Region").unwrap_or_default();
    let partition = pseudo("AWS::Partition").unwrap_or_else(|| crate::aws::partition(&region).0.to_owned());
    // The account of AWS's examples stands for one that nobody named.
    let account = pseudo("AWS::AccountId").filter(|account| is_local || account != DEFAULT_ACCOUNT);
    StackLocation {
        partition,
        region,
        account,
        stack: stack.to_owned(),
        bucket: None,
        creates_bucket: false,
        ssm_parameters: Vec::new(),
        role_arn: None,
    }
}

impl Listing {
    /// Returns a listing of some statements.
    fn new(stack: &str, is_lifetime: bool, needs: &[Need], statements: &[permissions::Statement]) -> Self {
        Self {
            stack_name: stack.to_owned(),
            scope: if is_lifetime { "lifetime" } else { "plan" },
            resource_types: needs
                .iter()
                .map(|need| need.resource_type.clone())
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect(),
            notes: permissions::notes(needs, statements),
            policies: permissions::policies(statements),
        }
    }
}
