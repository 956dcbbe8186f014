//! `docs/rack.md`: parameters, conditions, resources, outputs, cost drivers and graphs of the rack.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rackform::diagnostic::Source;
use rackform::model::rack::{AREAS, rack};
use rackform::operation::fill_missing;
use rackform::parameters::{ParameterOverrides, ParameterSet, groups};
use rackform::render::{RenderFormat, RenderOptions, render};
use rackform::specialise::{Inputs, specialise};
use rackform::template::{Arena, Style, Template};
use serde_json::Value as Json;

use super::{code, codes, compare, costs, graph, sentence, table};

/// Returns the text of a member, or nothing.
fn text<'j>(value: &'j Json, key: &str) -> &'j str {
    value[key].as_str().unwrap_or_default()
}

/// Returns what values a parameter accepts.
fn allowed(parameter: &Json) -> String {
    if let Some(values) = parameter["AllowedValues"].as_array() {
        let blank = |value: &Json| if value == "" { "blank".to_owned() } else { code(value.as_str().unwrap_or(&value.to_string())) };
        return values.iter().map(blank).collect::<Vec<_>>().join(", ");
    }
    match (&parameter["MinValue"], &parameter["MaxValue"]) {
        (Json::Null, Json::Null) => text(parameter, "ConstraintDescription").to_owned(),
        (least, Json::Null) => format!("at least {least}"),
        (Json::Null, most) => format!("at most {most}"),
        (least, most) => format!("{least} to {most}"),
    }
}

fn condition(body: &Json) -> String {
    body["Condition"].as_str().map_or_else(String::new, code)
}

/// Common variants, by the parameters that differ from the defaults.
const VARIANTS: &[(&str, &[&str])] = &[
    ("the defaults", &[]),
    ("no automatic scaling", &["Autoscale=No"]),
    ("no build instances", &["BuildInstance="]),
    ("two zones without automatic scaling", &["HighAvailability=false", "Autoscale=No"]),
    ("Fargate builds with a build cache", &["BuildMethod=fargate", "BuildCache=Yes", "BuildInstance="]),
    ("README's rack, with Fargate builds and build instances", &["BuildMethod=fargate", "BuildCache=Yes"]),
    ("private subnets", &["Private=Yes"]),
    ("private subnets, without build instances", &["Private=Yes", "BuildInstance="]),
    ("an existing VPC", &["ExistingVpc=vpc-0123456789abcdef0", "InternetGateway=igw-0123456789abcdef0"]),
];

/// The size of a template that CloudFormation accepts in a request, in bytes.
const INLINE_LIMIT: usize = 51_200;

/// What a specialised template is for.
#[derive(Clone, Copy)]
enum Scope {
    EveryRegion,
    Region,
    /// One stack of one account, without descriptions.
    Stack,
}

/// Returns the size of the rack, minified and specialised for parameters.
fn size(template: &Template<'_>, flags: &[&str], scope: Scope) -> usize {
    let arena = Arena::new();
    let mut overrides = ParameterOverrides::new();
    overrides.add_flags(&flags.iter().map(|flag| (*flag).to_owned()).collect::<Vec<_>>()).unwrap();
    fill_missing(template, &mut overrides);
    let mut inputs = Inputs::new(template, ParameterSet::resolve(template, &overrides).unwrap());
    if !matches!(scope, Scope::EveryRegion) {
        inputs = inputs.with_pseudo_parameter("AWS::Region", "us-east-1");
    }
    if matches!(scope, Scope::Stack) {
        let inputs_of_account = inputs.with_pseudo_parameter("AWS::AccountId", "123456789012");
        inputs = inputs_of_account.with_pseudo_parameter("AWS::StackName", "rack").without_descriptions();
    }
    specialise(template, &inputs, &arena).unwrap().to_json(&Style::minified()).len()
}

/// Returns the sizes of common variants.
fn sizes(template: &Template<'_>) -> String {
    let full = render(&RenderOptions { format: RenderFormat::MinifiedJson, templates: None }).unwrap().len();
    let verdict = |bytes: [usize; 3]| match bytes.map(|bytes| bytes <= INLINE_LIMIT) {
        [true, ..] => "yes",
        [_, true, _] => "for one region",
        [.., true] => "for one stack",
        _ => "no",
    };
    let of_full =
        ["the full template".to_owned(), String::new(), full.to_string(), String::new(), String::new(), verdict([full; 3]).to_owned()];
    let rows = VARIANTS.iter().map(|(name, flags)| {
        let bytes = [Scope::EveryRegion, Scope::Region, Scope::Stack].map(|scope| size(template, flags, scope));
        let [every, region, stack] = bytes.map(|bytes| bytes.to_string());
        [format!("specialised for {name}"), codes(flags.iter().copied()), every, region, stack, verdict(bytes).to_owned()]
    });
    let head = ["template", "parameters", "bytes for every region", "for us-east-1", "for one stack, without descriptions", "fits inline"];
    table(head, std::iter::once(of_full).chain(rows))
}

