//! The desired state of a deployment: its template, evaluated with its parameters and the existing resources.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::identity::digits;
use super::record::Deployment;
use super::secrets::SecretParts;
use crate::backend::BackendError;
use crate::diagnostic::Source;
use crate::evaluate::{self, State, Taint};
use crate::parameters::{ParameterOverride, ParameterOverrides, ParameterSet, ParameterType, Provenance};
use crate::secret::MASKED;
use crate::template::{Arena, Template};

/// A resource in the desired state.
pub(super) struct DesiredResource {
    pub(super) resource_type: String,
    /// The properties, or why they are unknown.
    pub(super) properties: Result<Json, String>,
    pub(super) metadata: Option<Json>,
    pub(super) deletion_policy: Option<String>,
    pub(super) update_replace_policy: Option<String>,
    pub(super) depends_on: BTreeSet<String>,
    /// What of it depends on a secret.
    pub(super) secrets: SecretParts,
}

/// An output in the desired state.
pub(super) struct DesiredOutput {
    pub(super) value: Result<String, String>,
    pub(super) export: Option<Result<String, String>>,
    /// Whether the value depends on a secret.
    pub(super) is_secret: bool,
    /// Whether the name of the export does.
    pub(super) has_secret_export: bool,
}

/// The desired state of a deployment.
pub(super) struct Desired {
    pub(super) resources: IndexMap<String, DesiredResource>,
    pub(super) outputs: IndexMap<String, DesiredOutput>,
    /// Attributes that the template refers to, by logical ID; complete if no resource was known.
    pub(super) attributes: BTreeMap<String, BTreeSet<String>>,
    /// Imported exports; complete if no export was known.
    pub(super) imports: BTreeSet<String>,
}

/// Creates a deployment from new and previous parameter values.
pub(super) fn deployment(
    text: &str,
    given: &ParameterOverrides,
    template: String,
    tags: IndexMap<String, String>,
) -> Result<Deployment, BackendError> {
    let (source, arena) = (Source::new("template", text), Arena::new());
    let read = Template::read(&source, &arena).map_err(BackendError::Template)?;
    let set = ParameterSet::resolve(&read, given).map_err(BackendError::Template)?;
    Ok(Deployment {
        template,
        parameters: set
            .parameters
            .iter()
            .map(|(name, parameter)| ((*name).to_owned(), parameter.value.clone().unwrap_or_default()))
            .collect(),
        no_echo: set.parameters.iter().filter(|(_, parameter)| parameter.declaration.no_echo).map(|(name, _)| (*name).to_owned()).collect(),
        tags,
    })
}

/// Evaluates a deployment; `state` is what is known so far, without SSM parameters, which are invented here.
pub(super) fn desired(text: &str, deployment: &Deployment, mut state: State) -> Result<Desired, BackendError> {
    let (source, arena) = (Source::new("template", text), Arena::new());
    let template = Template::read(&source, &arena).map_err(BackendError::Template)?;
    let values = deployment
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), ParameterOverride { text: Some(value.clone()), provenance: Provenance::Deployed, span: None }));
    let parameters = ParameterSet::resolve(&template, &ParameterOverrides { values: values.collect() }).map_err(BackendError::Template)?;
    for parameter in parameters.parameters.values() {
        if let (ParameterType::Ssm { inner, list }, Some(name)) = (parameter.declaration.parameter_type, &parameter.value) {
            state.ssm.get_or_insert_default().entry(name.clone()).or_insert_with(|| ssm_value(name, inner, list));
        }
    }
    let evaluation = evaluate::evaluate(&template, &parameters, &state, &arena).map_err(BackendError::Template)?;
    let taint = Taint::of(&evaluation);
    let mut references = References::default();
    let mut resources = IndexMap::with_capacity(evaluation.resources.len());
    for (name, resource) in &evaluation.resources {
        references.resources.clear();
        references.value(&resource.properties);
        if let Some(metadata) = &resource.metadata {
            references.value(metadata);
        }
        let mut depends_on = references.resources.clone();
        depends_on.extend(resource.depends_on.iter().map(|name| (*name).to_owned()));
        depends_on.remove(*name);
        let text =
            |value: &Option<evaluate::Value<'_>>| value.as_ref().and_then(|value| to_json(value, &taint).ok()?.as_str().map(str::to_owned));
        resources.insert(
            (*name).to_owned(),
            DesiredResource {
                resource_type: resource.resource_type.to_owned(),
                properties: to_json(&resource.properties, &taint),
                metadata: resource.metadata.as_ref().and_then(|metadata| to_json(metadata, &taint).ok()),
                deletion_policy: text(&resource.deletion_policy),
                update_replace_policy: text(&resource.update_replace_policy),
                depends_on,
                secrets: SecretParts::of(&taint, name, &resource.properties),
            },
        );
    }
    let mut outputs = IndexMap::with_capacity(evaluation.outputs.len());
    for (name, output) in &evaluation.outputs {
        references.value(&output.value);
        let text = |value: &evaluate::Value<'_>| {
            to_json(value, &taint).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        let is_secret = taint.anything_in(&output.value);
        let has_secret_export = output.export.as_ref().is_some_and(|export| taint.anything_in(export));
        let export = output.export.as_ref().map(|export| {
            references.value(export);
            text(export)
        });
        outputs.insert((*name).to_owned(), DesiredOutput { value: text(&output.value), export, is_secret, has_secret_export });
    }
    Ok(Desired { resources, outputs, attributes: references.attributes, imports: references.imports })
}

