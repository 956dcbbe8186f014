//! Real builds with buildah and a registry on the loopback interface, both from Debian packages.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{Bench, Run};

/// The required programs.
const REQUIRED: [&str; 3] = ["buildah", "docker-registry", "busybox"];

/// A registry process, and a directory with an app that builds without a network.
struct RealBench {
    directory: Bench,
    registry: Child,
    host: String,
    path: String,
}

impl RealBench {
    /// Starts a registry. Returns `None`, and prints why, if a program is not installed.
    fn new() -> Option<Self> {
        let path = format!("{}:/usr/bin:/bin:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
        let found = |name: &&str| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
        let missing: Vec<_> = REQUIRED.into_iter().filter(|name| found(name).is_none()).collect();
        if !missing.is_empty() {
            crate::support::skip(&format!("{} not installed (Debian: buildah docker-registry busybox-static)", missing.join(", ")));
            return None;
        }
        let bench = Bench::new();
        // Another process may take the free port before the registry does; the registry then exits at once, so try again.
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
                    return Some(Self { directory: bench, registry, host, path });
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = registry.kill();
            registry.wait().unwrap();
        }
        panic!("the registry did not start: {}", bench.read("registry.log"));
    }

    /// Runs rackform in the app's directory with the image store `store`. A new name is an empty store, as on a new build machine.
    fn run(&self, store: &str, arguments: &[&str]) -> Run {
        let arguments: Vec<String> = arguments.iter().map(|word| word.replace("REGISTRY", &self.host)).collect();
        Run::of(self.command(store).args(arguments))
    }

