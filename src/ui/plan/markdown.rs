//! A plan as Markdown for a comment on a pull request.

use std::fmt::Write as _;

use super::Heading;
use super::human::json_text;
use super::properties::Property;
use super::value::{Room, Shown, UNKNOWN_AFTER, UNKNOWN_BEFORE, change, plural, with_placeholders};
use super::view::{Group, Item, View, acknowledgement, data_loss};
use crate::plan::{Plan, Risk, RiskKind};
use crate::text::Pairs;
use crate::ui::markdown::{escape, name, prose};
use crate::ui::visible::visible;

/// The maximum length of a GitHub comment in characters.
pub const MARKDOWN_LIMIT_CHARACTERS: usize = 65_536;

/// Characters reserved for the note about omitted sections.
const RESERVE_CHARACTERS: usize = 1_000;

/// The maximum width of a value in columns.
const COLUMNS: usize = 100;

/// Returns the plan as Markdown that fits into a pull request comment; a note at its end names the sections that do not fit.
pub fn markdown(plan: &Plan, heading: Heading<'_>) -> String {
    let view = View::of(plan);
    if view.is_empty() {
        let subject = escape(&heading.subject.to_string());
        return format!("### {subject}: no changes\n\n{} ({}).\n", prose(&heading.subject.unchanged()), escape(heading.made));
    }
    let mut text = format!("### {}: change set ({})\n\n**{}**\n", escape(&heading.subject.to_string()), escape(heading.made), view.counts);
    if let Some(line) = acknowledgement(plan) {
        let _ = write!(text, "\n{line}\n");
    }
    text.push_str(&refusals(&view));
    // `View` sorts data loss before the other groups.
    if let Some(losses) = view.items.chunk_by(|item, next| item.group == next.group).find(|items| items[0].group == Group::DataLoss) {
        let _ = write!(text, "\n> [!CAUTION]\n> **Data loss: {}.**\n", data_loss(losses));
    }
    let mut page = Page { used: text.chars().count(), text, omitted: Vec::new() };
    let possible_losses = plan.risks.iter().filter(|risk| risk.kind == RiskKind::DataLoss && !risk.certainty.is_certain());
    let risks: Vec<String> = possible_losses.chain(view.widening.iter().copied()).chain(view.risks.iter().copied()).map(warning).collect();
    if !risks.is_empty() {
        page.add("risks", &format!("\n> [!WARNING]\n{}", risks.concat()));
    }
    let unknowns: Vec<String> =
        plan.unknowns.iter().map(|unknown| format!("> - {}: {}\n", unknown.kind.name(), prose(&unknown.reason))).collect();
    if !unknowns.is_empty() {
        page.add("unknowns", &format!("\n> [!WARNING]\n> **Unknown before the update**\n{}", unknowns.concat()));
    }
    page.add("parameters", &parameters(plan));
    for items in view.items.chunk_by(|item, next| item.group == next.group) {
        let Some(group) = items.first().map(|item| item.group) else { continue };
        page.add(group.title(), &format!("\n#### {} ({})\n\n", group.title(), items.len()));
        for item in items {
            page.add(item.logical_id, &section(item, &view.pairs));
        }
    }
    page.add("settings of the stack", &stack(&view));
    page.add("outputs", &outputs(plan));
    page.finish()
}

/// Returns the refused changes as a block, or an empty text.
fn refusals(view: &View<'_>) -> String {
    let mut text = String::new();
    if view.refusals.iter().any(|refusal| refusal.is_blocking()) {
        text.push_str("\n> [!CAUTION]\n> **Refused: the whole update fails.**\n");
    } else if !view.refusals.is_empty() {
        text.push_str("\n> [!WARNING]\n> **The update may be refused.**\n");
    }
    for refusal in &view.refusals {
        let may = if refusal.is_blocking() { "" } else { "possible " };
        let _ = write!(text, "> - {may}{}: {}", refusal.kind.name(), prose(&refusal.reason));
        if let Some(message) = refusal.message.as_deref().filter(|message| !refusal.reason.contains(message)) {
            let _ = write!(text, " The error: {}", prose(message));
        }
        let _ = match &refusal.fix {
            Some(fix) => writeln!(text, " Fix: {}.", prose(fix)),
            None => writeln!(text),
        };
    }
    text
}

/// Returns one risk as an item of a list.
fn warning(risk: &Risk) -> String {
    let id = risk.logical_resource_id.as_deref().filter(|id| !risk.reason.contains(id));
    let id = id.map(|id| format!(" {}:", name(id))).unwrap_or_default();
    format!("> - {}{}:{id} {}\n", possible(risk), risk.kind.name(), prose(&risk.reason))
}

fn possible(risk: &Risk) -> &'static str {
    if risk.certainty.is_certain() { "" } else { "possible " }
}

struct Page<'p> {
    text: String,
    used: usize,
    omitted: Vec<&'p str>,
}

impl<'p> Page<'p> {
    fn add(&mut self, name: &'p str, part: &str) {
        let characters = part.chars().count();
        if self.used + characters > MARKDOWN_LIMIT_CHARACTERS - RESERVE_CHARACTERS {
            self.omitted.push(name);
            return;
        }
        self.used += characters;
        self.text.push_str(part);
    }

