//! The options of engines, from `fixtures/engines`, and a strict parser of argument vectors: an unsupported option is an error.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use rackform::build::engine::{Engine, Version};

/// The options of an engine's subcommands.
#[derive(Debug, Default)]
pub struct FlagSet {
    commands: Vec<Command>,
}

#[derive(Debug, Default)]
struct Command {
    words: Vec<String>,
    /// For each option, whether it takes a value.
    flags: BTreeMap<String, bool>,
    arguments: (usize, usize),
    /// The program inside a container, to which the remaining arguments belong.
    inner: Option<String>,
}

/// Returns the options of an engine in a version.
pub fn of(engine: Engine, version: &Version, has_plugin: bool) -> FlagSet {
    let text = match engine {
        Engine::Docker | Engine::Buildx if !version.at_least(23, 0, 0) => include_str!("../../../fixtures/engines/docker-20.10.txt"),
        Engine::Docker if !has_plugin => include_str!("../../../fixtures/engines/docker-legacy.txt"),
        Engine::Docker | Engine::Buildx => include_str!("../../../fixtures/engines/docker-buildx.txt"),
        Engine::Buildctl | Engine::BuildctlDaemonless => include_str!("../../../fixtures/engines/buildctl.txt"),
        Engine::Kaniko if version.at_least(1, 27, 0) => include_str!("../../../fixtures/engines/kaniko-1.27.txt"),
        Engine::Kaniko => include_str!("../../../fixtures/engines/kaniko-1.25.txt"),
        Engine::Buildah => include_str!("../../../fixtures/engines/buildah-1.28.txt"),
    };
    FlagSet::read(text)
}

/// Returns docker's options from before BuildKit.
pub fn legacy() -> FlagSet {
    FlagSet::read(include_str!("../../../fixtures/engines/docker-legacy.txt"))
}

impl FlagSet {
    fn read(text: &str) -> Self {
        let mut set = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            if let Some(words) = line.strip_prefix("command ") {
                set.commands.push(Command { words: words.split(' ').map(str::to_owned).collect(), ..Command::default() });
                continue;
            }
            let command = set.commands.last_mut().unwrap();
            if let Some(counts) = line.strip_prefix("arguments ") {
                let (min, max) = counts.split_once(' ').unwrap();
                command.arguments = (min.parse().unwrap(), max.parse().unwrap());
            } else if let Some(inner) = line.strip_prefix("inner ") {
                command.inner = Some(inner.to_owned());
            } else {
                let (names, takes_value) = line.strip_suffix(" VALUE").map_or((line, false), |names| (names, true));
                for name in names.split(", ") {
                    command.flags.insert(name.to_owned(), takes_value);
                }
            }
        }
        set
    }

    /// Checks an argument vector; cache attributes must be supported by that version of BuildKit.
    pub fn check(&self, argv: &[String], buildkit: Option<&Version>) -> Result<(), String> {
        let command = self
            .commands
            .iter()
            .filter(|command| argv.len() >= command.words.len() && argv[..command.words.len()] == command.words)
            .max_by_key(|command| command.words.len())
            .ok_or_else(|| format!("no such command: {argv:?}"))?;
        let mut rest = argv[command.words.len()..].iter();
        let mut arguments = Vec::new();
        while let Some(word) = rest.next() {
            if !word.starts_with('-') || word == "-" {
                if let Some(inner) = &command.inner {
                    let inside: Vec<String> = std::iter::once(inner.clone()).chain(rest.cloned()).collect();
                    return self.check(&inside, buildkit);
                }
                arguments.push(word);
                continue;
            }
            let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value.to_owned())));
            let takes_value = *command.flags.get(name).ok_or_else(|| format!("unknown flag: {name} in {argv:?}"))?;
            let value = match (takes_value, value) {
                (true, Some(value)) => Some(value),
                (true, None) => Some(rest.next().ok_or_else(|| format!("flag needs an argument: {name}"))?.clone()),
                (false, Some(value)) if value != "true" && value != "false" => {
                    return Err(format!("{name} must be true or false, not {value}"));
                }
                (false, _) => None,
            };
            if let Some(value) = value {
                check_value(&command.words, name, &value, buildkit)?;
            }
        }
        let (min, max) = command.arguments;
        if arguments.len() < min || arguments.len() > max {
            return Err(format!("{} arguments ({arguments:?}), expected {min} to {max}: {argv:?}", arguments.len()));
        }
        Ok(())
    }
}

