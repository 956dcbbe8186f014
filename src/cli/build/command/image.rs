//! The image flags of `rackform build command`.

use crate::build::cache::Attributes;
use crate::build::image::export::is_variable;
use crate::build::request::{BuildArg, BuildRequest, ImageFormat, Output, Secret, SecretSource};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// What to build, which the commands that build share.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Image")]
pub struct InputArgs {
    /// The Dockerfile, relative to the current directory [default: `build.dockerfile` in rack.yaml, otherwise the Dockerfile in DIRECTORY]
    #[arg(long, value_name = "PATH")]
    pub dockerfile: Option<String>,
    /// The stage to build [default: `build.target` in rack.yaml, otherwise the last]
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
    /// A build argument; a name without a value takes it from the environment
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]", allow_hyphen_values = true)]
    pub build_args: Vec<String>,
    /// A build secret: the name of a variable, `id=ID,env=NAME` or `id=ID,src=FILE`; never the secret value
    #[arg(long = "secret", value_name = "ID")]
    pub secrets: Vec<String>,
    /// An SSH agent or key to forward, such as `default`
    #[arg(long, value_name = "ID[=SOCKET|KEY]")]
    pub ssh: Vec<String>,
    /// The platforms, such as linux/arm64 (comma-separated) [default: `build.platforms` in rack.yaml]
    #[arg(long = "platform", value_name = "PLATFORM", value_delimiter = ',')]
    pub platforms: Vec<String>,
    /// Do not read the cache; it is still written
    #[arg(long)]
    pub no_cache: bool,
    /// Always check for newer base images
    #[arg(long)]
    pub pull: bool,
    /// The progress output of BuildKit: plain, auto, tty, rawjson, quiet or none [default: plain; buildctl uses its own default]
    #[arg(long, value_name = "KIND")]
    pub progress: Option<String>,
    /// Connect to registries without TLS, or without certificate verification
    #[arg(long, visible_alias = "insecure")]
    pub insecure_registry: bool,
    /// An additional engine argument, passed on unchanged
    #[arg(long = "engine-arg", value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub extra: Vec<String>,
}

/// The image to build, and what becomes of it.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Image")]
pub struct ImageArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// An image label
    #[arg(long = "label", value_name = "NAME=VALUE", allow_hyphen_values = true)]
    pub labels: Vec<String>,
    /// A tag of the image; can be repeated
    #[arg(short, long = "tag", value_name = "REFERENCE")]
    pub tags: Vec<String>,
    /// Push the image to its registry
    #[arg(long, group = "output_kind")]
    pub push: bool,
    /// Load the image into the engine's image store
    #[arg(long, group = "output_kind")]
    pub load: bool,
    /// Write the image to a tar archive for `docker load`
    #[arg(long, value_name = "FILE", group = "output_kind")]
    pub archive: Option<String>,
    /// Write only the cache, no image
    #[arg(long, group = "output_kind")]
    pub cache_only: bool,
    /// The manifest format, for kaniko and buildah: oci or docker
    #[arg(long, value_name = "FORMAT")]
    pub image_format: Option<ImageFormat>,
}

impl InputArgs {
    /// Sets the options in a request, and adds invalid flags to `problems`.
    pub fn apply_to(&self, request: &mut BuildRequest, problems: &mut Diagnostics) {
        request.dockerfile.clone_from(&self.dockerfile);
        request.target.clone_from(&self.target);
        request.build_args = self.build_args.iter().map(|text| build_arg(text)).collect();
        request.secrets = self.secrets.iter().filter_map(|text| secret(text, problems)).collect();
        request.ssh.clone_from(&self.ssh);
        request.platforms.clone_from(&self.platforms);
        request.no_cache = self.no_cache;
        request.pull = self.pull;
        request.progress.clone_from(&self.progress);
        request.insecure_registry = self.insecure_registry;
        request.extra.clone_from(&self.extra);
    }
}

impl ImageArgs {
    /// Sets the options in a request, and adds invalid flags to `problems`.
    pub fn apply_to(&self, request: &mut BuildRequest, problems: &mut Diagnostics) {
        self.input.apply_to(request, problems);
        for text in &self.labels {
            match text.split_once('=') {
                Some((name, value)) => request.labels.push((name.to_owned(), value.to_owned())),
                None => {
                    let message = format!("invalid label `{}`", text.escape_debug());
                    problems.push(Diagnostic::error("label", message).hinted("write it as NAME=VALUE"));
                }
            }
        }
        request.tags.clone_from(&self.tags);
        request.output = match &self.archive {
            Some(path) => Output::Archive(path.clone()),
            None if self.push => Output::Push,
            None if self.load => Output::Load,
            None if self.cache_only => Output::CacheOnly,
            None => Output::Default,
        };
        request.image_format = self.image_format;
    }
}

fn build_arg(text: &str) -> BuildArg {
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    BuildArg { name: name.to_owned(), value: value.map(str::to_owned) }
}

/// Parses a secret in docker's syntax, or the name of a variable.
fn secret(text: &str, problems: &mut Diagnostics) -> Option<Secret> {
    if is_variable(text) {
        return Some(Secret { id: text.to_owned(), source: SecretSource::Environment(text.to_owned()) });
    }
    let hint = "use ID, `id=ID,env=NAME` or `id=ID,src=FILE`";
    // The text may be the secret value itself, so no message contains it.
    let mut invalid = |message: &str| {
        problems.push(Diagnostic::error("secret", message).hinted(hint));
        None
    };
    if !text.contains(['=', ',']) {
        return invalid("`--secret` without `=` must be a variable name (letters, digits and `_`)");
    }
    let Ok(attributes) = Attributes::parse(text) else { return invalid("invalid `--secret`") };
    let Some(id) = attributes.get("id") else { return invalid("`--secret` has no `id`") };
    if attributes.iter().any(|(name, _)| !matches!(name, "id" | "src" | "source" | "env" | "type")) {
        return invalid(&format!("`--secret` with the ID `{}` has attributes other than `id`, `env`, `src` and `type`", id.escape_debug()));
    }
    let is_environment = attributes.get("type") == Some("env");
    let file = attributes.get("src").or(attributes.get("source"));
    let source = match (attributes.get("env"), file) {
        (Some(_), Some(_)) => return invalid(&format!("the secret `{}` has both a variable and a file", id.escape_debug())),
        (Some(name), None) => SecretSource::Environment(name.to_owned()),
        (None, Some(name)) if is_environment => SecretSource::Environment(name.to_owned()),
        (None, Some(path)) => SecretSource::File(path.to_owned()),
        (None, None) => SecretSource::Environment(id.to_owned()),
    };
    Some(Secret { id: id.to_owned(), source })
}
