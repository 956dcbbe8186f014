//! Runs one command for several racks in parallel, and prints their results in the order of the command line, then a summary.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc;

use serde::Serialize;

use crate::cli::shared::screen::{CapturedOutput, Screen};
use crate::cli::{Command, Context, ExitCode, Failure, GlobalArgs};
use crate::config::{CommandLineValues, RackFile, Settings};
use crate::template::Arena;
use crate::ui;

/// The number of racks to process in parallel: enough to hide the latency of AWS, and few enough to avoid throttling.
const PARALLEL_RACKS: usize = 6;

/// The characters of a Markdown comment reserved for a rack's line in the summary or for its placeholder if it is omitted.
const SUMMARY_CHARACTERS: usize = 400;

/// How the results of several racks are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergedOutput {
    /// As text under headings.
    Human,
    /// As Markdown under headings, for a pull request.
    Markdown,
    /// As one JSON list.
    Json,
}

/// The result for one rack.
#[derive(Serialize)]
struct RackResult {
    file: String,
    exit_code: u8,
    /// A short summary.
    summary: String,
    /// The command's JSON output for this rack; `null` if the command failed first.
    answer: serde_json::Value,
    /// The command's output on standard error.
    messages: String,
    #[serde(skip)]
    text: String,
    #[serde(skip)]
    code: ExitCode,
}

#[derive(Serialize)]
struct Answer<'a> {
    exit_code: u8,
    racks: &'a [RackResult],
}

/// Runs a command for every rack that `--file` names.
///
/// # Errors
///
/// Returns an error if the command supports only one rack, or if options conflict with several racks.
pub fn run(command: &Command, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let global = context.global;
    let Some(format) = command.merged_output() else {
        return Err(Failure::new(ExitCode::Usage, "this command does not support several `--file`")
            .hinted("`diff`, `plan` without `--output`, `status` and `verify` support several"));
    };
    if global.stack_name.is_some() {
        return Err(Failure::new(ExitCode::Usage, "cannot use `--stack-name` with several `--file`")
            .hinted("omit `--stack-name`; each file has its own `name`"));
    }
    if command.is_importing() {
        return Err(Failure::new(ExitCode::Usage, "cannot use `--import` with several `--file`: a resource belongs to one stack")
            .hinted("name one file"));
    }
    if command.has_json_file() {
        return Err(Failure::new(ExitCode::Usage, "cannot use `--json-into` with several `--file`: each rack would replace the file")
            .hinted("use `--format json`, which has the plans of all racks"));
    }
    if let Some((_, file)) = global.files.iter().enumerate().find(|(index, file)| global.files[..*index].contains(file)) {
        return Err(Failure::new(ExitCode::Usage, format!("duplicate `--file {}`", file.display())));
    }

    let (sender, receiver) = mpsc::channel();
    let queue = Mutex::new(group_by_store(global).into_iter());
    let mut all: Vec<Option<RackResult>> = global.files.iter().map(|_| None).collect();
    let mut shown = 0;
    // The summary comes last and must not be omitted.
    let mut remaining = ui::plan::MARKDOWN_LIMIT_CHARACTERS.saturating_sub(SUMMARY_CHARACTERS * (global.files.len() + 1));
    std::thread::scope(|scope| -> Result<(), Failure> {
        for _ in 0..PARALLEL_RACKS.min(global.files.len()) {
            let (sender, queue) = (sender.clone(), &queue);
            scope.spawn(move || {
                while let Some(group) = queue.lock().ok().and_then(|mut groups| groups.next()) {
                    for index in group {
                        // The receiver is gone if the output could not be written.
                        let _ = sender.send((index, run_for_rack(command, global, &global.files[index], format)));
                    }
                }
            });
        }
        drop(sender);
        for (index, rack) in receiver {
            all[index] = Some(rack);
            while let Some(Some(next)) = all.get(shown) {
                print_result(context, next, format, &mut remaining)?;
                shown += 1;
            }
        }
        Ok(())
    })?;
    let all: Vec<RackResult> = all.into_iter().flatten().collect();
    let worst = all.iter().map(|rack| rack.code).max_by_key(|code| severity(*code)).unwrap_or(ExitCode::Done);
    match format {
        MergedOutput::Json => context.answer(&ui::json(&Answer { exit_code: worst.number(), racks: &all })?)?,
        MergedOutput::Human => {
            let rows: Vec<(&str, &str)> = all.iter().map(|rack| (rack.file.as_str(), rack.summary.as_str())).collect();
            context.answer(&ui::multi_rack::summary(&rows, context.layout()))?;
        }
        MergedOutput::Markdown => {
            let rows: Vec<(&str, &str)> = all.iter().map(|rack| (rack.file.as_str(), rack.summary.as_str())).collect();
            context.answer(&ui::multi_rack::markdown_summary(&rows))?;
        }
    }
    Ok(worst)
}

