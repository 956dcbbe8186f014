//! The resources that the types of the Serverless Application Model (SAM) become.
//!
//! AWS runs the transform, so the result is known only to AWS. The properties below keep their meaning on the way; for them the facts of
//! the generated type apply.
//!
//! Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>
//! and the property pages of each type, which name the property that a value is passed to.

use super::{RequiresRecreation, ResourceType, resource_type};

/// The prefix of the types that SAM expands.
pub const SERVERLESS_PREFIX: &str = "AWS::Serverless::";

/// The transform that expands them.
pub const SERVERLESS_TRANSFORM: &str = "AWS::Serverless-2016-10-31";

/// What SAM makes of one type: the generated type that has the same logical ID, and the property that each property is passed to.
struct Expansion {
    name: &'static str,
    becomes: &'static str,
    /// Pairs of a SAM property and the property of the generated type.
    renamed: &'static [(&'static str, &'static str)],
    /// Properties that are passed on under the same name.
    same: &'static [&'static str],
}

const EXPANSIONS: [Expansion; 6] = [
    Expansion {
        name: "AWS::Serverless::Api",
        becomes: "AWS::ApiGateway::RestApi",
        renamed: &[("DefinitionBody", "Body"), ("DefinitionUri", "BodyS3Location")],
        same: &["ApiKeySourceType", "BinaryMediaTypes", "Description", "DisableExecuteApiEndpoint", "Name", "Policy"],
    },
    Expansion {
        name: "AWS::Serverless::Function",
        becomes: "AWS::Lambda::Function",
        renamed: &[
            ("CodeUri", "Code"),
            ("DeadLetterQueue", "DeadLetterConfig"),
            ("ImageUri", "Code"),
            ("InlineCode", "Code"),
            ("Tracing", "TracingConfig"),
        ],
        same: &[
            "Architectures",
            "CodeSigningConfigArn",
            "Description",
            "Environment",
            "EphemeralStorage",
            "FileSystemConfigs",
            "FunctionName",
            "Handler",
            "ImageConfig",
            "KmsKeyArn",
            "Layers",
            "LoggingConfig",
            "MemorySize",
            "PackageType",
            "RecursiveLoop",
            "ReservedConcurrentExecutions",
            "Role",
            "Runtime",
            "SnapStart",
            "Tags",
            "Timeout",
            "VpcConfig",
        ],
    },
    Expansion {
        name: "AWS::Serverless::HttpApi",
        becomes: "AWS::ApiGatewayV2::Api",
        renamed: &[("DefinitionBody", "Body"), ("DefinitionUri", "BodyS3Location")],
        same: &["CorsConfiguration", "Description", "DisableExecuteApiEndpoint", "Name"],
    },
    Expansion {
        name: "AWS::Serverless::LayerVersion",
        becomes: "AWS::Lambda::LayerVersion",
        renamed: &[("ContentUri", "Content")],
        same: &["CompatibleArchitectures", "CompatibleRuntimes", "Description", "LayerName", "LicenseInfo"],
    },
    Expansion {
        name: "AWS::Serverless::SimpleTable",
        becomes: "AWS::DynamoDB::Table",
        renamed: &[("PrimaryKey", "KeySchema")],
        same: &["PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification", "TableName", "Tags"],
    },
    Expansion {
        name: "AWS::Serverless::StateMachine",
        becomes: "AWS::StepFunctions::StateMachine",
        renamed: &[("Name", "StateMachineName"), ("Type", "StateMachineType"), ("DefinitionUri", "DefinitionS3Location")],
        same: &["Definition", "DefinitionSubstitutions", "Logging", "Role", "Tags", "Tracing"],
    },
];

impl Expansion {
    fn of(name: &str) -> Option<&'static Self> {
        EXPANSIONS.iter().find(|expansion| expansion.name == name)
    }
}

/// Returns whether SAM expands the type.
pub fn is_serverless(name: &str) -> bool {
    name.starts_with(SERVERLESS_PREFIX)
}

/// Types that become a resource with the same logical ID, in addition to [`EXPANSIONS`].
const SAME_ID: [(&str, &str); 4] = [
    ("AWS::Serverless::Application", "AWS::CloudFormation::Stack"),
    ("AWS::Serverless::CapacityProvider", "AWS::Lambda::CapacityProvider"),
    ("AWS::Serverless::GraphQLApi", "AWS::AppSync::GraphQLApi"),
    ("AWS::Serverless::WebSocketApi", "AWS::ApiGatewayV2::Api"),
];

/// Returns the name of the type that CloudFormation sees under a logical ID after SAM ran; `None` if it sees none.
///
/// A layer gets a logical ID with a hash, and a connector becomes policies with other logical IDs.
pub fn deployed_type(name: &str) -> Option<&str> {
    match name {
        "AWS::Serverless::LayerVersion" | "AWS::Serverless::Connector" => None,
        _ if is_serverless(name) => Expansion::of(name)
            .map(|expansion| expansion.becomes)
            .or_else(|| SAME_ID.iter().find(|(own, _)| *own == name).map(|(_, becomes)| *becomes)),
        _ => Some(name),
    }
}

/// Returns whether CloudFormation permits that a logical ID gets another type, because SAM makes the same type of both.
pub fn may_become(before: &str, after: &str) -> bool {
    match (deployed_type(before), deployed_type(after)) {
        (Some(before), Some(after)) => before == after,
        _ => true,
    }
}

/// Returns the type that a serverless resource becomes under the same logical ID.
pub fn generated_type(name: &str) -> Option<ResourceType> {
    resource_type(Expansion::of(name)?.becomes)
}

/// Returns the property of the generated type that a property of a serverless type is passed to.
pub fn generated_property(name: &str, property: &str) -> Option<&'static str> {
    let expansion = Expansion::of(name)?;
    let renamed = expansion.renamed.iter().find(|(own, _)| *own == property).map(|(_, generated)| *generated);
    renamed.or_else(|| expansion.same.iter().find(|own| **own == property).copied())
}

/// Returns whether a change of a property of a serverless type replaces the generated resource.
///
/// A property that becomes a resource of its own, such as an alias, a role or an event source, may replace that resource.
pub fn requires_recreation(name: &str, property: &str) -> RequiresRecreation {
    match (generated_type(name), generated_property(name, property)) {
        (Some(generated), Some(property)) => generated.requires_recreation(&[property]),
        _ => RequiresRecreation::Conditionally,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_types_and_properties_are_published() {
        for expansion in &EXPANSIONS {
            let Some(generated) = resource_type(expansion.becomes) else { unreachable!("{} has no schema", expansion.becomes) };
            let names = expansion.renamed.iter().map(|(_, name)| name).chain(expansion.same);
            for name in names.filter(|name| !matches!(**name, "Definition" | "Logging" | "Tracing" | "Role" | "Policy" | "Tags")) {
                assert!(generated.property(&[name]).is_some(), "{} {name}", expansion.becomes);
            }
        }
    }
}
