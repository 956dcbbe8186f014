//! Pages that are generated from the models: `docs/rack.md` and `docs/migrating.md`.
//!
//! `UPDATE_DOCS=1 cargo test --test it reference` writes them; without it, the tests fail if a page is not up to date.

#![allow(clippy::unwrap_used, clippy::panic)]

mod costs;
mod graph;
mod migrating;
mod rack;
mod sentence;

use std::fmt::Write as _;

/// Compares a page with its file, or writes the file.
fn compare(name: &str, page: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/{name} is not up to date; `UPDATE_DOCS=1 cargo test --test it reference` updates it");
}

/// Returns a Markdown table.
fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(N));
    for row in rows {
        writeln!(text, "| {} |", row.map(|cell| cell.replace('|', "\\|").replace('\n', " ")).join(" | ")).unwrap();
    }
    text
}

/// Returns a name as code.
fn code(name: &str) -> String {
    format!("`{name}`")
}

/// Returns names as code, separated by commas.
fn codes<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(code).collect::<Vec<_>>().join(", ")
}
