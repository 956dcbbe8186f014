//! Parses the options of `RUN --mount` as BuildKit does.
//!
//! Source: <https://docs.docker.com/reference/dockerfile/#run---mount>

use super::text::Text;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::text::did_you_mean;

/// A `--mount` of a `RUN`.
#[derive(Clone, Debug)]
pub struct Mount {
    /// The span of the flag.
    pub span: Span,
    /// The options as written.
    pub text: Text,
    /// The mount type.
    pub kind: MountKind,
    /// `id`, as written.
    pub id: Option<String>,
    /// `target`, as written.
    pub target: Option<String>,
    /// `source`, as written.
    pub source: Option<String>,
    /// `from`: the stage or image that `source` is in, instead of the build context.
    pub from: Option<Text>,
    /// `sharing` of a cache: whether concurrent builds can use it.
    pub sharing: Option<Sharing>,
    /// Whether the build fails if the secret or SSH agent is not passed.
    pub is_required: bool,
}

/// The type of a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// Files of the build context, a stage or an image.
    Bind,
    /// A directory on the build machine that persists between builds.
    Cache,
    /// A file system in memory.
    Tmpfs,
    /// A secret, which is not part of any layer.
    Secret,
    /// An SSH agent.
    Ssh,
}

impl MountKind {
    const ALL: [(&'static str, Self); 5] =
        [("bind", Self::Bind), ("cache", Self::Cache), ("tmpfs", Self::Tmpfs), ("secret", Self::Secret), ("ssh", Self::Ssh)];
}

impl std::fmt::Display for MountKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = Self::ALL.iter().find(|(_, kind)| kind == self).map_or("bind", |(name, _)| name);
        f.write_str(name)
    }
}

/// Whether concurrent builds can use a cache directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// All builds use it concurrently.
    #[default]
    Shared,
    /// Each build has its own directory.
    Private,
    /// One build at a time uses it.
    Locked,
}

impl Sharing {
    const ALL: [(&'static str, Self); 3] = [("shared", Self::Shared), ("private", Self::Private), ("locked", Self::Locked)];
}

/// All mount options.
const OPTIONS: [&str; 18] = [
    "type",
    "id",
    "target",
    "dst",
    "destination",
    "source",
    "src",
    "from",
    "sharing",
    "readonly",
    "ro",
    "readwrite",
    "rw",
    "required",
    "mode",
    "uid",
    "gid",
    "env",
];

impl Mount {
    /// Returns the mount's identifier: the `id`, or by default a cache's target or a secret's file name.
    pub fn identifier(&self) -> Option<&str> {
        let target = self.target.as_deref();
        self.id.as_deref().or_else(|| match self.kind {
            MountKind::Cache => target,
            MountKind::Secret => target.and_then(|target| target.rsplit('/').next()),
            MountKind::Ssh => Some("default"),
            MountKind::Bind | MountKind::Tmpfs => None,
        })
    }

    /// Parses the value of a `--mount`, and adds its problems to `problems`.
    pub(super) fn read(source: &Source, span: Span, text: Text, problems: &mut Vec<Diagnostic>) -> Self {
        let mut mount =
            Self { span, kind: MountKind::Bind, id: None, target: None, source: None, from: None, sharing: None, is_required: false, text };
        let text = mount.text.clone();
        let mut at = 0;
        for field in text.as_str().split(',') {
            let start = at;
            at += field.len() + 1;
            let option_span = text.span_of(start, start + field.len());
            let (key, value) = field.split_once('=').map_or((field, None), |(key, value)| (key, Some(value)));
            let lower = key.trim_matches('"').to_lowercase();
            let value = value.map(|value| value.trim_matches('"'));
            let own = value.map(str::to_owned);
            let mut report = |message: String, hint: Option<String>| {
                let mut problem = Diagnostic::error("invalid-mount", message).at(source, option_span, "");
                problem.hint =
                    hint.or_else(|| Some("see docs.docker.com/reference/dockerfile for the options of each mount type".to_owned()));
                problems.push(problem);
            };
            match lower.as_str() {
                "type" => match one_of(&MountKind::ALL, value) {
                    Some(kind) => mount.kind = kind,
                    None if is_variable(value) => {}
                    None => report(
                        format!("unknown mount type `{}`", value.unwrap_or_default()),
                        did_you_mean(value.unwrap_or_default(), MountKind::ALL.map(|(name, _)| name))
                            .or_else(|| Some("the mount types are bind, cache, tmpfs, secret and ssh".to_owned())),
                    ),
                },
                "id" => mount.id = own,
                "target" | "dst" | "destination" => mount.target = own,
                "source" | "src" => mount.source = own,
                "from" => mount.from = value.map(|value| text.part(start + field.len() - value.len(), start + field.len())),
                "sharing" => match one_of(&Sharing::ALL, value) {
                    Some(sharing) => mount.sharing = Some(sharing),
                    None if is_variable(value) => {}
                    None => report(
                        format!("invalid value `{}` of the mount option `sharing`", value.unwrap_or_default()),
                        Some("use `shared`, `private` or `locked`".to_owned()),
                    ),
                },
                "required" => mount.is_required = value.is_none_or(|value| !matches!(value, "false" | "0" | "f" | "F" | "FALSE" | "False")),
                "readonly" | "ro" | "readwrite" | "rw" | "mode" | "uid" | "gid" | "size" | "env" => {}
                "" if is_variable(Some(field)) => {}
                _ => report(format!("unknown mount option `{key}`"), did_you_mean(&lower, OPTIONS)),
            }
        }
        if mount.kind == MountKind::Cache && mount.target.is_none() {
            let problem = Diagnostic::error("invalid-mount", "a cache mount has no target").at(source, span, "");
            problems.push(problem.hinted("add `target=` with the directory that the commands write to"));
        }
        if mount.kind == MountKind::Secret && mount.identifier().is_none() {
            let problem = Diagnostic::error("invalid-mount", "a secret mount has neither id nor target").at(source, span, "");
            problems.push(problem.hinted("add `id=` with the ID of the secret"));
        }
        mount
    }
}

fn one_of<T: Copy>(all: &[(&'static str, T)], value: Option<&str>) -> Option<T> {
    all.iter().find(|(name, _)| value.is_some_and(|value| value.eq_ignore_ascii_case(name))).map(|(_, found)| *found)
}

fn is_variable(value: Option<&str>) -> bool {
    value.is_some_and(|value| value.contains('$'))
}
