//! What stands around the answers about several racks: a heading each, and a summary.

use std::fmt::Write as _;

use super::layout::{Layout, width};
use super::styles::styled;

/// Returns the line above the answer about one rack.
pub fn heading(file: &str, layout: Layout) -> String {
    format!("{}\n", styled(layout.styles.strong, format!("== {file} ==")))
}

/// Returns a line a rack: its file and what it came to.
pub fn summary(racks: &[(&str, &str)], layout: Layout) -> String {
    let names = racks.iter().map(|(file, _)| width(file)).max().unwrap_or(0);
    let mut text = format!("{}\n", styled(layout.styles.strong, format!("Summary of {} racks", racks.len())));
    for (file, came_to) in racks {
        let _ = writeln!(text, "  {file}{}  {came_to}", " ".repeat(names - width(file)));
    }
    text
}

/// Returns the heading above the answer about one rack, in Markdown.
pub fn markdown_heading(file: &str) -> String {
    format!("## `{file}`\n\n")
}

/// Returns what stands in place of an answer that a comment for a pull request has no room for.
pub fn markdown_left_out(file: &str) -> String {
    format!("{}_Left out: a comment has no room for more. `-f {file}` alone shows it._\n", markdown_heading(file))
}

/// Returns a table of the racks' files and what they came to, in Markdown.
pub fn markdown_summary(racks: &[(&str, &str)]) -> String {
    let mut text = "| rack | |\n| --- | --- |\n".to_owned();
    for (file, came_to) in racks {
        let _ = writeln!(text, "| `{}` | {} |", file.replace('|', "\\|"), came_to.replace('|', "\\|"));
    }
    text
}