fn page() -> String {
    let sections = rack();
    let source = Source::new("rack.json", render(&RenderOptions::default()).unwrap());
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let mut page = format!(
        "# The rack\n\nGenerated from the models in `src/model/rack`; a test compares the two. {} parameters, {} conditions, {} resources, {} outputs. \
         [build.md](build.md) explains builds and their cache, [migrating.md](migrating.md) compares this rack with a Convox rack.\n",
        sections.parameters.len(),
        sections.conditions.len(),
        sections.resources.len(),
        sections.outputs.len()
    );

    page.push_str("\n## Sizes\n\nCloudFormation accepts 51,200 bytes in a request, and more from S3. Minified:\n\n");
    page.push_str(&sizes(&template));

    page.push_str("\n## Parameters\n\n`rackform params --group GROUP` lists a group with effective values.\n");
    for group in groups(&template) {
        let rows = group.parameters.iter().map(|name| {
            let parameter = &sections.parameters[*name];
            let default = parameter.get("Default").map_or_else(
                || "none".to_owned(),
                |default| if default == "" { "blank".to_owned() } else { code(default.as_str().unwrap_or(&default.to_string())) },
            );
            let secret = if parameter["NoEcho"] == true { " (NoEcho)" } else { "" };
            [format!("{}{secret}", code(name)), default, allowed(parameter), text(parameter, "Description").to_owned()]
        });
        writeln!(page, "\n### {}\n\n{}", group.label, table(["parameter", "default", "values", "meaning"], rows).trim_end()).unwrap();
    }

    page.push_str("\n## Conditions\n\n");
    let rows = sections.conditions.iter().map(|(name, condition)| [code(name), sentence::of(condition)]);
    page.push_str(&table(["condition", "true if"], rows));

    page.push_str(
        "\n## Resources\n\nIn a graph, an arrow leads from a resource to one that it refers to; a dashed one leads to another area.\n",
    );
    for area in AREAS {
        let entries = area.sections();
        if entries.resources.is_empty() {
            continue;
        }
        let rows = entries.resources.iter().map(|(name, body)| [code(name), text(body, "Type").to_owned(), condition(body), policy(body)]);
        writeln!(page, "\n### {}\n", area.name()).unwrap();
        page.push_str(&table(["resource", "type", "exists if", "when removed or replaced"], rows));
        writeln!(page, "\n{}", graph::mermaid(&entries, &template).trim_end()).unwrap();
    }

    page.push_str("\n## Outputs\n\n");
    let rows = sections.outputs.iter().map(|(name, body)| [code(name), condition(body), text(body, "Description").to_owned()]);
    page.push_str(&table(["output", "exists if", "meaning"], rows));

    page.push_str(
        "\n## Cost drivers\n\nWhat AWS bills for each type, and where its prices are. Types without a row cost nothing by themselves. A resource whose \
         condition is false costs nothing.\n\n",
    );
    let mut by_type: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, body) in &sections.resources {
        by_type.entry(text(body, "Type")).or_default().push(name);
    }
    let rows = by_type.iter().filter_map(|(resource_type, names)| {
        let (page, drivers) = costs::of(resource_type)?;
        let link = format!("[{resource_type}](https://aws.amazon.com/{page})");
        Some([link, drivers.to_owned(), codes(names.iter().copied())])
    });
    page.push_str(&table(["type", "billed by", "resources"], rows));
    page
}

/// Returns what CloudFormation does with a resource that is removed from the stack or replaced, unless it deletes it.
fn policy(body: &Json) -> String {
    match (text(body, "DeletionPolicy"), text(body, "UpdateReplacePolicy")) {
        ("", "") | ("Delete", "Delete") => String::new(),
        (removed, replaced) if removed == replaced => removed.to_owned(),
        (removed, replaced) => format!("removed: {removed}; replaced: {replaced}"),
    }
}

#[test]
fn the_page_of_the_rack_is_up_to_date() {
    compare("rack.md", &page());
}

#[test]
fn every_entry_of_the_rack_is_in_one_area_and_explained() {
    let sections = rack();
    let mut seen = BTreeSet::new();
    for area in AREAS {
        for name in area.sections().resources.keys() {
            assert!(seen.insert(name.clone()), "{name} is in two areas");
        }
    }
    assert_eq!(seen.len(), sections.resources.len());
    for (name, parameter) in &sections.parameters {
        let description = text(parameter, "Description");
        assert!(description.len() > 10, "parameter {name} has no description");
    }
    for (name, output) in &sections.outputs {
        assert!(text(output, "Description").len() > 5, "output {name} has no description");
    }
    // A condition that nothing uses would be explained for nothing.
    let whole: Json = serde_json::from_str(&render(&RenderOptions::default()).unwrap()).unwrap();
    for name in sections.conditions.keys() {
        let is_used = ["Conditions", "Resources", "Outputs"].iter().any(|section| {
            graph::mentions(&whole[*section], "Condition", name) || whole[*section].to_string().contains(&format!("\"Fn::If\":[\"{name}\""))
        });
        assert!(is_used, "nothing uses condition {name}");
    }
}
