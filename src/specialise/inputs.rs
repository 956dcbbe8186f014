//! What a template is specialised for.

use std::collections::HashSet;

use crate::evaluate::State;
use crate::parameters::{ParameterSet, ParameterType};
use crate::template::{Intrinsic, Node, Template};

/// Parameters and pseudo parameters, divided into those that the specialised template contains and those that stay parameters.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    parameters: ParameterSet<'a>,
    state: State,
    /// New defaults of parameters that stay and are not secret.
    defaults: Vec<(&'a str, String)>,
    omits_descriptions: bool,
}

impl<'a> Inputs<'a> {
    /// Divides the parameters of a template. A parameter without a value stays a parameter.
    pub fn new(template: &Template<'a>, parameters: ParameterSet<'a>) -> Self {
        let compared = compared_with_account(template);
        let mut inputs = Self { parameters, state: State::default(), defaults: Vec::new(), omits_descriptions: false };
        for (name, parameter) in &mut inputs.parameters.parameters {
            let is_stored = matches!(parameter.declaration.parameter_type, ParameterType::Ssm { .. });
            let is_secret = parameter.declaration.no_echo;
            if !is_stored && !is_secret && !compared.contains(name) {
                continue;
            }
            let value = if is_stored && !is_secret { parameter.value.clone() } else { parameter.value.take() };
            if let Some(value) = value.filter(|_| !is_secret) {
                inputs.defaults.push((name, value));
            }
        }
        inputs
    }

    /// Keeps parameters as parameters, with their values as defaults; names that the template does not declare are ignored.
    #[must_use]
    pub fn keeping<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        for name in names {
            let Some((name, parameter)) = self.parameters.parameters.get_full_mut(name).map(|(_, name, parameter)| (*name, parameter))
            else {
                continue;
            };
            if let Some(value) = parameter.value.take().filter(|_| !parameter.declaration.no_echo) {
                self.defaults.retain(|(kept, _)| *kept != name);
                self.defaults.push((name, value));
            }
        }
        self
    }

    /// Gives a pseudo parameter a value, such as `AWS::Region`; the template then contains it.
    #[must_use]
    pub fn with_pseudo_parameter(mut self, name: &str, value: &str) -> Self {
        self.state.pseudo.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves out the descriptions of the template and of its outputs, which a full rack has about 4 KB of.
    #[must_use]
    pub fn without_descriptions(mut self) -> Self {
        self.omits_descriptions = true;
        self
    }

    /// Returns whether descriptions are left out.
    pub(super) fn omits_descriptions(&self) -> bool {
        self.omits_descriptions
    }

    /// Returns the parameters; those that stay have no value, except the names of SSM parameters.
    pub(super) fn parameters(&self) -> &ParameterSet<'a> {
        &self.parameters
    }

    /// Returns the pseudo parameters as a state.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Returns the new default of a parameter that stays.
    pub(super) fn default_of(&self, name: &str) -> Option<&str> {
        self.defaults.iter().find(|(kept, _)| *kept == name).map(|(_, value)| value.as_str())
    }
}

/// Returns the parameters that a rule compares with the account: only CloudFormation can check such a rule.
fn compared_with_account<'a>(template: &Template<'a>) -> HashSet<&'a str> {
    fn collect<'a>(node: &'a Node<'a>, names: &mut HashSet<&'a str>) {
        if let Some(Intrinsic::Rule("Fn::ValueOf" | "Fn::ValueOfAll", operand)) = Intrinsic::of(node) {
            names.extend(operand.items().first().and_then(Node::as_str));
        }
        node.members().iter().for_each(|member| collect(&member.value, names));
        node.items().iter().for_each(|item| collect(item, names));
    }
    let mut names = HashSet::new();
    template.rules.iter().for_each(|rule| collect(rule.body, &mut names));
    names
}
