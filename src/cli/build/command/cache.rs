//! The flags that say where the cache is.

use crate::build::cache::{Backend, Compression, Mode};
use crate::build::request::{CacheRequest, S3Cache};

/// Where the cache is.
///
/// `--cache-mode max` (the default) keeps every layer of every stage: more hits, most of all for multi-stage builds, whose dependencies are
/// in stages that the result does not have; it takes longer to write and costs more to keep. `min` keeps the layers of the result alone:
/// quick and small, and of no help to any earlier stage.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Where the cache is")]
pub struct CacheArgs {
    /// Where it is kept: registry (ecr), s3, local (oci), inline, gha, mounts, image, or none [default: what the other flags or the rack
    /// tell]
    #[arg(long, value_name = "BACKEND")]
    pub cache: Option<CacheChoice>,
    /// The cache repository, HOST/NAME [default: the rack's]
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    /// The service, after which its cache is called: {repository}:{service}.buildcache
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub service: Option<String>,
    /// The cache's whole reference, in place of {repository}:{service}.buildcache
    #[arg(long, value_name = "REFERENCE")]
    pub cache_ref: Option<String>,
    /// The branch that is built: it has a cache of its own, and reads the main branch's after that
    #[arg(long, value_name = "BRANCH")]
    pub cache_branch: Option<String>,
    /// The branch whose cache is the service's
    #[arg(long, value_name = "BRANCH", default_value = "main")]
    pub main_branch: String,
    /// How much it holds: max is every layer of every stage (more hits, slower to write, dearer to keep), min those of the result alone
    /// (quick and small, no help to earlier stages) [default: max]
    #[arg(long, visible_alias = "mode", value_name = "MODE")]
    pub cache_mode: Option<Mode>,
    /// How layers are compressed: gzip, estargz, zstd or uncompressed [default: estargz in a registry, where the engine has it]
    #[arg(long, value_name = "COMPRESSION")]
    pub compression: Option<Compression>,
    /// Compress layers anew that are compressed already, those of base images too
    #[arg(long)]
    pub force_compression: bool,
    /// Let a cache that cannot be written fail the build
    #[arg(long)]
    pub strict_cache: bool,
    /// The directory of a local cache
    #[arg(long, value_name = "PATH")]
    pub cache_dir: Option<String>,
    /// How old a cached layer may be, such as 336h; kaniko and buildah
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub cache_ttl: Option<String>,
    /// Directories of `RUN --mount=type=cache` outlive the builder, as they do on EFS
    #[arg(long)]
    pub cache_mounts: bool,
    /// A stage to keep as an image of its own, for --cache image
    #[arg(long = "cache-stage", value_name = "STAGE")]
    pub cache_stages: Vec<String>,
    /// A cache to write, in BuildKit's own words: `type=registry,ref=...`; checked and passed on as it is
    #[arg(long = "cache-to", value_name = "ATTRIBUTES")]
    pub to: Vec<String>,
    /// A cache to read, in BuildKit's own words
    #[arg(long = "cache-from", value_name = "ATTRIBUTES")]
    pub from: Vec<String>,
    /// The bucket of a cache in S3
    #[arg(long, value_name = "BUCKET")]
    pub s3_bucket: Option<String>,
    /// Its region [default: --region, else that of rack.yaml]
    #[arg(long, value_name = "REGION")]
    pub s3_region: Option<String>,
    /// What its keys start with, such as buildx/web/
    #[arg(long, value_name = "PREFIX")]
    pub s3_prefix: Option<String>,
    /// What keys of layers start with after that
    #[arg(long, value_name = "PREFIX")]
    pub s3_blobs_prefix: Option<String>,
    /// What keys of manifests start with after that
    #[arg(long, value_name = "PREFIX")]
    pub s3_manifests_prefix: Option<String>,
    /// Another service that speaks S3
    #[arg(long, value_name = "URL")]
    pub s3_endpoint_url: Option<String>,
    /// The bucket is in the path, not in the host's name
    #[arg(long)]
    pub s3_path_style: bool,
    /// How many layers are uploaded at once [default: 4]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub s3_upload_parallelism: Option<u32>,
    /// After how long an unchanged layer is marked as used [default: 24h]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub s3_touch_refresh: Option<String>,
}

/// A backend, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheChoice {
    /// A plain build.
    None,
    /// This one.
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
    /// Returns the backend that the flags tell, without one that says so.
    pub fn backend(&self) -> Option<CacheChoice> {
        let told = || {
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
        self.cache.or_else(|| told().map(CacheChoice::Backend))
    }

    /// Returns the cache with everything but its backend.
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

/// Reads a duration as Go writes it.
///
/// Source: <https://pkg.go.dev/time#ParseDuration>
fn duration(text: &str) -> Result<String, String> {
    let wrong = || "expected a duration such as 336h or 1h30m".to_owned();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let unit = ["ms", "us", "ns", "h", "m", "s"].into_iter().find(|unit| after.starts_with(unit)).ok_or_else(wrong)?;
        number.parse::<f64>().map_err(|_| wrong())?;
        rest = &after[unit.len()..];
    }
    if text.is_empty() { Err(wrong()) } else { Ok(text.to_owned()) }
}
