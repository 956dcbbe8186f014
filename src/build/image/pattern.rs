//! Globs over paths, as Bash reads them with `globstar`.

use globset::{GlobBuilder, GlobMatcher};

/// The most words that braces may make of one pattern.
const WORDS: usize = 1000;

/// A glob over paths below a directory: one matcher for each part of a path.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

/// What one part of a path may be.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// This name.
    Name(String),
    /// A name that matches; `hidden` says whether the pattern itself starts with a dot.
    Glob {
        /// Matches a name.
        matcher: GlobMatcher,
        /// Whether names that start with a dot may match.
        hidden: bool,
    },
    /// Any number of parts that are not hidden: `**`.
    Any,
}

impl Pattern {
    /// Returns the patterns of a text, one for each word that its braces make.
    pub(super) fn read(text: &str) -> Result<Vec<Self>, String> {
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        let mut words = Vec::new();
        expand(text, String::new(), &mut words)?;
        words.iter().map(|word| Self::of_word(word)).collect()
    }

    fn of_word(word: &str) -> Result<Self, String> {
        if word.starts_with('/') || word.contains('\\') && cfg!(windows) || word.get(1..2) == Some(":") && cfg!(windows) {
            return Err("it must be relative to the directory: an absolute path differs from machine to machine".to_owned());
        }
        let mut parts = Vec::new();
        for part in word.split('/') {
            match part {
                // `a//b`, `./a` and `a/` are `a/b` and `a`.
                "" | "." => {}
                ".." => return Err("`..` leads out of the directory; `--directory` names one further up".to_owned()),
                "**" if matches!(parts.last(), Some(Part::Any)) => {}
                "**" => parts.push(Part::Any),
                part => parts.push(Part::read(part)?),
            }
        }
        if parts.is_empty() { Err("it names the directory itself; `**` takes every file in it".to_owned()) } else { Ok(Self { parts }) }
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Tells whether a path, relative and divided by `/`, matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        matches(&self.parts, &names)
    }
}

impl Part {
    fn read(part: &str) -> Result<Self, String> {
        if !part.contains(['*', '?', '[', '\\']) {
            return Ok(Self::Name(part.to_owned()));
        }
        let glob =
            GlobBuilder::new(part).literal_separator(true).backslash_escape(true).build().map_err(|error| error.kind().to_string())?;
        Ok(Self::Glob { matcher: glob.compile_matcher(), hidden: part.starts_with('.') || part.starts_with("\\.") })
    }

    /// Tells whether a name matches; a wildcard does not match a dot at the start, as in Bash.
    pub(super) fn is(&self, name: &str) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Glob { matcher, hidden } => (*hidden || !name.starts_with('.')) && matcher.is_match(name),
            Self::Any => !name.starts_with('.'),
        }
    }
}

fn matches(parts: &[Part], names: &[&str]) -> bool {
    match (parts.split_first(), names.split_first()) {
        (None, None) => true,
        (Some((Part::Any, rest)), Some((name, behind))) => {
            // A last `**` is every file below, so it takes one part at least.
            (!rest.is_empty() && matches(rest, names))
                || (Part::Any.is(name) && (behind.is_empty() && rest.is_empty() || matches(parts, behind)))
        }
        (Some((part, rest)), Some((name, behind))) => part.is(name) && matches(rest, behind),
        _ => false,
    }
}

/// Writes out braces, as Bash does before it looks at files: `{a,b/c}.json` is `a.json` and `b/c.json`.
fn expand(text: &str, before: String, words: &mut Vec<String>) -> Result<(), String> {
    if words.len() > WORDS {
        return Err(format!("its braces make more than {WORDS} words"));
    }
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => {
                let Some((choices, rest)) = braces(&text[at + 1..]) else { continue };
                for choice in choices {
                    expand(&format!("{choice}{rest}"), format!("{before}{}", &text[..at]), words)?;
                }
                return Ok(());
            }
            _ => {}
        }
    }
    words.push(format!("{before}{text}"));
    Ok(())
}

/// Returns the choices of a brace and what follows it; `None` where it is no list, which stands for itself.
fn braces(text: &str) -> Option<(Vec<&str>, &str)> {
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
    fn globs_are_read_as_bash_reads_them() {
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
    fn what_leads_elsewhere_is_refused() {
        for pattern in ["", "/etc/passwd", "../x", "a/../../x", ".", "[", "{a,../b}"] {
            assert!(Pattern::read(pattern).is_err(), "{pattern}");
        }
        let many = "{a,b,c,d,e,f,g,h,i,j}".repeat(9);
        assert!(Pattern::read(&many).is_err());
    }
}
