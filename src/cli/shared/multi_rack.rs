//! One command about several racks: run at once with a bound, told one after the other in the order given, summed up at the end.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc;

use serde::Serialize;

use crate::cli::shared::screen::{Kept, Screen};
use crate::cli::{Command, Context, ExitCode, Failure, GlobalArgs};
use crate::config::BackendChoice;
use crate::config::RackFile;
use crate::template::Arena;
use crate::ui;

/// How many racks are asked about at once: enough to hide waiting for AWS, few enough to stay below its throttling.
const AT_ONCE: usize = 6;

/// How much of a Markdown comment each rack's line of the summary, or the word that it was left out, may take.
const SUMMARY_CHARACTERS: usize = 400;

/// How answers about several racks are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergedOutput {
    /// Under headings, for a person.
    Human,
    /// Under headings, in a comment for a pull request.
    Markdown,
    /// In one list.
    Json,
}

/// What came of one rack.
#[derive(Serialize)]
struct Told {
    file: String,
    exit_code: u8,
    /// What it came to, in a few words.
    summary: String,
    /// What the command answers about this rack alone; `null` where it failed before.
    answer: serde_json::Value,
    /// What the command said beside it.
    said: String,
    #[serde(skip)]
    text: String,
    #[serde(skip)]
    code: ExitCode,
}

#[derive(Serialize)]
struct Answer<'a> {
    exit_code: u8,
    racks: &'a [Told],
}

/// Runs a command for every rack that `-f` names.
///
/// # Errors
///
/// Returns that the command is about one rack, or that the racks cannot be told apart.
pub fn run(command: &Command, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let global = context.global;
    let Some(joined) = command.joined() else {
        return Err(Failure::new(ExitCode::Usage, "several `--file` are for `diff`, `plan`, `verify` and `status`")
            .hinted("name one rack.yaml; `plan --output` too is about one"));
    };
    if global.stack_name.is_some() {
        return Err(Failure::new(ExitCode::Usage, "`--stack-name` with several `--file` would make one stack of all of them")
            .hinted("leave it out: each rack.yaml has its own `name`"));
    }
    if command.is_importing() {
        return Err(Failure::new(ExitCode::Usage, "`--import` with several `--file` would take the same resource into all of them")
            .hinted("name the one rack.yaml that it goes into"));
    }
    if let Some(twice) = global.files.iter().enumerate().find(|(index, file)| global.files[..*index].contains(file)) {
        return Err(Failure::new(ExitCode::Usage, format!("`{}` is named twice", twice.1.display())));
    }

    let (tell, told) = mpsc::channel();
    let queue = Mutex::new(groups(global).into_iter());
    let mut all: Vec<Option<Told>> = global.files.iter().map(|_| None).collect();
    let mut shown = 0;
    // The summary comes last, and is what must not be cut.
    let mut room = ui::plan::MARKDOWN_LIMIT_CHARACTERS.saturating_sub(SUMMARY_CHARACTERS * (global.files.len() + 1));
    std::thread::scope(|scope| -> Result<(), Failure> {
        for _ in 0..AT_ONCE.min(global.files.len()) {
            let (tell, queue) = (tell.clone(), &queue);
            scope.spawn(move || {
                while let Some(group) = queue.lock().ok().and_then(|mut groups| groups.next()) {
                    for index in group {
                        // Nobody listens any more once the answer could not be written.
                        let _ = tell.send((index, one(command, global, &global.files[index], joined)));
                    }
                }
            });
        }
        drop(tell);
        for (index, rack) in told {
            all[index] = Some(rack);
            while let Some(Some(next)) = all.get(shown) {
                show(context, next, joined, &mut room)?;
                shown += 1;
            }
        }
        Ok(())
    })?;
    let all: Vec<Told> = all.into_iter().flatten().collect();
    let worst = all.iter().map(|rack| rack.code).max_by_key(|code| severity(*code)).unwrap_or(ExitCode::Done);
    match joined {
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

/// Returns the racks that must be asked about one after the other: a local store has one owner at a time.
fn groups(global: &GlobalArgs) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Option<PathBuf>, Vec<usize>)> = Vec::new();
    for (index, file) in global.files.iter().enumerate() {
        // A file with problems tells them when its turn comes.
        let rack_file = RackFile::read(file).unwrap_or_default();
        let store = match global.backend.clone().or_else(|| rack_file.backend.clone()) {
            Some(BackendChoice::Aws) => None,
            Some(BackendChoice::Local { directory }) if global.backend.is_some() => Some(directory),
            Some(BackendChoice::Local { directory }) => Some(rack_file.beside(&directory)),
            None => Some(rack_file.beside(Path::new(BackendChoice::DEFAULT_DIRECTORY))),
        };
        // Two spellings of one directory are one store.
        let store = store.map(|store| std::fs::canonicalize(&store).unwrap_or(store));
        match groups.iter_mut().find(|(other, _)| store.is_some() && *other == store) {
            Some((_, group)) => group.push(index),
            None => groups.push((store, vec![index])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Runs the command for one rack.
fn one(command: &Command, global: &GlobalArgs, file: &Path, joined: MergedOutput) -> Told {
    let global = GlobalArgs { files: vec![file.to_owned()], ..global.clone() };
    let arena = Arena::new();
    let mut context = Context::new(&arena, &global, Screen::keeping(global.color.choice()));
    let done = command.run(&mut context);
    let failed = done.is_err();
    let code = crate::cli::ended(done, &mut context);
    let (Kept { answer, conversation }, summary) = context.finish();
    let summary = match (summary, failed) {
        (Some(summary), false) => summary,
        (Some(summary), true) => format!("{summary}; {}", code.word()),
        (None, _) => code.word().to_owned(),
    };
    let value = match joined {
        MergedOutput::Json => serde_json::from_str(&answer).unwrap_or_default(),
        _ => serde_json::Value::Null,
    };
    Told {
        file: file.display().to_string(),
        exit_code: code.number(),
        summary,
        answer: value,
        said: conversation.trim_end().to_owned(),
        text: answer,
        code,
    }
}

/// Shows the answer about one rack; in Markdown one that does not fit into `room` characters any more is left out, and that is said.
fn show(context: &mut Context<'_>, rack: &Told, joined: MergedOutput, room: &mut usize) -> Result<(), Failure> {
    let text = match joined {
        MergedOutput::Json => return Ok(()),
        MergedOutput::Human => format!("{}{}", ui::multi_rack::heading(&rack.file, context.layout()), rack.text),
        MergedOutput::Markdown => {
            let whole = format!("{}{}", ui::multi_rack::markdown_heading(&rack.file), rack.text);
            let text = if whole.chars().count() > *room { ui::multi_rack::markdown_omitted(&rack.file) } else { whole };
            *room = room.saturating_sub(text.chars().count() + 1);
            text
        }
    };
    context.answer(&text)?;
    if !rack.said.is_empty() {
        context.warn(&rack.said);
    }
    context.answer("\n")
}

/// Returns how bad an ending is among several; the worst is the end of all.
fn severity(code: ExitCode) -> usize {
    const FROM_BEST: [ExitCode; 13] = [
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
    FROM_BEST.iter().position(|known| *known == code).unwrap_or(FROM_BEST.len())
}
