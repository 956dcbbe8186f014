//! Specialises a template: folds conditions and constant expressions for given parameters into a smaller plain template.
//!
//! Takes a [`Template`] and [`Inputs`]: parameters and pseudo parameters. Returns a [`Specialised`] template without resources and outputs
//! whose condition is false, without `Fn::If` on a known condition, with parameters replaced by their values, and without parameters,
//! conditions, mappings and rules that nothing uses any more. Both templates evaluate to the same resources and outputs. It works for
//! every template except one with a macro, which may read what specialising removes. Computing values is left to
//! [`evaluate`](crate::evaluate).
//!
//! What a template must not or cannot contain stays a parameter: a secret (`NoEcho`), the value of an SSM parameter, a parameter without
//! a value, and one that a rule compares with the account (`Fn::ValueOf`). A pseudo parameter stays too, unless its value is given.
//!
//! ```
//! use rackform::diagnostic::Source;
//! use rackform::parameters::{ParameterOverrides, ParameterSet};
//! use rackform::specialise::{Inputs, specialise};
//! use rackform::template::{Arena, Style, Template};
//!
//! let source = Source::new("queue.json", r#"{
//!   "Parameters": { "Kind": { "Type": "String", "Default": "plain" } },
//!   "Conditions": { "Fifo": { "Fn::Equals": [ { "Ref": "Kind" }, "fifo" ] } },
//!   "Resources": { "Jobs": { "Type": "AWS::SQS::Queue", "Properties": {
//!     "FifoQueue": { "Fn::If": [ "Fifo", true, { "Ref": "AWS::NoValue" } ] },
//!     "QueueName": { "Fn::Sub": "${AWS::StackName}-${Kind}" } } } }
//! }"#);
//! let arena = Arena::new();
//! let template = Template::read(&source, &arena)?;
//! let parameters = ParameterSet::resolve(&template, &ParameterOverrides::new())?;
//! let inputs = Inputs::new(&template, parameters);
//! let specialised = specialise(&template, &inputs, &arena)?;
//! assert_eq!(
//!     specialised.to_json(&Style::minified()),
//!     r#"{"Resources":{"Jobs":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::Sub":"${AWS::StackName}-plain"}}}}}"#
//! );
//! # Ok::<(), rackform::diagnostic::Diagnostics>(())
//! ```

mod inputs;
mod sections;
mod text;
mod write;

pub use inputs::Inputs;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evaluate::reduce;
use crate::template::{Arena, Document, Format, Functions, LANGUAGE_EXTENSIONS, Node, Style, Template, write_json, write_yaml};

/// A specialised template. Its nodes point into the text of the original, for messages.
#[derive(Debug)]
pub struct Specialised<'a> {
    document: Document<'a>,
    /// Warnings of the evaluation.
    pub warnings: Diagnostics,
}

impl<'a> Specialised<'a> {
    /// Returns the document.
    pub fn root(&self) -> &'a Node<'a> {
        self.document.root
    }

    /// Returns the template, which can be evaluated without parsing a text.
    ///
    /// # Errors
    ///
    /// Returns an error if the structure of the sections is invalid.
    pub fn template(&self) -> Result<Template<'a>, Diagnostics> {
        Template::from_document(&self.document)
    }

    /// Returns the text as JSON.
    pub fn to_json(&self, style: &Style) -> String {
        write_json(self.document.root, style)
    }

    /// Returns the text as YAML with short-form functions.
    pub fn to_yaml(&self) -> String {
        write_yaml(self.document.root, Functions::Short)
    }
}

/// Specialises a template.
///
/// # Errors
///
/// Returns every problem of the evaluation with these inputs; an error for a template with a macro; an error for an expression that has
/// no form without the removed parameters, such as the computed name of an attribute.
pub fn specialise<'a>(template: &'a Template<'a>, inputs: &'a Inputs<'a>, arena: &'a Arena) -> Result<Specialised<'a>, Diagnostics> {
    refuse_macros(template)?;
    let reduced = reduce(template, inputs.parameters(), inputs.state(), arena)?;
    let mut writer = write::Writer::new(template, arena);
    let root = sections::root(&mut writer, &reduced, inputs);
    let (source, format) = (template.source, Format::Json);
    let document = Document { source, format, root, alias: None, may_hold_null: true, conversions: &[], keys: &[] };
    writer.problems.into_result(Specialised { document, warnings: reduced.warnings })
}

/// Refuses a template with a macro: it receives the whole template or section, parameters included.
fn refuse_macros(template: &Template<'_>) -> Result<(), Diagnostics> {
    let refused = |name: &str, node: &Node<'_>| {
        let message = format!("cannot specialise a template with the macro `{name}`");
        let problem = Diagnostic::error("specialise-macro", message).at(template.source, node.span, "");
        Diagnostics::from(problem.hinted("a macro may use parameters and conditions that specialising removes"))
    };
    let declared = template.transforms.iter().find(|name| **name != LANGUAGE_EXTENSIONS);
    if let (Some(name), Some(node)) = (declared, template.root.get("Transform")) {
        return Err(refused(name, node));
    }
    // The name is in the text, unless some of its letters are escaped. Most templates have neither, and a walk takes longer than a search.
    let text = template.source.text().as_bytes();
    let may_have_call = ["Transform", "\\u", "\\x"].iter().any(|part| memchr::memmem::find(text, part.as_bytes()).is_some());
    match may_have_call.then(|| find_transform(template.root)).flatten() {
        Some(call) => Err(refused(call.get("Name").and_then(Node::as_str).unwrap_or("Fn::Transform"), call)),
        None => Ok(()),
    }
}

fn find_transform<'a>(node: &'a Node<'a>) -> Option<&'a Node<'a>> {
    let among_members = || {
        node.members()
            .iter()
            .find_map(|member| if member.key == "Fn::Transform" { Some(&member.value) } else { find_transform(&member.value) })
    };
    among_members().or_else(|| node.items().iter().find_map(find_transform))
}
