//! The cache exports and imports of BuildKit, with the attributes that its version supports.

use super::super::cache::{Attributes, Backend, Compression, Direction, ImageRef, cache_tag, ignored_values, needs_path_style, parse_bool};
use super::super::engine::{BuildKit, Engine, Version};
use super::super::request::{BuildRequest, CacheRequest};
use super::invocation::{Invocation, Need, Note};
use super::problem::CommandHint;

/// Adds the cache exports and imports, as BuildKit attributes, to an invocation.
///
/// `go` is the version of Go that this BuildKit was compiled with, if known. Ignores invalid parts of the request: `check` reports them.
pub(super) fn add(
    request: &BuildRequest,
    cache: &CacheRequest,
    buildkit: &BuildKit,
    go: Option<&Version>,
    engine: Engine,
    invocation: &mut Invocation,
) {
    let mut caches = Caches { request, cache, buildkit, engine, invocation, to: Vec::new(), from: Vec::new() };
    if cache.to.is_empty() && cache.from.is_empty() {
        match cache.backend {
            Some(Backend::Registry) => caches.registry(),
            Some(Backend::S3) => caches.s3(),
            Some(Backend::Local) => caches.local(),
            Some(Backend::Inline) => caches.inline(),
            Some(Backend::Gha) => caches.gha(),
            Some(Backend::Mounts | Backend::Image) | None => {}
        }
    } else {
        caches.explicit();
    }
    let Caches { to, mut from, invocation, .. } = caches;
    let has_estargz = |text: &String| Attributes::parse(text).is_ok_and(|attributes| attributes.get("compression") == Some("estargz"));
    if to.iter().any(has_estargz) {
        invocation.notes.extend(estargz_note(go));
    }
    if request.no_cache && !from.is_empty() {
        from.clear();
        invocation.note(Note::new("no-cache", "the build does not read the cache, but writes it for the next build"));
    }
    invocation.cache_to = to;
    invocation.cache_from = from;
}

struct Caches<'r> {
    request: &'r BuildRequest,
    cache: &'r CacheRequest,
    buildkit: &'r BuildKit,
    engine: Engine,
    invocation: &'r mut Invocation,
    to: Vec<String>,
    from: Vec<String>,
}

