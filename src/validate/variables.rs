//! The variables of conditions: parameters and pseudo parameters, each with the candidate values that can change a result.

use rustc_hash::FxHashMap;

use crate::aws::partition;
use crate::parameters::{ParameterSet, Patterns};
use crate::template::{Intrinsic, Kind, Node, Sub, SubPart, Template, sub_parts};

/// The result of an expression for concrete parameter values.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Concrete {
    Text(String),
    List(Vec<String>),
}

/// A parameter or pseudo parameter.
#[derive(Debug)]
pub(super) struct Variable<'a> {
    pub(super) name: &'a str,
    /// Candidate values; the current value is first.
    pub(super) candidates: Vec<String>,
    /// Whether the first candidate is the current value: the given value or the default.
    pub(super) in_force: bool,
    /// Whether the first candidate is only an example, since nothing gives the account, the region or the stack's name.
    pub(super) assumed: bool,
    list: bool,
    /// Whether the candidates are all possible values, because of `AllowedValues`.
    pub(super) closed: bool,
    declaration: Option<&'a Node<'a>>,
}

/// Parameters by name.
#[derive(Debug, Default)]
pub(super) struct Variables<'a> {
    pub(super) all: Vec<Variable<'a>>,
    by_name: FxHashMap<&'a str, usize>,
    pub(super) patterns: Patterns,
}

/// The items of candidates for a comma-delimited list.
const ITEM: &str = "some-value";

/// Candidate regions for "any other region", including one of each other partition.
const REGIONS: &[&str] =
    &["us-east-1", "us-west-2", "eu-west-1", "ap-southeast-2", "eu-central-1", "us-east-2", "ca-central-1", "cn-north-1", "us-gov-west-1"];

/// Candidate account IDs; the first is the example in AWS's documentation.
const ACCOUNTS: &[&str] = &["123456789012", "210987654321"];

/// Maximum number of items in a candidate list.
const MAX_ITEMS: usize = 8;

impl<'a> Variables<'a> {
    pub(super) fn new(template: &Template<'a>, parameters: Option<&ParameterSet<'_>>, region: Option<&str>) -> Self {
        let mut variables = Self::default();
        for entry in template.parameters.iter().filter(|entry| !entry.name.starts_with("Fn::")) {
            let given =
                parameters.and_then(|parameters| parameters.parameters.get(entry.name)).and_then(|parameter| parameter.value.clone());
            let kind = entry.body.get("Type").and_then(|kind| kind.as_str()).unwrap_or_default();
            let allowed = entry.body.get("AllowedValues").map(|values| values.items()).unwrap_or_default();
            // The value of an SSM-typed parameter is the name of an SSM parameter, whose value is unknown.
            let stored = kind.starts_with("AWS::SSM::Parameter::Value");
            let default = entry.body.get("Default").and_then(|default| default.scalar()).map(str::to_owned).filter(|_| !stored);
            let in_force = given.filter(|_| !stored).or(default);
            let mut variable = Variable {
                name: entry.name,
                in_force: in_force.is_some(),
                assumed: false,
                candidates: in_force.into_iter().collect(),
                list: kind == "CommaDelimitedList" || kind.contains("List<"),
                closed: !allowed.is_empty() && !stored,
                declaration: Some(entry.body),
            };
            for value in allowed.iter().filter_map(|value| value.scalar()).filter(|_| !stored) {
                variable.add_always(value);
            }
            variables.add(variable);
        }
        let is_given = region.is_some();
        let region = region.or_else(|| likely_region(template)).unwrap_or(REGIONS[0]);
        // An account, a stack name or a region that nothing gives is only an example: a problem that rests on it is not certain.
        for (name, value, assumed) in
            [("AWS::Region", region, !is_given), ("AWS::AccountId", ACCOUNTS[0], true), ("AWS::StackName", "some-stack", true)]
        {
            let candidates = vec![value.to_owned()];
            variables.add(Variable { name, candidates, in_force: true, assumed, list: false, closed: false, declaration: None });
        }
        variables
    }

    fn add(&mut self, variable: Variable<'a>) {
        self.by_name.insert(variable.name, self.all.len());
        self.all.push(variable);
    }

