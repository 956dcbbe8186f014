//! A plan for a terminal.

use std::fmt::Write as _;

use super::headline::{self, Loudness};
use super::properties::Property;
use super::repeated::{listed, repeated};
use super::sections;
use super::value::{Room, Shown, change, plural};
use super::view::{Group, Item, View, acknowledgement, data_loss, retagged, settings, uncompared};
use super::{Detail, Heading, Subject};
use crate::plan::{ParameterChange, Plan, rename_offers};
use crate::text::Pairs;
use crate::ui::layout::{Layout, clip, fitted, width, wrapped};
use crate::ui::styles::{Style, Styles, styled};
use crate::ui::visible::visible;

/// The number of resources from which the most important facts are listed before the details.
const MANY_RESOURCES: usize = 8;

/// Returns the plan for a terminal.
///
/// Refusals come first, then certain and possible loss of data, wider access and unknowns, then the resources by what happens to them.
/// Text repeats everything that a color expresses.
pub fn human(plan: &Plan, heading: Heading<'_>, detail: Detail, layout: Layout) -> String {
    let text = unfitted(plan, heading, detail, layout);
    // A file or pipe keeps one line for each fact, so that it can be searched.
    if layout.whole { text } else { fitted(&text, layout.width, HANG) }
}

/// The indentation of the rest of a wrapped line.
const HANG: usize = 6;

fn unfitted(plan: &Plan, heading: Heading<'_>, detail: Detail, layout: Layout) -> String {
    let view = View::of(plan);
    let styles = layout.styles;
    let mut text = String::new();
    if view.is_empty() {
        let _ = writeln!(text, "{} ({}).", heading.subject.unchanged(), heading.made);
        return text;
    }
    let parameters = match plan.parameters.len() {
        0 => String::new(),
        count => format!(", {} changed", plural(count, "parameter")),
    };
    let title = format!("{} {} ({}{parameters})", heading.subject.title(), heading.subject, heading.made);
    let _ = writeln!(text, "{}", styled(styles.strong, title));
    let mut told = Vec::new();
    if detail == Detail::Summary || view.items.len() > MANY_RESOURCES {
        told = draw_facts(&mut text, &view, layout);
    }
    if detail == Detail::Summary {
        let _ = writeln!(text, "\n{}", styled(styles.strong, view.counts));
        return text;
    }
    sections::refusals(&mut text, &view, layout);
    let is_loss = |group: Group| group <= Group::PossibleDataLoss;
    for items in view.items.chunk_by(|item, next| item.group == next.group) {
        if is_loss(items[0].group) {
            draw_group(&mut text, items, &view.pairs, layout);
        }
    }
    sections::wider_access(&mut text, &view, &told, layout);
    sections::unknowns(&mut text, &view, layout);
    draw_parameters(&mut text, &view, layout);
    for items in view.items.chunk_by(|item, next| item.group == next.group) {
        if !is_loss(items[0].group) {
            draw_group(&mut text, items, &view.pairs, layout);
        }
    }
    if view.items.is_empty() {
        text.push_str(if plan.unknowns.is_empty() { "\nNo resource changes.\n" } else { "\nNo known resource changes.\n" });
    }
    draw_settings(&mut text, &view, layout);
    sections::risks(&mut text, &view, layout);
    draw_outputs(&mut text, &view, layout);
    let _ = writeln!(text, "\n{}", styled(styles.strong, view.counts));
    if let Some(line) = acknowledgement(plan) {
        let _ = writeln!(text, "{line}");
    }
    if matches!(heading.subject, Subject::Stack(_)) {
        draw_renames(&mut text, plan);
    }
    text
}

/// Draws the command that keeps resources which may only have another logical ID.
fn draw_renames(text: &mut String, plan: &Plan) {
    let offers = rename_offers(plan);
    if offers.is_empty() {
        return;
    }
    let pairs: Vec<String> = offers.iter().map(|offer| format!("{} as {}", offer.old, offer.new)).collect();
    let flags: String = offers.iter().map(|offer| format!(" --rename {}={}", offer.old, offer.new)).collect();
    let _ = writeln!(text, "If only the logical ID changes, a stack refactoring keeps {}: rackform refactor{flags}", pairs.join(", "));
}

/// Draws one line for each of the most important facts, and returns the texts that are shown whole.
fn draw_facts(text: &mut String, view: &View<'_>, layout: Layout) -> Vec<String> {
    let mut told = Vec::new();
    let facts = headline::facts(view);
    if facts.is_empty() {
        return told;
    }
    text.push('\n');
    let labels = facts.iter().map(|fact| width(fact.label)).max().unwrap_or(0);
    for fact in facts {
        let style = if fact.loudness == Loudness::Alarm { layout.styles.alarm } else { layout.styles.warning };
        let room = layout.width.saturating_sub(labels + 6).max(30);
        let shown = fit(&fact.text, room, layout);
        let _ = writeln!(text, "  {}  {shown}", styled(style, format!("! {:labels$}", fact.label)));
        if shown == fact.text {
            told.push(shown);
        }
    }
    told
}