impl Caches<'_> {
    fn registry(&mut self) {
        let Ok(references) = self.cache.references(&self.request.service, &self.request.dimensions()) else { return };
        let insecure = self.request.insecure_registry && self.buildkit.has_insecure_cache();
        for reference in &references {
            // It has no effect on imports, which only warn if they fail. It is default in docker commands, but not in those of buildctl.
            let ignore = matches!(self.engine, Engine::Docker | Engine::Buildx) && self.ignores_errors();
            let from = Attributes::of_type("registry").with("ref", reference.to_string());
            self.from.push(from.with_if(ignore, "ignore-error", "true").with_if(insecure, "registry.insecure", "true").to_string());
        }
        let Some(reference) = references.first() else { return };
        if reference.is_ecr() && !self.buildkit.has_image_manifest() {
            self.invocation.note(too_old_for_ecr(self.buildkit, "the build only reads the cache"));
            return;
        }
        let to = Attributes::of_type("registry").with("ref", reference.to_string()).with("mode", self.cache.mode.name());
        let to = self.layout(to, true).with_if(insecure, "registry.insecure", "true");
        self.to.push(to.to_string());
    }

    fn local(&mut self) {
        let Some(directory) = self.cache.directory.as_deref() else { return };
        let names = self.cache.names(&self.request.service, &self.request.dimensions());
        // A directory contains one cache: the one that was written last.
        let path = |name: &String| match has_name(name) {
            false => directory.to_owned(),
            true => format!("{}/{name}", directory.trim_end_matches('/')),
        };
        self.from.extend(names.iter().map(|name| Attributes::of_type("local").with("src", path(name)).to_string()));
        if let Some(name) = names.first() {
            let to = Attributes::of_type("local").with("dest", path(name)).with("mode", self.cache.mode.name());
            let to = self.layout(to, false).to_string();
            self.to.push(to);
            self.invocation.note(
                Note::new("local-cache-grows", "a local cache grows: BuildKit never deletes its old layers").hinted(
                    "write the cache to a new directory and replace the old one with it, or delete the directory from time to time",
                ),
            );
        }
    }

    /// Adds the attributes of a cache in an image layout.
    ///
    /// Without a requested compression, layers are compressed with gzip, the engine's default. estargz would allow the layers to be read
    /// lazily, but ends the whole daemon in engines that are compiled with Go 1.27, and zstd cannot be read by every older engine.
    fn layout(&mut self, to: Attributes, in_registry: bool) -> Attributes {
        let has_oci = self.buildkit.has_oci_media_types();
        // ECR requires both attributes; since 0.21 both are defaults.
        let is_manifest = in_registry && self.buildkit.has_image_manifest();
        let mut compression = self.cache.compression;
        if let Some(wanted) = compression.filter(|_| !self.buildkit.has_cache_compression()) {
            compression = None;
            if wanted != Compression::Gzip {
                let buildkit = self.buildkit.description();
                let message = format!("{buildkit} does not support {}: compressing layers with gzip", wanted.name());
                self.invocation.note(Note::new("compression", message));
            }
        }
        let needs_oci = compression.is_some_and(Compression::needs_oci_media_types);
        to.with_if(is_manifest, "image-manifest", "true")
            .with_if(is_manifest || (needs_oci && has_oci), "oci-mediatypes", "true")
            .with_if(self.ignores_errors(), "ignore-error", "true")
            .with_some("compression", compression.map(Compression::name))
            .with_if(compression.is_some() && self.cache.force_compression, "force-compression", "true")
    }

    fn s3(&mut self) {
        let s3 = &self.cache.s3;
        if !self.buildkit.has_s3() {
            let message =
                format!("{} does not support caches in S3, which require 0.11: building without a cache", self.buildkit.description());
            self.invocation.note(Note::new("buildkit-too-old", message));
            return;
        }
        let names = self.cache.names(&self.request.service, &self.request.dimensions());
        let endpoint = s3.endpoint_url.as_deref();
        let is_chosen = s3.use_path_style.is_none() && endpoint.is_some_and(needs_path_style);
        let attributes_of = |name: &String| {
            Attributes::of_type("s3")
                .with_some("region", s3.region.as_deref())
                .with_some("bucket", s3.bucket.as_deref())
                .with_some("prefix", s3.prefix.as_deref())
                .with_some("blobs_prefix", s3.blobs_prefix.as_deref())
                .with_some("manifests_prefix", s3.manifests_prefix.as_deref())
                .with_some("name", has_name(name).then_some(name))
                .with_some("endpoint_url", endpoint)
                .with_if(is_chosen || s3.use_path_style == Some(true), "use_path_style", "true")
        };
        self.from.extend(names.iter().map(|name| attributes_of(name).to_string()));
        let Some(name) = names.first() else { return };
        let parallelism = s3.upload_parallelism.filter(|_| self.buildkit.has_upload_parallelism()).map(|number| number.to_string());
        let to = attributes_of(name)
            .with("mode", self.cache.mode.name())
            .with_some("upload_parallelism", parallelism)
            .with_some("touch_refresh", s3.touch_refresh.as_deref())
            .with_if(self.ignores_errors(), "ignore-error", "true");
        self.to.push(to.to_string());
        let source = match self.engine {
            Engine::Docker | Engine::Buildx => {
                "buildx reads AWS credentials from its environment or the AWS configuration files, and passes them to the builder"
            }
            Engine::BuildctlDaemonless => "AWS credentials must be in the environment of this command",
            _ => "AWS credentials must be in the environment of buildkitd, not in that of buildctl",
        };
        self.invocation.note(Note::new("s3-credentials", source).hinted("do not pass them as arguments"));
        match endpoint {
            Some(_) if is_chosen => self.invocation.note(
                Note::new("s3-path-style", "requests have the bucket in the path, because the endpoint is not one of AWS")
                    .hinted(CommandHint::DisablePathStyle),
            ),
            Some(endpoint) if s3.use_path_style != Some(true) && needs_path_style(endpoint) => self.invocation.note(bucket_host(endpoint)),
            _ => {}
        }
    }

    fn inline(&mut self) {
        self.to.push(Attributes::of_type("inline").to_string());
        let explicit = self.cache.reference.as_ref().map(|reference| vec![reference.clone()]);
        let sources = explicit.unwrap_or_else(|| self.request.tags.clone());
        for source in sources.iter().filter_map(|source| source.parse::<ImageRef>().ok()) {
            self.from.push(Attributes::of_type("registry").with("ref", source.to_string()).to_string());
        }
        let message = "an inline cache contains only the layers of the final stage, not those of earlier stages";
        self.invocation.note(Note::new("inline-cache", message));
    }

    fn gha(&mut self) {
        if !self.buildkit.has_gha() {
            let buildkit = self.buildkit.description();
            let message = format!("{buildkit} does not support the GitHub Actions cache, which requires 0.9: building without a cache");
            self.invocation.note(Note::new("buildkit-too-old", message));
            return;
        }
        if !self.buildkit.has_gha_v2() {
            let buildkit = self.buildkit.description();
            let message = format!("{buildkit} uses version 1 of GitHub's cache service, which was shut down in April 2025");
            self.invocation.note(Note::new("gha-version", message).hinted("use BuildKit 0.20 or later, which uses version 2"));
        }
        let names = self.cache.names(&self.request.service, &self.request.dimensions());
        let attributes_of = |name: &String| Attributes::of_type("gha").with_some("scope", has_name(name).then_some(name));
        self.from.extend(names.iter().map(|name| attributes_of(name).to_string()));
        let Some(name) = names.first() else { return };
        let to = attributes_of(name).with("mode", self.cache.mode.name()).with_if(self.ignores_errors(), "ignore-error", "true");
        self.to.push(to.to_string());
        self.need_github();
    }

    fn need_github(&mut self) {
        for any_of in [vec!["ACTIONS_RUNTIME_TOKEN"], vec!["ACTIONS_RESULTS_URL", "ACTIONS_CACHE_URL"]] {
            let any_of = any_of.into_iter().map(str::to_owned).collect();
            self.invocation.needs.push(Need { any_of, purpose: "the GitHub Actions cache".to_owned(), required: false });
        }
        self.invocation.note(
            Note::new("gha-environment", "BuildKit silently ignores this cache without ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL")
                .hinted("in a `run:` step, set them with the action crazy-max/ghaction-github-runtime"),
        );
    }

    /// Uses the exports and imports of the request unchanged, and adds notes about their effects.
    fn explicit(&mut self) {
        self.to.clone_from(&self.cache.to);
        self.from.clone_from(&self.cache.from);
        if self.to.len() > 1 && !self.buildkit.has_several_exports() {
            let message = format!("{} exports only one cache; several require 0.11", self.buildkit.description());
            self.invocation.note(Note::new("buildkit-too-old", message));
        }
        let imports = self.cache.from.iter().map(|text| (text, Direction::Import));
        for (text, direction) in self.cache.to.iter().map(|text| (text, Direction::Export)).chain(imports) {
            let Ok(attributes) = Attributes::parse(text) else { continue };
            for message in ignored_values(&attributes, direction) {
                self.invocation.note(Note::new("cache-attributes", message));
            }
            let has_path_style = attributes.get("use_path_style").and_then(parse_bool) == Some(true);
            if let Some(endpoint) = attributes.get("endpoint_url").filter(|endpoint| !has_path_style && needs_path_style(endpoint)) {
                self.invocation.note(bucket_host(endpoint));
            }
            if direction == Direction::Export {
                self.explicit_export(&attributes);
            }
        }
    }

    fn explicit_export(&mut self, attributes: &Attributes) {
        let flag = |name: &str| attributes.get(name).and_then(parse_bool);
        if attributes.get("type") == Some("gha") {
            self.need_github();
        }
        let reference = attributes.get("ref").and_then(|reference| reference.parse::<ImageRef>().ok());
        let is_oci = flag("oci-mediatypes") != Some(false);
        let is_image = flag("image-manifest").unwrap_or(is_oci && self.buildkit.defaults_to_image_manifest());
        if reference.is_some_and(|reference| reference.is_ecr()) && !(is_image && self.buildkit.has_image_manifest()) {
            let note = match self.buildkit.has_image_manifest() {
                true => Note::new("ecr-cache", "ECR rejects a cache that is an image index").hinted(CommandHint::AddImageManifest),
                false => too_old_for_ecr(self.buildkit, "ECR will reject this one"),
            };
            self.invocation.note(note);
        }
        if !is_oci && flag("image-manifest").is_none() && self.buildkit.refuses_docker_media_types() {
            let message = format!(
                "{} refuses `oci-mediatypes=false` without `image-manifest=false`, and the build fails",
                self.buildkit.description()
            );
            self.invocation
                .note(Note::new("cache-attributes", message).hinted("add `image-manifest=false`, or omit `oci-mediatypes=false`"));
        }
        let compression = attributes.get("compression");
        if matches!(compression, Some("estargz" | "zstd")) && !is_oci {
            let message = "estargz and zstd require `oci-mediatypes=true`";
            self.invocation.note(Note::new("compression", message));
        }
        if attributes.get("push").is_some() {
            self.invocation.note(Note::new("cache-push", "`push` has no effect: BuildKit always pushes a registry cache"));
        }
        if attributes.get("type") != Some("inline") && attributes.get("mode").is_none() {
            let message = "without `mode=max` the cache contains only the layers of the final stage, not those of earlier stages";
            self.invocation.note(Note::new("cache-mode", message));
        }
        self.older_than_attributes(attributes);
    }

    /// Adds a note for each attribute that this BuildKit ignores because it is older than the attribute.
    fn older_than_attributes(&mut self, attributes: &Attributes) {
        let since = |name: &str| match (attributes.get("type")?, name) {
            ("registry" | "local", "image-manifest") => Some((self.buildkit.has_image_manifest(), "0.12")),
            (_, "ignore-error") => Some((self.buildkit.has_ignore_error(), "0.11")),
            ("registry", "registry.insecure") => Some((self.buildkit.has_insecure_cache(), "0.12")),
            ("registry" | "local", "compression" | "force-compression" | "compression-level") => {
                Some((self.buildkit.has_cache_compression(), "0.10"))
            }
            ("s3", "upload_parallelism") => Some((self.buildkit.has_upload_parallelism(), "0.16")),
            ("s3", "retry_mode" | "retry_max_attempts" | "disable_accept_encoding") => Some((self.buildkit.has_s3_retries(), "0.30")),
            ("local", "reset") => Some((self.buildkit.has_local_reset(), "0.31")),
            _ => None,
        };
        let ignored: Vec<String> = attributes
            .iter()
            .filter_map(|(name, _)| since(name).filter(|(is_supported, _)| !is_supported).map(|(_, version)| (name, version)))
            .map(|(name, version)| format!("{} ignores `{name}`, which requires {version}", self.buildkit.description()))
            .collect();
        for message in ignored {
            self.invocation.note(Note::new("buildkit-too-old", message));
        }
    }

    fn ignores_errors(&self) -> bool {
        !self.cache.strict && self.buildkit.has_ignore_error()
    }
}

