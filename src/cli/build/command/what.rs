//! The flags that say what is to be built.

use crate::build::cache::Attributes;
use crate::build::image::export::is_variable;
use crate::build::request::{BuildArg, BuildRequest, ImageFormat, Output, Secret, SecretSource};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// What is to be built.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "What is built")]
pub struct WhatArgs {
    /// The Dockerfile, a path from here [default: the directory's own]
    #[arg(long, value_name = "PATH")]
    pub dockerfile: Option<String>,
    /// The stage to build [default: the last]
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
    /// A build argument; a bare name has the environment's value
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]", allow_hyphen_values = true)]
    pub build_args: Vec<String>,
    /// A secret to mount: the name of a variable, or `id=ID,env=NAME`, or `id=ID,src=FILE`; never its value
    #[arg(long = "secret", value_name = "ID")]
    pub secrets: Vec<String>,
    /// An SSH agent or key to forward, such as `default`
    #[arg(long, value_name = "ID[=SOCKET|KEY]")]
    pub ssh: Vec<String>,
    /// A platform such as linux/arm64; several with commas between
    #[arg(long = "platform", value_name = "PLATFORM", value_delimiter = ',')]
    pub platforms: Vec<String>,
    /// A label of the image
    #[arg(long = "label", value_name = "NAME=VALUE", allow_hyphen_values = true)]
    pub labels: Vec<String>,
    /// What the image is called; may be given again for more
    #[arg(short, long = "tag", value_name = "REFERENCE")]
    pub tags: Vec<String>,
    /// Push the image to its registry
    #[arg(long, group = "output_kind")]
    pub push: bool,
    /// Put the image into the engine's image store
    #[arg(long, group = "output_kind")]
    pub load: bool,
    /// Write the image to a tar archive, which `docker load` takes
    #[arg(long, value_name = "FILE", group = "output_kind")]
    pub archive: Option<String>,
    /// Leave no image: only the cache is filled
    #[arg(long, group = "output_kind")]
    pub cache_only: bool,
    /// Take nothing from the cache; it is written anew for the next build all the same
    #[arg(long)]
    pub no_cache: bool,
    /// Look base images up anew
    #[arg(long)]
    pub pull: bool,
    /// How a BuildKit engine tells of its progress: plain, auto, tty, rawjson, quiet or none [default: plain; buildctl's own]
    #[arg(long, value_name = "KIND")]
    pub progress: Option<String>,
    /// Media types of the image's manifest, for kaniko and buildah: oci or docker
    #[arg(long, value_name = "FORMAT")]
    pub image_format: Option<ImageFormat>,
    /// Speak to registries without TLS, or with a certificate that nobody vouches for
    #[arg(long)]
    pub insecure_registry: bool,
    /// A further argument for the engine, passed on as it is
    #[arg(long = "engine-arg", value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub extra: Vec<String>,
}

impl WhatArgs {
    /// Puts them into a request; adds what cannot be read to `problems`.
    pub fn put_into(&self, request: &mut BuildRequest, problems: &mut Diagnostics) {
        request.dockerfile.clone_from(&self.dockerfile);
        request.target.clone_from(&self.target);
        request.build_args = self.build_args.iter().map(|text| build_arg(text)).collect();
        request.secrets = self.secrets.iter().filter_map(|text| secret(text, problems)).collect();
        request.ssh.clone_from(&self.ssh);
        request.platforms.clone_from(&self.platforms);
        for text in &self.labels {
            match text.split_once('=') {
                Some((name, value)) => request.labels.push((name.to_owned(), value.to_owned())),
                None => {
                    let message = format!("`{}` is no label", text.escape_debug());
                    problems.push(Diagnostic::error("label", message).hinted("a label is NAME=VALUE"));
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
        request.no_cache = self.no_cache;
        request.pull = self.pull;
        request.progress.clone_from(&self.progress);
        request.image_format = self.image_format;
        request.insecure_registry = self.insecure_registry;
        request.extra.clone_from(&self.extra);
    }
}

fn build_arg(text: &str) -> BuildArg {
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    BuildArg { name: name.to_owned(), value: value.map(str::to_owned) }
}

/// Reads a secret as docker does, and a bare name as the variable of that name.
fn secret(text: &str, problems: &mut Diagnostics) -> Option<Secret> {
    if is_variable(text) {
        return Some(Secret { id: text.to_owned(), source: SecretSource::Environment(text.to_owned()) });
    }
    let hint = "it is ID, `id=ID,env=NAME` or `id=ID,src=FILE`";
    // What was written may be the secret itself, so no message shows it.
    let mut wrong = |message: &str| {
        problems.push(Diagnostic::error("secret", message).hinted(hint));
        None
    };
    if !text.contains(['=', ',']) {
        return wrong("a bare `--secret` is no name of a variable: letters, digits and `_`");
    }
    let Ok(attributes) = Attributes::parse(text) else { return wrong("a `--secret` cannot be read") };
    let Some(id) = attributes.get("id") else { return wrong("a `--secret` has no `id`") };
    if attributes.iter().any(|(name, _)| !matches!(name, "id" | "src" | "source" | "env" | "type")) {
        return wrong(&format!("`--secret` of the id `{}` has something beside `id`, `env`, `src` and `type`", id.escape_debug()));
    }
    let is_environment = attributes.get("type") == Some("env");
    let file = attributes.get("src").or(attributes.get("source"));
    let source = match (attributes.get("env"), file) {
        (Some(_), Some(_)) => return wrong(&format!("the secret `{}` has both a variable and a file", id.escape_debug())),
        (Some(name), None) => SecretSource::Environment(name.to_owned()),
        (None, Some(name)) if is_environment => SecretSource::Environment(name.to_owned()),
        (None, Some(path)) => SecretSource::File(path.to_owned()),
        (None, None) => SecretSource::Environment(id.to_owned()),
    };
    Some(Secret { id: id.to_owned(), source })
}
