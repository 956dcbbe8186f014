//! Arguments, dispatch and exit codes; one file per command.

/// Runs the program with the process's own arguments.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
