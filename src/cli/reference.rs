//! The command reference page, from the same definitions as `--help`.

use std::fmt::Write as _;

/// Columns that help is wrapped to on the page.
const COLUMNS: usize = 100;

/// Returns `docs/commands.md`: every command with its help, the options that all share told once.
pub fn page() -> String {
    let mut text = "# Commands\n\nWritten from the program's own `--help`; a test keeps the two equal. Exit codes are in [exit-codes.md](exit-codes.md), \
                    the way through the commands in [guide.md](guide.md).\n"
        .to_owned();
    let root = super::command();
    let _ = write!(text, "\n## rackform\n\n```text\n{}\n```\n", help(root.clone().bin_name("rackform")));
    for command in root.get_subcommands() {
        let name = format!("rackform {}", command.get_name());
        // Options of the whole program reach a command only when the tree is built, so they are not repeated here.
        let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", help(command.clone().bin_name(&name)));
        if command.get_name() == "build" {
            for part in command.get_subcommands() {
                let name = format!("{name} {}", part.get_name());
                let _ = write!(text, "\n### {name}\n\n```text\n{}\n```\n", help(part.clone().bin_name(&name)));
            }
        }
    }
    text
}

fn help(command: clap::Command) -> String {
    let help = command.term_width(COLUMNS).render_long_help().to_string();
    help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}
