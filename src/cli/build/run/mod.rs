//! `rackform build run`: starts a build task in the rack and follows it until it stops.

mod commands;
mod credentials;
mod platform;
mod printer;
mod request;

use std::time::Duration;

use self::printer::TaskPrinter;
use self::request::RequestArgs;
use super::defaults::Defaults;
use super::service;
use crate::aws::RequestError;
use crate::build::task::{
    self, BuildEnvironment, BuildService, BuildTaskRequest, Ended, LogStream, Mounts, MountsError, Outcome, RunTask, StartError, task_id,
};
use crate::cli::shared::interrupt;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::secret::Mask;
use crate::ui;
use crate::ui::build::hints;

/// The time within which a second Ctrl-C stops the build itself.
const SECOND_INTERRUPT: Duration = Duration::from_secs(3);

/// Run a build in the rack
///
/// Start the rack's build task on ECS, print its log to standard output, and exit with 0 if the build succeeds. The cluster, task
/// definition, subnets, security group and cache repository come from the deployed stack. `--dockerfile` is relative to the source
/// directory.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build run --app web --url s3://source/web.tgz --push 111122223333.dkr.ecr.eu-west-1.amazonaws.com/web --service api\n  rackform build run --app web --url s3://source/web.tgz --dry-run   print the RunTask request\n  rackform build run --app web --secret-env RACK_URL --secret-env BUILD_AUTH=REGISTRY_AUTH\n  rackform build run --attach 0f9de17a6465404e8b1b2356dc13c2f8   follow a running build\n\nExit codes: 0 the build succeeded, 1 the build failed or could not be placed, 65 the stack lacks a resource that builds need, 66 no such stack or task, 130 interrupted (the build continues)."
)]
pub struct Args {
    #[command(flatten)]
    request: RequestArgs,
    /// Print the RunTask request with masked secrets, without starting a task
    #[arg(long, conflicts_with_all = ["attach", "detach", "mount_wait", "dns_wait"])]
    dry_run: bool,
    /// Follow an existing build task, by ID or ARN
    #[arg(long, value_name = "TASK", conflicts_with_all = ["app", "id", "service", "dockerfile", "target", "platforms", "build_args", "no_cache", "url", "manifest", "push", "development", "env", "secret_env", "secret_env_file", "cpu", "memory", "task_tags", "propagate_tags", "started_by", "client_token", "builder", "command", "mount_wait", "dns_wait"])]
    attach: Option<String>,
    /// Start the build without following it
    #[arg(long, conflicts_with = "attach")]
    detach: bool,
    /// How many seconds to wait until the mount targets of the cache are available; 0 skips the check
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    mount_wait: u64,
    /// How many seconds to wait until the DNS name of a new mount target resolves
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    dns_wait: u64,
    /// The output format; json prints one object per line: the start, each status, each log line, the outcome
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A running task and its log stream.
struct RunningTask {
    cluster: String,
    task: String,
    container: String,
    stream: Option<LogStream>,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the stack or task does not exist, if the stack lacks a resource that builds need, or if the task does not start.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let mut mask = Mask::default();
    let environment = service::build_environment(context, &mut mask)?;
    if let Some(task) = &args.attach {
        let service = service::open(context)?;
        let running = RunningTask::new(&environment, task);
        return args.follow(context, service.as_ref(), &running, mask);
    }
    let mut defaults = Defaults::new(&context.rack_file()?.build);
    let mut request = args.request.build_task_request(&environment, &mut defaults, args.dry_run, &mut mask)?;
    if args.dry_run {
        credentials::add_placeholder(&mut request, &environment, context);
    }
    let run_task =
        |request: &BuildTaskRequest| RunTask::new(&environment, request).map_err(|problems| Failure::Problems(problems, ExitCode::Usage));
    let mut run_task_request = run_task(&request)?;
    for note in &environment.notes {
        context.status(&format!("note: {note}"));
    }
    args.request.print_notes(&request, &environment, context);
    platform::print_notes(&args.request.platforms, &request, &environment, &defaults, context);
    if args.dry_run {
        context.answer(&ui::bare_json(&run_task_request.shown(&mask))?)?;
        return Ok(ExitCode::Done);
    }
    let service = service::open(context)?;
    if credentials::add(&mut request, &environment, &mut mask, context)? {
        run_task_request = run_task(&request)?;
    }
    if args.is_interrupted_while_mounting(context, service.as_ref(), &environment, &mask)? {
        context.warn("interrupted: no build was started");
        return Ok(ExitCode::Interrupted);
    }
    let started = task::start(service.as_ref(), &run_task_request).map_err(|error| start_failure(error, &mask))?;
    let running = RunningTask::new(&environment, &started.task_arn);
    printer::started(context, args.format, &running.task, &environment, &request.id, running.stream.as_ref())?;
    if args.detach {
        context.status(&format!("follow the build with `rackform build run --attach {}`", task_id(&running.task)));
        return Ok(ExitCode::Done);
    }
    args.follow(context, service.as_ref(), &running, mask)
}

impl RunningTask {
    fn new(environment: &BuildEnvironment, task: &str) -> Self {
        // arn:aws:ecs:region:account:task/cluster/id
        let cluster = task.strip_prefix("arn:").and_then(|arn| arn.split('/').nth(1).filter(|_| arn.matches('/').count() == 2));
        let stream = environment.log.as_ref().map(|log| LogStream {
            region: log.region.clone(),
            group: log.group.clone(),
            name: format!("{}/{}/{}", log.prefix, environment.container, task_id(task)),
        });
        Self {
            cluster: cluster.map_or_else(|| environment.cluster.clone(), ToOwned::to_owned),
            task: task.to_owned(),
            container: environment.container.clone(),
            stream,
        }
    }
}

impl Args {
    /// Waits until the cache can be mounted; returns whether the wait was interrupted.
    fn is_interrupted_while_mounting(
        &self,
        context: &mut Context<'_>,
        service: &dyn BuildService,
        environment: &BuildEnvironment,
        mask: &Mask,
    ) -> Result<bool, Failure> {
        if self.mount_wait == 0 {
            return Ok(false);
        }
        let mounts = Mounts { timeout: Duration::from_secs(self.mount_wait), names: Duration::from_secs(self.dns_wait) };
        let mut printer = TaskPrinter::new(context, self.format, mask.clone());
        task::await_mounts(service, &environment.cache.file_systems, mounts, &mut printer, interrupt::flag()).map_err(|error| match error {
            MountsError::Backend(error) => error.into(),
            error => {
                let hint = match error {
                    MountsError::Slow { .. } => "increase `--mount-wait`",
                    _ => "run `rackform verify` to see what is missing, or skip the check with `--mount-wait 0`",
                };
                Failure::new(ExitCode::Failed, error.to_string()).hinted(hint)
            }
        })
    }

