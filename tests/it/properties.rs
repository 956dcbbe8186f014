//! Properties of generated templates: evaluation and planning are deterministic and independent of the text format.

#![allow(clippy::unwrap_used, clippy::panic)]

mod expressions;

use proptest::prelude::*;
use rackform::diagnostic::{Diagnostics, Source};
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::plan::{Plan, plan};
use rackform::render::{RenderOptions, render};
use rackform::template::{Arena, Document, Functions, Style, Template, write_json, write_yaml};
use rackform::ui;
use serde_json::{Value as Json, json};

use crate::support;

/// Parameter values by name.
type Flags = Vec<(&'static str, &'static str)>;

fn given(flags: &Flags) -> ParameterOverrides {
    let mut given = ParameterOverrides::new();
    for (name, value) in flags {
        given.add_flag(&format!("{name}={value}")).unwrap();
    }
    given
}

/// Evaluates a template and returns the JSON output of `rackform evaluate`, or the errors.
fn evaluated(name: &str, text: &str, flags: &Flags) -> Result<String, String> {
    let source = Source::new(name, text);
    let (arena, state) = (Arena::new(), State::default());
    let template = Template::read(&source, &arena).map_err(|problems| problems.to_string())?;
    let parameters = ParameterSet::resolve(&template, &given(flags)).map_err(|problems| problems.to_string())?;
    let evaluation = evaluate(&template, &parameters, &state, &arena).map_err(|problems| problems.to_string())?;
    let mut json = Vec::new();
    ui::evaluation::write_json(&evaluation, &Diagnostics::default(), &mut json).unwrap();
    Ok(String::from_utf8(json).unwrap())
}

fn planned(before: (&str, &Flags), after: (&str, &Flags)) -> Plan {
    let sources = [before, after].map(|(text, _)| Source::new("t.json", text));
    let (arena, state) = (Arena::new(), State::default());
    let [old, new] = [0, 1].map(|side: usize| Template::read(&sources[side], &arena).unwrap());
    let old_set = ParameterSet::resolve(&old, &given(before.1)).unwrap();
    let new_set = ParameterSet::resolve(&new, &given(after.1)).unwrap();
    let old = evaluate(&old, &old_set, &state, &arena).unwrap();
    let new = evaluate(&new, &new_set, &state, &arena).unwrap();
    plan(&old, &new).unwrap()
}

/// Returns the template as YAML, and that YAML converted to JSON.
fn yaml_and_json(text: &str, functions: Functions) -> (String, String) {
    let source = Source::new("t.json", text);
    let arena = Arena::new();
    let yaml = Source::new("t.yaml", write_yaml(Document::read(&source, &arena).unwrap().root, functions));
    let json = write_json(Document::read(&yaml, &arena).unwrap().root, &Style::pretty());
    (yaml.text().to_owned(), json)
}

/// The resources of a generated template. Each refers only to earlier ones, so there are no cycles.
#[derive(Clone, Debug)]
struct Shape {
    /// The kind of each resource, and the earlier resource that it refers to (modulo their number).
    resources: Vec<(Kind, usize, Texture)>,
    flags: Flags,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Queue,
    Topic,
    Network,
    Subnet,
    Repository,
    Role,
}

/// The form of a text property.
#[derive(Clone, Copy, Debug)]
enum Texture {
    Plain,
    Ref,
    Sub,
    SubWithMap,
    Join,
    If,
    NoValue,
    FindInMap,
    GetAtt,
    Select,
    Base64,
}

const STAGES: &[&str] = &["test", "live", "1:30"];
const ANSWERS: &[&str] = &["Yes", "No"];
const LISTS: &[&str] = &["a,b", "10,20,30", "no, yes"];

fn flags() -> impl Strategy<Value = Flags> {
    let one = |choices: &'static [&'static str]| proptest::option::of(proptest::sample::select(choices));
    (one(STAGES), one(ANSWERS), one(LISTS)).prop_map(|(stage, wide, list)| {
        [("Stage", stage), ("Wide", wide), ("List", list)].into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    })
}

