//! A list of racks, each with a name and parameters: a map, a list, or one JSON object per line.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::parameters::{ParameterOverrides, without_values};
use crate::secret::is_no_echo;
use crate::template::{Arena, Document, Kind, Member, Node, Template};
use crate::text::did_you_mean;

/// The pseudo parameters that a rack of the list can set, in `parameters`.
pub const PSEUDO_PARAMETERS: [&str; 3] = ["AWS::Region", "AWS::AccountId", "AWS::StackName"];

/// The longest name of a rack: with an extension and the name of a temporary file, it is a file name everywhere.
const LONGEST_NAME: usize = 128;

/// Racks in the order of the file.
#[derive(Debug)]
pub struct RackList<'a> {
    /// The file.
    pub source: &'a Source,
    /// The racks.
    pub racks: Vec<ListedRack<'a>>,
}

/// One rack of a list.
#[derive(Clone, Copy, Debug)]
pub struct ListedRack<'a> {
    /// Its name, which is a file name without a directory.
    pub name: &'a str,
    /// The position of the name.
    pub name_span: Span,
    parameters: &'a [Member<'a>],
}

impl ListedRack<'_> {
    /// Returns whether the list gives the rack a parameter.
    pub fn has_parameters(&self) -> bool {
        !self.parameters.is_empty()
    }
}

impl<'a> RackList<'a> {
    /// Reads a list: a map from names to parameters, a list of `{name, parameters}`, or such an object on each line (JSON Lines).
    ///
    /// # Errors
    ///
    /// Returns every error of the file, with its position.
    pub fn read(source: &'a Source, arena: &'a Arena) -> Result<Self, Diagnostics> {
        let (list, problems) = Self::read_in_part(source, arena)?;
        problems.into_result(list)
    }

    /// Reads as many racks as possible, and returns them with every error of the file.
    ///
    /// # Errors
    ///
    /// Returns the errors of a file that has no racks at all.
    pub fn read_in_part(source: &'a Source, arena: &'a Arena) -> Result<(Self, Diagnostics), Diagnostics> {
        let mut reader = Reader { source, problems: Diagnostics::default(), racks: Vec::new() };
        match document(source, arena).map_err(|problems| without_values(source, problems))? {
            Form::Map(root) => root.members().iter().for_each(|member| reader.rack(member.key, member.key_span, Some(&member.value))),
            Form::List(items) => items.iter().for_each(|item| reader.item(item)),
            Form::Other(root) => {
                let message = format!("a list of racks must be a map from names to parameters, not {}", kind_of(root));
                reader.problem(root.span, message, EXAMPLE);
            }
        }
        reader.check_names();
        if reader.racks.is_empty() && reader.problems.0.is_empty() {
            reader.problem(Span::new(0, 0), "the list has no racks".to_owned(), EXAMPLE);
        }
        let Reader { problems, racks, .. } = reader;
        if racks.is_empty() { Err(problems) } else { Ok((Self { source, racks }, problems)) }
    }

    /// Returns the parameters and pseudo parameters of a rack. Without positions, which take longer, errors have none.
    pub fn parameters(&self, rack: &ListedRack<'a>, with_positions: bool) -> ListedParameters<'a> {
        let mut listed = ListedParameters::default();
        for member in rack.parameters {
            match scalar(self.source, &member.value) {
                Some(text) if PSEUDO_PARAMETERS.contains(&member.key) => listed.pseudo.push((member.key, text)),
                _ => listed.parameters.add_member(self.source, member, with_positions),
            }
        }
        listed
    }

    /// Hides the values of all racks in excerpts, except those of which the template declares that they are no secrets.
    pub fn hide_values(&self, template: &Template<'_>) {
        for member in self.racks.iter().flat_map(|rack| rack.parameters) {
            let declaration = template.parameters.get(member.key);
            let is_plain = declaration.is_some_and(|entry| !is_no_echo(entry.body)) || PSEUDO_PARAMETERS.contains(&member.key);
            if is_plain { self.source.reveal(member.value.span) } else { self.source.hide(member.value.span) }
        }
    }

    /// Returns the position of a rack's own value of a pseudo parameter.
    pub fn pseudo_parameter(&self, rack: &ListedRack<'a>, name: &str) -> Option<Span> {
        rack.parameters.iter().find(|member| member.key == name).map(|member| member.value.span)
    }
}

/// The parameters of a rack.
#[derive(Clone, Debug, Default)]
pub struct ListedParameters<'a> {
    /// Parameters of the template.
    pub parameters: ParameterOverrides,
    /// Pseudo parameters.
    pub pseudo: Vec<(&'a str, &'a str)>,
}

const EXAMPLE: &str = "for example `staging: {BuildMethod: fargate}`, or on each line {\"name\": \"staging\", \"parameters\": {...}}";
const KEYS: [&str; 2] = ["name", "parameters"];

/// The form of the document.
enum Form<'a> {
    Map(&'a Node<'a>),
    List(&'a [Node<'a>]),
    Other(&'a Node<'a>),
}

