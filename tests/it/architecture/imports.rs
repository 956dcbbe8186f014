//! The paths that a source file uses, and the files that they lead to.

use std::collections::{BTreeMap, BTreeSet};

use super::lexer::{Kind, Token, tokens};

/// A path in a source file, such as `crate::plan::Effect`, as segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedPath {
    /// The segments; the first may be `crate`, `super` or `self`.
    pub segments: Vec<String>,
    /// The line number.
    pub line: usize,
    /// Whether it is part of a `use` declaration.
    pub is_use: bool,
    /// Whether that declaration is a re-export: `pub use`.
    pub is_reexport: bool,
    /// The name that a `use` declaration introduces.
    pub name: String,
}

/// A source file: its module path and the paths that it uses.
#[derive(Debug)]
pub struct SourceFile {
    /// The path below `src`, such as `plan/effects.rs`.
    pub file: String,
    /// The module path, such as `plan::effects`; empty for `lib.rs`.
    pub module: Vec<String>,
    /// The tokens.
    pub tokens: Vec<Token>,
    /// The paths.
    pub paths: Vec<UsedPath>,
}

impl SourceFile {
    /// Reads a source file.
    pub fn new(file: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let stem = file.trim_end_matches(".rs");
        let module = match stem {
            "lib" | "main" => Vec::new(),
            _ => stem.trim_end_matches("/mod").split('/').map(ToOwned::to_owned).collect(),
        };
        Self { file: file.to_owned(), module, paths: paths(&tokens), tokens }
    }

    /// Returns the top-level module, such as `plan`; `lib` for the files beside the modules.
    pub fn top(&self) -> &str {
        self.module.first().map_or("lib", String::as_str)
    }

    /// Returns the module path of a used path's segments, counted from the crate; `None` if it belongs to another crate.
    pub fn absolute(&self, segments: &[String]) -> Option<Vec<String>> {
        let first = segments.first()?;
        if first == "crate" {
            return Some(segments[1..].to_vec());
        }
        let supers = segments.iter().take_while(|segment| *segment == "super").count();
        if supers > 0 {
            let base = self.module.len().checked_sub(supers)?;
            return Some(self.module[..base].iter().chain(&segments[supers..]).cloned().collect());
        }
        let rest = if first == "self" { &segments[1..] } else { segments };
        Some(self.module.iter().chain(rest).cloned().collect())
    }
}

/// Returns every path in the tokens that starts with `crate`, `super`, `self` or, in a `use` declaration or before `::`, with another name.
fn paths(tokens: &[Token]) -> Vec<UsedPath> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let starts_path = tokens[at].kind == Kind::Ident && !(at > 0 && tokens[at - 1].is("::"));
        if tokens[at].is("use") {
            let is_reexport = at > 0 && (tokens[at - 1].is("pub") || tokens[at - 1].is(")"));
            let end = tree(tokens, at + 1, &[], (true, is_reexport), &mut found);
            at = end.max(at + 1);
        } else if starts_path && tokens.get(at + 1).is_some_and(|next| next.is("::")) {
            let end = tree(tokens, at, &[], (false, false), &mut found);
            at = end.max(at + 1);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one use tree or path and returns the index after it.
fn tree(tokens: &[Token], start: usize, prefix: &[String], (is_use, is_reexport): (bool, bool), found: &mut Vec<UsedPath>) -> usize {
    let mut segments = prefix.to_vec();
    let mut at = start;
    while let Some(token) = tokens.get(at) {
        if token.is("{") && is_use {
            at += 1;
            while tokens.get(at).is_some_and(|token| !token.is("}")) {
                if tokens[at].is(",") {
                    at += 1;
                } else {
                    let end = tree(tokens, at, &segments, (is_use, is_reexport), found);
                    at = end.max(at + 1);
                }
            }
            return at + 1;
        }
        if token.kind != Kind::Ident {
            break;
        }
        segments.push(token.text.clone());
        at += 1;
        if tokens.get(at).is_some_and(|token| token.is("::")) {
            at += 1;
        } else {
            break;
        }
    }
    if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
        segments.pop();
    }
    let mut name = segments.last().cloned().unwrap_or_default();
    if is_use && tokens.get(at).is_some_and(|token| token.is("as")) {
        name = tokens.get(at + 1).map(|token| token.text.clone()).unwrap_or_default();
        at += 2;
    }
    let line = tokens.get(start).map_or(0, |token| token.line);
    if !segments.is_empty() {
        found.push(UsedPath { segments, line, is_use, is_reexport, name });
    }
    at
}

/// All source files, by module path.
#[derive(Debug)]
pub struct Sources {
    /// The files.
    pub files: Vec<SourceFile>,
    by_module: BTreeMap<Vec<String>, usize>,
}

impl Sources {
    /// Reads source files: their paths below `src` and their texts.
    pub fn new<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let files: Vec<SourceFile> = texts.into_iter().map(|(file, text)| SourceFile::new(file, text)).collect();
        let by_module = files.iter().enumerate().map(|(index, file)| (file.module.clone(), index)).collect();
        Self { files, by_module }
    }

    /// Returns the file that defines what an absolute path names, following re-exports.
    fn definition(&self, path: &[String], depth: usize) -> Option<usize> {
        let length = (1..=path.len()).rev().find(|length| self.by_module.contains_key(&path[..*length]))?;
        let index = *self.by_module.get(&path[..length])?;
        let file = &self.files[index];
        let Some(item) = path.get(length).filter(|_| depth < 8) else { return Some(index) };
        let reexport = file.paths.iter().find(|used| used.is_use && used.name == *item);
        let target = reexport.and_then(|used| file.absolute(&used.segments)).filter(|target| target != path);
        target.and_then(|target| self.definition(&target, depth + 1)).or(Some(index))
    }

    /// Returns, for each file, the files that it uses within its top-level module, with the line of the first use.
    ///
    /// A re-export alone is no use. A name that is imported and one that is re-exported and then used both count.
    pub fn edges(&self) -> BTreeMap<usize, BTreeMap<usize, usize>> {
        let mut edges: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
        for (from, file) in self.files.iter().enumerate() {
            let used_names = names_in_code(file);
            for used in &file.paths {
                if used.is_reexport && !used_names.contains(used.name.as_str()) {
                    continue;
                }
                let Some(path) = file.absolute(&used.segments) else { continue };
                let Some(to) = self.definition(&path, 0) else { continue };
                if to != from && self.files[to].top() == file.top() {
                    edges.entry(from).or_default().entry(to).or_insert(used.line);
                }
            }
        }
        edges
    }
}

/// Returns the identifiers outside `use` and `mod` declarations.
fn names_in_code(file: &SourceFile) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut is_declaration = false;
    for token in &file.tokens {
        if token.is("use") || token.is("mod") {
            is_declaration = true;
        } else if token.is(";") {
            is_declaration = false;
        } else if token.kind == Kind::Ident && !is_declaration {
            names.insert(token.text.as_str());
        }
    }
    names
}