fn too_old_for_ecr(buildkit: &BuildKit, effect: &str) -> Note {
    let message = format!("{} cannot write a cache that ECR accepts: {effect}", buildkit.description());
    Note::new("ecr-cache", message).hinted("ECR requires an image manifest, which requires BuildKit 0.12 or Docker 25")
}

/// Returns a note about estargz, which ends the daemon if it was compiled with a newer Go than its estargz library supports.
///
/// `compress/gzip` of Go 1.27 writes a shorter footer than the library expects, which panics. Source:
/// <https://github.com/containerd/stargz-snapshotter/issues/2330>, fixed by <https://github.com/containerd/stargz-snapshotter/pull/2333>,
/// which no release of BuildKit up to v0.32.2 contains.
fn estargz_note(go: Option<&Version>) -> Option<Note> {
    let message = match go {
        Some(go) if !go.at_least(1, 27, 0) => return None,
        Some(go) => format!("the Docker Engine is compiled with Go {go}, with which estargz can end the whole daemon"),
        None => "estargz ends the whole daemon if BuildKit is compiled with Go 1.27 or later".to_owned(),
    };
    Some(Note::new("estargz", message).hinted("use gzip or zstd, unless the engine contains the fix of stargz-snapshotter #2330"))
}

fn bucket_host(endpoint: &str) -> Note {
    let message =
        format!("the bucket becomes part of the host name of `{endpoint}`; if that name does not resolve, the cache is never written");
    Note::new("s3-path-style", message).hinted(CommandHint::UsePathStyle)
}

/// Returns whether a cache has a name; the one without a service, a branch, a platform and a stage has none.
fn has_name(name: &str) -> bool {
    name != cache_tag("")
}
