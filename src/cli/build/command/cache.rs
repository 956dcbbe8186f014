//! The cache flags of `rackform build command`.

use crate::build::cache::{Backend, Compression, Mode, is_duration};
use crate::build::request::{CacheRequest, S3Cache};

/// The cache flags.
///
/// `--cache-mode max` (the default) stores the layers of every stage. This gives more cache hits, above all for multi-stage builds, which
/// install dependencies in stages that are not part of the final image; writing takes longer and storage costs more. `min` stores only the
/// layers of the final image: fast and small, but earlier stages are rebuilt.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Cache")]
pub struct CacheArgs {
    /// The cache backend: registry (ecr), s3, local (oci), inline, gha, mounts, image, or none [default: derived from the other flags,
    /// `build` in rack.yaml, or the rack]
    #[arg(long, value_name = "BACKEND")]
    pub cache: Option<CacheChoice>,
    /// The cache repository, HOST/NAME [default: `build.repository` in rack.yaml, otherwise the rack's]
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    /// The service, which names its cache: {repository}:{service}.buildcache [default: `build.service` in rack.yaml]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub service: Option<String>,
    /// The full reference of the cache, instead of {repository}:{service}.buildcache
    #[arg(long, value_name = "REFERENCE")]
    pub cache_ref: Option<String>,
    /// The branch to build; it has its own cache and falls back to the cache of the main branch
    #[arg(long, visible_alias = "branch", value_name = "BRANCH")]
    pub cache_branch: Option<String>,
    /// The main branch, which uses the cache of the service
    #[arg(long, value_name = "BRANCH", default_value = "main", requires = "cache_branch")]
    pub main_branch: String,
    /// Which layers to store: max for the layers of every stage (more hits, slower to write, more expensive), min for those of the final
    /// image only (fast and small, no hits for earlier stages) [default: max]
    #[arg(long, visible_alias = "mode", value_name = "MODE")]
    pub cache_mode: Option<Mode>,
    /// The layer compression: gzip, estargz, zstd or uncompressed [default: the engine's, gzip]
    #[arg(long, value_name = "COMPRESSION")]
    pub compression: Option<Compression>,
    /// Recompress layers that are already compressed, including those of base images
    #[arg(long)]
    pub force_compression: bool,
    /// Fail the build if the cache cannot be written
    #[arg(long)]
    pub strict_cache: bool,
    /// The directory of a local cache
    #[arg(long, value_name = "PATH")]
    pub cache_dir: Option<String>,
    /// The maximum age of a cached layer, such as 336h (kaniko and buildah only)
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub cache_ttl: Option<String>,
    /// Keep the directories of `RUN --mount=type=cache` after the build, as on EFS
    #[arg(long)]
    pub cache_mounts: bool,
    /// A stage to store as a separate image, for --cache image
    #[arg(long = "cache-stage", value_name = "STAGE")]
    pub cache_stages: Vec<String>,
    /// A cache to export, in BuildKit's syntax: `type=registry,ref=...`; checked and passed on unchanged
    #[arg(long = "cache-to", value_name = "ATTRIBUTES")]
    pub to: Vec<String>,
    /// A cache to import, in BuildKit's syntax
    #[arg(long = "cache-from", value_name = "ATTRIBUTES")]
    pub from: Vec<String>,
    /// The bucket of an S3 cache
    #[arg(long, value_name = "BUCKET")]
    pub s3_bucket: Option<String>,
    /// The region of the bucket [default: --region, otherwise the region in rack.yaml]
    #[arg(long, value_name = "REGION")]
    pub s3_region: Option<String>,
    /// The prefix of all keys in the bucket, such as buildx/web/
    #[arg(long, value_name = "PREFIX")]
    pub s3_prefix: Option<String>,
    /// The prefix of layer keys, after --s3-prefix
    #[arg(long, value_name = "PREFIX")]
    pub s3_blobs_prefix: Option<String>,
    /// The prefix of manifest keys, after --s3-prefix
    #[arg(long, value_name = "PREFIX")]
    pub s3_manifests_prefix: Option<String>,
    /// The endpoint of an S3-compatible service
    #[arg(long, value_name = "URL")]
    pub s3_endpoint_url: Option<String>,
    /// Whether requests have the bucket in the path, not in the host name [default: true for endpoints that are not of AWS]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub s3_path_style: Option<bool>,
    /// How many layers to upload in parallel [default: 4]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub s3_upload_parallelism: Option<u32>,
    /// How often to refresh the timestamp of an unchanged layer [default: 24h]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub s3_touch_refresh: Option<String>,
}

/// The cache backend, or no cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheChoice {
    /// No cache.
    None,
    /// A cache in this backend.
    Backend(Backend),
}

impl std::str::FromStr for CacheChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            _ => text.parse().map(Self::Backend),
        }
    }
}

impl CacheArgs {
    /// Returns the backend: the one of `--cache`, or the one that the other flags imply.
    pub fn backend(&self) -> Option<CacheChoice> {
        let implied = || {
            if self.repository.is_some() || self.cache_ref.is_some() {
                Some(Backend::Registry)
            } else if self.s3_bucket.is_some() {
                Some(Backend::S3)
            } else if self.cache_dir.is_some() {
                Some(Backend::Local)
            } else {
                None
            }
        };
        self.cache.or_else(|| implied().map(CacheChoice::Backend))
    }

    /// Returns the cache request without its backend, which the caller sets.
    pub fn request(&self) -> CacheRequest {
        CacheRequest {
            backend: None,
            repository: self.repository.clone(),
            reference: self.cache_ref.clone(),
            branch: self.cache_branch.clone(),
            main_branch: Some(self.main_branch.clone()),
            mode: self.cache_mode.unwrap_or_default(),
            compression: self.compression,
            force_compression: self.force_compression,
            strict: self.strict_cache,
            directory: self.cache_dir.clone(),
            s3: S3Cache {
                region: self.s3_region.clone(),
                bucket: self.s3_bucket.clone(),
                prefix: self.s3_prefix.clone(),
                blobs_prefix: self.s3_blobs_prefix.clone(),
                manifests_prefix: self.s3_manifests_prefix.clone(),
                endpoint_url: self.s3_endpoint_url.clone(),
                use_path_style: self.s3_path_style,
                upload_parallelism: self.s3_upload_parallelism,
                touch_refresh: self.s3_touch_refresh.clone(),
            },
            ttl: self.cache_ttl.clone(),
            mounts: self.cache_mounts,
            stages: self.cache_stages.clone(),
            to: self.to.clone(),
            from: self.from.clone(),
        }
    }
}

/// Validates a duration in the syntax of Go.
fn duration(text: &str) -> Result<String, String> {
    if is_duration(text) && !text.starts_with(['-', '+']) {
        Ok(text.to_owned())
    } else {
        Err("expected a duration such as 336h or 1h30m".to_owned())
    }
}