fn shape() -> impl Strategy<Value = Shape> {
    use Kind::{Network, Queue, Repository, Role, Subnet, Topic};
    use Texture::{Base64, FindInMap, GetAtt, If, Join, NoValue, Plain, Ref, Select, Sub, SubWithMap};
    let kind = proptest::sample::select(&[Queue, Topic, Network, Subnet, Repository, Role][..]);
    let texture = proptest::sample::select(&[Plain, Ref, Sub, SubWithMap, Join, If, NoValue, FindInMap, GetAtt, Select, Base64][..]);
    (proptest::collection::vec((kind, 0_usize..8, texture), 1..8), flags()).prop_map(|(resources, flags)| Shape { resources, flags })
}

impl Kind {
    /// Returns the type, a property that accepts any text, and an attribute.
    fn facts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Queue => ("AWS::SQS::Queue", "QueueName", "Arn"),
            Self::Topic => ("AWS::SNS::Topic", "DisplayName", "TopicArn"),
            Self::Network => ("AWS::EC2::VPC", "InstanceTenancy", "VpcId"),
            Self::Subnet => ("AWS::EC2::Subnet", "AvailabilityZone", "SubnetId"),
            Self::Repository => ("AWS::ECR::Repository", "RepositoryName", "Arn"),
            Self::Role => ("AWS::IAM::Role", "Description", "Arn"),
        }
    }
}

impl Shape {
    /// Returns the template's text; `turn` shifts every texture, for a different template of the same shape.
    fn text(&self, turn: usize) -> String {
        let mut resources = serde_json::Map::new();
        for (index, (kind, target, texture)) in self.resources.iter().enumerate() {
            let (resource_type, property, _) = kind.facts();
            // A resource with a condition is referenced only under the same condition.
            let before = (index > 0).then(|| target % index);
            let text = self.value(*texture, before, turn);
            let mut resource = json!({ "Type": resource_type, "Properties": { property: text, "Tags": [
                { "Key": "Stage", "Value": { "Fn::Sub": "${Stage}-${!Stage}" } },
                { "Fn::If": [ "Wide", { "Key": "Wide", "Value": { "Fn::Join": [ ".", { "Ref": "List" } ] } }, { "Ref": "AWS::NoValue" } ] }
            ] } });
            if turn > 0 && index % 3 == turn % 3 {
                resource["DependsOn"] = json!(before.map(|before| format!("R{before}")).into_iter().collect::<Vec<_>>());
            }
            if index > 0 && index + 1 == self.resources.len() && target % 2 == 0 {
                resource["Condition"] = json!("Wide");
            }
            resources.insert(format!("R{index}"), resource);
        }
        json!({
            "Parameters": {
                "Stage": { "Type": "String", "Default": "test", "AllowedValues": STAGES },
                "Wide": { "Type": "String", "Default": "No", "AllowedValues": ANSWERS },
                "List": { "Type": "CommaDelimitedList", "Default": "a,b" }
            },
            "Mappings": { "Names": { "Yes": { "Name": "wide", "Number": 10 }, "No": { "Name": "010", "Number": 2.50 } } },
            "Conditions": {
                "Wide": { "Fn::Equals": [ { "Ref": "Wide" }, "Yes" ] },
                "WideAndLive": { "Fn::And": [ { "Condition": "Wide" }, { "Fn::Not": [ { "Fn::Equals": [ { "Ref": "Stage" }, "test" ] } ] } ] }
            },
            "Resources": resources,
            "Outputs": { "First": { "Value": { "Ref": "R0" } } }
        })
        .to_string()
    }

    fn value(&self, texture: Texture, before: Option<usize>, turn: usize) -> Json {
        let earlier = before.map_or_else(|| json!({ "Ref": "AWS::Region" }), |before| json!({ "Ref": format!("R{before}") }));
        match texture {
            Texture::Plain => json!(["null", "0o17", "yes", "a: b", "plain"][turn % 5]),
            Texture::Ref => earlier,
            Texture::Sub => json!({ "Fn::Sub": format!("${{AWS::StackName}}-${{Stage}}-{turn}") }),
            Texture::SubWithMap => {
                json!({ "Fn::Sub": [ "${Name}/${List}", { "Name": earlier, "List": { "Fn::Select": [ "1", { "Ref": "List" } ] } } ] })
            }
            Texture::Join => json!({ "Fn::Join": [ "-", [ { "Ref": "Stage" }, earlier, turn.to_string() ] ] }),
            Texture::If => json!({ "Fn::If": [ "WideAndLive", earlier, { "Fn::If": [ "Wide", "wide", "narrow" ] } ] }),
            Texture::NoValue => json!({ "Fn::If": [ "Wide", { "Ref": "AWS::NoValue" }, earlier ] }),
            Texture::FindInMap => json!({ "Fn::FindInMap": [ "Names", { "Ref": "Wide" }, if turn == 0 { "Name" } else { "Number" } ] }),
            Texture::GetAtt => before.map_or_else(
                || json!("first"),
                |before| json!({ "Fn::GetAtt": [ format!("R{before}"), self.resources[before].0.facts().2 ] }),
            ),
            Texture::Select => json!({ "Fn::Select": [ turn % 2, { "Fn::Split": [ "-", { "Fn::Sub": "a-${Stage}" } ] } ] }),
            Texture::Base64 => json!({ "Fn::Base64": { "Ref": "Stage" } }),
        }
    }
}

