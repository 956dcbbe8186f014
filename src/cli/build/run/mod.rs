//! `rackform build run`: a build in the rack, followed to its end.

mod credentials;
mod request;
mod watch;

use std::time::Duration;

use self::request::RequestArgs;
use self::watch::Watch;
use super::service;
use crate::aws::RequestError;
use crate::build::task::{
    self, BuildEnvironment, BuildService, BuildTaskRequest, Ended, LogStream, Mounts, MountsError, Outcome, RunTask, StartError, task_id,
};
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::interrupt;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::evaluate::State;
use crate::secret::Mask;
use crate::ui;
use crate::verify::Subject;

/// How soon a second Ctrl-C has to come to be about the build itself.
const AGAIN: Duration = Duration::from_secs(3);

/// Starts the rack's build task on ECS, follows its log, and ends as the build ends
///
/// Everything the request needs comes from the deployed stack: cluster, task definition, subnets from which the cache can be mounted,
/// the security group of builds, the cache repository. The log goes to standard output.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build run --app web --url s3://source/web.tgz --push 111122223333.dkr.ecr.eu-west-1.amazonaws.com/web --service api\n  rackform build run --app web --url s3://source/web.tgz --dry-run   the RunTask request, and nothing is started\n  rackform build run --app web --secret-env RACK_URL --secret-env BUILD_AUTH=REGISTRY_AUTH\n  rackform build run --attach 0f9de17a6465404e8b1b2356dc13c2f8   follow a build that runs\n\nExit codes: 0 built, 1 the build failed or found no place, 65 the stack lacks what a build needs, 66 no such stack or task, 130 interrupted (the build goes on)."
)]
pub struct Args {
    #[command(flatten)]
    order: RequestArgs,
    /// Print the request and start nothing; secrets are stars
    #[arg(long, conflicts_with_all = ["attach", "detach"])]
    dry_run: bool,
    /// Follow a build task that runs already, by ID or ARN
    #[arg(long, value_name = "TASK")]
    attach: Option<String>,
    /// Start it and do not follow
    #[arg(long, conflicts_with = "attach")]
    detach: bool,
    /// How long to wait for mount targets that are being made, in seconds; 0 does not look at them
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    mount_wait: u64,
    /// How long to wait for the name of a mount target that has just been made, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    dns_wait: u64,
    /// How to show it; json is one object a line: started, each status, each line of the log, the outcome
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A task that runs, and where it is looked at.
struct Running {
    cluster: String,
    task: String,
    container: String,
    stream: Option<LogStream>,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that there is no such stack or task, that the stack lacks what a build needs, or why nothing was started.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let mut mask = Mask::default();
    let site = site(context, &mut mask)?;
    if let Some(task) = &args.attach {
        let service = service::open(context)?;
        let running = Running::of(&site, task);
        return args.followed(context, service.as_ref(), &running, mask);
    }
    let mut order = args.order.order(&site, args.dry_run, &mut mask)?;
    if args.dry_run {
        credentials::stand_in(&mut order, &site, context);
    }
    let requested = |order: &BuildTaskRequest| RunTask::new(&site, order).map_err(|problems| Failure::Problems(problems, ExitCode::Usage));
    let mut request = requested(&order)?;
    for note in &site.notes {
        context.status(&format!("note: {note}"));
    }
    args.order.tell(&order, &site, context);
    if args.dry_run {
        context.answer(&ui::bare_json(&request.shown(&mask))?)?;
        return Ok(ExitCode::Done);
    }
    let service = service::open(context)?;
    if credentials::add(&mut order, &site, &mut mask, context)? {
        request = requested(&order)?;
    }
    if args.awaits_mounts(context, service.as_ref(), &site, &mask)? {
        context.warn("interrupted: nothing was started");
        return Ok(ExitCode::Interrupted);
    }
    let started = task::start(service.as_ref(), &request).map_err(|error| refused(error, &mask))?;
    let running = Running::of(&site, &started.task_arn);
    watch::started(context, args.format, &running.task, &site, &order.id, running.stream.as_ref())?;
    if args.detach {
        context.status(&format!("`rackform build run --attach {}` follows it", task_id(&running.task)));
        return Ok(ExitCode::Done);
    }
    args.followed(context, service.as_ref(), &running, mask)
}

/// Reads where the rack's builds run; secrets among the rack's parameters go into the mask.
///
/// # Errors
///
/// Returns that there is no such stack, or what it lacks.
pub fn site(context: &mut Context<'_>, mask: &mut Mask) -> Result<BuildEnvironment, Failure> {
    let stack = context.stack_name(None)?;
    let backend = backend::open(context, Access::Read, &BackendArgs::default())?;
    if backend.describe_stack(&stack)?.is_none_or(|stack| stack.status.is_review()) {
        return Err(backend::stack_not_found(&stack));
    }
    let read = Subject::deployed(&stack).evaluated(backend.as_ref(), &State::default(), |evaluation, deployed| {
        let parameters = evaluation.parameters.parameters.values().filter(|parameter| parameter.declaration.no_echo);
        parameters.filter_map(|parameter| parameter.value.as_deref()).for_each(|value| mask.add_credentials(value));
        Ok(deployed.map(|deployed| crate::operation::build_environment(evaluation, deployed)))
    })?;
    read.ok_or_else(|| backend::stack_not_found(&stack))?.map_err(|problems| Failure::Problems(problems, ExitCode::Data))
}

impl Running {
    fn of(site: &BuildEnvironment, task: &str) -> Self {
        // arn:aws:ecs:region:account:task/cluster/id
        let cluster = task.strip_prefix("arn:").and_then(|arn| arn.split('/').nth(1).filter(|_| arn.matches('/').count() == 2));
        let stream = site.log.as_ref().map(|log| LogStream {
            region: log.region.clone(),
            group: log.group.clone(),
            name: format!("{}/{}/{}", log.prefix, site.container, task_id(task)),
        });
        Self {
            cluster: cluster.map_or_else(|| site.cluster.clone(), ToOwned::to_owned),
            task: task.to_owned(),
            container: site.container.clone(),
            stream,
        }
    }
}

impl Args {
    /// Waits until the cache can be mounted; tells whether it was interrupted.
    fn awaits_mounts(
        &self,
        context: &mut Context<'_>,
        service: &dyn BuildService,
        site: &BuildEnvironment,
        mask: &Mask,
    ) -> Result<bool, Failure> {
        if self.mount_wait == 0 {
            return Ok(false);
        }
        let mounts = Mounts { patience: Duration::from_secs(self.mount_wait), names: Duration::from_secs(self.dns_wait) };
        let mut watch = Watch::new(context, self.format, mask.clone());
        task::await_mounts(service, &site.cache.file_systems, mounts, &mut watch, interrupt::flag()).map_err(|error| match error {
            MountsError::Backend(error) => error.into(),
            error => {
                let hint = match error {
                    MountsError::Slow { .. } => "`--mount-wait` waits longer",
                    _ => "`rackform verify` tells what is missing; `--mount-wait 0` starts the build all the same",
                };
                Failure::new(ExitCode::Failed, error.to_string()).hinted(hint)
            }
        })
    }

