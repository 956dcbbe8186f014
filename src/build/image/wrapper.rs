//! Wrappers that make `rackform build image` a native step of a CI system.

/// A wrapper around `rackform build image`: a set of files that only call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Wrapper {
    /// A Buildkite plugin: plugin.yml and a pre-command hook
    BuildkitePlugin,
    /// A composite GitHub Action: action.yml and its script
    GithubAction,
}

/// A file of a wrapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrapperFile {
    /// The path in the wrapper's repository.
    pub path: &'static str,
    /// The content.
    pub text: &'static str,
    /// Whether the file is executable.
    pub is_executable: bool,
}

impl Wrapper {
    /// Every wrapper.
    pub const ALL: [Self; 2] = [Self::BuildkitePlugin, Self::GithubAction];

    /// Returns the wrapper's files.
    pub fn files(self) -> &'static [WrapperFile] {
        match self {
            Self::BuildkitePlugin => &[
                WrapperFile {
                    path: "plugin.yml",
                    text: include_str!("../../../templates/buildkite-plugin/plugin.yml"),
                    is_executable: false,
                },
                WrapperFile {
                    path: "hooks/pre-command",
                    text: include_str!("../../../templates/buildkite-plugin/hooks/pre-command"),
                    is_executable: true,
                },
            ],
            Self::GithubAction => &[
                WrapperFile { path: "action.yml", text: include_str!("../../../templates/github-action/action.yml"), is_executable: false },
                WrapperFile { path: "image.sh", text: include_str!("../../../templates/github-action/image.sh"), is_executable: true },
            ],
        }
    }
}
