//! Parameter declarations and their groups.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use serde::Serialize;

use crate::parameters::BUILD_GROUP;

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ParameterType {
    /// Any string.
    String,
    /// A number; its `Ref` is a string.
    Number,
    /// A list of strings; its `Ref` is a list.
    CommaDelimitedList,
    /// The name of a public SSM parameter with the ID of a machine image; its `Ref` is the ID.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html>
    #[serde(rename = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>")]
    ImageFromSsm,
}

/// The group in which the CloudFormation console and `rackform params` list a parameter.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-interface.html>
///
/// The groups are listed in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// How the rack builds images.
    Build,
    /// VPC, subnets, NAT gateways and security groups.
    Network,
    /// The rack's API: its tasks, balancer, password and allow list.
    Api,
    /// Load balancers of apps.
    Router,
    /// Instances of the cluster: types, images, volumes and user data.
    Instances,
    /// Number of instances, scaling and spot instances.
    Scaling,
    /// Task settings that apply to apps.
    Tasks,
    /// Buckets, tables and file systems.
    Storage,
    /// Log groups and log drivers.
    Logs,
}

impl Group {
    /// Returns the label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Build => BUILD_GROUP,
            Self::Network => "network",
            Self::Api => "api",
            Self::Router => "router",
            Self::Instances => "instances",
            Self::Scaling => "scaling",
            Self::Tasks => "tasks",
            Self::Storage => "storage",
            Self::Logs => "logs",
        }
    }
}

/// A parameter declaration.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameter {
    r#type: ParameterType,
    description: String,
    default: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    no_echo: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_length: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraint_description: Option<String>,
}

impl Parameter {
    /// Returns a string parameter. Every parameter has a default, so that a rack installs without any values.
    pub fn string(default: &str, description: &str) -> Self {
        Self {
            r#type: ParameterType::String,
            description: description.to_owned(),
            default: default.to_owned(),
            no_echo: false,
            allowed_values: Vec::new(),
            min_length: None,
            max_length: None,
            min_value: None,
            max_value: None,
            allowed_pattern: None,
            constraint_description: None,
        }
    }

    /// Returns a number parameter.
    pub fn number(default: u32, description: &str) -> Self {
        Self { r#type: ParameterType::Number, ..Self::string(&default.to_string(), description) }
    }

    /// Returns a list parameter; the default is a text with commas.
    pub fn list(default: &str, description: &str) -> Self {
        Self { r#type: ParameterType::CommaDelimitedList, ..Self::string(default, description) }
    }

    /// Returns a parameter for the machine image whose ID a public SSM parameter has; the default is the name of the SSM parameter.
    pub fn image_from_ssm(default: &str, description: &str) -> Self {
        Self { r#type: ParameterType::ImageFromSsm, ..Self::string(default, description) }
    }

    /// Returns a number parameter with allowed values; the first one is the default.
    pub fn number_choice(values: &[&str], description: &str) -> Self {
        Self { r#type: ParameterType::Number, ..Self::choice(values, description) }
    }

    /// Returns a string parameter with allowed values; the first one is the default.
    pub fn choice(values: &[&str], description: &str) -> Self {
        let default = values.first().copied().unwrap_or_default();
        Self { allowed_values: values.iter().map(|&value| value.to_owned()).collect(), ..Self::string(default, description) }
    }

    /// Sets another default than the first allowed value.
    #[must_use]
    pub fn default_to(mut self, default: &str) -> Self {
        self.default = default.to_owned();
        self
    }

    /// Sets the minimum and maximum of a number, both inclusive.
    #[must_use]
    pub fn between(mut self, least: i64, most: i64) -> Self {
        (self.min_value, self.max_value) = (Some(least), Some(most));
        self
    }

    /// Hides the value in every view of the stack. Source:
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.no_echo = true;
        self
    }

    /// Sets the minimum and maximum number of characters, both inclusive.
    #[must_use]
    pub fn of_length(mut self, least: u16, most: u16) -> Self {
        (self.min_length, self.max_length) = (Some(least), Some(most));
        self
    }

    /// Sets only the minimum of a number, inclusive.
    #[must_use]
    pub fn at_least(mut self, least: i64) -> Self {
        self.min_value = Some(least);
        self
    }

    /// Requires that a regular expression matches the whole value, or each item of a list; `constraint` is the error message for
    /// other values.
    #[must_use]
    pub fn matching(mut self, pattern: &str, constraint: &str) -> Self {
        self.allowed_pattern = Some(pattern.to_owned());
        self.constraint_description = Some(constraint.to_owned());
        self
    }
}
