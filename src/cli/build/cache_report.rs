//! Reports what a build did with its cache, and fails if the cache had to be written and was not.

use super::registry::{certificates, credential_files};
use crate::build::cache_report::{CacheReport, Expected, ExportOutcome, Lookup, report};
use crate::build::exec::Observed;
use crate::build::progress::ExportEnd;
use crate::cli::{Context, ExitCode, Failure};
use crate::ui::build::cache_report::line;

/// A build whose cache is observed.
#[derive(Debug)]
pub(super) struct CacheWatch {
    expected: Option<Expected>,
    lookup: Option<Lookup>,
}

impl CacheWatch {
    /// Starts to observe a build. `insecure` allows registries without TLS, as for the engine.
    ///
    /// # Errors
    ///
    /// Returns an error if the cache has to be written, and this build does not write one.
    pub(super) fn start(expected: Option<Expected>, insecure: bool, is_required: bool) -> Result<Self, Failure> {
        if is_required {
            require(expected.as_ref())?;
        }
        // Without the certificates that the variable names, the registry does not answer, unless it is on this machine.
        let ask = |expected| Lookup::start(expected, insecure, certificates().ok().flatten(), credential_files());
        let lookup = expected.as_ref().map(ask);
        Ok(Self { expected, lookup })
    }

    /// Prints the report of a build that succeeded, and returns it; `None` if the build has no cache.
    pub(super) fn finish(self, observed: &Observed, context: &mut Context<'_>) -> Option<CacheReport> {
        let witnesses = self.lookup.map(Lookup::finish).unwrap_or_default();
        let report = report(self.expected.as_ref()?, observed, &witnesses);
        let line = line(&report);
        if report.has_failed() {
            context.warn(&format!("warning: {line}"))
        } else {
            context.status(&line)
        }
        Some(report)
    }
}

fn require(expected: Option<&Expected>) -> Result<(), Failure> {
    let Some(expected) = expected else {
        return Err(Failure::new(ExitCode::Usage, "`--require-cache`: this build has no cache that is written at its end")
            .hinted("select a cache with `--repository HOST/NAME` or `--cache`, or omit `--require-cache`"));
    };
    if let Some((name, reason)) = &expected.dropped {
        return Err(Failure::new(ExitCode::CacheNotWritten, format!("the build would not write {name}: {reason}"))
            .hinted("the notes above say what is missing; without `--require-cache` the build runs without it"));
    }
    if expected.exports.is_empty() {
        return Err(Failure::new(ExitCode::Usage, "`--require-cache`: this build only reads a cache").hinted("add `--cache-to`"));
    }
    Ok(())
}

/// Fails unless every cache of the report is known to be written.
///
/// # Errors
///
/// Returns an error with the reasons.
pub(super) fn require_written(report: Option<&CacheReport>) -> Result<(), Failure> {
    let Some(report) = report.filter(|report| !report.is_written()) else { return Ok(()) };
    let mut failure = Failure::new(ExitCode::CacheNotWritten, "the build succeeded, but its cache was not written");
    if let Failure::Expected(expected) = &mut failure {
        for export in &report.exports {
            match &export.outcome {
                ExportOutcome::NotWritten(reason) => expected.causes.push(format!("{}: {reason}", export.to)),
                ExportOutcome::Unknown(reason) => expected.causes.push(format!("unknown whether {} was written: {reason}", export.to)),
                ExportOutcome::Written | ExportOutcome::UpToDate | ExportOutcome::NothingToWrite => {}
            }
        }
    }
    Err(failure)
}

/// Returns why a build that failed could not write its cache, if the engine's output says so.
pub(super) fn export_failure(observed: &Observed) -> Option<String> {
    let progress = &observed.progress;
    let exports = progress.exports.iter().find_map(|export| match &export.end {
        Some(ExportEnd::Failed(reason)) if reason != "canceled" => Some(reason.clone()),
        _ => None,
    });
    exports.or_else(|| progress.layers.as_ref()?.failures.first().cloned())
}
