//! The order of the modules in `src`, checked on the source text.
//!
//! [`ORDER`] is the order that `docs/ARCHITECTURE.md` shows: a module may use modules on the lines before its own. The rules read paths
//! such as `crate::plan::Effect`, without comments, strings and unit tests. Each exception is listed here with its reason.

#![allow(clippy::unwrap_used, clippy::panic)]

mod cycles;
mod imports;
mod lexer;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use imports::{SourceFile, Sources};
use lexer::Kind;

/// The modules, lowest first. Modules on one line do not use each other.
const ORDER: &[&[&str]] = &[
    &["graph", "text", "aws", "polling", "unique", "policy", "files"],
    &["diagnostic"],
    &["template"],
    &["secret"],
    &["schema", "parameters", "build"],
    &["evaluate", "model"],
    &["render", "patch", "specialise"],
    &["cloudformation"],
    &["plan", "refactor"],
    &["validate"],
    &["backend"],
    &["apply", "permissions"],
    &["recover"],
    &["verify"],
    &["config"],
    &["operation"],
    &["ui"],
    &["cli"],
];

/// The modules that may use `build`. It is a leaf: without it, everything else still compiles.
const USERS_OF_BUILD: &[&str] = &["config", "operation", "ui", "cli"];

/// The modules that `build` may use.
const USED_BY_BUILD: &[&str] = &["graph", "secret", "text", "diagnostic", "aws", "polling", "unique", "template", "files"];

/// The folders that may use the AWS SDK.
const SDK_FOLDERS: &[&str] = &["aws/", "backend/aws/", "verify/aws/", "build/aws/"];

/// Uses that break the order, as `user -> used`, each with the reason.
const ARROW_EXCEPTIONS: &[(&str, &str)] = &[];

/// Cycles between files of one module, by their first file in alphabetic order, each with the reason.
const CYCLE_EXCEPTIONS: &[(&str, &str)] = &[];

/// Folders and files whose strings hold options for a reason.
const OPTION_EXCEPTIONS: &[(&str, &str)] = &[
    ("build/cache/", "composes cache options of engines"),
    ("build/command/", "composes the command lines of engines"),
    ("build/engine/", "asks engines for their version and features"),
    ("build/dockerfile/", "quotes options of Dockerfile instructions"),
];

/// Files with comments that are still wider than the formatter's width.
const WIDTH_EXCEPTIONS: &[&str] = &["src/cli/shared/imports.rs"];

/// The modules that may print to the terminal and name the options of the command line.
const FRONT: &[&str] = &["lib", "cli", "ui"];

/// Returns the files below `src`, with paths relative to it.
fn texts() -> Vec<(String, String)> {
    fn walk(folder: &Path, root: &Path, texts: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, texts);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                texts.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut texts = Vec::new();
    walk(&root, &root, &mut texts);
    texts.sort();
    texts
}

/// The files below `src`, read once.
static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
    let texts = texts();
    Sources::new(texts.iter().map(|(file, text)| (file.as_str(), text.as_str())))
});

fn layer(module: &str) -> Option<usize> {
    ORDER.iter().position(|layer| layer.contains(&module))
}

/// Returns why `user` must not use `used`, or `None` if it may.
fn refusal(user: &str, used: &str) -> Option<String> {
    if user == used || user == "lib" {
        return None;
    }
    let (Some(user_layer), Some(used_layer)) = (layer(user), layer(used)) else {
        return Some(format!("`{}` is not in the order of modules", if layer(user).is_none() { user } else { used }));
    };
    if used == "build" && !USERS_OF_BUILD.contains(&user) {
        return Some("`build` is a leaf".to_owned());
    }
    if user == "build" && !USED_BY_BUILD.contains(&used) {
        return Some(format!("`build` is a leaf and may use only {}", USED_BY_BUILD.join(", ")));
    }
    (user_layer <= used_layer).then(|| format!("`{user}` is not above `{used}` in the order of modules"))
}

/// Returns the uses that break the order, one line each.
fn wrong_arrows(sources: &Sources, exceptions: &[(&str, &str)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut needed = Vec::new();
    for file in &sources.files {
        for used in &file.paths {
            let Some(path) = file.absolute(&used.segments) else { continue };
            let Some(module) = path.first().filter(|module| sources.files.iter().any(|file| file.top() == **module)) else { continue };
            let Some(reason) = refusal(file.top(), module) else { continue };
            let arrow = format!("{} -> {module}", file.top());
            if exceptions.iter().any(|(exception, _)| *exception == arrow) {
                needed.push(arrow);
            } else {
                wrong.push(format!("src/{}:{}: {arrow}: {reason}", file.file, used.line));
            }
        }
    }
    let unneeded = exceptions.iter().filter(|(exception, _)| !needed.iter().any(|arrow| arrow == exception));
    wrong.extend(unneeded.map(|(exception, _)| format!("the exception `{exception}` is no longer needed: remove it")));
    wrong
}

/// Returns the places where a file outside the SDK's folders uses the AWS SDK.
fn wrong_sdk_uses(file: &SourceFile) -> Vec<String> {
    if SDK_FOLDERS.iter().any(|folder| file.file.starts_with(folder)) {
        return Vec::new();
    }
    let is_sdk =
        |name: &str| ["aws_sdk_", "aws_config", "aws_smithy", "aws_types", "aws_credential"].iter().any(|crate_| name.starts_with(crate_));
    let uses = file.tokens.iter().filter(|token| token.kind == Kind::Ident && is_sdk(&token.text));
    uses.map(|token| format!("src/{}:{}: only {} may use `{}`", file.file, token.line, SDK_FOLDERS.join(", "), token.text)).collect()
}

/// Returns the places where a file outside `cli` and `ui` prints.
fn wrong_prints(file: &SourceFile) -> Vec<String> {
    const MACROS: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];
    if FRONT.contains(&file.top()) {
        return Vec::new();
    }
    let pairs = file.tokens.windows(2).filter(|pair| MACROS.contains(&pair[0].text.as_str()) && pair[1].is("!"));
    pairs.map(|pair| format!("src/{}:{}: `{}!` outside `cli` and `ui`", file.file, pair[0].line, pair[0].text)).collect()
}