    fn finish(mut self) -> String {
        if !self.omitted.is_empty() {
            let named: Vec<String> = self.omitted.iter().take(10).map(|omitted| name(omitted)).collect();
            let more = if self.omitted.len() > 10 { ", ..." } else { "" };
            let _ = write!(
                self.text,
                "\n_{} omitted to fit into a comment: {}{more}. `rackform diff --format human` shows everything._\n",
                plural(self.omitted.len(), "section"),
                named.join(", ")
            );
        }
        self.text
    }
}

fn parameters(plan: &Plan) -> String {
    if plan.parameters.is_empty() && plan.ssm_parameters.is_empty() {
        return String::new();
    }
    let mut text = "\n| parameter | before | after |\n| --- | --- | --- |\n".to_owned();
    let (new_defaults, changed): (Vec<_>, Vec<_>) = plan.parameters.iter().partition(|parameter| parameter.new_default);
    for parameter in changed {
        let cell = |value: Option<&str>| value.map_or_else(|| "_absent_".to_owned(), code);
        let _ =
            writeln!(text, "| {} | {} | {} |", name(&parameter.name), cell(parameter.before.as_deref()), cell(parameter.after.as_deref()));
    }
    if let [first, ..] = new_defaults.as_slice() {
        let more = match new_defaults.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let _ = writeln!(text, "| {}{more}, new | _absent_ | _default_ |", name(&first.name));
    }
    for parameter in &plan.ssm_parameters {
        let (stored, before, after) = (code(&parameter.stored_under), code(&parameter.before), code(&parameter.after));
        let _ = writeln!(text, "| {}, SSM parameter {stored} | {before} | {after} |", name(&parameter.name));
    }
    if let Some(note) = super::view::uncompared(plan) {
        let _ = writeln!(text, "\nNote: {}", prose(&note));
    }
    text
}

fn section(item: &Item<'_>, pairs: &Pairs) -> String {
    let cause = if item.cause.is_empty() { String::new() } else { format!(" ({})", item.cause) };
    let summary =
        format!("<code>{}</code> {} <b>{}</b>{}", escape(item.logical_id), escape(item.resource_type), escape(&item.verb), escape(&cause));
    let mut body = String::new();
    for risk in &item.risks {
        let _ = writeln!(body, "**{}{}**: {}\n", possible(risk), risk.kind.name(), prose(&risk.reason));
    }
    body.push_str(&fenced(&item.properties, pairs));
    if let Some(remark) = &item.remark {
        let _ = write!(body, "\n_{}_\n", prose(remark));
    }
    let is_open = if item.group <= Group::PossibleDataLoss { " open" } else { "" };
    if body.is_empty() {
        format!("- {summary}\n")
    } else {
        format!("<details{is_open}><summary>{summary}</summary>\n\n{}\n\n</details>\n", body.trim_end())
    }
}

/// Returns changed properties as a fenced block with `diff` highlighting.
fn fenced(properties: &[Property<'_>], pairs: &Pairs) -> String {
    if properties.is_empty() {
        return String::new();
    }
    let mut lines = String::new();
    for property in properties {
        let note = if property.note.is_empty() { String::new() } else { format!("  # {}", property.note) };
        match change(property.before.as_deref(), property.after.as_deref(), Room { columns: COLUMNS, whole: false, pairs }) {
            Shown::Line(line) => {
                let _ = writeln!(lines, "! {}  {line}{note}", property.name);
            }
            Shown::Lines(changed) => {
                let _ = writeln!(lines, "! {}{note}", property.name);
                for (sign, line) in changed {
                    let _ = writeln!(lines, "{}", format!("{sign} {line}").trim_end());
                }
            }
        }
    }
    let lines = visible(&lines);
    let fence = fence_for(&lines);
    format!("{fence}diff\n{lines}{fence}\n")
}

fn stack(view: &View<'_>) -> String {
    let settings = super::view::settings(view.plan);
    if settings.is_empty() {
        return String::new();
    }
    let note = super::view::retagged(view.plan).map(|note| format!("\n_{}_\n", prose(&note))).unwrap_or_default();
    format!("\n#### The stack itself ({})\n\n{}{note}", settings.len(), fenced(&settings, &view.pairs))
}

fn outputs(plan: &Plan) -> String {
    if plan.outputs.is_empty() {
        return String::new();
    }
    let mut text = format!("\n#### Outputs ({})\n\n| output | before | after |\n| --- | --- | --- |\n", plan.outputs.len());
    for output in &plan.outputs {
        let cell = |value: &Option<serde_json::Value>, unknown: &str| match value {
            Some(value) => code(&with_placeholders(&json_text(value), unknown)),
            None => "_absent_".to_owned(),
        };
        let (before, after) = (cell(&output.before, UNKNOWN_BEFORE), cell(&output.after, UNKNOWN_AFTER));
        let _ = writeln!(text, "| {} | {before} | {after} |", name(&output.name));
    }
    text
}

/// Returns a fence longer than any run of backticks in the text, so that a value cannot close it.
fn fence_for(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Returns a value for a table cell.
fn code(value: &str) -> String {
    if value.is_empty() {
        return "_empty_".to_owned();
    }
    format!("<code>{}</code>", escape(&crate::ui::clip(&value.replace('\n', " "), COLUMNS)))
}
