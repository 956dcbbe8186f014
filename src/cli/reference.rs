//! The command reference page, generated from the definitions of `--help`.

use std::fmt::Write as _;

/// The width of help texts on the page, in columns.
const COLUMNS: usize = 100;

/// Returns `docs/commands.md`: every command with its help, global options once.
pub fn page() -> String {
    let mut text = "# Commands\n\nGenerated from `--help`; a test compares the two. [exit-codes.md](exit-codes.md) lists the exit codes, \
                    [guide.md](guide.md) introduces the commands.\n"
        .to_owned();
    let root = super::command();
    let _ = write!(text, "\n## rackform\n\n```text\n{}\n```\n", help(root.clone().bin_name("rackform")));
    for command in root.get_subcommands() {
        let name = format!("rackform {}", command.get_name());
        // clap adds global options to a command only when it builds the tree, so they are not repeated here.
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
