//! `.dockerignore`: which files of a build context do not reach the engine.
//!
//! Sources: <https://docs.docker.com/build/concepts/context/#dockerignore-files>,
//! <https://github.com/moby/patternmatcher/blob/main/patternmatcher.go>

use crate::diagnostic::{Diagnostic, Source, Span};

/// The patterns of an ignore file; the last one that matches a path decides.
#[derive(Clone, Debug, Default)]
pub struct Ignore {
    patterns: Vec<Pattern>,
}

/// One pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Its position.
    pub span: Span,
    /// Whether it includes what an earlier pattern excludes: `!PATTERN`.
    is_exception: bool,
    /// The components of the path.
    components: Vec<Vec<char>>,
}

impl Ignore {
    /// Reads an ignore file, and adds what the engines refuse to `problems`.
    pub fn read(source: &Source, problems: &mut Vec<Diagnostic>) -> Self {
        let mut ignore = Self::default();
        let mut start = 0;
        for line in source.text().split_inclusive('\n') {
            let span = Span::new(start, start + line.trim_end().len());
            start += line.len();
            let text = line.trim_start_matches('\u{feff}');
            if text.starts_with('#') || text.trim().is_empty() {
                continue;
            }
            let text = text.trim();
            let (is_exception, text) = match text.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, text),
            };
            let components = components(text);
            let found = match text {
                "" => Some(("`!` without a pattern".to_owned(), "the build fails: write a pattern after `!`, or remove the line")),
                _ if components.iter().any(|component| !is_valid(component)) => Some((
                    format!("invalid pattern `{}`", text.escape_debug()),
                    "the build fails: close the bracket, or escape it with a backslash",
                )),
                _ => None,
            };
            if let Some((message, hint)) = found {
                problems.push(Diagnostic::error("invalid-dockerignore", message).at(source, span, "").hinted(hint));
            } else if !components.is_empty() {
                ignore.patterns.push(Pattern { span, is_exception, components });
            }
        }
        ignore
    }

    /// Returns the pattern that excludes a path, relative to the context and separated by `/`, if one does.
    pub fn excluded_by(&self, path: &str) -> Option<&Pattern> {
        let names: Vec<Vec<char>> = path.split('/').filter(|name| !matches!(*name, "" | ".")).map(|name| name.chars().collect()).collect();
        let decisive = self.patterns.iter().rev().find(|pattern| {
            // A pattern also matches everything below a directory that it matches.
            (1..=names.len()).any(|end| matches_path(&pattern.components, names.get(..end).unwrap_or_default()))
        });
        decisive.filter(|pattern| !pattern.is_exception)
    }

    /// Returns whether an exception may include something below a directory that is excluded.
    pub fn has_exceptions(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_exception)
    }

    /// Returns whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }
}

/// Returns the components of a pattern, without `.` and with `..` resolved, as Go's `filepath.Clean` does.
fn components(pattern: &str) -> Vec<Vec<char>> {
    let mut components: Vec<Vec<char>> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(components.pop()),
            part => components.push(part.chars().collect()),
        }
    }
    components
}

/// Returns whether brackets are closed, and no backslash is at the end.
fn is_valid(component: &[char]) -> bool {
    let mut letters = component.iter();
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.next().is_none() => return false,
            '[' if !in_class => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
    }
    !in_class
}

fn matches_path(pattern: &[Vec<char>], names: &[Vec<char>]) -> bool {
    match pattern.split_first() {
        None => names.is_empty(),
        Some((first, rest)) if first.as_slice() == ['*', '*'] => (0..=names.len()).any(|skipped| matches_path(rest, &names[skipped..])),
        Some((first, rest)) => match names.split_first() {
            Some((name, others)) => matches_name(first, name) && matches_path(rest, others),
            None => false,
        },
    }
}

