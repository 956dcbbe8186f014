//! `render --for-each`: one file for each rack of a list.

use std::path::Path;
use std::sync::Mutex;

use super::{Args, specialised};
use crate::cli::shared::files::create_directories;
use crate::cli::{Context, ExitCode, Failure};
use crate::config::{ListedRack, RackList};
use crate::diagnostic::Source;
use crate::files::Batch;
use crate::operation::{RackListRequest, RenderedRack, explain_racks, render_racks};
use crate::render::{RenderFormat, to_text};

/// Most differing files whose difference is printed; the others are listed.
const MOST_SHOWN: usize = 10;

/// Renders every rack of the list, and writes the files or compares them.
pub(super) fn run(args: &Args, list: &Path, format: RenderFormat, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let source = context.alloc(Source::read(list)?);
    let (racks, problems) = RackList::read_in_part(source, context.arena)?;
    let template = specialised::template(args, context)?;
    let request = RackListRequest {
        parameters: specialised::parameters(args, context)?,
        pseudo: specialised::pseudo_parameters(args, context)?,
        is_specialised: args.specialise,
        kept: args.keep.clone(),
        omits_descriptions: args.omit_descriptions,
        threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    };
    if problems.has_errors() {
        return Err(explain_racks(template, &racks, &request, problems).into());
    }
    let extension = if format == RenderFormat::Yaml { "yaml" } else { "json" };
    let file_name = |rack: &RenderedRack<'_>| format!("{}.{extension}", rack.name);
    let count = racks.racks.len();
    let count = if count == 1 { "1 rack".to_owned() } else { format!("{count} racks") };

    if let Some(directory) = args.rendered.check_path() {
        let differing: Mutex<Vec<(usize, String, String)>> = Mutex::new(Vec::new());
        render_racks(template, &racks, &request, &|rack| {
            let (name, text) = (file_name(rack), to_text(rack.root, format));
            let existing = crate::files::read(&directory.join(&name), crate::diagnostic::MAX_SOURCE_BYTES as u64);
            if existing.is_ok_and(|bytes| bytes == text.as_bytes()) {
                return Ok(());
            }
            if let Ok(mut differing) = differing.lock() {
                // The first ones of the list keep their text; threads finish in any order.
                let at = differing.partition_point(|(index, ..)| *index < rack.index);
                differing.insert(at, (rack.index, name, text));
                differing.iter_mut().skip(MOST_SHOWN).for_each(|(_, _, text)| *text = String::new());
            }
            Ok::<(), std::convert::Infallible>(())
        })?
        .unwrap_or_default();
        let differing = differing.into_inner().unwrap_or_default();
        return report(&differing, directory, &count, context);
    }
    let Some(directory) = args.rendered.output_path() else {
        return Err(Failure::new(ExitCode::Usage, "`--for-each` requires a directory")
            .hinted("use `-o DIRECTORY` to write the templates, or `--check DIRECTORY` to compare them"));
    };
    let created = create_directories(context.global, directory)?;
    let done = {
        let batch = Batch::new(directory).map_err(|error| Failure::cannot_write(directory, &error))?;
        let done = render_racks(template, &racks, &request, &|rack| batch.add(&file_name(rack), to_text(rack.root, format).as_bytes()));
        done.map_err(Failure::from)
            .and_then(|done| done.and_then(|()| batch.commit()).map_err(|error| Failure::cannot_write(directory, &error)))
    };
    if done.is_err() {
        // Without files, a new directory is of no use.
        created.iter().for_each(|directory| drop(std::fs::remove_dir(directory)));
    }
    done?;
    context.status(&format!("rendered {count} into `{}`", directory.display()));
    if !args.specialise && racks.racks.iter().any(ListedRack::has_parameters) {
        context.status("the files are equal: parameters were checked, and `--specialise` would write templates for their values");
    }
    Ok(ExitCode::Done)
}

/// Prints how files differ from the rendered templates.
fn report(differing: &[(usize, String, String)], directory: &Path, count: &str, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let shown_directory = directory.display().to_string();
    if differing.is_empty() {
        context.status(&format!("{count} in `{shown_directory}` up to date"));
        return Ok(ExitCode::Done);
    }
    for (_, name, text) in differing {
        let path = directory.join(name);
        let shown = path.display().to_string();
        if text.is_empty() {
            context.answer(&format!("{shown} is out of date\n"))?;
            continue;
        }
        if path.symlink_metadata().is_err() {
            context.answer(&format!("{shown} does not exist\n"))?;
            continue;
        }
        let file = Source::read(&path)?;
        let difference = crate::ui::difference((&shown, file.text()), ("rendered", text), context.layout());
        context.answer(&difference)?;
    }
    context.status(&format!(
        "{} of {count} in `{shown_directory}` out of date; to update them, use `-o {shown_directory}` instead of `--check`",
        differing.len()
    ));
    Ok(ExitCode::Differences)
}
