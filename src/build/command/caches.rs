//! BuildKit's caches: what is exported and imported, with the attributes that the BuildKit at hand knows.

use super::super::cache::{Attributes, Backend, Compression, ImageRef};
use super::super::engine::{BuildKit, Engine};
use super::super::request::{BuildRequest, CacheRequest};
use super::invocation::{Invocation, Need, Note};

/// Adds what caches are written and read, in BuildKit's words, to an invocation.
///
/// The request has been checked: whatever is wrong with it has been told, and is passed over here.
pub(super) fn add(request: &BuildRequest, cache: &CacheRequest, buildkit: &BuildKit, engine: Engine, invocation: &mut Invocation) {
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
        caches.as_given();
    }
    let Caches { to, mut from, invocation, .. } = caches;
    if request.no_cache && !from.is_empty() {
        from.clear();
        invocation.note(Note::new("no-cache", "nothing is taken from the cache; it is written anew for the next build"));
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
        let Ok(references) = self.cache.references(&self.request.service) else { return };
        let insecure = self.request.insecure_registry && self.buildkit.has_insecure_cache();
        for reference in &references {
            // Of no effect, since an import that fails is a warning anyway; docker's users have it there, buildctl's do not.
            let ignore = matches!(self.engine, Engine::Docker | Engine::Buildx) && self.ignores_errors();
            let from = Attributes::of_type("registry").with("ref", reference.to_string());
            self.from.push(from.with_if(ignore, "ignore-error", "true").with_if(insecure, "registry.insecure", "true").to_string());
        }
        let Some(reference) = references.first() else { return };
        if reference.is_ecr() && !self.buildkit.has_image_manifest() {
            self.invocation.note(too_old_for_ecr(self.buildkit, "the cache is read and not written"));
            return;
        }
        let to = Attributes::of_type("registry").with("ref", reference.to_string()).with("mode", self.cache.mode.name());
        let to = self.layout(to, Some(Compression::Estargz)).with_if(insecure, "registry.insecure", "true");
        self.to.push(to.to_string());
    }

    fn local(&mut self) {
        let Some(directory) = self.cache.directory.as_deref() else { return };
        let names = self.cache.names(&self.request.service);
        // One directory holds one cache: the last that was written.
        let place = |name: &String| match self.request.service.is_empty() && self.cache.branch.is_none() {
            true => directory.to_owned(),
            false => format!("{}/{name}", directory.trim_end_matches('/')),
        };
        self.from.extend(names.iter().map(|name| Attributes::of_type("local").with("src", place(name)).to_string()));
        if let Some(name) = names.first() {
            let to = Attributes::of_type("local").with("dest", place(name)).with("mode", self.cache.mode.name());
            let to = self.layout(to, None).to_string();
            self.to.push(to);
            self.invocation.note(
                Note::new("local-cache-grows", "a local cache keeps every layer that was ever in it")
                    .hinted("write it beside the old one and put it in its place, or remove the directory now and then"),
            );
        }
    }

    /// Adds what caches in an image layout have in common.
    fn layout(&mut self, to: Attributes, usual: Option<Compression>) -> Attributes {
        let has_oci = self.buildkit.has_oci_media_types();
        // Neither is of use without the other; since 0.21 both are there without a word.
        let is_manifest = usual.is_some() && self.buildkit.has_image_manifest();
        let asked = self.cache.compression;
        let mut compression = asked.or(usual);
        if let Some(wanted) = compression.filter(|wanted| wanted.needs_oci_media_types())
            && !(has_oci && self.buildkit.has_estargz_and_zstd())
        {
            compression = None;
            if asked.is_some() {
                let words = self.buildkit.words();
                self.invocation
                    .note(Note::new("compression", format!("{words} has no {}: layers are compressed with gzip", wanted.name())));
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
            let message = format!("{} keeps no cache in S3, which came with 0.11: the build is a plain one", self.buildkit.words());
            self.invocation.note(Note::new("buildkit-too-old", message));
            return;
        }
        let names = self.cache.names(&self.request.service);
        let has_name = !self.request.service.is_empty() || self.cache.branch.is_some();
        let place = |name: &String| {
            Attributes::of_type("s3")
                .with_some("region", s3.region.as_deref())
                .with_some("bucket", s3.bucket.as_deref())
                .with_some("prefix", s3.prefix.as_deref())
                .with_some("blobs_prefix", s3.blobs_prefix.as_deref())
                .with_some("manifests_prefix", s3.manifests_prefix.as_deref())
                .with_some("name", has_name.then_some(name))
                .with_some("endpoint_url", s3.endpoint_url.as_deref())
                .with_if(s3.use_path_style, "use_path_style", "true")
        };
        self.from.extend(names.iter().map(|name| place(name).to_string()));
        let Some(name) = names.first() else { return };
        let parallelism = s3.upload_parallelism.filter(|_| self.buildkit.has_upload_parallelism()).map(|number| number.to_string());
        let to = place(name)
            .with("mode", self.cache.mode.name())
            .with_some("upload_parallelism", parallelism)
            .with_some("touch_refresh", s3.touch_refresh.as_deref())
            .with_if(self.ignores_errors(), "ignore-error", "true");
        self.to.push(to.to_string());
        let whose = match self.engine {
            Engine::Docker | Engine::Buildx => {
                "buildx takes AWS credentials from its own environment or AWS's files, and hands them to the builder"
            }
            Engine::BuildctlDaemonless => "AWS credentials are read from the environment of this command",
            _ => "AWS credentials are read from the environment of buildkitd, not from that of buildctl",
        };
        self.invocation.note(Note::new("s3-credentials", whose).hinted("they never belong into an argument"));
    }

    fn inline(&mut self) {
        self.to.push(Attributes::of_type("inline").to_string());
        let given = self.cache.reference.as_ref().map(|reference| vec![reference.clone()]);
        let sources = given.unwrap_or_else(|| self.request.tags.clone());
        for source in sources.iter().filter_map(|source| source.parse::<ImageRef>().ok()) {
            self.from.push(Attributes::of_type("registry").with("ref", source.to_string()).to_string());
        }
        self.invocation.note(Note::new("inline-cache", "an inline cache holds the layers of the result only, not those of earlier stages"));
    }

    fn gha(&mut self) {
        if !self.buildkit.has_gha() {
            let message = format!("{} has no GitHub Actions cache, which came with 0.9: the build is a plain one", self.buildkit.words());
            self.invocation.note(Note::new("buildkit-too-old", message));
            return;
        }
        if !self.buildkit.has_gha_v2() {
            let message = format!("{} speaks the old GitHub cache service, which was shut down in April 2025", self.buildkit.words());
            self.invocation.note(Note::new("gha-version", message).hinted("BuildKit 0.20 or later speaks the new one"));
        }
        let names = self.cache.names(&self.request.service);
        let has_scope = !self.request.service.is_empty() || self.cache.branch.is_some();
        let place = |name: &String| Attributes::of_type("gha").with_some("scope", has_scope.then_some(name));
        self.from.extend(names.iter().map(|name| place(name).to_string()));
        let Some(name) = names.first() else { return };
        let to = place(name).with("mode", self.cache.mode.name()).with_if(self.ignores_errors(), "ignore-error", "true");
        self.to.push(to.to_string());
        self.need_github();
    }

    fn need_github(&mut self) {
        for any_of in [vec!["ACTIONS_RUNTIME_TOKEN"], vec!["ACTIONS_RESULTS_URL", "ACTIONS_CACHE_URL"]] {
            let any_of = any_of.into_iter().map(str::to_owned).collect();
            self.invocation.needs.push(Need { any_of, purpose: "the GitHub Actions cache".to_owned(), required: false });
        }
        self.invocation.note(
            Note::new("gha-environment", "without ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL this cache is passed over in silence")
                .hinted("a `run:` step gets them through the action crazy-max/ghaction-github-runtime"),
        );
    }

    /// Takes over what the user wrote, letter for letter, and says what will come of it.
    fn as_given(&mut self) {
        self.to.clone_from(&self.cache.to);
        self.from.clone_from(&self.cache.from);
        if self.to.len() > 1 && !self.buildkit.has_several_exports() {
            let message = format!("{} exports one cache at a time, which changed with 0.11", self.buildkit.words());
            self.invocation.note(Note::new("buildkit-too-old", message));
        }
        for attributes in self.cache.to.iter().filter_map(|text| Attributes::parse(text).ok()) {
            let is = |name: &str| attributes.get(name) == Some("true");
            if attributes.get("type") == Some("gha") {
                self.need_github();
            }
            let reference = attributes.get("ref").and_then(|reference| reference.parse::<ImageRef>().ok());
            let is_image =
                is("image-manifest") || (attributes.get("image-manifest").is_none() && self.buildkit.defaults_to_image_manifest());
            if reference.is_some_and(|reference| reference.is_ecr()) && !(is_image && self.buildkit.has_image_manifest()) {
                let note = match self.buildkit.has_image_manifest() {
                    true => Note::new("ecr-cache", "ECR takes no cache that is an image index")
                        .hinted("add `image-manifest=true,oci-mediatypes=true` to `--cache-to`"),
                    false => too_old_for_ecr(self.buildkit, "ECR will refuse this one"),
                };
                self.invocation.note(note);
            }
            let compression = attributes.get("compression");
            if matches!(compression, Some("estargz" | "zstd")) && attributes.get("oci-mediatypes") == Some("false") {
                let message = "estargz and zstd need `oci-mediatypes=true`";
                self.invocation.note(Note::new("compression", message));
            }
            if attributes.get("push").is_some() {
                self.invocation.note(Note::new("cache-push", "`push` has no effect on a cache: a registry cache is always pushed"));
            }
            if attributes.get("type") != Some("inline") && attributes.get("mode").is_none() {
                let message = "without `mode=max` the cache holds the layers of the result only, not those of earlier stages";
                self.invocation.note(Note::new("cache-mode", message));
            }
        }
    }

    fn ignores_errors(&self) -> bool {
        !self.cache.strict && self.buildkit.has_ignore_error()
    }
}

fn too_old_for_ecr(buildkit: &BuildKit, so: &str) -> Note {
    let message = format!("{} cannot write a cache that ECR takes: {so}", buildkit.words());
    Note::new("ecr-cache", message).hinted("ECR wants an image manifest, which BuildKit has since 0.12 and Docker since 25")
}
