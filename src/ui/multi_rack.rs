//! Headings and a summary for commands that run for several racks.

use std::fmt::Write as _;

use super::layout::{Layout, width};
use super::markdown::{escape, name};
use super::styles::styled;

/// Returns the heading of one rack.
pub fn heading(file: &str, layout: Layout) -> String {
    format!("{}\n", styled(layout.styles.strong, format!("== {file} ==")))
}

/// Returns a summary with one line for each rack: its file and its result.
pub fn summary(racks: &[(&str, &str)], layout: Layout) -> String {
    let names = racks.iter().map(|(file, _)| width(file)).max().unwrap_or(0);
    let mut text = format!("{}\n", styled(layout.styles.strong, format!("Summary of {} racks", racks.len())));
    for (file, result) in racks {
        let _ = writeln!(text, "  {file}{}  {result}", " ".repeat(names - width(file)));
    }
    text
}

/// Returns the heading of one rack in Markdown.
pub fn markdown_heading(file: &str) -> String {
    format!("## {}\n\n", name(file))
}

/// Returns the placeholder for output that exceeds the size of a pull request comment.
pub fn markdown_omitted(file: &str) -> String {
    let option = name(&format!("-f {file}"));
    format!("{}_Omitted because the comment is too long. Run the command with {option} to see it._\n", markdown_heading(file))
}

/// Returns a Markdown table of the racks and their results.
pub fn markdown_summary(racks: &[(&str, &str)]) -> String {
    let mut text = "| rack | |\n| --- | --- |\n".to_owned();
    for (file, result) in racks {
        let _ = writeln!(text, "| {} | {} |", name(file), escape(result));
    }
    text
}
