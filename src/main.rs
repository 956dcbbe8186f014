//! The doorway of `rackform`: everything is in the library.

fn main() -> std::process::ExitCode {
    rackform::cli::main()
}
