//! Recognizes output that a CI system would execute as a command.
//!
//! Sources: GitHub Actions ignores white space before `::` and finds `##[` anywhere in a line
//! (<https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>); Azure Pipelines finds `##vso[` anywhere
//! (<https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Microsoft.VisualStudio.Services.Agent/Command.cs>); TeamCity
//! (<https://www.jetbrains.com/help/teamcity/service-messages.html>); GitLab
//! (<https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections>); Buildkite
//! (<https://buildkite.com/docs/pipelines/configure/managing-log-output>).

/// What can stand before `[` in a command that a CI system finds anywhere in a line.
const ANYWHERE: [&str; 3] = ["##", "##vso", "##teamcity"];

/// Returns whether a text may contain a command, as a fast check of long text.
pub(super) fn may_command(text: &str) -> bool {
    let bytes = text.as_bytes();
    let found = |needle: &[u8]| memchr::memmem::find(bytes, needle).is_some();
    found(b"::") || found(b"##") || found(b"section_") || found(b"---") || found(b"+++") || found(b"~~~") || found(b"^^^")
}

/// Returns whether a text starts with a command that works anywhere in a line, such as `##vso[task.setvariable]`.
pub(super) fn is_command_anywhere(text: &str) -> bool {
    let Some((before, _)) = text.get(..text.len().min(16)).unwrap_or_default().split_once('[') else { return false };
    ANYWHERE.iter().any(|command| before.eq_ignore_ascii_case(command))
}

/// Returns whether a line is a command after its leading white space: `::error::` of GitHub, `section_start:` of GitLab.
///
/// An IPv6 address such as `::1` or `::ffff:10.0.0.1` is not a command.
pub(super) fn is_command_line(trimmed: &str) -> bool {
    if let Some(rest) = trimmed.strip_prefix("::") {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let is_address = name.bytes().all(|byte| byte.is_ascii_hexdigit()) && !after.starts_with("::");
        return !name.is_empty() && !is_address;
    }
    trimmed.starts_with("section_start:") || trimmed.starts_with("section_end:")
}

/// Returns whether a line, from its first column, is a heading in a log of Buildkite.
pub(super) fn is_log_heading(line: &str) -> bool {
    ["---", "+++", "~~~", "^^^"].iter().any(|mark| line.strip_prefix(mark).is_some_and(|rest| rest.starts_with([' ', '\t'])))
}

#[cfg(test)]
mod tests {
    use super::{is_command_anywhere, is_command_line};

    #[test]
    fn commands_are_distinguished_from_addresses_and_headings() {
        for command in ["::error::x", "::set-output name=a::b", "::add-mask", "::add::x", "section_start:1:a", "::stop-commands::x"] {
            assert!(is_command_line(command), "{command}");
        }
        for other in ["::1", "::/0", "::ffff:10.0.0.1/96", "::", ":: x", "AWS::EC2::VPC", "section_1"] {
            assert!(!is_command_line(other), "{other}");
        }
        assert!(["##[error]x", "##vso[a]b", "##TeamCity[x]"].iter().all(|text| is_command_anywhere(text)));
        assert!(["## Heading [x](y)", "#[derive]", "###"].iter().all(|text| !is_command_anywhere(text)));
    }
}
