//! Parses the output of engines' commands.

use super::{FoundBuilder, ImageStore, Version};

/// Returns the version that follows a word, such as `buildah version 1.28.2 (...)`.
///
/// A program of unknown version prints a placeholder, or nothing, after the word. Both result in a placeholder.
pub(super) fn version_after(text: &str, words: &[&str]) -> Option<Version> {
    text.lines().find_map(|line| {
        let rest = words.iter().find_map(|word| line.split_once(word).map(|(_, rest)| rest))?;
        let word = rest.trim_start_matches([' ', ':', '\t']).split_whitespace().next().unwrap_or("unknown");
        word.trim_end_matches(',').parse().or_else(|_| "unknown".parse()).ok()
    })
}

/// What `docker version --format '{{json .}}'` says about the client and the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DockerVersions {
    pub(super) client: Option<Version>,
    /// The client's context, whose name is also that of its default builder.
    pub(super) context: Option<String>,
    pub(super) server: Option<Version>,
    /// The version of Go that the server was compiled with.
    pub(super) go: Option<Version>,
    /// The server's platform.
    pub(super) platform: Option<String>,
}

/// Parses `docker version --format '{{json .}}'`.
pub(super) fn docker_versions(text: &str) -> DockerVersions {
    let json: serde_json::Value = serde_json::from_str(text.trim()).unwrap_or_default();
    let field = |side: &str, name: &str| json.get(side)?.get(name)?.as_str().filter(|text| !text.is_empty());
    // A server without a version is a server of unknown version.
    let version = |side: &str| {
        let text = json.get(side)?.as_object()?.get("Version").and_then(serde_json::Value::as_str).unwrap_or_default();
        text.parse().or_else(|_| "unknown".parse()).ok()
    };
    DockerVersions {
        client: version("Client"),
        context: field("Client", "Context").map(str::to_owned),
        server: version("Server"),
        go: field("Server", "GoVersion").and_then(|go| go.strip_prefix("go")?.split_whitespace().next()?.parse().ok()),
        platform: field("Server", "Os").zip(field("Server", "Arch")).map(|(os, arch)| format!("{os}/{arch}")),
    }
}

/// Returns the image store from `docker info --format '{{json .DriverStatus}}'`; `null` means that the daemon was not reached.
///
/// Source: <https://docs.docker.com/engine/storage/containerd/#enable-containerd-image-store-on-docker-engine>
pub(super) fn image_store(text: &str) -> Option<ImageStore> {
    let json: Vec<Vec<String>> = serde_json::from_str(text.trim()).ok()?;
    let is_containerd =
        json.iter().any(|pair| pair.first().is_some_and(|name| name == "driver-type") && pair[1..].concat().contains("containerd"));
    Some(if is_containerd { ImageStore::Containerd } else { ImageStore::GraphDriver })
}

/// Parses `docker buildx inspect`, whose label of BuildKit's version changed twice.
///
/// A builder with several nodes is as old as its oldest node, and has the problem of any node. The lines below a node's own, such as its
/// labels, are indented.
///
/// Source: <https://github.com/docker/buildx/blob/v0.36.1/commands/inspect.go>
pub(super) fn builder(text: &str) -> FoundBuilder {
    let mut builder = FoundBuilder::default();
    let (mut nodes, mut running) = (0, 0);
    for line in text.lines().filter(|line| !line.starts_with(char::is_whitespace)) {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match name.trim() {
            "Driver" if builder.driver.is_none() => builder.driver = value.parse().ok(),
            "Endpoint" => nodes += 1,
            "Status" => running += usize::from(value == "running"),
            "Error" => builder.problem = builder.problem.take().or_else(|| Some(value.to_owned())),
            "Platforms" if builder.platform.is_none() => {
                let first = value.split(',').next().unwrap_or_default().trim().trim_end_matches('*');
                builder.platform = (!first.is_empty()).then(|| first.to_owned());
            }
            "Buildkit" | "BuildKit" | "BuildKit version" | "Buildkit version" => {
                let Ok(version) = value.parse::<Version>() else { continue };
                let is_older =
                    |known: &Version| known.is_placeholder() || (!version.is_placeholder() && version.numbers() < known.numbers());
                if builder.buildkit.as_ref().is_none_or(is_older) {
                    builder.buildkit = Some(version);
                }
            }
            _ => {}
        }
    }
    builder.is_running = running > 0 && running >= nodes && builder.problem.is_none();
    builder
}

/// Returns the first platform of the first worker in `buildctl debug workers`, which is the one it builds for by default.
///
/// Source: <https://github.com/moby/buildkit/blob/v0.32.2/cmd/buildctl/debug/workers.go>
pub(super) fn worker_platform(text: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| !line.contains("PLATFORMS"));
    lines.next()?;
    let first = lines.next()?.split_whitespace().nth(1)?.split(',').next()?;
    first.contains('/').then(|| first.to_owned())
}

