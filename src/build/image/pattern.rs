//! Glob patterns for paths, with the semantics of Bash's `globstar`.

use globset::{GlobBuilder, GlobMatcher};

/// The maximum number of patterns that the braces of one pattern may expand to.
const MAX_EXPANSIONS: usize = 1000;

/// A glob pattern for paths below a directory: one matcher for each component of a path.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    components: Vec<Component>,
}

/// The matcher of one path component.
#[derive(Clone, Debug)]
pub(super) enum Component {
    /// Exactly this name.
    Name(String),
    /// A name that matches a glob.
    Glob {
        /// The glob.
        matcher: GlobMatcher,
        /// Whether the glob starts with a dot, so that hidden names can match.
        hidden: bool,
    },
    /// Any number of components that are not hidden: `**`.
    Recursive,
}

/// Why a pattern is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PatternError {
    pub(super) message: String,
    pub(super) hint: Option<PatternHint>,
}

/// How to correct a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternHint {
    /// Use this pattern, which matches all files of the directory.
    MatchFilesBelow(String),
    /// Patterns are relative to the base directory: choose another base directory, or allow patterns without a match.
    AllowNoMatch,
    /// Correct the spelling of the JSON keys, or allow missing parts.
    AllowMissingPart,
    /// Choose a base directory further up.
    MoveBaseDirectoryUp,
}

impl From<String> for PatternError {
    fn from(message: String) -> Self {
        Self { message, hint: None }
    }
}

impl From<&str> for PatternError {
    fn from(message: &str) -> Self {
        Self { message: message.to_owned(), hint: None }
    }
}

impl Pattern {
    /// Parses a pattern; its braces expand to several patterns.
    pub(super) fn read(text: &str) -> Result<Vec<Self>, PatternError> {
        if text.is_empty() {
            return Err("the pattern is empty".into());
        }
        let mut expanded = Vec::new();
        expand_braces(text, String::new(), &mut expanded)?;
        expanded.iter().map(|pattern| Self::read_expanded(pattern)).collect()
    }

    fn read_expanded(text: &str) -> Result<Self, PatternError> {
        if text.starts_with('/') || text.contains('\\') && cfg!(windows) || text.get(1..2) == Some(":") && cfg!(windows) {
            return Err("the path is absolute, so it differs between machines; use a path relative to the directory".into());
        }
        let mut components = Vec::new();
        for component in text.split('/') {
            match component {
                // `a//b`, `./a` and `a/` mean `a/b`, `a` and `a`.
                "" | "." => {}
                ".." => {
                    let message = "`..` refers to a path outside the directory".to_owned();
                    return Err(PatternError { message, hint: Some(PatternHint::MoveBaseDirectoryUp) });
                }
                "**" if matches!(components.last(), Some(Component::Recursive)) => {}
                "**" => components.push(Component::Recursive),
                component => components.push(Component::read(component)?),
            }
        }
        if components.is_empty() {
            let message = "the pattern is the directory itself, not a file".to_owned();
            return Err(PatternError { message, hint: Some(PatternHint::MatchFilesBelow("**".to_owned())) });
        }
        Ok(Self { components })
    }

    pub(super) fn components(&self) -> &[Component] {
        &self.components
    }

    /// Returns whether a relative path, separated by `/`, matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        matches(&self.components, &names)
    }
}

impl Component {
    fn read(text: &str) -> Result<Self, PatternError> {
        if !text.contains(['*', '?', '[', '\\']) {
            return Ok(Self::Name(text.to_owned()));
        }
        let glob =
            GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build().map_err(|error| error.kind().to_string())?;
        Ok(Self::Glob { matcher: glob.compile_matcher(), hidden: text.starts_with('.') || text.starts_with("\\.") })
    }

    /// Returns whether a name matches; as in Bash, a wildcard does not match a leading dot.
    pub(super) fn matches_name(&self, name: &str) -> bool {
        match self {
            Self::Name(expected) => expected == name,
            Self::Glob { matcher, hidden } => (*hidden || !name.starts_with('.')) && matcher.is_match(name),
            Self::Recursive => !name.starts_with('.'),
        }
    }
}