    /// Returns the index of a parameter or pseudo parameter.
    ///
    /// `AWS::Partition` and `AWS::URLSuffix` depend on the region, so they have the region's index.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        let name = if matches!(name, "AWS::Partition" | "AWS::URLSuffix") { "AWS::Region" } else { name };
        self.by_name.get(name).copied()
    }

    /// Returns the value of a parameter for the chosen candidates.
    pub(super) fn value(&self, name: &str, chosen: &[Option<usize>]) -> Option<Concrete> {
        let index = self.position(name)?;
        let variable = &self.all[index];
        let text = variable.candidates.get(chosen.get(index).copied().flatten()?)?;
        let text = Self::derived_text(name, text);
        Some(if variable.list {
            Concrete::List(text.split(',').map(|item| item.trim().to_owned()).collect())
        } else {
            Concrete::Text(text.to_owned())
        })
    }

    /// Returns the value of a name for a candidate of its variable; for a region also its partition and URL suffix.
    pub(super) fn derived_text<'t>(name: &str, candidate: &'t str) -> &'t str {
        match name {
            "AWS::Partition" => partition(candidate).0,
            "AWS::URLSuffix" => partition(candidate).1,
            _ => candidate,
        }
    }

    /// Records the parameters of a comparison, and the values that can change its result.
    pub(super) fn of_comparison(&mut self, template: &Template<'a>, a: &'a Node<'a>, b: &'a Node<'a>, found: &mut Vec<usize>) {
        let mut literals = Vec::new();
        for operand in [a, b] {
            self.of_operand(template, operand, found, &mut literals);
        }
        for index in found.iter().copied() {
            for literal in &literals {
                self.all[index].add(literal, &mut self.patterns);
            }
            self.all[index].add_other(&mut self.patterns);
        }
    }

    fn of_operand(&mut self, template: &Template<'a>, node: &'a Node<'a>, found: &mut Vec<usize>, literals: &mut Vec<String>) {
        let mut note = |variables: &Self, name: &str| {
            if let Some(index) = variables.position(name).filter(|index| !found.contains(index)) {
                found.push(index);
            }
        };
        match Intrinsic::of(node) {
            Some(Intrinsic::Ref(name)) => note(self, name.as_str().unwrap_or_default()),
            Some(Intrinsic::Sub(operand)) => {
                let Sub { text, variables } = Sub::of(operand);
                for part in sub_parts(text.as_str().unwrap_or_default()) {
                    if let SubPart::Variable(name) = part {
                        note(self, name);
                    }
                }
                let own = variables.map(Node::members).unwrap_or_default();
                own.iter().for_each(|member| self.of_operand(template, &member.value, found, &mut Vec::new()));
            }
            Some(Intrinsic::FindInMap(operands)) => {
                let [map, top, second] = operands.items() else { return };
                let names = map.as_str().and_then(|map| template.mappings.get(map)).map(|entry| entry.body.members()).unwrap_or_default();
                for (key, level) in [(top, names), (second, names.first().map(|first| first.value.members()).unwrap_or_default())] {
                    let mut keys = Vec::new();
                    self.of_operand(template, key, &mut keys, &mut Vec::new());
                    for index in keys {
                        level.iter().for_each(|member| self.all[index].add(member.key, &mut self.patterns));
                        if !found.contains(&index) {
                            found.push(index);
                        }
                    }
                }
            }
            Some(Intrinsic::Select(operands)) => {
                let [index, list] = operands.items() else { return };
                let reach = index.scalar().and_then(|index| index.parse::<usize>().ok()).unwrap_or(0).min(MAX_ITEMS);
                let mut inner = Vec::new();
                self.of_operand(template, list, &mut inner, literals);
                let delimiter = match Intrinsic::of(list) {
                    Some(Intrinsic::Split(operands)) => operands.items().first().and_then(|delimiter| delimiter.as_str()).unwrap_or(","),
                    _ => ",",
                };
                for variable in inner {
                    self.all[variable].add(&vec![ITEM; reach + 1].join(delimiter), &mut self.patterns);
                    if delimiter.len() > 1 {
                        self.all[variable].add(delimiter, &mut self.patterns);
                    }
                    if !found.contains(&variable) {
                        found.push(variable);
                    }
                }
            }
            Some(Intrinsic::Join(operands) | Intrinsic::Split(operands)) => {
                for operand in operands.items().iter().skip(1) {
                    self.of_operand(template, operand, found, &mut Vec::new());
                }
            }
            Some(_) => {}
            None => match node.kind {
                Kind::Array(items) => items.iter().for_each(|item| self.of_operand(template, item, found, literals)),
                _ => literals.extend(node.scalar().map(str::to_owned)),
            },
        }
    }
}

