//! Custom names, because of which a replacement conflicts with the resource that it replaces.

use super::ResourceType;
use super::property::Types;

impl ResourceType {
    /// Returns the property with the unique custom name of a resource, if the type has one.
    ///
    /// CloudFormation creates the new resource before it deletes the old one, so replacing a resource that keeps such a name
    /// fails, as <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html> says.
    /// Derived from the schema: a create-only string that is the only identifier, or is called `Name`, or has the type's own name
    /// (`GroupName` of a `SecurityGroup`).
    pub fn custom_name_property(&self) -> Option<&'static str> {
        if self.delete_then_create() || SHARED_NAMES.contains(&self.name()) {
            return None;
        }
        let mut identifier = self.primary_identifier();
        let sole = identifier.next().and_then(|path| path.single()).filter(|_| identifier.next().is_none());
        let short = self.name().rsplit("::").next().unwrap_or_default();
        self.create_only()
            .filter_map(|path| path.single())
            .filter(|name| {
                let stem = name.strip_suffix("Name").or_else(|| name.strip_suffix("Identifier"));
                let named = stem.is_some_and(|stem| short.ends_with(stem));
                named || (sole == Some(name) && !name.ends_with("Id") && !name.ends_with("Arn") && !self.is_read_only(&[name]))
            })
            // The name is examined first, because the facts of a property have to be looked up.
            .find(|name| self.property(&[name]).is_some_and(|facts| facts.types == Types::STRING))
    }
}

/// Types whose `Name` need not be unique. That of a directory is its domain:
/// <https://docs.aws.amazon.com/directoryservice/latest/devguide/API_CreateMicrosoftAD.html> lists no error for an existing one.
const SHARED_NAMES: &[&str] = &[
    "AWS::DirectoryService::MicrosoftAD",
    "AWS::DirectoryService::SimpleAD",
    "AWS::Route53::HostedZone",
    "AWS::Route53::RecordSet",
    "AWS::Route53::RecordSetGroup",
];

#[cfg(test)]
mod tests {
    #[test]
    fn custom_names_are_the_properties_that_collide() {
        let name = |name| super::super::resource_type(name).and_then(|resource_type| resource_type.custom_name_property());
        for (resource_type, property) in [
            ("AWS::AutoScaling::AutoScalingGroup", Some("AutoScalingGroupName")),
            ("AWS::DynamoDB::Table", Some("TableName")),
            ("AWS::EC2::SecurityGroup", Some("GroupName")),
            ("AWS::ECR::Repository", Some("RepositoryName")),
            ("AWS::ECS::Cluster", Some("ClusterName")),
            ("AWS::ECS::Service", Some("ServiceName")),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", Some("Name")),
            ("AWS::IAM::ManagedPolicy", Some("ManagedPolicyName")),
            ("AWS::IAM::Role", Some("RoleName")),
            ("AWS::KMS::Alias", Some("AliasName")),
            ("AWS::Lambda::Function", Some("FunctionName")),
            ("AWS::Logs::LogGroup", Some("LogGroupName")),
            ("AWS::RDS::DBInstance", Some("DBInstanceIdentifier")),
            ("AWS::S3::Bucket", Some("BucketName")),
            ("AWS::SNS::Topic", Some("TopicName")),
            ("AWS::SQS::Queue", Some("QueueName")),
            ("AWS::SSM::Parameter", Some("Name")),
            ("AWS::EC2::Subnet", None),
            ("AWS::EFS::FileSystem", None),
            ("AWS::EFS::MountTarget", None),
            ("AWS::Lambda::Permission", None),
            ("AWS::DirectoryService::MicrosoftAD", None),
            ("AWS::Route53::HostedZone", None),
            ("AWS::Route53::RecordSet", None),
        ] {
            assert_eq!(name(resource_type), property, "{resource_type}");
        }
    }
}
