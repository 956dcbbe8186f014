//! The desired state of a stack that a plan was approved for.

use indexmap::IndexMap;

use crate::backend::{ChangeSetRequest, ParameterInput, StackName};
use crate::cloudformation::{ChangeSetOptions, StackSettings};
use crate::diagnostic::Source;
use crate::parameters::{ParameterSet, Provenance};
use crate::plan::{ImportStep, Plan, ResourceImport};
use crate::text::hex;

/// The desired state of a stack, with all choices made.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The stack.
    pub stack: StackName,
    /// The revision that the plan was made for; `None` if the stack did not exist.
    pub revision: Option<String>,
    /// The text of the template.
    pub template: String,
    /// The text that it was read from, for places in messages; another one if the template is sent in another form.
    pub source: Option<Source>,
    /// Every declared parameter.
    pub parameters: IndexMap<String, ParameterInput>,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
    /// Options of the change set.
    pub options: ChangeSetOptions,
    /// Settings of the stack that no change set contains.
    pub settings: StackSettings,
    /// The approved plan, which must not be exceeded; `None` allows any change.
    pub approved: Option<Plan>,
    /// Logical IDs of resources that may change more than was approved.
    pub allow_unpredicted: Vec<String>,
    /// The import before the update, in an operation of its own.
    pub import: Option<ImportStep>,
    /// The resources that this operation imports, and then does nothing else.
    pub resources_to_import: Vec<ResourceImport>,
}

impl Target {
    /// Returns the request for the change set. Its name is derived from its content, so that parallel runs with different changes do not
    /// collide.
    pub fn request(&self) -> ChangeSetRequest {
        ChangeSetRequest {
            stack: self.stack.clone(),
            name: self.change_set_name(),
            template: self.template.clone(),
            parameters: self.parameters.clone(),
            tags: self.tags.clone(),
            options: self.options.clone(),
            imports: self.resources_to_import.clone(),
        }
    }

    fn change_set_name(&self) -> String {
        use sha2::{Digest as _, Sha256};
        let mut digest = Sha256::new();
        for part in [&self.stack, self.revision.as_ref().unwrap_or(&String::new()), &self.template] {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
        if self.options.express {
            digest.update(b"express");
        }
        for (name, input) in &self.parameters {
            digest.update(name.as_bytes());
            if let ParameterInput::Value(value) = input {
                digest.update(value.as_bytes());
            }
            digest.update([0]);
        }
        for import in &self.resources_to_import {
            digest.update(import.logical_resource_id.as_bytes());
            digest.update(import.identifier().as_bytes());
            digest.update([0]);
        }
        format!("rackform-{}", hex(&digest.finalize()[..6]))
    }

    /// Returns the import before the update as a target of its own, if there is one: it changes no parameter, tag or setting.
    pub fn first(&self) -> Option<Self> {
        let step = self.import.as_ref()?;
        let options = &self.options;
        Some(Self {
            stack: self.stack.clone(),
            revision: self.revision.clone(),
            template: step.template.clone(),
            source: None,
            parameters: step.parameters.iter().map(|name| (name.clone(), ParameterInput::UsePrevious)).collect(),
            tags: IndexMap::new(),
            options: ChangeSetOptions {
                capabilities: options.capabilities.clone(),
                role_arn: options.role_arn.clone(),
                notification_topics: options.notification_topics.clone(),
                template_bucket: options.template_bucket.clone(),
                create_template_bucket: options.create_template_bucket,
                ..ChangeSetOptions::default()
            },
            settings: StackSettings::default(),
            approved: Some(step.plan()),
            allow_unpredicted: Vec::new(),
            import: None,
            resources_to_import: step.resources.clone(),
        })
    }

    /// Returns the physical IDs of the imported resources by logical ID, as far as the identifiers contain them.
    pub fn imported(&self) -> IndexMap<String, String> {
        let resources = self.import.iter().flat_map(|step| &step.resources);
        resources.filter_map(|import| Some((import.logical_resource_id.clone(), import.physical_id()?.to_owned()))).collect()
    }

    /// Returns the size of the largest template in the requests, in bytes.
    pub fn longest_template(&self) -> usize {
        self.import.as_ref().map_or(0, |step| step.template.len()).max(self.template.len())
    }

    /// Returns the parameters of a request: deployed values are reused, others are sent.
    pub fn inputs(parameters: &ParameterSet<'_>) -> IndexMap<String, ParameterInput> {
        let input = |provenance: Provenance, value: &Option<String>| match (provenance, value) {
            (Provenance::Deployed, _) | (_, None) => ParameterInput::UsePrevious,
            (_, Some(value)) => ParameterInput::Value(value.clone()),
        };
        parameters.parameters.iter().map(|(name, parameter)| ((*name).to_owned(), input(parameter.provenance, &parameter.value))).collect()
    }
}
