//! Parses the output of engines' commands.

use super::{Driver, ImageStore, Version};

/// Returns the version that follows a word, such as `buildah version 1.28.2 (...)`.
pub(super) fn version_after(text: &str, words: &[&str]) -> Option<Version> {
    text.lines().find_map(|line| {
        let rest = words.iter().find_map(|word| line.split_once(word).map(|(_, rest)| rest))?;
        rest.trim_start_matches([' ', ':', '\t']).split_whitespace().next()?.trim_end_matches(',').parse().ok()
    })
}

/// Returns the server's and the client's version from `docker version --format '{{json .}}'`.
pub(super) fn docker_versions(text: &str) -> (Option<Version>, Option<Version>) {
    let json: serde_json::Value = serde_json::from_str(text.trim()).unwrap_or_default();
    let version = |side: &str| json.get(side)?.get("Version")?.as_str()?.parse().ok();
    (version("Server"), version("Client"))
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

/// A builder in the output of `docker buildx inspect`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Builder {
    pub(super) driver: Option<Driver>,
    /// The oldest BuildKit of its nodes.
    pub(super) buildkit: Option<Version>,
}

/// Parses `docker buildx inspect`, whose label of BuildKit's version changed twice.
///
/// Source: <https://docs.docker.com/reference/cli/docker/buildx/inspect/>
pub(super) fn builder(text: &str) -> Builder {
    let mut builder = Builder::default();
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match name.trim() {
            "Driver" if builder.driver.is_none() => builder.driver = value.parse().ok(),
            "Buildkit" | "BuildKit" | "BuildKit version" | "Buildkit version" => {
                if let Ok(version) = value.parse::<Version>()
                    && builder.buildkit.as_ref().is_none_or(|known| version.numbers() < known.numbers())
                {
                    builder.buildkit = Some(version);
                }
            }
            _ => {}
        }
    }
    builder
}

/// Returns whether docker's error message means that the buildx plugin is missing.
pub(super) fn is_missing_plugin(text: &str) -> bool {
    text.contains("unknown command: docker buildx") || text.contains("'buildx' is not a docker command")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
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
        let (server, client) = docker_versions(r#"{"Client":{"Version":"28.2.2"},"Server":null}"#);
        assert_eq!((server, client.unwrap().to_string()), (None, "28.2.2".to_owned()));
        assert_eq!(image_store(r#"[["driver-type","io.containerd.snapshotter.v1"]]"#), Some(ImageStore::Containerd));
        assert_eq!(image_store(r#"[["Backing Filesystem","extfs"],["Supports d_type","true"]]"#), Some(ImageStore::GraphDriver));
        assert_eq!(image_store("null"), None);
    }

    #[test]
    fn a_builder_of_several_nodes_is_as_old_as_the_oldest() {
        let text = "Name:          elated_tesla\nDriver:        docker-container\nLast Activity: 2022-11-30 12:42:47 +0100 CET\n\nNodes:\nName: \
                    elated_tesla0\nEndpoint:       unix:///var/run/docker.sock\nDriver Options: env.A=\"b\"\nBuildkit:       v0.13.1\n\nName: \
                    elated_tesla1\nBuildKit version: v0.10.3\n";
        let builder = builder(text);
        assert_eq!((builder.driver, builder.buildkit.unwrap().to_string()), (Some(Driver::DockerContainer), "0.10.3".to_owned()));
    }
}
