//! Detects the build engine's version and features with its own commands.

use super::command_runner::{CommandOutput, CommandRunner};
use super::parse;
use super::{BuilderState, Buildx, Driver, Engine, EngineFacts, FoundBuilder};

/// The detected facts, and warnings about facts that could not be detected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The facts.
    pub facts: EngineFacts,
    /// What could not be detected, and why.
    pub warnings: Vec<String>,
}

/// Whether detection may start a builder that does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Nothing is started: only versions and settings are queried.
    Never,
    /// A builder is started to know its version, because the build starts it in any case.
    Builder,
}

/// Detects the facts that `given` does not contain.
///
/// The commands query versions and settings: they change nothing, and start nothing unless `start` allows it.
pub fn detect(given: &EngineFacts, start: Start, programs: &dyn CommandRunner) -> Detected {
    let mut detected = Detected { facts: given.clone(), warnings: Vec::new() };
    let program = given.program();
    match given.engine {
        Engine::Docker | Engine::Buildx => docker(&mut detected, &program, start, programs),
        Engine::Buildctl => buildctl(&mut detected, &program, programs),
        // The script always starts a buildkitd, and its image also contains buildctl.
        Engine::BuildctlDaemonless => version(&mut detected, &["buildctl", "--version"], &["moby/buildkit"], programs),
        Engine::Kaniko => version(&mut detected, &[&program, "version"], &["Kaniko version"], programs),
        Engine::Buildah => version(&mut detected, &[&program, "--version"], &["buildah version"], programs),
    }
    let facts = &mut detected.facts;
    if matches!(given.engine, Engine::Buildctl | Engine::BuildctlDaemonless) && facts.buildkit.is_none() {
        facts.buildkit.clone_from(&facts.version);
    }
    // These engines build on the machine that they run on.
    if matches!(given.engine, Engine::BuildctlDaemonless | Engine::Kaniko | Engine::Buildah) {
        facts.platform = facts.platform.take().or_else(|| Some(format!("linux/{}", std::env::consts::ARCH)));
    }
    detected
}

/// Returns what docker knows about a builder.
///
/// If `start` allows it, a builder that does not run is started first: only a running one reports its version. One that cannot be started
/// has the reason as its problem.
pub fn inspect_builder(
    program: &str,
    name: Option<&str>,
    start: Start,
    programs: &dyn CommandRunner,
) -> Result<BuilderState, CommandOutput> {
    let argv: Vec<&str> = [program, "buildx", "inspect"].into_iter().chain(name).collect();
    let found = match programs.run(&argv) {
        CommandOutput::Ended { success: true, stdout, .. } => parse::builder(&stdout),
        CommandOutput::Ended { stderr, .. } if parse::is_missing_builder(&stderr) => return Ok(BuilderState::Missing),
        output => return Err(output),
    };
    // The docker driver has no builder to start.
    if start == Start::Never || found.is_running || found.driver.is_none_or(|driver| driver == Driver::Docker) {
        return Ok(BuilderState::Found(found));
    }
    let argv: Vec<&str> = [program, "buildx", "inspect", "--bootstrap"].into_iter().chain(name).collect();
    let problem = match programs.run_long(&argv) {
        CommandOutput::Ended { success: true, stdout, .. } => return Ok(BuilderState::Found(parse::builder(&stdout))),
        CommandOutput::Ended { stderr, .. } => last_line(&stderr).unwrap_or("it cannot be started").to_owned(),
        CommandOutput::Missing(why) => why,
        CommandOutput::TooSlow => "it did not start in time".to_owned(),
    };
    Ok(BuilderState::Found(FoundBuilder { problem: Some(problem), ..found }))
}