    /// Follows a task to its end, or until it is interrupted.
    fn followed(&self, context: &mut Context<'_>, service: &dyn BuildService, running: &Running, mask: Mask) -> Result<ExitCode, Failure> {
        loop {
            let mut watch = Watch::new(context, self.format, mask.clone());
            let ended = task::follow(
                service,
                &running.cluster,
                &running.task,
                &running.container,
                running.stream.as_ref(),
                &mut watch,
                interrupt::flag(),
            );
            watch.finish()?;
            match ended.map_err(|error| lost_sight(error, running))? {
                Ended::Stopped(outcome) => return self.tell(context, &outcome, &mask),
                Ended::Unknown => return Err(no_task(running)),
                Ended::Interrupted if self.stops(context, service, running)? => interrupt::reset(),
                Ended::Interrupted => {
                    let id = task_id(&running.task);
                    context.warn(&format!(
                        "interrupted: the build goes on; `rackform build run --attach {id}` follows it, `rackform build stop {id}` stops it"
                    ));
                    return Ok(ExitCode::Interrupted);
                }
            }
        }
    }

    /// Tells whether a second Ctrl-C and a yes stopped the build.
    fn stops(&self, context: &mut Context<'_>, service: &dyn BuildService, running: &Running) -> Result<bool, Failure> {
        if self.format == Format::Json || !context.can_prompt() {
            return Ok(false);
        }
        context.warn(&format!("interrupted; Ctrl-C again within {} s to stop the build itself", AGAIN.as_secs()));
        if !interrupt::wait_for_second(AGAIN) || context.confirm("Stop the build?", "the build goes on").is_err() {
            return Ok(false);
        }
        service.stop_task(&running.cluster, &running.task, super::stop::REASON)?;
        context.status("asked ECS to stop it; what it does until then follows");
        Ok(true)
    }

    fn tell(&self, context: &mut Context<'_>, outcome: &Outcome, mask: &Mask) -> Result<ExitCode, Failure> {
        watch::outcome(context, self.format, outcome, mask)?;
        Ok(if outcome.succeeded { ExitCode::Done } else { ExitCode::Failed })
    }
}

/// Returns why nothing was started.
fn refused(error: StartError, mask: &Mask) -> Failure {
    let message = error.to_string();
    match error {
        StartError::NoPlace { failures, .. } => {
            let mut causes = Vec::new();
            for (failure, count, explanation) in &failures {
                let detail = failure.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
                let times = if *count > 1 { format!(", {count} container instances") } else { String::new() };
                causes.push(format!("{}{}{times}", failure.reason, mask.text(&detail)));
                causes.push(explanation.cause.clone());
            }
            let mut failure = Failure::new(ExitCode::Failed, message);
            if let Failure::Expected(expected) = &mut failure {
                expected.causes = causes;
                expected.hint = failures.first().map(|(.., explanation)| explanation.fix.clone());
            }
            failure
        }
        StartError::Refused { explanation, source } => {
            let mut failure = Failure::from(source);
            if let (Failure::Expected(failure), Some(explanation)) = (&mut failure, explanation) {
                failure.causes.push(explanation.cause);
                failure.hint = Some(explanation.fix);
                // It was asked and has answered.
                failure.exit_code = ExitCode::Failed;
            }
            failure
        }
    }
}

fn no_task(running: &Running) -> Failure {
    let message = format!("ECS knows no task `{}` in the cluster `{}`", running.task, running.cluster);
    Failure::new(ExitCode::NoInput, message).hinted("it forgets a task an hour after it stopped; what it wrote is still in the log group")
}

fn lost_sight(error: RequestError, running: &Running) -> Failure {
    if error.code() == Some("InvalidParameterException") {
        return no_task(running).caused_by(&error);
    }
    let hint = format!("the build goes on; `rackform build run --attach {}` follows it", task_id(&running.task));
    match Failure::from(error) {
        Failure::Expected(failure) if failure.hint.is_none() => Failure::Expected(failure).hinted(hint),
        failure => failure,
    }
}
