//! Moves resources between the texts of templates. All other bytes stay.

use std::collections::BTreeSet;

use crate::diagnostic::{Source, Span};
use crate::template::{Arena, Edits, Entry, Format, Functions, Kind, Member, Node, Position, Style, Template, write_json, write_yaml};

/// The resources that leave a template and those that come into it.
pub(super) struct Relocation<'r, 'a> {
    pub(super) leaving: &'r BTreeSet<&'r str>,
    pub(super) arriving: &'r [&'r Entry<'a>],
}

/// Returns the format of a template's text.
pub(super) fn format(template: &Template<'_>) -> Format {
    let text = template.source.text().trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('{') { Format::Json } else { Format::Yaml }
}

/// Returns the text of a template without the resources that leave, and with those that arrive.
///
/// # Errors
///
/// Returns the reason if the edited text does not mean what was intended.
pub(super) fn relocate(template: &Template<'_>, relocation: &Relocation<'_, '_>) -> Result<String, String> {
    let source = template.source;
    let Some(resources) = template.root.get("Resources") else { return Err("it has no `Resources`".to_owned()) };
    let is_flow = source.slice(resources.span).starts_with('{');
    let mut edits = Edits::new();
    remove(&mut edits, source, resources.members(), relocation.leaving, is_flow);
    if !relocation.arriving.is_empty() {
        insert(&mut edits, source, resources, relocation.arriving, is_flow, format(template));
    }
    let text = edits.apply(source).map_err(|error| error.to_string())?;
    check(template, relocation, &text)?;
    Ok(text)
}

/// Deletes members with their separators.
fn remove(edits: &mut Edits, source: &Source, members: &[Member<'_>], leaving: &BTreeSet<&str>, is_flow: bool) {
    let mut at = 0;
    while at < members.len() {
        if !leaving.contains(members[at].key) {
            at += 1;
            continue;
        }
        let first = at;
        while at < members.len() && leaving.contains(members[at].key) {
            at += 1;
        }
        let (start, last) = (members[first].key_span.start, &members[at - 1]);
        let span = match (is_flow, members.get(at)) {
            // In block style, a member takes whole lines.
            (false, _) => Span::new(line_start(source, start), line_end(source, last.value.span.end)),
            (true, _) if first > 0 => Span { start: members[first - 1].value.span.end, end: last.value.span.end },
            (true, Some(next)) => Span { start, end: next.key_span.start },
            (true, None) => Span { start, end: last.value.span.end },
        };
        edits.replace(span, "");
    }
}

fn line_start(source: &Source, offset: u32) -> usize {
    source.text()[..offset as usize].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Returns the offset after the line that contains the last character before `offset`.
fn line_end(source: &Source, offset: u32) -> usize {
    let (text, offset) = (source.text(), offset as usize);
    if text[..offset].ends_with('\n') {
        return offset;
    }
    text[offset..].find('\n').map_or(text.len(), |newline| offset + newline + 1)
}

/// Adds resources after all others.
fn insert(edits: &mut Edits, source: &Source, resources: &Node<'_>, arriving: &[&Entry<'_>], is_flow: bool, format: Format) {
    let style = Style::detect(source);
    if is_flow {
        let flow = if format == Format::Yaml { Style { indent: None, ..style } } else { style };
        let child = |entry: &&Entry<'_>| {
            let body = write_json(entry.body, &Style { bom: false, newline: "\n", trailing_newline: false, ..flow.clone() });
            let gap = if flow.indent.is_some() { " " } else { "" };
            format!("\"{}\":{gap}{}", entry.name, body.trim_end())
        };
        let children: Vec<String> = arriving.iter().map(child).collect();
        edits.add_children(source, &flow, resources, Position::Last, &children);
        return;
    }
    let members = resources.members();
    let (Some(first), Some(last)) = (members.first(), members.last()) else { return };
    let indent = " ".repeat(first.key_span.start as usize - line_start(source, first.key_span.start));
    let at = line_end(source, last.value.span.end);
    let mut text = String::new();
    if !source.text()[..at].ends_with('\n') {
        text.push_str(style.newline);
    }
    for entry in arriving {
        for line in block(entry).lines() {
            if !line.is_empty() {
                text.push_str(&indent);
                text.push_str(line);
            }
            text.push_str(style.newline);
        }
    }
    edits.insert(u32::try_from(at).unwrap_or(u32::MAX), text);
}

/// Returns a resource as block YAML.
fn block(entry: &Entry<'_>) -> String {
    let members = [Member { key: entry.name, key_span: Span::default(), value: *entry.body }];
    write_yaml(&Node { span: Span::default(), kind: Kind::Object(&members) }, Functions::Short)
}

/// Returns the text of a new template with these resources.
///
/// # Errors
///
/// Returns the reason if there are none.
pub(super) fn new_template(arriving: &[&Entry<'_>], format: Format) -> Result<String, String> {
    if arriving.is_empty() {
        return Err("it would have no resources".to_owned());
    }
    let members: Vec<Member<'_>> =
        arriving.iter().map(|entry| Member { key: entry.name, key_span: Span::default(), value: *entry.body }).collect();
    let resources = Node { span: Span::default(), kind: Kind::Object(&members) };
    let sections = [Member { key: "Resources", key_span: Span::default(), value: resources }];
    let root = Node { span: Span::default(), kind: Kind::Object(&sections) };
    Ok(match format {
        Format::Json => write_json(&root, &Style::pretty()),
        Format::Yaml => write_yaml(&root, Functions::Short),
    })
}

/// Checks that the edited text has exactly the intended resources, and that nothing else changed.
fn check(template: &Template<'_>, relocation: &Relocation<'_, '_>, text: &str) -> Result<(), String> {
    let (source, arena) = (Source::new(template.source.name(), text), Arena::new());
    let after = Template::read(&source, &arena).map_err(|_| "the edited text is not a template".to_owned())?;
    let kept = template.resources.iter().filter(|entry| !relocation.leaving.contains(entry.name));
    let wanted: Vec<&Entry<'_>> = kept.chain(relocation.arriving.iter().copied()).collect();
    let is_same_entry = |entry: &&Entry<'_>| after.resources.get(entry.name).is_some_and(|found| found.body.same(entry.body));
    let others = |root: &Node<'_>| root.members().iter().filter(|member| member.key != "Resources").count();
    let is_same_section =
        |member: &Member<'_>| member.key == "Resources" || after.root.get(member.key).is_some_and(|section| section.same(&member.value));
    let is_intended = wanted.len() == after.resources.len()
        && wanted.iter().all(is_same_entry)
        && others(template.root) == others(after.root)
        && template.root.members().iter().all(is_same_section);
    if is_intended { Ok(()) } else { Err("the edited text has another meaning".to_owned()) }
}