fn check_value(command: &[String], flag: &str, value: &str, buildkit: Option<&Version>) -> Result<(), String> {
    let is_buildkit = command.iter().any(|word| word.starts_with("buildctl") || word == "docker")
        && !command.iter().any(|word| word == "run" || word == "save");
    match flag {
        // Before BuildKit, these were image names.
        "--cache-to" | "--export-cache" if is_buildkit => attributes("export", value, buildkit),
        "--cache-from" | "--import-cache" if is_buildkit && value.contains("type=") => attributes("import", value, buildkit),
        "--output" if is_buildkit => attributes("output", value, buildkit),
        "--secret" => {
            let fields = fields(value)?;
            match fields.iter().find(|(name, _)| !["id", "src", "env"].contains(&name.as_str())) {
                Some((name, _)) => Err(format!("unknown attribute `{name}` of a secret")),
                None => Ok(()),
            }
        }
        "--cache-from" | "--cache-to" if command[0] == "buildah" && value.rsplit('/').next().is_some_and(|name| name.contains(':')) => {
            Err(format!("buildah accepts no tag: {value}"))
        }
        "--context" if command[0].starts_with("/kaniko") && !value.starts_with("dir://") => Err(format!("not a directory: {value}")),
        _ => Ok(()),
    }
}

/// Checks a record of attributes against `cache-attributes.txt`.
fn attributes(what: &str, value: &str, buildkit: Option<&Version>) -> Result<(), String> {
    let fields = fields(value)?;
    let kind = fields.iter().find(|(name, _)| name == "type").map(|(_, kind)| kind.clone()).ok_or_else(|| format!("no type: {value}"))?;
    let text = include_str!("../../../fixtures/engines/cache-attributes.txt");
    let known: BTreeMap<&str, Version> = text
        .lines()
        .filter_map(|line| line.strip_prefix(&format!("{what} {kind} ")))
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, since)| (name, since.parse().unwrap()))
        .collect();
    if known.is_empty() {
        return Err(format!("no {what} of type {kind}: {value}"));
    }
    for (name, _) in fields.iter().filter(|(name, _)| name != "type") {
        let since = known.get(name.as_str()).ok_or_else(|| format!("unknown attribute `{name}` of {what} {kind}: {value}"))?;
        if buildkit.is_some_and(|buildkit| buildkit.numbers() < since.numbers()) {
            return Err(format!("`{name}` requires {since}, but the version is {}: {value}", buildkit.unwrap()));
        }
    }
    let mut names: Vec<&String> = fields.iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    if names.len() == fields.len() { Ok(()) } else { Err(format!("duplicate attribute: {value}")) }
}

/// Parses one CSV record strictly, as Go's `encoding/csv` does.
fn fields(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut fields = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        let mut field = String::new();
        if chars.peek() == Some(&'"') {
            chars.next();
            loop {
                match chars.next() {
                    Some('"') if chars.peek() == Some(&'"') => field.extend(chars.next()),
                    Some('"') => break,
                    Some(c) => field.push(c),
                    None => return Err(format!("unclosed quote: {text}")),
                }
            }
        } else {
            while let Some(c) = chars.next_if(|c| *c != ',') {
                if c == '"' || c == '\n' || c == '\r' {
                    return Err(format!("unquoted {c:?}: {text}"));
                }
                field.push(c);
            }
        }
        let (name, value) = field.split_once('=').ok_or_else(|| format!("no `=` in `{field}`: {text}"))?;
        fields.push((name.to_owned(), value.to_owned()));
        match chars.next() {
            Some(',') => {}
            None => return Ok(fields),
            Some(c) => return Err(format!("`{c}` after a closing quote: {text}")),
        }
    }
}

/// Acts as a fake engine if [`exec`](super::exec) starts this test as one, and tests the parser otherwise.
#[test]
fn arguments_that_an_engine_does_not_support_are_refused() {
    super::exec::act_as_fake_engine();
    let version = Version::new(25, 0, 3);
    let set = of(Engine::Buildx, &version, true);
    let check = |words: &[&str]| set.check(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), Some(&Version::new(0, 11, 0)));
    let build = ["docker", "buildx", "build"];
    assert_eq!(check(&[&build[..], &["--cache-to", "type=registry,ref=a", "."]].concat()), Ok(()));
    for wrong in [
        &["--cache-too", "x", "."][..],
        &["--cache-to", "type=registry,ref=a,image-manifest=true", "."],
        &["--cache-to", "type=registry,reef=a", "."],
        &["--cache-to", "type=regstry,ref=a", "."],
        &["--cache-to", "type=registry,ref=\"a", "."],
        &["--no-cache=maybe", "."],
        &["--tag"],
        &[".", "."],
        &[],
    ] {
        assert!(check(&[&build[..], wrong].concat()).is_err(), "{wrong:?}");
    }
}