/// Returns whether docker's error message means that the buildx plugin is missing.
pub(super) fn is_missing_plugin(text: &str) -> bool {
    text.contains("unknown command: docker buildx") || text.contains("'buildx' is not a docker command")
}

/// Returns whether the error message of `docker buildx inspect` means that there is no builder of that name.
///
/// Source: <https://github.com/docker/buildx/blob/v0.36.1/store/storeutil/storeutil.go>
pub(super) fn is_missing_builder(text: &str) -> bool {
    text.contains("no builder") && text.contains("found")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Driver;
    use super::*;

    #[test]
    fn command_output_is_parsed() {
        let version = |text: &str, words: &[&str]| version_after(text, words).map(|version| version.to_string());
        assert_eq!(version("github.com/docker/buildx v0.11.2 9872040b", &["docker/buildx"]).unwrap(), "0.11.2");
        assert_eq!(version("buildctl github.com/moby/buildkit v0.12.3 438f", &["moby/buildkit"]).unwrap(), "0.12.3");
        assert_eq!(version("Kaniko version :  v1.27.5\n", &["Kaniko version"]).unwrap(), "1.27.5");
        assert_eq!(
            version("buildah version 1.28.2 (image-spec 1.1.0-rc2, runtime-spec 1.0.2-dev)", &["buildah version"]).unwrap(),
            "1.28.2"
        );
        assert_eq!(version("nothing of that kind", &["buildah version"]), None);
        assert_eq!(image_store(r#"[["driver-type","io.containerd.snapshotter.v1"]]"#), Some(ImageStore::Containerd));
        assert_eq!(image_store(r#"[["Backing Filesystem","extfs"],["Supports d_type","true"]]"#), Some(ImageStore::GraphDriver));
        assert_eq!(image_store("null"), None);
        let workers = "ID\t\t\tPLATFORMS\nw1dnz9x\tlinux/arm64,linux/amd64\n";
        assert_eq!(worker_platform(workers).as_deref(), Some("linux/arm64"));
    }

    #[test]
    fn a_program_that_reports_no_version_has_an_unknown_one() {
        for text in ["Kaniko version :  ", "Kaniko version :  unset", "Kaniko version :  v0.0.0+unknown", "Kaniko version :  what"] {
            assert!(version_after(text, &["Kaniko version"]).unwrap().is_placeholder(), "{text}");
        }
    }

    #[test]
    fn client_and_server_have_their_own_versions() {
        let both = docker_versions(
            r#"{"Client":{"Version":"28.5.2","Context":"remote"},"Server":{"Version":"library-import","GoVersion":"go1.27.1","Os":"linux","Arch":"arm64"}}"#,
        );
        assert_eq!((both.client.unwrap().to_string(), both.context.as_deref()), ("28.5.2".to_owned(), Some("remote")));
        assert!(both.server.unwrap().is_placeholder() && both.go.unwrap().at_least(1, 27, 0));
        assert_eq!(both.platform.as_deref(), Some("linux/arm64"));
        let client = docker_versions(r#"{"Client":{"Version":"28.2.2"},"Server":null}"#);
        assert_eq!((client.server, client.client.unwrap().to_string()), (None, "28.2.2".to_owned()));
        assert_eq!(docker_versions(r#"{"Client":{"Version":"29.0.0"}}"#).server, None);
    }

    #[test]
    fn a_builder_of_several_nodes_is_as_old_as_the_oldest_and_has_the_problem_of_any() {
        let text = "Name:          elated_tesla\nDriver:        docker-container\nLast Activity: 2022-11-30 12:42:47 +0100 CET\n\nNodes:\nName: \
                    elated_tesla0\nEndpoint:       unix:///var/run/docker.sock\nDriver Options: env.A=\"b\"\nStatus: running\nBuildkit:       \
                    v0.13.1\nPlatforms: linux/amd64*, linux/386\nLabels:\n  Status: stopped\n\nName: elated_tesla1\nEndpoint: tcp://x\nStatus: \
                    running\nBuildKit version: v0.10.3\n\nName: elated_tesla2\nEndpoint: tcp://y\nStatus: running\nBuildKit version: \
                    v0.0.0+unknown\nPlatforms: linux/arm64\n";
        let found = builder(text);
        assert_eq!((found.driver, found.buildkit.unwrap().to_string()), (Some(Driver::DockerContainer), "0.10.3".to_owned()));
        assert_eq!((found.is_running, found.platform.as_deref()), (true, Some("linux/amd64")));
        let stopped = builder(&text.replace("tcp://x\nStatus: running", "tcp://x\nStatus: inactive"));
        assert!(!stopped.is_running && stopped.problem.is_none());
        let broken = builder("Name: rackform\nDriver: docker-container\n\nNodes:\nName: rackform0\nEndpoint: x\nError: no such context\n");
        assert_eq!((broken.is_running, broken.problem.as_deref()), (false, Some("no such context")));
    }
}