fn document<'a>(source: &'a Source, arena: &'a Arena) -> Result<Form<'a>, Diagnostics> {
    let text = source.text().trim_start_matches('\u{feff}').trim_start();
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Form::List(&[]));
    }
    let has_ending = |ending: &str| source.name().ends_with(ending);
    let is_yaml = has_ending(".yaml") || has_ending(".yml");
    if (text.starts_with('{') && !is_yaml) || has_ending(".jsonl") || has_ending(".ndjson") {
        let values = Document::read_json_values(source, arena)?;
        return Ok(match values {
            [only] if only.get("name").is_none_or(|name| matches!(name.kind, Kind::Object(_))) => Form::Map(only),
            _ => Form::List(values),
        });
    }
    let root = Document::read(source, arena)?.root;
    Ok(match root.kind {
        Kind::Object(_) => Form::Map(root),
        Kind::Array(items) => Form::List(items),
        _ => Form::Other(root),
    })
}

/// Returns the text of a scalar as written.
fn scalar<'a>(source: &'a Source, node: &Node<'a>) -> Option<&'a str> {
    match node.kind {
        Kind::String(text) => Some(text),
        Kind::Bool(_) | Kind::Number(_) => Some(source.slice(node.span).trim()),
        _ => None,
    }
}

struct Reader<'a> {
    source: &'a Source,
    problems: Diagnostics,
    racks: Vec<ListedRack<'a>>,
}

impl<'a> Reader<'a> {
    fn problem(&mut self, span: Span, message: String, hint: &str) {
        self.problems.push(Diagnostic::error("rack-list", message).at(self.source, span, "").hinted(hint));
    }

    /// Hides the texts in a value of an unexpected kind: one may be a secret.
    fn hide_text(&self, node: &Node<'_>) {
        if matches!(node.kind, Kind::String(_)) {
            self.source.hide(node.span);
        }
        node.items().iter().for_each(|item| self.hide_text(item));
        node.members().iter().for_each(|member| self.hide_text(&member.value));
    }

    fn item(&mut self, item: &'a Node<'a>) {
        if !matches!(item.kind, Kind::Object(_)) {
            self.hide_text(item);
            return self.problem(item.span, format!("a rack must be a map, not {}", kind_of(item)), EXAMPLE);
        }
        for member in item.members().iter().filter(|member| !KEYS.contains(&member.key)) {
            self.source.hide(member.value.span);
            let hint = did_you_mean(member.key, KEYS).unwrap_or_else(|| "a rack has a `name` and `parameters`".to_owned());
            self.problem(member.key_span, format!("unknown key `{}` of a rack", member.key), &hint);
        }
        let parameters = item.get("parameters");
        match item.get("name").map(|name| (name, scalar(self.source, name))) {
            Some((node, Some(name))) => self.rack(name, node.span, parameters),
            Some((node, None)) => self.problem(node.span, "the name of a rack must be text".to_owned(), EXAMPLE),
            None => self.problem(self.source.first_character(item.span), "a rack needs a `name`".to_owned(), EXAMPLE),
        }
    }

    fn rack(&mut self, name: &'a str, name_span: Span, parameters: Option<&'a Node<'a>>) {
        if !is_file_name(name) {
            let message = format!("`{name}` cannot be the name of a rack");
            let hint = format!("use letters, digits, `-`, `_` and `.`, the first a letter or a digit, at most {LONGEST_NAME}");
            self.problem(name_span, message, &hint);
        }
        let members = match parameters.map(|node| (node, node.kind)) {
            None | Some((_, Kind::Null)) => &[],
            Some((_, Kind::Object(members))) => members,
            Some((node, _)) => {
                self.hide_text(node);
                let message = format!("the parameters of rack `{name}` must be a map, not {}", kind_of(node));
                return self.problem(node.span, message, "use lines of the form `Name: value`");
            }
        };
        for member in members {
            self.source.hide(member.value.span);
            if member.key.starts_with("AWS::") && (!PSEUDO_PARAMETERS.contains(&member.key) || scalar(self.source, &member.value).is_none())
            {
                let hint = format!("a rack can set {} to text", PSEUDO_PARAMETERS.join(", "));
                self.problem(member.key_span, format!("rack `{name}` cannot set `{}`", member.key), &hint);
            } else if !ParameterOverrides::is_value(&member.value) {
                let what = kind_of(&member.value);
                let message =
                    format!("the value of parameter `{}` must be a string, number, boolean or a list of them, not {what}", member.key);
                self.problem(member.value.span, message, "CloudFormation parameters are strings; put JSON in quotes");
            }
        }
        self.racks.push(ListedRack { name, name_span, parameters: members });
    }

    /// Reports names that occur twice. Some file systems ignore case.
    fn check_names(&mut self) {
        let mut seen: HashMap<String, (&str, Span)> = HashMap::with_capacity(self.racks.len());
        for rack in &self.racks {
            if let Some((other, earlier)) = seen.insert(rack.name.to_ascii_lowercase(), (rack.name, rack.name_span)) {
                let message = if other == rack.name {
                    format!("two racks have the name `{other}`")
                } else {
                    format!("the names `{other}` and `{}` of two racks differ only in case, which some file systems ignore", rack.name)
                };
                let problem = Diagnostic::error("rack-list", message).at(self.source, rack.name_span, "again here");
                self.problems.push(problem.at(self.source, earlier, "first here").hinted("each rack is written to a file of its own"));
            }
        }
    }
}

/// Returns the kind of a value in the words of YAML.
fn kind_of(node: &Node<'_>) -> &'static str {
    match node.kind {
        Kind::Array(_) => "a list",
        Kind::Object(_) => "a map",
        _ => node.kind_name(),
    }
}

/// Returns whether a name is that of a visible file in the directory itself, on every file system.
fn is_file_name(name: &str) -> bool {
    let is_start = name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    is_start && name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
