//! Bug reports: what happened, and what to report.

/// Returns the text of a bug report.
pub fn report(what: &str, location: Option<&str>) -> String {
    let location = location.map(|location| format!("\n  where:    {location}")).unwrap_or_default();
    format!(
        "error: internal error: this is a bug in rackform\n  what:     {what}{location}\n  version:  {version} ({os}, {arch})\n\
         hint: report these lines and the command that you ran, without secret parameter values\n",
        version = env!("CARGO_PKG_VERSION"),
        os = std::env::consts::OS,
        arch = std::env::consts::ARCH,
    )
}

/// Installs a panic hook that prints a bug report and exits with [`ExitCode::Bug`](crate::cli::ExitCode::Bug).
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        use std::io::Write as _;
        // The caller reports a damaged store.
        if crate::backend::local::is_guarded() {
            return;
        }
        let what = info.payload_as_str().unwrap_or("panicked");
        let location = info.location().map(ToString::to_string);
        let mut stderr = std::io::stderr();
        let _ = stderr.write_all(crate::ui::painted(&report(what, location.as_deref()), false).as_bytes());
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
            let _ = writeln!(stderr, "{}", std::backtrace::Backtrace::force_capture());
        }
        std::process::exit(i32::from(crate::cli::ExitCode::Bug.number()));
    }));
}
