//! The entry point of `rackform`, which calls the library.

fn main() -> std::process::ExitCode {
    rackform::cli::main()
}
