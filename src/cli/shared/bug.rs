//! What a bug in rackform looks like to a user: what happened, and what to report.

/// Returns the text of a bug report.
pub fn report(what: &str, place: Option<&str>) -> String {
    let place = place.map(|place| format!("\n  where:    {place}")).unwrap_or_default();
    format!(
        "error: this is a bug in rackform, not a mistake of yours\n  what:     {what}{place}\n  version:  {version} ({os}, {arch})\n\
         hint: please report these lines with the command you ran; leave out parameter values that are secret\n",
        version = env!("CARGO_PKG_VERSION"),
        os = std::env::consts::OS,
        arch = std::env::consts::ARCH,
    )
}

/// Makes a panic print a bug report and end the process with the exit code of a bug.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        use std::io::Write as _;
        let what = info.payload_as_str().unwrap_or("panicked");
        let place = info.location().map(ToString::to_string);
        let mut stderr = anstream::stderr();
        let _ = stderr.write_all(report(what, place.as_deref()).as_bytes());
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
            let _ = writeln!(stderr, "{}", std::backtrace::Backtrace::force_capture());
        }
        std::process::exit(i32::from(crate::cli::ExitCode::Bug.number()));
    }));
}