/// Matches one name with `*`, `?`, classes and escapes.
fn matches_name(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut next) = (0, 0);
    // The last star, and the name from which it matches less or more.
    let mut star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&'*') {
            at += 1;
            star = Some((at, next));
            continue;
        }
        match name.get(next) {
            None if at == pattern.len() => return true,
            None => return false,
            Some(letter) => match matches_letter(&pattern[at..], *letter) {
                Some(length) => {
                    at += length;
                    next += 1;
                    continue;
                }
                None => match &mut star {
                    Some((after, from)) => {
                        *from += 1;
                        (at, next) = (*after, *from);
                    }
                    None => return false,
                },
            },
        }
    }
}

/// Returns the length of the element at the start of a pattern if it matches a letter.
fn matches_letter(pattern: &[char], letter: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '\\' => (*pattern.get(1)? == letter).then_some(2),
        '[' => {
            let end = pattern.iter().skip(2).position(|part| *part == ']')? + 2;
            let class = &pattern[1..end];
            let (is_negated, class) = match class.first() {
                Some('^' | '!') => (true, &class[1..]),
                _ => (false, class),
            };
            let mut is_in = false;
            let mut index = 0;
            while let Some(first) = class.get(index) {
                match (class.get(index + 1), class.get(index + 2)) {
                    (Some('-'), Some(last)) => {
                        is_in |= (*first..=*last).contains(&letter);
                        index += 3;
                    }
                    _ => {
                        is_in |= *first == letter;
                        index += 1;
                    }
                }
            }
            (is_in != is_negated).then_some(end + 1)
        }
        first => (*first == letter).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded<'p>(patterns: &str, paths: &[&'p str]) -> Vec<&'p str> {
        let mut problems = Vec::new();
        let ignore = Ignore::read(&Source::new(".dockerignore", patterns), &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        paths.iter().copied().filter(|path| ignore.excluded_by(path).is_some()).collect()
    }

    #[test]
    fn patterns_match_as_in_docker() {
        let paths =
            ["a", "b/a", "a.md", "docs/a.md", "docs/x/b.md", "README.md", "node_modules/x/y.js", "web/node_modules/x", ".git/HEAD", "ab"];
        for (patterns, expected) in [
            ("# comment\n\n*.md\n", vec!["a.md", "README.md"]),
            ("**/*.md", vec!["a.md", "docs/a.md", "docs/x/b.md", "README.md"]),
            ("*.md\n!README.md", vec!["a.md"]),
            ("/docs/", vec!["docs/a.md", "docs/x/b.md"]),
            ("./docs/../docs/x", vec!["docs/x/b.md"]),
            ("docs/*", vec!["docs/a.md", "docs/x/b.md"]),
            ("node_modules", vec!["node_modules/x/y.js"]),
            ("**/node_modules", vec!["node_modules/x/y.js", "web/node_modules/x"]),
            ("?", vec!["a", "b/a"]),
            ("[a-b][!x]", vec!["ab"]),
            ("\\a", vec!["a"]),
            (
                "*\n!docs\ndocs/x",
                vec!["a", "b/a", "a.md", "docs/x/b.md", "README.md", "node_modules/x/y.js", "web/node_modules/x", ".git/HEAD", "ab"],
            ),
            ("*a*b*", vec!["ab"]),
        ] {
            assert_eq!(excluded(patterns, &paths), expected, "{patterns}");
        }
    }

    #[test]
    fn patterns_that_engines_refuse_are_reported_with_their_position() {
        let mut problems = Vec::new();
        let ignore = Ignore::read(&Source::new(".dockerignore", "a\n!\n[b\nc\\\n"), &mut problems);
        let lines: Vec<usize> = problems.iter().map(|problem| problem.labels[0].start().line).collect();
        assert_eq!(lines, [2, 3, 4]);
        let hints: Vec<&str> = problems.iter().filter_map(|problem| problem.hint.as_deref()).collect();
        assert!(hints[0].contains("write a pattern after `!`") && hints[1].contains("close the bracket"), "{hints:?}");
        assert!(ignore.excluded_by("a").is_some());
    }
}
