//! Combines what was requested, what the engine said, and what the registry has.

use super::super::cache::ImageRef;
use super::super::exec::Observed;
use super::super::progress::{ExportEnd, ExportProgress, ImportProgress, Layers, Progress};
use super::expected::{CacheKind, CacheLocation, Expected};
use super::witness::Witness;
use super::{CacheReport, Export, ExportOutcome, Import, ImportOutcome};

/// The reason if nothing shows whether a cache was written.
const SILENT: &str = "the output of the engine does not show it";

/// Returns the report of a build that succeeded. `witnesses` are those of the exports, in order.
pub fn report(expected: &Expected, observed: &Observed, witnesses: &[Witness]) -> CacheReport {
    let progress = &observed.progress;
    let imports = match &progress.layers {
        Some(layers) => layer_imports(expected, layers),
        None => expected.imports.iter().enumerate().map(|(index, location)| import(expected, index, location, observed)).collect(),
    };
    let mut exports: Vec<Export> = match &progress.layers {
        Some(layers) => layer_exports(expected, progress, layers),
        None => expected.exports.iter().map(|location| export(expected, location, observed)).collect(),
    };
    for (export, witness) in exports.iter_mut().zip(witnesses) {
        confirm(export, witness);
    }
    if let Some((name, reason)) = &expected.dropped {
        let outcome = ExportOutcome::NotWritten(reason.clone());
        exports.push(Export { to: name.clone(), outcome, digest: None, is_confirmed: None });
    }
    CacheReport { steps: progress.steps, imports, exports }
}

fn layer_imports(expected: &Expected, layers: &Layers) -> Vec<Import> {
    let outcome = if layers.read > 0 { ImportOutcome::Read } else { ImportOutcome::NoMatch };
    expected.imports.iter().map(|location| Import { from: location.name.clone(), outcome: outcome.clone() }).collect()
}

fn layer_exports(expected: &Expected, progress: &Progress, layers: &Layers) -> Vec<Export> {
    let outcome = match layers.failures.first() {
        Some(failure) => ExportOutcome::NotWritten(failure.clone()),
        None if layers.pushed > 0 => ExportOutcome::Written,
        None if layers.read > 0 || progress.steps.is_some_and(|steps| steps.cached > 0) => ExportOutcome::UpToDate,
        None => ExportOutcome::NothingToWrite,
    };
    let export =
        |location: &CacheLocation| Export { to: location.name.clone(), outcome: outcome.clone(), digest: None, is_confirmed: None };
    expected.exports.iter().map(export).collect()
}

fn import(expected: &Expected, index: usize, location: &CacheLocation, observed: &Observed) -> Import {
    let outcome = |found: Option<&ImportProgress>| match found.map(|import| &import.end) {
        Some(Some(Ok(()))) => ImportOutcome::Read,
        // The registry answered that it has no such manifest or repository, or the directory does not exist.
        Some(Some(Err(message))) if message.ends_with("not found") || message.ends_with("no such file or directory") => {
            ImportOutcome::Missing
        }
        Some(Some(Err(message))) => ImportOutcome::Failed(message.clone()),
        Some(None) | None => ImportOutcome::Unknown,
    };
    let imports = &observed.progress.imports;
    let found = match &location.kind {
        CacheKind::Registry(reference) => {
            if let Some(succeeded) = observed.step("pull", &location.name) {
                let failed = || ImportOutcome::Failed("docker did not pull it, as before the first build; its output shows why".to_owned());
                return Import { from: location.name.clone(), outcome: if succeeded { ImportOutcome::Read } else { failed() } };
            }
            imports.iter().find(|import| is_reference(&import.source, reference))
        }
        CacheKind::Directory(path) => imports.iter().find(|import| import.source == *path).or_else(|| of_kind(expected, index, imports)),
        _ => of_kind(expected, index, imports),
    };
    Import { from: location.name.clone(), outcome: outcome(found) }
}

/// Returns the progress of an import that BuildKit names by its type and a number, `s3:8127`: the one at the same place among those of its
/// type.
fn of_kind<'p>(expected: &Expected, index: usize, imports: &'p [ImportProgress]) -> Option<&'p ImportProgress> {
    let kind = expected.imports.get(index)?.kind_name();
    let place = expected.imports.iter().take(index).filter(|location| location.kind_name() == kind).count();
    imports.iter().filter(|import| import.source.strip_prefix(kind).is_some_and(|rest| rest.starts_with(':'))).nth(place)
}

fn is_reference(text: &str, reference: &ImageRef) -> bool {
    text.parse::<ImageRef>().is_ok_and(|parsed| parsed.canonical() == reference.canonical())
}