fn matches(components: &[Component], names: &[&str]) -> bool {
    match (components.split_first(), names.split_first()) {
        (None, None) => true,
        (Some((Component::Recursive, next)), Some((name, names_after))) => {
            // A trailing `**` matches every file below, so it consumes at least one name.
            (!next.is_empty() && matches(next, names))
                || (Component::Recursive.matches_name(name)
                    && (names_after.is_empty() && next.is_empty() || matches(components, names_after)))
        }
        (Some((component, next)), Some((name, names_after))) => component.matches_name(name) && matches(next, names_after),
        _ => false,
    }
}

/// Expands braces, as Bash does before it matches files: `{a,b/c}.json` becomes `a.json` and `b/c.json`.
fn expand_braces(text: &str, before: String, expanded: &mut Vec<String>) -> Result<(), PatternError> {
    if expanded.len() > MAX_EXPANSIONS {
        return Err(format!("the braces expand to more than {MAX_EXPANSIONS} patterns").into());
    }
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => {
                let Some((choices, rest)) = split_choices(&text[at + 1..]) else { continue };
                for choice in choices {
                    expand_braces(&format!("{choice}{rest}"), format!("{before}{}", &text[..at]), expanded)?;
                }
                return Ok(());
            }
            _ => {}
        }
    }
    expanded.push(format!("{before}{text}"));
    Ok(())
}

/// Returns the choices of a brace expression and the text after it; `None` if it has no comma, and is then literal text.
fn split_choices(text: &str) -> Option<(Vec<&str>, &str)> {
    let (mut depth, mut start, mut escaped) = (0_usize, 0, false);
    let mut choices = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            ',' if depth == 0 => {
                choices.push(&text[start..at]);
                start = at + 1;
            }
            '}' if depth == 0 => {
                choices.push(&text[start..at]);
                return (choices.len() > 1).then(|| (choices, &text[at + 1..]));
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn is(pattern: &str, path: &str) -> bool {
        Pattern::read(pattern).is_ok_and(|patterns| patterns.iter().any(|pattern| pattern.matches(path)))
    }

    #[test]
    fn globs_match_as_in_bash() {
        for (pattern, good, bad) in [
            ("package.json", "package.json", "a/package.json"),
            ("./package.json", "package.json", "a/package.json"),
            ("*.json", "a.json", "a/b.json"),
            ("**/package.json", "package.json", "package.json/x"),
            ("**/package.json", "a/b/package.json", "a/b/xpackage.json"),
            ("**/package.json", "a/package.json", ".git/package.json"),
            ("src/**", "src/a/b", "src"),
            ("src/**", "src/a", "src/.hidden"),
            ("src/**/*.rs", "src/a.rs", "src/.a.rs"),
            ("*", "a", ".npmrc"),
            (".*", ".npmrc", "a"),
            (".npmrc", ".npmrc", "npmrc"),
            (".yarn/**", ".yarn/releases/yarn.cjs", "yarn/x"),
            ("[ab]?c", "axc", "cxc"),
            ("{package,bower}.json", "bower.json", "x.json"),
            ("{a/b,c}/{d,e{f,g}}", "a/b/eg", "a/b/e"),
            ("{a}", "{a}", "a"),
            ("a**b", "axb", "a/b"),
        ] {
            assert!(is(pattern, good), "{pattern} should match {good}");
            assert!(!is(pattern, bad), "{pattern} should not match {bad}");
        }
    }

    #[test]
    fn invalid_patterns_are_refused() {
        for pattern in ["", "/etc/passwd", "../x", "a/../../x", ".", "[", "{a,../b}"] {
            assert!(Pattern::read(pattern).is_err(), "{pattern}");
        }
        let many = "{a,b,c,d,e,f,g,h,i,j}".repeat(9);
        assert!(Pattern::read(&many).is_err());
    }
}