/// Groups racks that share a local store: only one command can lock a store at a time, so a group runs sequentially.
fn group_by_store(global: &GlobalArgs) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Option<PathBuf>, Vec<usize>)> = Vec::new();
    for (index, file) in global.files.iter().enumerate() {
        // The errors of an invalid file are reported when the command runs for it.
        let rack_file = RackFile::read(file).unwrap_or_default();
        let command_line = CommandLineValues { backend: global.backend.as_ref(), ..CommandLineValues::default() };
        let store = Settings { command_line, rack_file: &rack_file }.store();
        // Different paths may name the same directory.
        let store = store.map(|store| std::fs::canonicalize(&store).unwrap_or(store));
        match groups.iter_mut().find(|(other, _)| store.is_some() && *other == store) {
            Some((_, group)) => group.push(index),
            None => groups.push((store, vec![index])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Runs the command for one rack.
fn run_for_rack(command: &Command, global: &GlobalArgs, file: &Path, format: MergedOutput) -> RackResult {
    let global = GlobalArgs { files: vec![file.to_owned()], ..global.clone() };
    let arena = Arena::new();
    let mut context = Context::new(&arena, &global, Screen::capturing(global.color.choice()));
    let done = command.run(&mut context);
    let failed = done.is_err();
    let code = crate::cli::finish(done, &mut context);
    let (CapturedOutput { answer, messages }, summary) = context.finish();
    let summary = match (summary, failed) {
        (Some(summary), false) => summary,
        (Some(summary), true) => format!("{summary}; {}", code.label()),
        (None, _) => code.label().to_owned(),
    };
    let value = match format {
        MergedOutput::Json => serde_json::from_str(&answer).unwrap_or_default(),
        _ => serde_json::Value::Null,
    };
    RackResult {
        file: file.display().to_string(),
        exit_code: code.number(),
        summary,
        answer: value,
        messages: match format {
            MergedOutput::Json => ui::painted(messages.trim_end(), false).into_owned(),
            _ => messages.trim_end().to_owned(),
        },
        text: answer,
        code,
    }
}

/// Prints the result for one rack. In Markdown, a result longer than the `remaining` characters is replaced by a placeholder.
fn print_result(context: &mut Context<'_>, rack: &RackResult, format: MergedOutput, remaining: &mut usize) -> Result<(), Failure> {
    let text = match format {
        MergedOutput::Json => return Ok(()),
        MergedOutput::Human => format!("{}{}", ui::multi_rack::heading(&rack.file, context.layout()), rack.text),
        MergedOutput::Markdown => {
            let whole = format!("{}{}", ui::multi_rack::markdown_heading(&rack.file), rack.text);
            let text = if whole.chars().count() > *remaining { ui::multi_rack::markdown_omitted(&rack.file) } else { whole };
            *remaining = remaining.saturating_sub(text.chars().count() + 1);
            text
        }
    };
    context.answer(&text)?;
    if !rack.messages.is_empty() {
        context.warn(&rack.messages);
    }
    context.answer("\n")
}

/// Returns the severity of an exit code: the command for several racks returns the most severe.
fn severity(code: ExitCode) -> usize {
    const BY_SEVERITY: [ExitCode; 13] = [
        ExitCode::Done,
        ExitCode::Differences,
        ExitCode::Disagreement,
        ExitCode::Declined,
        ExitCode::TryAgain,
        ExitCode::Denied,
        ExitCode::NoInput,
        ExitCode::Data,
        ExitCode::Usage,
        ExitCode::Unavailable,
        ExitCode::Failed,
        ExitCode::CannotWrite,
        ExitCode::Interrupted,
    ];
    BY_SEVERITY.iter().position(|known| *known == code).unwrap_or(BY_SEVERITY.len())
}
