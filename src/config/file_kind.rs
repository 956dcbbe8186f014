//! What a file is, for the message about a file in the place of another one.

use indexmap::IndexMap;
use serde::de::IgnoredAny;

use super::rack_file::RackFile;

/// What a file is, judged by its top-level keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A CloudFormation template.
    Template,
    /// A `rack.yaml`.
    RackFile,
    /// A saved plan.
    SavedPlan,
}

/// Top-level keys that only templates have.
const TEMPLATE_KEYS: [&str; 4] = ["Resources", "AWSTemplateFormatVersion", "Transform", "Conditions"];

/// Top-level keys of a saved plan.
const PLAN_KEYS: [&str; 3] = ["format_version", "digest", "content"];

impl FileKind {
    /// Returns what a text is; `None` if it is neither, or cannot be read.
    pub fn of(text: &str) -> Option<Self> {
        let keys = top_level_keys(text)?;
        let has = |wanted: &str| keys.iter().any(|key| key == wanted);
        if TEMPLATE_KEYS.into_iter().any(has) {
            Some(Self::Template)
        } else if PLAN_KEYS.into_iter().all(has) {
            Some(Self::SavedPlan)
        } else if !keys.is_empty() && keys.iter().all(|key| RackFile::KEYS.contains(&key.as_str())) {
            Some(Self::RackFile)
        } else {
            None
        }
    }

    /// Returns whether a text may be something else than a template. Takes no time worth mentioning for a template.
    pub fn may_be_no_template(text: &str) -> bool {
        match first_line(text) {
            Some(line) if line.starts_with('{') => memchr::memmem::find(text.as_bytes(), b"\"Resources\"").is_none(),
            Some(line) => key_of(line).is_some_and(|key| RackFile::KEYS.contains(&key)),
            None => false,
        }
    }
}

/// Returns the first line that is not empty and no comment.
fn first_line(text: &str) -> Option<&str> {
    text.lines().find(|line| is_content(line)).map(str::trim_start)
}

fn is_content(line: &str) -> bool {
    let line = line.trim();
    !(line.is_empty() || line.starts_with('#') || line == "---")
}

/// Returns the key of a line of YAML.
fn key_of(line: &str) -> Option<&str> {
    line.split_once(':').map(|(key, _)| key.trim().trim_matches(['"', '\'']))
}

fn top_level_keys(text: &str) -> Option<Vec<String>> {
    if first_line(text)?.starts_with('{') {
        return Some(serde_json::from_str::<IndexMap<String, IgnoredAny>>(text).ok()?.into_keys().collect());
    }
    let lines = text.lines().filter(|line| is_content(line) && !line.starts_with([' ', '\t', '-', ']', '}']));
    lines.map(|line| key_of(line).map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::FileKind;

    #[test]
    fn files_are_recognized_by_their_top_level_keys() {
        for (text, kind) in [
            ("# Resources:\nname: demo\ntags:\n  Resources: x\n", Some(FileKind::RackFile)),
            ("{\"name\": \"demo\", \"template\": \"t.json\"}", Some(FileKind::RackFile)),
            ("---\nAWSTemplateFormatVersion: \"2010-09-09\"\n", Some(FileKind::Template)),
            ("{\"Parameters\": {}, \"Resources\": {}}", Some(FileKind::Template)),
            ("{\"format_version\": 3, \"digest\": \"\", \"content\": {}}", Some(FileKind::SavedPlan)),
            ("{\"BuildCache\": \"Yes\"}", None),
            ("{\"name\": ", None),
            ("", None),
        ] {
            assert_eq!(FileKind::of(text), kind, "{text}");
            let may_be_no_template = FileKind::may_be_no_template(text);
            assert!(kind.is_none_or(|kind| kind == FileKind::Template) || may_be_no_template, "{text}");
        }
        assert!(!FileKind::may_be_no_template("Resources:\n  A: {}\n"));
    }
}