fn docker(detected: &mut Detected, program: &str, start: Start, programs: &dyn CommandRunner) {
    let facts = &mut detected.facts;
    let mut context = None;
    let mut platform = None;
    // Each command takes about as long as docker takes to start: what does not depend on another runs beside it.
    let (asks_version, asks_buildx) = (facts.version.is_none() || facts.client.is_none(), facts.buildx == Buildx::Unknown);
    let (versions, buildx) = both(
        || asks_version.then(|| programs.run(&[program, "version", "--format", "{{json .}}"])),
        || asks_buildx.then(|| programs.run(&[program, "buildx", "version"])),
    );
    if let Some(versions) = versions {
        match versions {
            CommandOutput::Ended { stdout, stderr, .. } => {
                let found = parse::docker_versions(&stdout);
                if found.server.is_none() && facts.version.is_none() {
                    let client = found.client.as_ref().map(|version| format!(" (the client is {version})")).unwrap_or_default();
                    detected.warnings.push(format!("`{program} version`: unknown daemon version{client}{}", first_line(&stderr)));
                }
                facts.version = facts.version.take().or(found.server);
                facts.client = facts.client.take().or(found.client);
                facts.go = facts.go.take().or(found.go);
                (context, platform) = (found.context, found.platform);
            }
            output if facts.version.is_none() => return detected.warnings.push(warning(program, "version", &output)),
            output => detected.warnings.push(warning(program, "version", &output)),
        }
    }
    if let Some(buildx) = buildx {
        match buildx {
            CommandOutput::Ended { success: true, stdout, .. } => {
                facts.buildx = Buildx::Present(parse::version_after(&stdout, &["docker/buildx"]));
            }
            CommandOutput::Ended { stderr, .. } if parse::is_missing_plugin(&stderr) => facts.buildx = Buildx::Missing,
            output => detected.warnings.push(warning(program, "buildx version", &output)),
        }
    }
    let asks_builder = facts.driver.is_none() && matches!(facts.buildx, Buildx::Present(_));
    // By default, `docker build` uses the builder of its context, and `docker buildx build` the current one.
    let of_context = || (facts.engine == Engine::Docker).then(|| context.clone().unwrap_or_else(|| "default".to_owned()));
    let name = facts.builder.clone().or_else(of_context);
    // Whether the store matters depends on the builder's driver, but asking costs nothing beside the other command.
    let asks_store = facts.image_store.is_none() && facts.version.is_some() && facts.driver.is_none_or(|driver| driver == Driver::Docker);
    let (builder, store) = both(
        || asks_builder.then(|| inspect_builder(program, name.as_deref(), start, programs)),
        || asks_store.then(|| programs.run(&[program, "info", "--format", "{{json .DriverStatus}}"])),
    );
    match builder {
        None => {}
        Some(Ok(BuilderState::Found(found))) => {
            facts.driver = found.driver;
            facts.buildkit = facts.buildkit.take().or_else(|| found.buildkit.clone());
            platform = found.platform.clone().or(platform);
            facts.found = Some(found);
        }
        // A builder that does not exist yet can be created.
        Some(Ok(BuilderState::Missing) | Err(CommandOutput::Ended { .. })) if facts.builder.is_some() => {
            facts.own = Some(BuilderState::Missing);
        }
        Some(Ok(BuilderState::Missing)) => detected.warnings.push(format!("`{program} buildx inspect`: the builder does not exist")),
        Some(Err(output)) => detected.warnings.push(warning(program, "buildx inspect", &output)),
    }
    facts.platform = facts.platform.take().or(platform);
    match store.filter(|_| facts.driver.is_none_or(|driver| driver == Driver::Docker)) {
        None => {}
        Some(CommandOutput::Ended { success: true, stdout, .. }) => facts.image_store = parse::image_store(&stdout),
        Some(output) => detected.warnings.push(warning(program, "info", &output)),
    }
}

/// Runs two functions at the same time, and returns both results.
fn both<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        let first = first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (first, second)
    })
}

fn buildctl(detected: &mut Detected, program: &str, programs: &dyn CommandRunner) {
    version(detected, &[program, "--version"], &["moby/buildkit"], programs);
    if detected.facts.buildkit.is_none() {
        // The daemon's version can differ from the client's. Old clients cannot query it.
        if let CommandOutput::Ended { success: true, stdout, .. } = programs.run(&[program, "debug", "info"]) {
            detected.facts.buildkit = parse::version_after(&stdout, &["moby/buildkit"]);
        }
    }
    if detected.facts.platform.is_none()
        && let CommandOutput::Ended { success: true, stdout, .. } = programs.run(&[program, "debug", "workers"])
    {
        detected.facts.platform = parse::worker_platform(&stdout);
    }
}

fn version(detected: &mut Detected, argv: &[&str], words: &[&str], programs: &dyn CommandRunner) {
    if detected.facts.version.is_some() {
        return;
    }
    let (program, question) = (argv.first().copied().unwrap_or_default(), argv[1..].join(" "));
    match programs.run(argv) {
        CommandOutput::Ended { success: true, stdout, stderr } => {
            detected.facts.version = parse::version_after(&format!("{stdout}\n{stderr}"), words);
            if detected.facts.version.is_none() {
                detected.warnings.push(format!("no version in the output of `{program} {question}`"));
            }
        }
        output => detected.warnings.push(warning(program, &question, &output)),
    }
}

fn warning(program: &str, question: &str, output: &CommandOutput) -> String {
    match output {
        CommandOutput::Missing(why) => format!("cannot start `{program}`: {why}"),
        CommandOutput::TooSlow => format!("`{program} {question}` did not respond in time"),
        CommandOutput::Ended { stderr, .. } => format!("`{program} {question}` failed{}", first_line(stderr)),
    }
}

fn first_line(text: &str) -> String {
    match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!(": {line}"),
        None => String::new(),
    }
}

fn last_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).rfind(|line| !line.is_empty())
}