/// Returns a text on one line: shortened on a terminal, whole in a file or pipe.
fn fit(text: &str, columns: usize, layout: Layout) -> String {
    if layout.whole { visible(text).replace('\n', " ") } else { clip(text, columns) }
}

/// Draws the resources of one group; changes that several of them have in common are drawn once.
fn draw_group(text: &mut String, items: &[Item<'_>], pairs: &Pairs, layout: Layout) {
    draw_title(text, items, layout.styles);
    let widest = |part: fn(&Item<'_>) -> usize| items.iter().map(part).max().unwrap_or(0).min(layout.width / 3);
    let mut columns = (widest(|item| width(item.logical_id)), widest(|item| width(item.resource_type)));
    // Columns that leave no room for what happens would wrap every line.
    let verbs = items.iter().map(|item| width(&item.verb)).min().unwrap_or(0);
    if columns.0 + columns.1 + verbs + 8 > layout.width {
        columns.1 = 0;
    }
    let common = repeated(items);
    let listed = listed(&common);
    for item in items {
        draw_item(text, item, columns, layout);
        let own: Vec<&Property<'_>> = item.properties.iter().filter(|property| !listed.contains(property)).collect();
        draw_properties(text, &own, pairs, layout);
        if let Some(remark) = &item.remark {
            let _ = writeln!(text, "      {}", styled(layout.styles.dim, format!("note: {remark}")));
        }
    }
    for changes in &common {
        for line in wrapped(&format!("the same in {}:", changes.ids.join(", ")), layout.width.saturating_sub(4)) {
            let _ = writeln!(text, "    {line}");
        }
        draw_properties(text, &changes.properties, pairs, layout);
    }
}

fn draw_parameters(text: &mut String, view: &View<'_>, layout: Layout) {
    let plan = view.plan;
    let (new_defaults, changed): (Vec<_>, Vec<_>) = plan.parameters.iter().partition(|parameter| parameter.new_default);
    let names = changed.iter().map(|parameter| width(&parameter.name)).max().unwrap_or(0);
    if !plan.parameters.is_empty() {
        text.push('\n');
    }
    for parameter in &changed {
        let room = Room { columns: layout.width.saturating_sub(names + 14), whole: layout.whole, pairs: &view.pairs };
        let shown = shown_on_one_line(change(parameter.before.as_deref(), parameter.after.as_deref(), room));
        let _ = writeln!(text, "  parameter {:names$}  {shown}", parameter.name);
    }
    if !new_defaults.is_empty() {
        let values = |parameter: &&ParameterChange| format!("{}={}", parameter.name, parameter.after.as_deref().unwrap_or_default());
        let list = new_defaults.iter().map(values).collect::<Vec<_>>().join(", ");
        let line = format!("  {} at {}: {list}", plural(new_defaults.len(), "new parameter"), its_default(new_defaults.len()));
        let _ = writeln!(text, "{}", fit(&line, layout.width, layout));
    }
    if !plan.ssm_parameters.is_empty() && plan.parameters.is_empty() {
        text.push('\n');
    }
    for parameter in &plan.ssm_parameters {
        let room = Room { columns: layout.width.saturating_sub(width(&parameter.name) + 14), whole: layout.whole, pairs: &view.pairs };
        let shown = shown_on_one_line(change(Some(&parameter.before), Some(&parameter.after), room));
        let _ = writeln!(text, "  parameter {}  {shown}  (SSM parameter {})", parameter.name, parameter.stored_under);
    }
    if let Some(note) = uncompared(plan) {
        for line in wrapped(&format!("note: {note}"), layout.width.saturating_sub(4)) {
            let _ = writeln!(text, "    {}", styled(layout.styles.dim, line));
        }
    }
}

fn its_default(count: usize) -> &'static str {
    if count == 1 { "its default" } else { "their defaults" }
}

fn shown_on_one_line(shown: Shown) -> String {
    match shown {
        Shown::Line(line) => line,
        Shown::Lines(lines) => format!("{} differ", plural(lines.iter().filter(|(sign, _)| *sign != ' ').count(), "line")),
    }
}

fn draw_title(text: &mut String, items: &[Item<'_>], styles: Styles) {
    let [Item { group, .. }, ..] = items else { return };
    text.push('\n');
    if *group == Group::DataLoss {
        let line = format!("!!! DATA LOSS: {} !!!", data_loss(items));
        let _ = writeln!(text, "{}", styled(styles.alarm, line));
    } else {
        let _ = writeln!(text, "{}", styled(styles.dim, group.title()));
    }
}

fn glyph_style(item: &Item<'_>, styles: Styles) -> Style {
    match item.group {
        Group::Refused | Group::DataLoss => styles.alarm,
        Group::PossibleDataLoss => styles.warning,
        Group::Replace => styles.replace,
        Group::Update | Group::NewRevision => styles.update,
        Group::Add | Group::Import => styles.add,
        Group::Remove => styles.remove,
        Group::ListedOnly => styles.dim,
    }
}

/// Draws what happens to one item. The items of a group share the columns of ID and type.
fn draw_item(text: &mut String, item: &Item<'_>, (ids, types): (usize, usize), layout: Layout) {
    let styles = layout.styles;
    let verb = if item.group == Group::DataLoss { styled(styles.alarm, &item.verb) } else { item.verb.clone() };
    let cause = if item.cause.is_empty() { String::new() } else { format!(" ({})", item.cause) };
    let glyph = styled(glyph_style(item, styles), item.glyph);
    let _ = writeln!(text, "{glyph} {:ids$}  {:types$}  {verb}{cause}", item.logical_id, item.resource_type);
    for risk in &item.risks {
        let style = if item.group == Group::DataLoss { styles.alarm } else { styles.warning };
        sections::risk(text, 6, style, risk, None, layout);
    }
}

fn draw_properties(text: &mut String, properties: &[&Property<'_>], pairs: &Pairs, layout: Layout) {
    let names = properties.iter().map(|property| width(&property.name)).max().unwrap_or(0).min(36);
    for property in properties {
        draw_property(text, property, names, pairs, layout);
    }
}

fn draw_property(text: &mut String, property: &Property<'_>, names: usize, pairs: &Pairs, layout: Layout) {
    const INDENT: usize = 6;
    let styles = layout.styles;
    let room = layout.width.saturating_sub(INDENT + names + 2).max(20);
    let space = Room { columns: room, whole: layout.whole, pairs };
    let name = format!("{:INDENT$}{:names$}  ", "", property.name);
    let note = styled(styles.dim, &property.note);
    match change(property.before.as_deref(), property.after.as_deref(), space) {
        Shown::Line(line) if line.is_empty() || width(&line) + 2 + width(&property.note) <= room => {
            let gap = if line.is_empty() { "" } else { "  " };
            let _ = writeln!(text, "{}", format!("{name}{line}{gap}{note}").trim_end());
        }
        // A note that does not fit beside the values gets its own line.
        Shown::Line(line) => {
            let _ = writeln!(text, "{name}{line}");
            if !property.note.is_empty() {
                let _ = writeln!(text, "{:INDENT$}{:names$}  {note}", "", "");
            }
        }
        Shown::Lines(lines) => {
            let name = name.trim_end();
            let _ = writeln!(text, "{}", format!("{name}  {note}").trim_end());
            for (sign, line) in lines {
                let style = match sign {
                    '+' => styles.add,
                    '-' => styles.remove,
                    _ => styles.dim,
                };
                let _ = writeln!(text, "        {}", styled(style, format!("{sign} {line}").trim_end()));
            }
        }
    }
}

fn draw_settings(text: &mut String, view: &View<'_>, layout: Layout) {
    let settings = settings(view.plan);
    if settings.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", styled(layout.styles.dim, "The stack itself"));
    let names = settings.iter().map(|setting| width(&setting.name)).max().unwrap_or(0).min(36);
    for setting in &settings {
        draw_property(text, setting, names, &view.pairs, layout);
    }
    for line in retagged(view.plan).iter().flat_map(|note| wrapped(&format!("note: {note}"), layout.width.saturating_sub(6))) {
        let _ = writeln!(text, "      {}", styled(layout.styles.dim, line));
    }
}

fn draw_outputs(text: &mut String, view: &View<'_>, layout: Layout) {
    let plan = view.plan;
    if plan.outputs.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", styled(layout.styles.dim, "Outputs"));
    let names = plan.outputs.iter().map(|output| width(&output.name)).max().unwrap_or(0);
    for output in &plan.outputs {
        let glyph = match (&output.before, &output.after) {
            (None, _) => " + ",
            (_, None) => " - ",
            _ => " ~ ",
        };
        let value = |value: &Option<serde_json::Value>| value.as_ref().map(json_text);
        let room = Room { columns: layout.width.saturating_sub(names + 6), whole: layout.whole, pairs: &view.pairs };
        let shown = shown_on_one_line(change(value(&output.before).as_deref(), value(&output.after).as_deref(), room));
        let export = output.export.as_deref().map(|export| format!("  (export {export})")).unwrap_or_default();
        let _ = writeln!(text, "{glyph} {:names$}  {shown}{export}", output.name);
    }
}

/// Returns a string without its quotes, anything else as JSON.
pub(super) fn json_text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