fn export(expected: &Expected, location: &CacheLocation, observed: &Observed) -> Export {
    let new = |outcome, digest: Option<String>| Export { to: location.name.clone(), outcome, digest, is_confirmed: None };
    if let (CacheKind::Registry(_), Some(succeeded)) = (&location.kind, observed.step("push", &location.name)) {
        let failed = || ExportOutcome::NotWritten("the push failed; the engine's output shows why".to_owned());
        return new(if succeeded { ExportOutcome::Written } else { failed() }, None);
    }
    if let CacheKind::Image(_) = location.kind {
        return new(ExportOutcome::Written, None);
    }
    if location.kind == CacheKind::Inline && !expected.is_pushed {
        return new(ExportOutcome::NotWritten("the cache is in the image, which this build does not push".to_owned()), None);
    }
    let progress = &observed.progress;
    if !progress.is_understood {
        return new(ExportOutcome::Unknown(SILENT.to_owned()), None);
    }
    let kind = location.kind_name();
    // Engines before 0.11 do not name the type, and write one cache only.
    let found: Vec<&ExportProgress> = progress.exports.iter().filter(|export| export.kind.is_none_or(|found| found == kind)).collect();
    let count = expected.exports.iter().filter(|other| other.kind_name() == kind).count();
    let chosen = match found.as_slice() {
        [] => return new(ExportOutcome::NotWritten("the engine did not export it".to_owned()), None),
        [only] if count == 1 => *only,
        several => match among(several, location, expected) {
            Some(export) => export,
            None => return new(ExportOutcome::Unknown("the engine failed to write one of several caches".to_owned()), None),
        },
    };
    let outcome = match &chosen.end {
        Some(ExportEnd::Written) => ExportOutcome::Written,
        Some(ExportEnd::Empty) if progress.steps.is_some_and(|steps| steps.total == 0) => ExportOutcome::NothingToWrite,
        Some(ExportEnd::Empty) => ExportOutcome::NotWritten("the engine found no layers for it".to_owned()),
        Some(ExportEnd::Failed(message)) => ExportOutcome::NotWritten(message.clone()),
        None => ExportOutcome::Unknown(SILENT.to_owned()),
    };
    // With several caches of a type, the digests cannot be assigned.
    new(outcome, chosen.digest.clone().filter(|_| count == 1))
}

/// Returns the progress of one of several exports of the same type, which BuildKit does not distinguish: all ended equally, or the messages
/// name the caches that failed.
fn among<'p>(found: &[&'p ExportProgress], location: &CacheLocation, expected: &Expected) -> Option<&'p ExportProgress> {
    let failed: Vec<&ExportProgress> = found.iter().copied().filter(|export| failure(export).is_some()).collect();
    if failed.is_empty() || failed.len() == found.len() {
        return found.first().copied();
    }
    let names = |location: &CacheLocation, export: &&&ExportProgress| failure(export).is_some_and(|message| is_named(location, message));
    if let Some(export) = failed.iter().find(|export| names(location, export)) {
        return Some(export);
    }
    // If every message names another cache, this one was written.
    let others = || expected.exports.iter().filter(|other| *other != location);
    let is_of_another = |export: &&ExportProgress| others().any(|other| names(other, &export));
    let written = found.iter().copied().find(|export| failure(export).is_none());
    failed.iter().all(is_of_another).then_some(written)?
}

fn failure(export: &ExportProgress) -> Option<&str> {
    match &export.end {
        Some(ExportEnd::Failed(message)) => Some(message),
        _ => None,
    }
}

/// Returns whether a message names a cache: as a reference, or in an address of the registry's API.
fn is_named(location: &CacheLocation, message: &str) -> bool {
    match &location.kind {
        CacheKind::Registry(reference) => {
            let canonical = reference.canonical_name();
            let address = canonical.split_once('/').map(|(host, repository)| format!("{host}/v2/{repository}/"));
            message.contains(&reference.name()) || address.is_some_and(|address| message.contains(&address))
        }
        _ => message.contains(&location.name),
    }
}

/// Adds what the registry or directory has.
fn confirm(export: &mut Export, witness: &Witness) {
    let Some(after) = &witness.after else { return };
    match (&export.outcome, after) {
        (ExportOutcome::Written, None) => {
            export.is_confirmed = Some(false);
            export.outcome = ExportOutcome::NotWritten("the engine reported success, but it does not exist".to_owned());
        }
        (ExportOutcome::Written, Some(found)) => export.is_confirmed = export.digest.as_ref().map(|written| written == found),
        (ExportOutcome::Unknown(_), Some(found)) => match &witness.before {
            Some(before) if before.as_ref() != Some(found) => {
                export.outcome = ExportOutcome::Written;
                export.digest = Some(found.clone());
                export.is_confirmed = Some(true);
            }
            Some(_) => export.outcome = ExportOutcome::Unknown(format!("{SILENT}, and the cache is the same as before the build")),
            None => {}
        },
        (ExportOutcome::Unknown(_), None) => {
            export.is_confirmed = Some(false);
            export.outcome = ExportOutcome::NotWritten("it does not exist after the build".to_owned());
        }
        _ => {}
    }
}
