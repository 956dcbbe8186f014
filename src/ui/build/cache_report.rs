//! Words what a build did with its cache.

use serde::Serialize;

use crate::build::Engine;
use crate::build::cache_report::{CacheReport, Export, ExportOutcome, ImportOutcome};
use crate::ui::findings::FindingAnswer;
use crate::ui::visible::one_line;
use crate::validate::Finding;

/// The JSON view of a build that was run.
#[derive(Serialize)]
pub struct BuildView<'r> {
    /// The engine.
    pub engine: Engine,
    /// What it did with the cache; `None` for a build without a cache.
    pub cache: Option<&'r CacheReport>,
    /// What is wrong with the Dockerfile.
    findings: Vec<FindingAnswer<'r>>,
}

impl<'r> BuildView<'r> {
    /// Returns the view of a build.
    pub fn new(engine: Engine, cache: Option<&'r CacheReport>, findings: &'r [Finding]) -> Self {
        Self { engine, cache, findings: findings.iter().map(FindingAnswer::new).collect() }
    }
}

/// Returns the report on one line. What was not written comes first.
pub fn line(report: &CacheReport) -> String {
    let (failed, others): (Vec<&Export>, Vec<&Export>) =
        report.exports.iter().partition(|export| matches!(export.outcome, ExportOutcome::NotWritten(_)));
    let mut parts: Vec<String> = failed.into_iter().map(export).collect();
    match report.steps {
        Some(steps) if steps.total > 0 => parts.push(format!("{} of {} steps cached", steps.cached, steps.total)),
        Some(_) => {}
        None => parts.push("unknown how many steps were cached".to_owned()),
    }
    let from = |outcome: &ImportOutcome| -> Option<String> {
        let imports = report.imports.iter().filter(|import| import.outcome == *outcome);
        let names: Vec<&str> = imports.map(|import| import.from.as_str()).collect();
        (!names.is_empty()).then(|| names.join(" and "))
    };
    parts.extend(from(&ImportOutcome::Read).map(|names| format!("read from {names}")));
    parts.extend(from(&ImportOutcome::NoMatch).map(|names| format!("nothing to use in {names}")));
    if let Some(names) = from(&ImportOutcome::Missing) {
        parts.push(format!("no cache yet in {names}"));
    }
    for import in &report.imports {
        if let ImportOutcome::Failed(reason) = &import.outcome {
            parts.push(format!("not read from {}: {reason}", import.from));
        }
    }
    parts.extend(from(&ImportOutcome::Unknown).map(|names| format!("unknown whether {names} was read")));
    parts.extend(others.into_iter().map(export));
    one_line(&format!("cache: {}", parts.join("; "))).into_owned()
}

fn export(export: &Export) -> String {
    let to = &export.to;
    match &export.outcome {
        ExportOutcome::Written if export.is_confirmed == Some(false) => {
            format!("written to {to}, which another build has overwritten since")
        }
        ExportOutcome::Written => format!("written to {to}"),
        ExportOutcome::UpToDate => format!("{to} already has every layer"),
        ExportOutcome::NothingToWrite => format!("nothing to write to {to}"),
        ExportOutcome::NotWritten(reason) => format!("not written to {to}: {reason}"),
        ExportOutcome::Unknown(reason) => format!("unknown whether {to} was written: {reason}"),
    }
}