/// Checks the evaluation of `after` and the plan from `before` to it.
fn check(before: (&str, &Flags), after: (&str, &Flags)) {
    let (text, flags) = after;
    let meaning = evaluated("t.json", text, flags).unwrap();
    assert_eq!(evaluated("t.json", text, flags).unwrap(), meaning, "evaluating twice");
    for functions in [Functions::Long, Functions::Short] {
        let (yaml, json) = yaml_and_json(text, functions);
        assert_eq!(evaluated("t.yaml", &yaml, flags).unwrap(), meaning, "{yaml}");
        assert_eq!(evaluated("t.json", &json, flags).unwrap(), meaning, "{json}");
    }
    let nothing = planned(after, after);
    assert!(!nothing.has_changes() && nothing.risks.is_empty() && nothing.parameters.is_empty(), "{nothing:?}");
    let [first, second] = [(); 2].map(|()| planned(before, after));
    assert_eq!(serde_json::to_string(&first).unwrap(), serde_json::to_string(&second).unwrap(), "planning twice");
    // The second view is not serialized, so it is compared separately.
    assert_eq!(first.change_set_without_values, second.change_set_without_values);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn evaluation_and_planning_of_generated_templates_are_deterministic(shape in shape(), old_flags in flags(), turn in 0_usize..6) {
        let (old, new) = (shape.text(turn), shape.text(0));
        check((&old, &old_flags), (&new, &shape.flags));
    }

    /// The plan of the reverse change removes what the plan adds.
    #[test]
    fn the_reverse_plan_removes_the_added_resources(shape in shape(), old_flags in flags()) {
        let text = shape.text(0);
        let names = |plan: &Plan, action| {
            let of = plan.change_set.changes.iter().filter(|change| change.resource_change.action == action);
            let mut names: Vec<String> = of.map(|change| change.resource_change.logical_resource_id.clone()).collect();
            names.sort_unstable();
            names
        };
        let (there, back) = (planned((&text, &old_flags), (&text, &shape.flags)), planned((&text, &shape.flags), (&text, &old_flags)));
        prop_assert_eq!(names(&there, rackform::cloudformation::Action::Add), names(&back, rackform::cloudformation::Action::Remove));
        prop_assert_eq!(names(&there, rackform::cloudformation::Action::Modify), names(&back, rackform::cloudformation::Action::Modify));
    }
}

fn rack_flags() -> impl Strategy<Value = Flags> {
    let one = |name: &'static str, choices: &'static [&'static str]| {
        proptest::option::of(proptest::sample::select(choices)).prop_map(move |value| value.map(|value| (name, value)))
    };
    (
        one("BuildMethod", &["ec2", "fargate"]),
        one("BuildCache", &["Yes", "No"]),
        one("HighAvailability", &["true", "false"]),
        one("MaxAvailabilityZones", &["2", "3"]),
    )
        .prop_map(|(method, cache, available, zones)| [method, cache, available, zones].into_iter().flatten().collect())
}

proptest! {
    // Each case is a dozen evaluations of a whole rack.
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn evaluation_and_planning_of_our_rack_are_deterministic(old_flags in rack_flags(), flags in rack_flags()) {
        let text = render(&RenderOptions::default()).unwrap();
        check((&text, &old_flags), (&text, &flags));
    }
}

#[test]
fn evaluation_and_planning_of_the_real_rack_are_deterministic() {
    let Some(folder) = support::shared_data() else { return };
    let text = std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap();
    let base = || vec![("Password", "hunter2hunter2"), ("Version", "1")];
    let mut fargate = base();
    fargate.extend([("BuildMethod", "fargate"), ("HighAvailability", "false")]);
    check((&text, &base()), (&text, &fargate));
}