    fn command(&self, store: &str) -> Command {
        let directory = |name: &str| self.directory.path().join(format!("{name}-{store}"));
        let storage = format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{}\"\nrunroot = \"{}\"\n",
            directory("store").display(),
            directory("run").display()
        );
        self.directory.file(&format!("storage-{store}.conf"), storage);
        let mut command = self.directory.command();
        command.current_dir(self.directory.path().join("app"));
        command.envs([("PATH", self.path.as_str()), ("STORAGE_DRIVER", "vfs"), ("BUILDAH_ISOLATION", "chroot")]);
        command.env("CONTAINERS_STORAGE_CONF", self.directory.path().join(format!("storage-{store}.conf")));
        command.env("HOME", self.directory.path()).env("XDG_RUNTIME_DIR", self.directory.path()).env("TMPDIR", self.directory.path());
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

impl Drop for RealBench {
    fn drop(&mut self) {
        // The process may have exited already.
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
    // buildah 1.28 does not cache an ARG or the steps after it in a registry.
    bench.file("app/Dockerfile", stages("ENV GREETING=hello\n")).file("app/Dockerfile.arg", stages("ARG GREETING=hello\n"));
    bench.file("app/package.json", r#"{"name":"web","dependencies":{"a":"1"}}"#);
}

#[test]
fn a_new_build_machine_uses_the_cache_of_an_earlier_build() {
    let Some(bench) = RealBench::new() else { return };
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
    let cold = bench.run("one", &arguments);
    assert_eq!(cold.code, 0, "{cold}");
    let cold_text = cold.to_string();
    assert!(cold_text.contains("Pushing cache") && !cold_text.contains("Cache pulled from remote"), "{cold}");
    let layers = bench.tags("cache");
    assert!(layers.len() >= 3 && layers.iter().all(|tag| tag.len() == 64), "{layers:?}");
    let warm = bench.run("two", &arguments);
    assert_eq!(warm.code, 0, "{warm}");
    let warm_text = warm.to_string();
    assert!(warm_text.contains("Cache pulled from remote") && !warm_text.contains("Pushing cache"), "{warm}");
    assert_eq!(bench.tags("cache"), layers);
}

#[test]
fn an_image_is_built_once_and_then_found_by_its_key() {
    let Some(bench) = RealBench::new() else { return };
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
        Run::of(bench.command("one").env("GREETING", "good day").args(arguments.iter().map(|word| word.replace("REGISTRY", &bench.host))));
    assert_eq!(first.code, 0, "{first}");
    assert!(first.stderr.contains("does not exist yet") && first.stderr.contains("STEP"), "{first}");
    let key = first.stdout.trim().rsplit_once(':').unwrap().1.to_owned();
    assert_eq!(bench.tags("images"), [key.clone(), "latest".to_owned()]);

    // Another machine without the image and its layers pulls it and does not build.
    bench.directory.file("app/package.json", r#"{ "scripts": {}, "dependencies": {"a": "1"}, "name": "web" }"#);
    let second =
        Run::of(bench.command("two").env("GREETING", "good day").args(arguments.iter().map(|word| word.replace("REGISTRY", &bench.host))));
    assert_eq!((second.code, &second.stdout), (0, &first.stdout), "{second}");
    assert!(second.stderr.contains("buildah pull") && !second.stderr.contains("STEP"), "{second}");

    // With `--skip-pull` the image is not pulled, so no engine is required.
    arguments.extend(["--skip-pull", "--format", "json"]);
    let third = Run::of(
        bench
            .command("three")
            .env("GREETING", "good day")
            .env("PATH", "/nonexistent")
            .args(arguments.iter().map(|word| word.replace("REGISTRY", &bench.host))),
    );
    assert_eq!(third.json()["what"], "found", "{third}");

    // Another value of a build argument builds a second image.
    let fourth = bench.run("two", &arguments);
    assert_eq!(fourth.json()["what"], "built", "{fourth}");
    assert_eq!(bench.tags("images").len(), 3);
}

#[test]
fn gc_removes_what_its_dry_run_lists_and_keeps_the_rest() {
    let Some(bench) = RealBench::new() else { return };
    let warm = bench.run("one", &["build", "cache", "warm", ".", "--engine", "buildah", "--repository", "REGISTRY/cache"]);
    assert_eq!(warm.code, 0, "{warm}");
    let layers = bench.tags("cache");
    let app = bench.run(
        "one",
        &["build", "command", ".", "--engine", "buildah", "--tag", "REGISTRY/cache:prod", "--push", "--insecure-registry", "--exec"],
    );
    assert_eq!(app.code, 0, "{app}");
    let repository = ["--repository", "REGISTRY/cache"];
    let nothing = bench.run("one", &[&["build", "cache", "gc", "--older-than", "1d", "--yes"], &repository[..]].concat());
    assert!(nothing.code == 0 && nothing.stdout.contains(" 0 deleted"), "{nothing}");
    std::thread::sleep(Duration::from_secs(2));
    let gc = ["build", "cache", "gc", "--older-than", "1s", "--format", "json"];
    let dry_run = bench.run("one", &[&gc[..], &repository[..], &["--dry-run"]].concat());
    assert_eq!(bench.tags("cache").len(), layers.len() + 1, "a dry run removes nothing");
    let unconfirmed = bench.run("one", &[&gc[..], &repository[..]].concat());
    assert_eq!(unconfirmed.code, 4, "confirmation is required: {unconfirmed}");
    assert_eq!(bench.tags("cache").len(), layers.len() + 1, "nothing is removed without confirmation");
    let done = bench.run("one", &[&gc[..], &repository[..], &["--yes"]].concat());
    assert_eq!(done.code, 0, "{done}");
    let digests = |run: &Run| -> Vec<_> { run.json()["removed"].as_array().unwrap().iter().map(|entry| entry["digest"].clone()).collect() };
    assert_eq!(digests(&dry_run), digests(&done), "{dry_run}{done}");
    assert_eq!(done.json()["removed"].as_array().unwrap().len(), layers.len(), "{done}");
    assert_eq!(bench.tags("cache"), ["prod"], "an image that is not part of a cache is kept");
}

#[test]
fn the_build_step_of_a_recipe_fills_the_cache_for_a_new_build_machine() {
    use rackform::build::recipe::{Options, Provider, recipe};
    let Some(bench) = RealBench::new() else { return };
    let options = Options {
        engine: Some(rackform::build::Engine::Buildah),
        repository: Some(format!("{}/cache", bench.host)),
        image: Some(format!("{}/web", bench.host)),
        service: Some("it's \"web\"".to_owned()),
        ..Options::default()
    };
    let text = recipe(Provider::Codebuild, &options).unwrap().text;
    let (variables, script) = super::recipes::step(Provider::Codebuild, &text);
    // The registry on the loopback interface has no TLS, which a recipe cannot configure; the machine's configuration does.
    bench.directory.file("registries.conf", format!("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", bench.host));
    let programs = Path::new(env!("CARGO_BIN_EXE_rackform")).parent().unwrap().display();
    let run = |store: &str| {
        let template = bench.command(store);
        let mut command = Command::new("bash");
        command.args(["-c", &script]).current_dir(template.get_current_dir().unwrap()).env_clear().stdin(Stdio::null());
        command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?)))).envs(variables.clone());
        command.env("PATH", format!("{programs}:{}", bench.path)).env("CODEBUILD_RESOLVED_SOURCE_VERSION", "0123abc");
        command.env("CONTAINERS_REGISTRIES_CONF", bench.directory.path().join("registries.conf"));
        Run::of(&mut command)
    };
    let cold = run("one");
    assert_eq!(cold.code, 0, "{cold}");
    assert!(!cold.to_string().contains("Cache pulled from remote"), "{cold}");
    let warm = run("two");
    assert_eq!(warm.code, 0, "{warm}");
    assert!(warm.to_string().contains("Cache pulled from remote"), "{warm}");
}
