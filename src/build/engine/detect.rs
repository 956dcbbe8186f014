//! Finds out what the engine at hand is, by asking its own commands.

use super::answers;
use super::ask::{Answer, Ask};
use super::{Buildx, Driver, Engine, EngineFacts};

/// What was found out, and what could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// What is known now.
    pub facts: EngineFacts,
    /// What could not be found out and why, in words.
    pub troubles: Vec<String>,
}

/// Fills in what `given` leaves open.
///
/// What was given is never asked for. Engines are asked for versions and settings only, which starts and changes nothing.
pub fn detect(given: &EngineFacts, programs: &dyn Ask) -> Detected {
    let mut detected = Detected { facts: given.clone(), troubles: Vec::new() };
    let program = given.program();
    match given.engine {
        Engine::Docker | Engine::Buildx => docker(&mut detected, &program, programs),
        Engine::Buildctl => buildctl(&mut detected, &program, programs),
        // The script starts a buildkitd whatever it is asked, and comes in one image with buildctl.
        Engine::BuildctlDaemonless => version(&mut detected, &["buildctl", "--version"], &["moby/buildkit"], programs),
        Engine::Kaniko => version(&mut detected, &[&program, "version"], &["Kaniko version"], programs),
        Engine::Buildah => version(&mut detected, &[&program, "--version"], &["buildah version"], programs),
    }
    if matches!(given.engine, Engine::Buildctl | Engine::BuildctlDaemonless) && detected.facts.buildkit.is_none() {
        detected.facts.buildkit.clone_from(&detected.facts.version);
    }
    detected
}

fn docker(detected: &mut Detected, program: &str, programs: &dyn Ask) {
    let facts = &mut detected.facts;
    if facts.version.is_none() {
        match programs.ask(&[program, "version", "--format", "{{json .}}"]) {
            Answer::Ended { stdout, stderr, .. } => {
                let (server, client) = answers::docker_versions(&stdout);
                if server.is_none() {
                    let client = client.map(|version| format!(" (the client is {version})")).unwrap_or_default();
                    detected
                        .troubles
                        .push(format!("`{program} version`: the daemon's version is not known{client}{}", first_line(&stderr)));
                }
                facts.version = server;
            }
            answer => return detected.troubles.push(trouble(program, "version", &answer)),
        }
    }
    if facts.buildx == Buildx::Unknown {
        match programs.ask(&[program, "buildx", "version"]) {
            Answer::Ended { success: true, stdout, .. } => {
                facts.buildx = Buildx::Present(answers::version_after(&stdout, &["docker/buildx"]));
            }
            Answer::Ended { stderr, .. } if answers::is_missing_plugin(&stderr) => facts.buildx = Buildx::Missing,
            answer => detected.troubles.push(trouble(program, "buildx version", &answer)),
        }
    }
    if facts.driver.is_none() && matches!(facts.buildx, Buildx::Present(_)) {
        // `docker build` takes the default builder where none is named, `docker buildx build` the one in use.
        let name = facts.builder.clone().or_else(|| (facts.engine == Engine::Docker).then(|| "default".to_owned()));
        let argv: Vec<&str> = [program, "buildx", "inspect"].into_iter().chain(name.as_deref()).collect();
        match programs.ask(&argv) {
            Answer::Ended { success: true, stdout, .. } => {
                let builder = answers::builder(&stdout);
                facts.driver = builder.driver;
                facts.buildkit = facts.buildkit.take().or(builder.buildkit);
            }
            // A builder that is not there yet can be created.
            Answer::Ended { .. } if facts.builder.is_some() => {}
            answer => detected.troubles.push(trouble(program, "buildx inspect", &answer)),
        }
    }
    if facts.image_store.is_none() && facts.version.is_some() && facts.driver.is_none_or(|driver| driver == Driver::Docker) {
        match programs.ask(&[program, "info", "--format", "{{json .DriverStatus}}"]) {
            Answer::Ended { success: true, stdout, .. } => facts.image_store = answers::image_store(&stdout),
            answer => detected.troubles.push(trouble(program, "info", &answer)),
        }
    }
}

fn buildctl(detected: &mut Detected, program: &str, programs: &dyn Ask) {
    version(detected, &[program, "--version"], &["moby/buildkit"], programs);
    if detected.facts.buildkit.is_none() {
        // The daemon does the work, and may be of another version; an old client has no word for asking it.
        if let Answer::Ended { success: true, stdout, .. } = programs.ask(&[program, "debug", "info"]) {
            detected.facts.buildkit = answers::version_after(&stdout, &["moby/buildkit"]);
        }
    }
}

fn version(detected: &mut Detected, argv: &[&str], words: &[&str], programs: &dyn Ask) {
    if detected.facts.version.is_some() {
        return;
    }
    let (program, question) = (argv.first().copied().unwrap_or_default(), argv[1..].join(" "));
    match programs.ask(argv) {
        Answer::Ended { success: true, stdout, stderr } => {
            detected.facts.version = answers::version_after(&format!("{stdout}\n{stderr}"), words);
            if detected.facts.version.is_none() {
                detected.troubles.push(format!("`{program} {question}` names no version"));
            }
        }
        answer => detected.troubles.push(trouble(program, &question, &answer)),
    }
}

fn trouble(program: &str, question: &str, answer: &Answer) -> String {
    match answer {
        Answer::Missing(why) => format!("cannot start `{program}`: {why}"),
        Answer::TooSlow => format!("`{program} {question}` did not answer in time"),
        Answer::Ended { stderr, .. } => format!("`{program} {question}` failed{}", first_line(stderr)),
    }
}

fn first_line(text: &str) -> String {
    match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!(": {line}"),
        None => String::new(),
    }
}
