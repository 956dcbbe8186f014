//! The minijinja environment: undefined values are errors, nothing is escaped, and errors point into the template source.

use std::collections::BTreeMap;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, context};
use serde::Deserialize;

use super::filters;
use super::sources::{ROOT, TemplateSources};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::model::Sections;
use crate::model::value::TEXT_OF;

/// Most instructions of all template sources together; the built-in ones take some thousands.
const MOST_INSTRUCTIONS: u64 = 10_000_000;

/// Renders the root source with the rack's sections as variables.
pub(super) fn render(sources: &TemplateSources, rack: &Sections) -> Result<String, Diagnostics> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_debug(true);
    environment.set_fuel(Some(MOST_INSTRUCTIONS));
    environment.add_filter("json", filters::json);
    environment.add_filter("entries", filters::entries);
    let mut problems = Diagnostics::default();
    for (name, source) in sources.iter() {
        if let Err(error) = environment.add_template(name, source.text()) {
            problems.push(problem(sources, &error));
        }
    }
    problems.into_result(())?;
    let context = context! {
        metadata => Serde(rack.metadata()),
        parameters => Serde(&rack.parameters),
        conditions => Serde(&rack.conditions),
        resources => Serde(&rack.resources),
        outputs => Serde(&rack.outputs),
    };
    let rendered = environment.get_template(ROOT).and_then(|template| template.render(context));
    let rendered = rendered.and_then(|rendered| with_texts(&environment, &rendered));
    rendered.map_err(|error| problem(sources, innermost(&error)).into())
}

/// A place of the model for the text of a template source: its name, and its variables.
#[derive(Deserialize)]
struct TextOf {
    #[serde(rename = "Rackform::TextOf")]
    text_of: (String, BTreeMap<String, String>),
}

/// Inserts the texts for which the model has places, each as a JSON string.
fn with_texts(environment: &Environment<'_>, rendered: &str) -> Result<String, Error> {
    let start = format!("{{\"{TEXT_OF}\":");
    let mut text = String::with_capacity(rendered.len() * 2);
    let mut rest = rendered;
    while let Some((before, place)) = rest.find(&start).map(|at| rest.split_at(at)) {
        text.push_str(before);
        let mut places = serde_json::Deserializer::from_str(place).into_iter::<TextOf>();
        let Some(Ok(TextOf { text_of: (name, variables) })) = places.next() else {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("`{TEXT_OF}` requires the name of a template source and variables"),
            ));
        };
        let inserted = environment.get_template(&name)?.render(Serde(variables))?;
        text.push_str(&filters::json(&Value::from(inserted))?);
        rest = place.get(places.byte_offset()..).unwrap_or_default();
    }
    text.push_str(rest);
    Ok(text)
}

/// Returns the error inside an include, which has the exact position.
fn innermost(error: &Error) -> &Error {
    let mut innermost = error;
    while let Some(cause) = std::error::Error::source(innermost).and_then(|cause| cause.downcast_ref::<Error>()) {
        innermost = cause;
    }
    // A cause without a position, such as an error of a filter, is reported at the position of the outer error.
    if innermost.name().is_some() { innermost } else { error }
}

fn problem(sources: &TemplateSources, error: &Error) -> Diagnostic {
    let what = match error.kind() {
        ErrorKind::UndefinedError => "undefined value".to_owned(),
        ErrorKind::TemplateNotFound => "included template source not found".to_owned(),
        ErrorKind::OutOfFuel => format!("the template sources take more than {MOST_INSTRUCTIONS} instructions"),
        kind => kind.to_string(),
    };
    let message = match error.detail() {
        Some(detail) => format!("{what}: {detail}"),
        None => what,
    };
    let mut diagnostic = Diagnostic::error("template-source", message);
    if let Some(source) = error.name().and_then(|name| sources.get(name)) {
        let line = || line_span(source.text(), error.line().unwrap_or(1));
        let span = error.range().map_or_else(line, |range| Span::new(range.start, range.end));
        diagnostic = diagnostic.at(source, span, "here");
    }
    if error.kind() == ErrorKind::UndefinedError {
        diagnostic = diagnostic.hinted("the variables are `metadata`, `parameters`, `conditions`, `resources` and `outputs`");
    }
    diagnostic
}

fn line_span(text: &str, line: usize) -> Span {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
    Span::new(start, start + length)
}
