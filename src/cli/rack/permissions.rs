//! `rackform permissions`: lists the permissions that a plan requires, or that the template can ever require.

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

/// List the permissions required to apply the plan, verify the stack and run builds, as an IAM policy
///
/// Grants nothing and does not query IAM. The permissions that CloudFormation needs for a resource come from the handlers in AWS's
/// provider schemas; docs/permissions.md describes how narrow the policies are.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform permissions\n  rackform permissions --lifetime --for resources --format policy > cloudformation-role.json\n  rackform permissions --for verify,preflight --format policy\n  rackform permissions --for image,cache --format policy      for a CI job\n  rackform permissions --for request --cloudformation-role-arn arn:aws:iam::123456789012:role/cloudformation\n  rackform permissions -p BuildCache=Yes --format json | jq '.policies[].characters'\n\nExit codes: 0 done, 65 bad template or parameters."
)]
pub struct Args {
    #[command(flatten)]
    parameters: ParameterArgs,
    /// Purposes of the permissions, separated by commas [default: all except image and cache]
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
    /// The ECR repository of `build image`, or a pattern, for the purpose `image`
    #[arg(long, value_name = "NAME", default_value = "build-cache/*")]
    image_repository: String,
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
/// Returns every error of the template and its parameters, or an error if the backend fails.
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
    let after = &change.after;
    let ssm_parameters = ssm_parameter_names(after.parameters);
    let location = StackLocation {
        bucket,
        creates_bucket,
        ssm_parameters,
        role_arn,
        image_repository: args.image_repository.clone(),
        ..location(&stack, after.state, is_local)
    };
    let needs = if args.lifetime { permissions::lifetime(after) } else { permissions::of_plan(after, &change.plan) };
    let purposes = if args.purposes.is_empty() { &Purpose::OF_OPERATORS[..] } else { args.purposes.as_slice() };
    let statements = permissions::statements(&location, &needs, purposes);
    let listing = Listing::new(&stack, args.lifetime, &needs, &statements);
    let policy = Policy::of(&statements);
    let text = match args.format {
        PermissionsFormat::Human => crate::ui::permissions::human(&listing, &statements, context.layout()),
        PermissionsFormat::Json => crate::ui::json(&listing)?,
        PermissionsFormat::Policy => {
            if policy.characters > MANAGED_POLICY_LIMIT {
                let count = listing.policies.len();
                context.status(&format!(
                    "the policy has {} characters, over the limit of {MANAGED_POLICY_LIMIT} for a managed policy; `--format json` splits it into {count}",
                    policy.characters
                ));
            }
            crate::ui::bare_json(&policy.document)?
        }
    };
    for note in &listing.notes {
        context.detail(note);
    }
    context.answer(&text)?;
    Ok(ExitCode::Done)
}

fn location(stack: &str, state: &State, is_local: bool) -> StackLocation {
    let pseudo = |name: &str| state.pseudo.get(name).and_then(serde_json::Value::as_str).map(ToOwned::to_owned);
    let region = pseudo("AWS::Region").unwrap_or_default();
    let partition = pseudo("AWS::Partition").unwrap_or_else(|| crate::aws::partition(&region).0.to_owned());
    // The default account ID means that no account was configured.
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
        image_repository: "*".to_owned(),
    }
}

impl Listing {
    /// Returns a listing of the statements.
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