/// Returns an invented value of an SSM parameter: an ID for an image, one item for a list.
fn ssm_value(name: &str, inner: &str, list: bool) -> Json {
    let text = if inner.contains("Image::Id") { format!("ami-{}", digits(name, 17)) } else { format!("ssm-{}", digits(name, 12)) };
    if list { Json::Array(vec![Json::String(text)]) } else { Json::String(text) }
}

/// Returns a value as JSON, or why it is unknown.
fn to_json<'a>(value: &evaluate::Value<'a>, taint: &Taint<'a>) -> Result<Json, String> {
    use evaluate::ValueKind;
    Ok(match value.kind {
        ValueKind::Null => Json::Null,
        ValueKind::Bool(value) => Json::Bool(value),
        ValueKind::Number(text) => text.parse::<serde_json::Number>().map_or_else(|_| Json::String(text.to_owned()), Json::Number),
        ValueKind::String(text) => Json::String(text.to_owned()),
        ValueKind::List(items) => Json::Array(items.iter().map(|item| to_json(item, taint)).collect::<Result<_, _>>()?),
        ValueKind::Map(members) => Json::Object(
            members.iter().map(|(name, value)| Ok(((*name).to_owned(), to_json(value, taint)?))).collect::<Result<_, String>>()?,
        ),
        ValueKind::Unknown(residual) => return Err(why_unknown(&residual, taint)),
    })
}

/// Returns why a value is unknown, with CloudFormation's message if it has one.
fn why_unknown<'a>(residual: &evaluate::Residual<'a>, taint: &Taint<'a>) -> String {
    use evaluate::Residual;
    match residual {
        Residual::ImportValue(name) if taint.value(name) => format!("No export named {MASKED} found."),
        Residual::ImportValue(name) => match to_json(name, taint) {
            Ok(name) => format!("No export named {} found.", name.as_str().unwrap_or_default()),
            Err(reason) => reason,
        },
        Residual::Transform(_) => "the value depends on a macro, and the local backend runs no macros".to_owned(),
        Residual::AvailabilityZones(_) => "the local backend does not know the availability zones of this region".to_owned(),
        Residual::PseudoParameter(name) => format!("the local backend has no value for {name}"),
        other => {
            // A function with an unknown argument: the innermost reason is the relevant one.
            let mut references = References::default();
            references.residual(other);
            match references.resources.first() {
                Some(name) => format!("the value depends on {name}, which does not exist"),
                None => references.imports.first().filter(|_| taint.is_empty()).map_or_else(
                    || "the value depends on data that the local backend does not have".to_owned(),
                    |name| format!("No export named {name} found."),
                ),
            }
        }
    }
}

/// The references in values.
#[derive(Default)]
struct References {
    resources: BTreeSet<String>,
    attributes: BTreeMap<String, BTreeSet<String>>,
    imports: BTreeSet<String>,
}

impl References {
    fn value(&mut self, value: &evaluate::Value<'_>) {
        use evaluate::ValueKind;
        match &value.kind {
            ValueKind::List(items) => items.iter().for_each(|item| self.value(item)),
            ValueKind::Map(members) => members.iter().for_each(|(_, value)| self.value(value)),
            ValueKind::Unknown(residual) => self.residual(residual),
            ValueKind::Null | ValueKind::Bool(_) | ValueKind::Number(_) | ValueKind::String(_) => {}
        }
    }

    fn residual(&mut self, residual: &evaluate::Residual<'_>) {
        use evaluate::Residual;
        match residual {
            Residual::Ref(name) => drop(self.resources.insert((*name).to_owned())),
            Residual::GetAtt(name, attribute) => {
                self.resources.insert((*name).to_owned());
                self.attributes.entry((*name).to_owned()).or_default().insert((*attribute).to_owned());
            }
            Residual::ImportValue(name) => match name.text() {
                Some(name) => drop(self.imports.insert(name.to_owned())),
                None => self.value(name),
            },
            Residual::Concat(values) | Residual::Cidr(values) | Residual::FindInMap(values) => {
                values.iter().for_each(|value| self.value(value))
            }
            Residual::AvailabilityZones(value)
            | Residual::Join(_, value)
            | Residual::Split(_, value)
            | Residual::Base64(value)
            | Residual::Function(_, value) => self.value(value),
            Residual::Select(index, list) => [index, list].into_iter().for_each(|value| self.value(value)),
            Residual::If(_, yes, no) => [yes, no].into_iter().flatten().for_each(|value| self.value(value)),
            Residual::SsmParameter { .. } | Residual::PseudoParameter(_) | Residual::Parameter(_) | Residual::Transform(_) => {}
        }
    }
}
