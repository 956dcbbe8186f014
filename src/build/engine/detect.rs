//! Detects the build engine's version and features with its own commands.

use super::command_runner::{CommandOutput, CommandRunner};
use super::parse;
use super::{Buildx, Driver, Engine, EngineFacts};

/// The detected facts, and warnings about facts that could not be detected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The facts.
    pub facts: EngineFacts,
    /// What could not be detected, and why.
    pub warnings: Vec<String>,
}

/// Detects the facts that `given` does not contain.
///
/// The commands only query versions and settings: they start and change nothing.
pub fn detect(given: &EngineFacts, programs: &dyn CommandRunner) -> Detected {
    let mut detected = Detected { facts: given.clone(), warnings: Vec::new() };
    let program = given.program();
    match given.engine {
        Engine::Docker | Engine::Buildx => docker(&mut detected, &program, programs),
        Engine::Buildctl => buildctl(&mut detected, &program, programs),
        // The script always starts a buildkitd, and its image also contains buildctl.
        Engine::BuildctlDaemonless => version(&mut detected, &["buildctl", "--version"], &["moby/buildkit"], programs),
        Engine::Kaniko => version(&mut detected, &[&program, "version"], &["Kaniko version"], programs),
        Engine::Buildah => version(&mut detected, &[&program, "--version"], &["buildah version"], programs),
    }
    if matches!(given.engine, Engine::Buildctl | Engine::BuildctlDaemonless) && detected.facts.buildkit.is_none() {
        detected.facts.buildkit.clone_from(&detected.facts.version);
    }
    detected
}

fn docker(detected: &mut Detected, program: &str, programs: &dyn CommandRunner) {
    let facts = &mut detected.facts;
    if facts.version.is_none() {
        match programs.run(&[program, "version", "--format", "{{json .}}"]) {
            CommandOutput::Ended { stdout, stderr, .. } => {
                let (server, client) = parse::docker_versions(&stdout);
                if server.is_none() {
                    let client = client.map(|version| format!(" (the client is {version})")).unwrap_or_default();
                    detected.warnings.push(format!("`{program} version`: unknown daemon version{client}{}", first_line(&stderr)));
                }
                facts.version = server;
            }
            output => return detected.warnings.push(warning(program, "version", &output)),
        }
    }
    if facts.buildx == Buildx::Unknown {
        match programs.run(&[program, "buildx", "version"]) {
            CommandOutput::Ended { success: true, stdout, .. } => {
                facts.buildx = Buildx::Present(parse::version_after(&stdout, &["docker/buildx"]));
            }
            CommandOutput::Ended { stderr, .. } if parse::is_missing_plugin(&stderr) => facts.buildx = Buildx::Missing,
            output => detected.warnings.push(warning(program, "buildx version", &output)),
        }
    }
    if facts.driver.is_none() && matches!(facts.buildx, Buildx::Present(_)) {
        // By default, `docker build` uses the default builder, and `docker buildx build` the current one.
        let name = facts.builder.clone().or_else(|| (facts.engine == Engine::Docker).then(|| "default".to_owned()));
        let argv: Vec<&str> = [program, "buildx", "inspect"].into_iter().chain(name.as_deref()).collect();
        match programs.run(&argv) {
            CommandOutput::Ended { success: true, stdout, .. } => {
                let builder = parse::builder(&stdout);
                facts.driver = builder.driver;
                facts.buildkit = facts.buildkit.take().or(builder.buildkit);
            }
            // A builder that does not exist yet can be created.
            CommandOutput::Ended { .. } if facts.builder.is_some() => {}
            output => detected.warnings.push(warning(program, "buildx inspect", &output)),
        }
    }
    if facts.image_store.is_none() && facts.version.is_some() && facts.driver.is_none_or(|driver| driver == Driver::Docker) {
        match programs.run(&[program, "info", "--format", "{{json .DriverStatus}}"]) {
            CommandOutput::Ended { success: true, stdout, .. } => facts.image_store = parse::image_store(&stdout),
            output => detected.warnings.push(warning(program, "info", &output)),
        }
    }
}

fn buildctl(detected: &mut Detected, program: &str, programs: &dyn CommandRunner) {
    version(detected, &[program, "--version"], &["moby/buildkit"], programs);
    if detected.facts.buildkit.is_none() {
        // The daemon's version can differ from the client's. Old clients cannot query it.
        if let CommandOutput::Ended { success: true, stdout, .. } = programs.run(&[program, "debug", "info"]) {
            detected.facts.buildkit = parse::version_after(&stdout, &["moby/buildkit"]);
        }
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
