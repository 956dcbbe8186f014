//! `RUN --mount`: its options, read as BuildKit reads them.
//!
//! Source: <https://docs.docker.com/reference/dockerfile/#run---mount>

use super::text::Text;
use crate::template::{Diagnostic, Source, Span, did_you_mean};

/// A `--mount` of a `RUN`.
#[derive(Clone, Debug)]
pub struct Mount {
    /// The whole flag.
    pub span: Span,
    /// Its options as written.
    pub text: Text,
    /// What it mounts.
    pub kind: MountKind,
    /// `id`, as written.
    pub id: Option<String>,
    /// `target`, as written.
    pub target: Option<String>,
    /// `source`, as written.
    pub source: Option<String>,
    /// `from`: the stage or image that `source` is in, instead of the build context.
    pub from: Option<Text>,
    /// `sharing` of a cache: whether builds may have it at once.
    pub sharing: Option<Sharing>,
    /// Whether the build fails where a secret or an SSH agent is not given.
    pub is_required: bool,
}

/// What a mount mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// Files of the build context, a stage or an image.
    Bind,
    /// A directory that outlives the build, on the machine that builds.
    Cache,
    /// Memory.
    Tmpfs,
    /// A secret, which no layer holds.
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

/// Whether builds may have a cache directory at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// All of them.
    #[default]
    Shared,
    /// Each its own.
    Private,
    /// One after the other.
    Locked,
}

impl Sharing {
    const ALL: [(&'static str, Self); 3] = [("shared", Self::Shared), ("private", Self::Private), ("locked", Self::Locked)];
}

/// Every option that a mount may have.
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
    /// Returns what the mount is known by: the `id`; without one a cache's target, a secret's file name.
    pub fn known_as(&self) -> Option<&str> {
        let target = self.target.as_deref();
        self.id.as_deref().or_else(|| match self.kind {
            MountKind::Cache => target,
            MountKind::Secret => target.and_then(|target| target.rsplit('/').next()),
            MountKind::Ssh => Some("default"),
            MountKind::Bind | MountKind::Tmpfs => None,
        })
    }

    /// Reads the value of a `--mount`, and says what is wrong with it.
    pub(super) fn read(source: &Source, span: Span, text: Text, problems: &mut Vec<Diagnostic>) -> Self {
        let mut mount =
            Self { span, kind: MountKind::Bind, id: None, target: None, source: None, from: None, sharing: None, is_required: false, text };
        let text = mount.text.clone();
        let mut at = 0;
        for field in text.as_str().split(',') {
            let start = at;
            at += field.len() + 1;
            let place = text.span_of(start, start + field.len());
            let (key, value) = field.split_once('=').map_or((field, None), |(key, value)| (key, Some(value)));
            let lower = key.trim_matches('"').to_lowercase();
            let value = value.map(|value| value.trim_matches('"'));
            let own = value.map(str::to_owned);
            let mut wrong = |message: String, hint: Option<String>| {
                let mut problem = Diagnostic::error("invalid-mount", message).at(source, place, "");
                problem.hint = hint.or_else(|| Some("docs.docker.com/reference/dockerfile says what each kind of mount takes".to_owned()));
                problems.push(problem);
            };
            match lower.as_str() {
                "type" => match one_of(&MountKind::ALL, value) {
                    Some(kind) => mount.kind = kind,
                    None if is_variable(value) => {}
                    None => wrong(
                        format!("there is no mount of type `{}`", value.unwrap_or_default()),
                        did_you_mean(value.unwrap_or_default(), MountKind::ALL.map(|(name, _)| name))
                            .or_else(|| Some("the types are bind, cache, tmpfs, secret and ssh".to_owned())),
                    ),
                },
                "id" => mount.id = own,
                "target" | "dst" | "destination" => mount.target = own,
                "source" | "src" => mount.source = own,
                "from" => mount.from = value.map(|value| text.part(start + field.len() - value.len(), start + field.len())),
                "sharing" => match one_of(&Sharing::ALL, value) {
                    Some(sharing) => mount.sharing = Some(sharing),
                    None if is_variable(value) => {}
                    None => wrong(
                        format!("`sharing` is not `{}`", value.unwrap_or_default()),
                        Some("a cache is `shared`, `private` or `locked`".to_owned()),
                    ),
                },
                "required" => mount.is_required = value.is_none_or(|value| !matches!(value, "false" | "0" | "f" | "F" | "FALSE" | "False")),
                "readonly" | "ro" | "readwrite" | "rw" | "mode" | "uid" | "gid" | "size" | "env" => {}
                "" if is_variable(Some(field)) => {}
                _ => wrong(format!("a mount has no option `{key}`"), did_you_mean(&lower, OPTIONS)),
            }
        }
        if mount.kind == MountKind::Cache && mount.target.is_none() {
            let problem = Diagnostic::error("invalid-mount", "a cache mount has no target").at(source, span, "");
            problems.push(problem.hinted("add `target=` and the directory that the commands fill"));
        }
        if mount.kind == MountKind::Secret && mount.known_as().is_none() {
            let problem = Diagnostic::error("invalid-mount", "a secret mount has neither id nor target").at(source, span, "");
            problems.push(problem.hinted("add `id=` and the name that the secret is given under"));
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