/// Returns whether a string has the form of a region, such as `eu-central-1` or `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let letters = |part: &str| part.len() > 1 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let last = parts.next_back();
    let words: Vec<&str> = parts.collect();
    last.is_some_and(|last| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
        && (2..=3).contains(&words.len())
        && words.into_iter().all(letters)
}

/// Returns the template's region if its mappings do not contain the default region.
pub(super) fn likely_region<'a>(template: &Template<'a>) -> Option<&'a str> {
    let names = |entry: &crate::template::Entry<'a>| {
        let names: Vec<&'a str> = entry.body.members().iter().map(|member| member.key).filter(|key| is_region(key)).collect();
        (!names.is_empty()).then_some(names)
    };
    let named: Vec<Vec<&'a str>> = template.mappings.iter().filter_map(names).collect();
    if named.iter().all(|names| names.contains(&REGIONS[0])) {
        return None;
    }
    let first = named.first()?;
    first.iter().copied().find(|region| named.iter().all(|names| names.contains(region))).or(first.first().copied())
}

impl Variable<'_> {
    fn add_always(&mut self, value: &str) {
        if !self.candidates.iter().any(|candidate| candidate == value) {
            self.candidates.push(value.to_owned());
        }
    }

    /// Adds a candidate if the declaration allows it.
    pub(super) fn add(&mut self, value: &str, patterns: &mut Patterns) {
        match self.name {
            // For a comparison with a partition, add a region of the partition.
            "AWS::Region" => {
                let partitions = REGIONS.iter().filter(|region| partition(region).0 == value || partition(region).1 == value);
                partitions.take(1).chain(is_region(value).then_some(&value)).for_each(|region| self.add_always(region));
            }
            _ if !self.closed && self.allows(value, patterns) => self.add_always(value),
            _ => {}
        }
    }

    /// Adds a candidate that differs from all literals.
    fn add_other(&mut self, patterns: &mut Patterns) {
        let examples: &[&str] = match self.name {
            "AWS::Region" => REGIONS,
            "AWS::AccountId" => ACCOUNTS,
            _ => &[],
        };
        if !examples.is_empty() {
            let other = examples.iter().find(|example| !self.candidates.iter().any(|candidate| candidate == *example));
            return other.into_iter().for_each(|example| self.add_always(example));
        }
        let kind = self.declaration.and_then(|declaration| declaration.get("Type")).and_then(|kind| kind.as_str()).unwrap_or_default();
        let bound = self.declaration.and_then(|declaration| declaration.get("MinValue")).and_then(|bound| bound.scalar());
        match kind {
            "Number" => {
                let start = bound.and_then(|bound| bound.parse::<i64>().ok()).unwrap_or(0);
                let other = (start..start + 64).map(|number| number.to_string()).find(|number| !self.candidates.contains(number));
                other.iter().for_each(|number| self.add(number, patterns));
            }
            "AWS::EC2::VPC::Id" => self.add("vpc-0123456789abcdef0", patterns),
            _ => self.add(ITEM, patterns),
        }
    }

    /// Returns whether the declaration allows a value; false if unknown, so that an assignment is always possible.
    fn allows(&self, value: &str, patterns: &mut Patterns) -> bool {
        let Some(declaration) = self.declaration else { return true };
        let bound = |name: &str| declaration.get(name).and_then(|bound| bound.scalar()).and_then(|bound| bound.parse::<f64>().ok());
        let number = declaration.get("Type").and_then(|kind| kind.as_str()) == Some("Number");
        let within = |measure: f64, low: Option<f64>, high: Option<f64>| {
            low.is_none_or(|low| measure >= low) && high.is_none_or(|high| measure <= high)
        };
        let fits = if number {
            value.parse().is_ok_and(|value| within(value, bound("MinValue"), bound("MaxValue")))
        } else {
            within(value.chars().count() as f64, bound("MinLength"), bound("MaxLength"))
        };
        fits && declaration
            .get("AllowedPattern")
            .and_then(|pattern| pattern.as_str())
            .is_none_or(|pattern| patterns.matches(pattern, value) == Some(true))
    }
}
