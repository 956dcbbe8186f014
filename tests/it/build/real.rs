//! Real builds: buildah and a registry, both from Debian's packages, on loopback.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{Bench, Run};

/// What the tests need, as Debian names the programs.
const NEEDED: [&str; 3] = ["buildah", "docker-registry", "busybox"];

/// A registry of its own and a folder with an app that needs no network to build.
struct Yard {
    bench: Bench,
    registry: Child,
    host: String,
    path: String,
}

impl Yard {
    /// Starts a registry; `None`, and says so, where the programs are not installed.
    fn new() -> Option<Self> {
        let path = format!("{}:/usr/bin:/bin:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
        let found = |name: &&str| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
        let missing: Vec<_> = NEEDED.into_iter().filter(|name| found(name).is_none()).collect();
        if !missing.is_empty() {
            crate::support::skip(&format!("{} not installed (Debian: buildah docker-registry busybox-static)", missing.join(", ")));
            return None;
        }
        let bench = Bench::new();
        // The port is free again when the registry takes it, and a race for it shows as a registry that ends at once.
        for _ in 0..5 {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let host = format!("127.0.0.1:{port}");
            bench.file("registry.yml", format!(
                "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\n  delete: {{enabled: true}}\nhttp: {{addr: {host}}}\n",
                bench.path().join("registry").display()
            ));
            let log = std::fs::File::create(bench.path().join("registry.log")).unwrap();
            let mut registry = Command::new(found(&"docker-registry").unwrap())
                .arg("serve")
                .arg(bench.path().join("registry.yml"))
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .unwrap();
            let end = Instant::now() + Duration::from_secs(20);
            while Instant::now() < end && registry.try_wait().unwrap().is_none() {
                if std::net::TcpStream::connect(&host).is_ok() {
                    app(&bench, &found(&"busybox").unwrap());
                    return Some(Self { bench, registry, host, path });
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = registry.kill();
            registry.wait().unwrap();
        }
        panic!("the registry does not start: {}", bench.read("registry.log"));
    }

    /// Runs the program in the app's folder, with an image store of that name: another name is a builder that has seen nothing yet.
    fn run(&self, store: &str, arguments: &[&str]) -> Run {
        let arguments: Vec<String> = arguments.iter().map(|word| word.replace("REGISTRY", &self.host)).collect();
        Run::of(self.command(store).args(arguments))
    }

    fn command(&self, store: &str) -> Command {
        let place = |name: &str| self.bench.path().join(format!("{name}-{store}"));
        let storage = format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{}\"\nrunroot = \"{}\"\n",
            place("store").display(),
            place("run").display()
        );
        self.bench.file(&format!("storage-{store}.conf"), storage);
        let mut command = self.bench.command();
        command.current_dir(self.bench.path().join("app"));
        command.envs([("PATH", self.path.as_str()), ("STORAGE_DRIVER", "vfs"), ("BUILDAH_ISOLATION", "chroot")]);
        command.env("CONTAINERS_STORAGE_CONF", self.bench.path().join(format!("storage-{store}.conf")));
        command.env("HOME", self.bench.path()).env("XDG_RUNTIME_DIR", self.bench.path()).env("TMPDIR", self.bench.path());
        command
    }

    fn tags(&self, repository: &str) -> Vec<String> {
        let run = self.run("none", &["build", "cache", "ls", "--format", "json", "--repository", &format!("REGISTRY/{repository}")]);
        assert_eq!(run.code, 0, "{run}");
        let entries = run.json()["entries"].as_array().unwrap().clone();
        let mut tags: Vec<String> = entries
            .iter()
            .flat_map(|entry| entry["tags"].as_array().unwrap().clone())
            .map(|tag| tag.as_str().unwrap().to_owned())
            .collect();
        tags.sort();
        tags
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        // Ours, by its process; one that has ended already is as good.
        let _ = self.registry.kill();
        let _ = self.registry.wait();
    }
}

fn app(bench: &Bench, busybox: &Path) {
    let folder: PathBuf = bench.path().join("app");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(busybox, folder.join("busybox")).unwrap();
    let stages = |arg: &str| {
        format!(
            "FROM scratch AS deps\nCOPY busybox /bin/busybox\n{arg}RUN [\"/bin/busybox\", \"sh\", \"-c\", \"/bin/busybox echo $GREETING > /greeting\"]\nFROM deps\nCOPY package.json /\n"
        )
    };
    // buildah 1.28 takes no ARG from a registry cache, nor anything that follows one.
    bench.file("app/Dockerfile", stages("ENV GREETING=hello\n")).file("app/Dockerfile.arg", stages("ARG GREETING=hello\n"));
    bench.file("app/package.json", r#"{"name":"web","dependencies":{"a":"1"}}"#);
}

#[test]
fn a_fresh_builder_is_served_by_the_cache_that_a_cold_build_filled() {
    let Some(yard) = Yard::new() else { return };
    let arguments = [
        "build",
        "command",
        ".",
        "--engine",
        "buildah",
        "--repository",
        "REGISTRY/cache",
        "--service",
        "web",
        "--tag",
        "REGISTRY/web:1",
        "--insecure-registry",
        "--exec",
    ];
    let cold = yard.run("one", &arguments);
    assert_eq!(cold.code, 0, "{cold}");
    let cold_text = cold.to_string();
    assert!(cold_text.contains("Pushing cache") && !cold_text.contains("Cache pulled from remote"), "{cold}");
    let layers = yard.tags("cache");
    assert!(layers.len() >= 3 && layers.iter().all(|tag| tag.len() == 64), "{layers:?}");
    let warm = yard.run("two", &arguments);
    assert_eq!(warm.code, 0, "{warm}");
    let warm_text = warm.to_string();
    assert!(warm_text.contains("Cache pulled from remote") && !warm_text.contains("Pushing cache"), "{warm}");
    assert_eq!(yard.tags("cache"), layers);
}

#[test]
fn an_image_is_built_once_and_found_by_its_key_from_then_on() {
    let Some(yard) = Yard::new() else { return };
    let mut arguments = vec![
        "build",
        "image",
        "--engine",
        "buildah",
        "--repository",
        "REGISTRY/images",
        "--dockerfile",
        "Dockerfile.arg",
        "--cache-on",
        "package.json#.dependencies",
        "--build-arg",
        "GREETING",
    ];
    let first =
        Run::of(yard.command("one").env("GREETING", "good day").args(arguments.iter().map(|word| word.replace("REGISTRY", &yard.host))));
    assert_eq!(first.code, 0, "{first}");
    assert!(first.stderr.contains("is not there yet") && first.stderr.contains("STEP"), "{first}");
    let key = first.stdout.trim().rsplit_once(':').unwrap().1.to_owned();
    assert_eq!(yard.tags("images"), [key.clone(), "latest".to_owned()]);

    // Another machine, which has neither image nor layers: pulled, and nothing built.
    yard.bench.file("app/package.json", r#"{ "scripts": {}, "dependencies": {"a": "1"}, "name": "web" }"#);
    let second =
        Run::of(yard.command("two").env("GREETING", "good day").args(arguments.iter().map(|word| word.replace("REGISTRY", &yard.host))));
    assert_eq!((second.code, &second.stdout), (0, &first.stdout), "{second}");
    assert!(second.stderr.contains("buildah pull") && !second.stderr.contains("STEP"), "{second}");

    // Where that is enough, not even pulled: an engine that does not exist is not missed.
    arguments.extend(["--skip-pull", "--format", "json"]);
    let third = Run::of(
        yard.command("three")
            .env("GREETING", "good day")
            .env("PATH", "/nonexistent")
            .args(arguments.iter().map(|word| word.replace("REGISTRY", &yard.host))),
    );
    assert_eq!(third.json()["what"], "found", "{third}");

    // Another value, another image beside the first.
    let fourth = yard.run("two", &arguments);
    assert_eq!(fourth.json()["what"], "built", "{fourth}");
    assert_eq!(yard.tags("images").len(), 3);
}

#[test]
fn what_gc_says_goes_is_gone_and_the_rest_stays() {
    let Some(yard) = Yard::new() else { return };
    let warm = yard.run("one", &["build", "cache", "warm", ".", "--engine", "buildah", "--repository", "REGISTRY/cache"]);
    assert_eq!(warm.code, 0, "{warm}");
    let layers = yard.tags("cache");
    let app = yard.run(
        "one",
        &["build", "command", ".", "--engine", "buildah", "--tag", "REGISTRY/cache:prod", "--push", "--insecure-registry", "--exec"],
    );
    assert_eq!(app.code, 0, "{app}");
    let repository = ["--repository", "REGISTRY/cache"];
    let nothing = yard.run("one", &[&["build", "cache", "gc", "--older-than", "1d", "--yes"], &repository[..]].concat());
    assert!(nothing.code == 0 && nothing.stdout.contains(" 0 removed"), "{nothing}");
    std::thread::sleep(Duration::from_secs(2));
    let gc = ["build", "cache", "gc", "--older-than", "1s", "--format", "json"];
    let shown = yard.run("one", &[&gc[..], &repository[..], &["--dry-run"]].concat());
    assert_eq!(yard.tags("cache").len(), layers.len() + 1, "a dry run removes nothing");
    let asked = yard.run("one", &[&gc[..], &repository[..]].concat());
    assert_eq!(asked.code, 4, "there is nobody to ask: {asked}");
    assert_eq!(yard.tags("cache").len(), layers.len() + 1, "nobody said yes");
    let done = yard.run("one", &[&gc[..], &repository[..], &["--yes"]].concat());
    assert_eq!(done.code, 0, "{done}");
    let digests = |run: &Run| -> Vec<_> { run.json()["removed"].as_array().unwrap().iter().map(|gone| gone["digest"].clone()).collect() };
    assert_eq!(digests(&shown), digests(&done), "{shown}{done}");
    assert_eq!(done.json()["removed"].as_array().unwrap().len(), layers.len(), "{done}");
    assert_eq!(yard.tags("cache"), ["prod"], "what no cache made stays");
}

#[test]
fn the_step_of_a_recipe_builds_and_the_next_fresh_builder_is_served() {
    use rackform::build::recipe::{Options, Provider, recipe};
    let Some(yard) = Yard::new() else { return };
    let options = Options {
        engine: Some(rackform::build::Engine::Buildah),
        repository: Some(format!("{}/cache", yard.host)),
        image: Some(format!("{}/web", yard.host)),
        service: Some("it's \"web\"".to_owned()),
        ..Options::default()
    };
    let text = recipe(Provider::Codebuild, &options).unwrap().text;
    let (variables, script) = super::recipes::step(Provider::Codebuild, &text);
    // A registry on loopback speaks without TLS, which is for the machine to say and not for a recipe.
    yard.bench.file("registries.conf", format!("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", yard.host));
    let programs = Path::new(env!("CARGO_BIN_EXE_rackform")).parent().unwrap().display();
    let run = |store: &str| {
        let like = yard.command(store);
        let mut command = Command::new("bash");
        command.args(["-c", &script]).current_dir(like.get_current_dir().unwrap()).env_clear().stdin(Stdio::null());
        command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?)))).envs(variables.clone());
        command.env("PATH", format!("{programs}:{}", yard.path)).env("CODEBUILD_RESOLVED_SOURCE_VERSION", "0123abc");
        command.env("CONTAINERS_REGISTRIES_CONF", yard.bench.path().join("registries.conf"));
        Run::of(&mut command)
    };
    let cold = run("one");
    assert_eq!(cold.code, 0, "{cold}");
    assert!(!cold.to_string().contains("Cache pulled from remote"), "{cold}");
    let fresh = run("two");
    assert_eq!(fresh.code, 0, "{fresh}");
    assert!(fresh.to_string().contains("Cache pulled from remote"), "{fresh}");
}