    /// Follows a task until it stops or the user interrupts.
    fn follow(
        &self,
        context: &mut Context<'_>,
        service: &dyn BuildService,
        running: &RunningTask,
        mask: Mask,
    ) -> Result<ExitCode, Failure> {
        loop {
            let mut printer = TaskPrinter::new(context, self.format, mask.clone());
            let ended = task::follow(
                service,
                &running.cluster,
                &running.task,
                &running.container,
                running.stream.as_ref(),
                &mut printer,
                interrupt::flag(),
            );
            printer.finish()?;
            match ended.map_err(|error| follow_failure(error, running))? {
                Ended::Stopped(outcome) => return self.report(context, &outcome, &mask),
                Ended::Unknown => return Err(no_task(running)),
                Ended::Interrupted if self.stop_on_second_interrupt(context, service, running)? => interrupt::reset(),
                Ended::Interrupted => {
                    let id = task_id(&running.task);
                    context.warn(&format!(
                        "interrupted: the build continues; follow it with `rackform build run --attach {id}`, stop it with `rackform build stop {id}`"
                    ));
                    return Ok(ExitCode::Interrupted);
                }
            }
        }
    }

    /// Stops the build after a second Ctrl-C and a confirmation; returns whether it did.
    fn stop_on_second_interrupt(
        &self,
        context: &mut Context<'_>,
        service: &dyn BuildService,
        running: &RunningTask,
    ) -> Result<bool, Failure> {
        if self.format == Format::Json || !context.can_prompt() {
            return Ok(false);
        }
        context.warn(&format!("interrupted; press Ctrl-C again within {} s to stop the build itself", SECOND_INTERRUPT.as_secs()));
        if !interrupt::wait_for_second(SECOND_INTERRUPT) || context.confirm("Stop the build?", "the build continues").is_err() {
            return Ok(false);
        }
        service.stop_task(&running.cluster, &running.task, service::STOP_REASON)?;
        context.status("requested that ECS stop the build; following it until it stops");
        Ok(true)
    }

    fn report(&self, context: &mut Context<'_>, outcome: &Outcome, mask: &Mask) -> Result<ExitCode, Failure> {
        printer::outcome(context, self.format, outcome, mask)?;
        Ok(if outcome.succeeded { ExitCode::Done } else { ExitCode::Failed })
    }
}

/// Returns the failure for a task that did not start.
fn start_failure(error: StartError, mask: &Mask) -> Failure {
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
                expected.hint = failures.first().map(|(.., explanation)| hints::task(explanation.fix).to_owned());
            }
            failure
        }
        StartError::Refused { explanation, source } => {
            let mut failure = Failure::from(source);
            if let (Failure::Expected(failure), Some(explanation)) = (&mut failure, explanation) {
                failure.hint = Some(hints::task(explanation.fix).to_owned());
                failure.causes.push(explanation.cause);
                // ECS responded, so the service is available.
                failure.exit_code = ExitCode::Failed;
            }
            failure
        }
    }
}

fn no_task(running: &RunningTask) -> Failure {
    let message = format!("no task `{}` in the cluster `{}`", running.task, running.cluster);
    Failure::new(ExitCode::NoInput, message).hinted("ECS lists a stopped task for about an hour; the log group keeps its log")
}

fn follow_failure(error: RequestError, running: &RunningTask) -> Failure {
    if error.code() == Some("InvalidParameterException") {
        return no_task(running).caused_by(&error);
    }
    let hint = format!("the build continues; follow it with `rackform build run --attach {}`", task_id(&running.task));
    match Failure::from(error) {
        Failure::Expected(failure) if failure.hint.is_none() => Failure::Expected(failure).hinted(hint),
        failure => failure,
    }
}