/// Returns the places where a file outside `cli` and `ui` names an option of the command line in a string.
///
/// Only options in `options` count, and commands of the AWS CLI in backticks do not.
fn wrong_options(file: &SourceFile, options: &[String]) -> Vec<String> {
    if FRONT.contains(&file.top()) {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    for token in file.tokens.iter().filter(|token| token.kind == Kind::Text) {
        for (index, _) in token.text.match_indices("--") {
            let (before, after) = (&token.text[..index], &token.text[index + 2..]);
            let option = &after[..after.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(after.len())];
            let starts_word = before.chars().next_back().is_none_or(|c| c == '`' || c.is_whitespace());
            let is_aws_cli = before.rsplit('`').next().is_some_and(|command| command.trim_start().starts_with("aws "));
            if starts_word && !is_aws_cli && options.iter().any(|known| known == option) {
                wrong.push(format!("src/{}:{}: names the option `--{option}`: return data and word it in `cli`", file.file, token.line));
            }
        }
    }
    wrong
}

/// Returns the numbers of the lines with a comment over the formatter's width; a link cannot be wrapped.
fn wide_comments(text: &str) -> Vec<usize> {
    let is_wide = |line: &str| line.trim_start().starts_with("//") && line.chars().count() > 140 && !line.contains("http");
    text.lines().enumerate().filter(|(_, line)| is_wide(line)).map(|(index, _)| index + 1).collect()
}

/// Returns the options of the command line, without dashes, from the command reference.
fn options() -> Vec<String> {
    let page = include_str!("../../docs/commands.md");
    let mut options: Vec<String> = page
        .lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'))
        .filter_map(|line| line.split("--").nth(1))
        .map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap_or_default().to_owned())
        .filter(|option| !option.is_empty())
        .collect();
    options.sort();
    options.dedup();
    options
}

fn assert_none(problems: Vec<String>) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn modules_use_only_modules_before_them() {
    assert_none(wrong_arrows(&SOURCES, ARROW_EXCEPTIONS));
}

#[test]
fn files_of_a_module_do_not_use_each_other_in_a_cycle() {
    let found = cycles::cycles(&SOURCES);
    let is_excepted = |cycle: &cycles::Cycle| CYCLE_EXCEPTIONS.iter().any(|(first, _)| *first == cycle.files[0]);
    let mut problems: Vec<String> = found.iter().filter(|cycle| !is_excepted(cycle)).map(|cycle| cycle.to_string()).collect();
    let unneeded = CYCLE_EXCEPTIONS.iter().filter(|(first, _)| !found.iter().any(|cycle| cycle.files[0] == **first));
    problems.extend(unneeded.map(|(first, _)| format!("the exception `{first}` is no longer needed: remove it")));
    assert_none(problems);
}

#[test]
fn only_the_aws_folders_use_the_sdk() {
    assert_none(SOURCES.files.iter().flat_map(wrong_sdk_uses).collect());
}

#[test]
fn only_cli_and_ui_print() {
    assert_none(SOURCES.files.iter().flat_map(wrong_prints).collect());
}

#[test]
fn only_cli_and_ui_name_options() {
    let options = options();
    assert!(options.len() > 50, "docs/commands.md lists options: {options:?}");
    let is_excepted = |file: &SourceFile, excepted: &str| file.file.starts_with(excepted);
    let strict = SOURCES.files.iter().filter(|file| !OPTION_EXCEPTIONS.iter().any(|(excepted, _)| is_excepted(file, excepted)));
    let mut problems: Vec<String> = strict.flat_map(|file| wrong_options(file, &options)).collect();
    let is_needed = |excepted: &str| {
        let mut files = SOURCES.files.iter().filter(|file| is_excepted(file, excepted));
        files.any(|file| !wrong_options(file, &options).is_empty())
    };
    let unneeded = OPTION_EXCEPTIONS.iter().filter(|(excepted, _)| !is_needed(excepted));
    problems.extend(unneeded.map(|(excepted, _)| format!("the exception `{excepted}` is no longer needed: remove it")));
    assert_none(problems);
}

#[test]
fn the_architecture_page_shows_the_same_order() {
    let page = include_str!("../../docs/ARCHITECTURE.md");
    let block = page.split("```order\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default();
    let expected: String = ORDER.iter().map(|layer| format!("{}\n", layer.join(", "))).collect();
    assert_eq!(block, expected, "docs/ARCHITECTURE.md: the block `order`");
}

#[test]
fn no_file_has_unsafe_code() {
    // `#[ctor::ctor(unsafe)]` says that the function runs before `main`; the function itself has no unsafe code.
    const BEFORE_MAIN: &str = "cli/shared/closed_stdout.rs";
    let mut found = Vec::new();
    for file in &SOURCES.files {
        let uses = file.tokens.iter().filter(|token| token.kind == Kind::Ident && ["unsafe", "unsafe_code"].contains(&token.text.as_str()));
        let allowed = usize::from(file.file == BEFORE_MAIN);
        found.extend(uses.skip(allowed).map(|token| format!("src/{}:{}: `{}`", file.file, token.line, token.text)));
    }
    assert_none(found);
}

#[test]
fn a_comment_is_at_most_140_columns_wide() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut problems) = (vec![root.join("src"), root.join("tests")], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = path.strip_prefix(root).unwrap().display().to_string();
                let text = fs::read_to_string(&path).unwrap();
                problems.extend(wide_comments(&text).into_iter().map(|line| format!("{file}:{line}: wider than 140 columns")));
            }
        }
    }
    problems.retain(|problem| !WIDTH_EXCEPTIONS.iter().any(|file| problem.starts_with(file)));
    problems.sort();
    assert_none(problems);
}

/// The rules on invented sources, to prove that they find what they are for.
mod rules {
    use super::*;

    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        wrong_arrows(&Sources::new(files.iter().copied()), &[])
    }

    #[test]
    fn an_arrow_upwards_is_reported_with_file_and_line() {
        let plan = ("plan/mod.rs", "use crate::template::Node;\n\nuse crate::{cli::Context, evaluate::{self, Value}};\n");
        let others = [("template/mod.rs", ""), ("cli/mod.rs", "use crate::plan::Plan;"), ("evaluate/mod.rs", "")];
        let found = arrows(&[plan, others[0], others[1], others[2]]);
        assert_eq!(found, ["src/plan/mod.rs:3: plan -> cli: `plan` is not above `cli` in the order of modules"]);
    }

    #[test]
    fn a_path_in_code_counts_and_one_in_a_comment_or_string_does_not() {
        let text = "// crate::cli::a\nfn f() -> &'static str { crate::ui::show(); \"crate::cli::b\" }\n";
        let found = arrows(&[("backend/local/store.rs", text), ("ui/mod.rs", ""), ("cli/mod.rs", "")]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("src/backend/local/store.rs:2: backend -> ui"), "{found:?}");
    }

    #[test]
    fn a_wide_comment_is_found() {
        let wide = "word ".repeat(40);
        assert_eq!(wide_comments(&format!("// short\n    /// {wide}\nlet text = \"{wide}\";\n// https://example.com/{wide}\n")), [2]);
    }

    #[test]
    fn peers_and_unlisted_modules_and_uses_of_build_are_reported() {
        let files = [
            ("schema/mod.rs", "use crate::parameters::Set;"),
            ("parameters/mod.rs", "use crate::brand_new::Thing;"),
            ("brand_new/mod.rs", ""),
            ("plan/mod.rs", "use crate::build::Image;"),
            ("build/mod.rs", "use crate::evaluate::Value; use crate::template::Node;"),
            ("evaluate/mod.rs", ""),
            ("template/mod.rs", ""),
        ];
        let found = arrows(&files);
        assert_eq!(found.len(), 4, "{found:?}");
    }

    #[test]
    fn an_exception_allows_an_arrow_and_one_without_a_use_is_reported() {
        let files = [("schema/mod.rs", "use crate::parameters::Set;"), ("parameters/mod.rs", "")];
        let sources = Sources::new(files);
        assert_eq!(wrong_arrows(&sources, &[("schema -> parameters", "reason")]), [""; 0]);
        assert_eq!(wrong_arrows(&sources, &[("schema -> parameters", ""), ("plan -> cli", "")]).len(), 1);
    }

    #[test]
    fn the_sdk_prints_and_options_are_found() {
        let text = "use aws_sdk_ec2::Client;\nfn f() { println!(\"pass `--format json`, not `aws ecs list --format`\"); }\n";
        let file = SourceFile::new("plan/invented.rs", text);
        assert_eq!(wrong_sdk_uses(&file).len(), 1);
        assert_eq!(wrong_prints(&file).len(), 1);
        assert_eq!(wrong_options(&file, &["format".to_owned()]).len(), 1);
        let in_front = SourceFile::new("cli/mod.rs", text);
        assert_eq!((wrong_prints(&in_front).len(), wrong_options(&in_front, &["format".to_owned()]).len()), (0, 0));
        assert_eq!(wrong_sdk_uses(&SourceFile::new("backend/aws/mod.rs", text)).len(), 0);
    }
}
