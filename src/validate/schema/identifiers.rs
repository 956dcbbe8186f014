//! Identifiers: a reference must return an identifier of the kind that the property requires, such as a subnet ID.

use super::Walk;
use crate::schema::{self, PropertyFacts};
use crate::template::{GetAtt, Intrinsic, Node};
use crate::validate::check::type_name;

/// The kind of identifier that `Ref` of a resource type returns, in the notation of the facts.
///
/// Source: the "Return values" of each type, from
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>
const REFERENCES: &[(&str, &str)] = &[
    ("AWS::CertificateManager::Certificate", "AWS::ACM::Certificate.Arn"),
    ("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroup.Id"),
    ("AWS::EC2::Subnet", "AWS::EC2::Subnet.Id"),
    ("AWS::EC2::VPC", "AWS::EC2::VPC.Id"),
    ("AWS::IAM::Role", "AWS::IAM::Role.Name"),
    ("AWS::KMS::Key", "AWS::KMS::Key.Id"),
    ("AWS::Lambda::Function", "AWS::Lambda::Function.Name"),
    ("AWS::Logs::LogGroup", "AWS::Logs::LogGroup.Name"),
    ("AWS::S3::Bucket", "AWS::S3::Bucket.Name"),
    ("AWS::SNS::Topic", "AWS::SNS::Topic.Arn"),
];

impl<'a> Walk<'_, '_, 'a> {
    /// Checks that a reference returns an identifier of the kind that the property requires.
    pub(super) fn identifier(&mut self, facts: &PropertyFacts, node: &'a Node<'a>) {
        let Some(wanted) = facts.identifies().map(single) else { return };
        let Some((name, given)) = self.given(node) else { return };
        let given = single(given);
        if !differ(wanted, given) {
            return;
        }
        let message =
            format!("{} requires {}, but the reference to `{name}` returns {}", self.location(), described(wanted), described(given));
        let (wanted_type, _) = parts(wanted);
        let hint = if wanted_type == parts(given).0 {
            format!("use Fn::GetAtt of `{name}` for the ARN")
        } else {
            format!("refer to {} instead", described(wanted))
        };
        let diagnostic = self.check.error("wrong-identifier", message, node.span, "").hinted(hint);
        self.report(diagnostic);
    }

    /// Returns the target of a reference and the kind of identifier that it returns, if both are certain.
    fn given(&self, node: &'a Node<'a>) -> Option<(&'a str, &'static str)> {
        let template = self.check.template;
        match Intrinsic::of(node)? {
            Intrinsic::Ref(operand) => {
                let name = operand.as_str()?;
                if let Some(parameter) = template.parameters.get(name) {
                    return Some((name, of_parameter(parameter.body.get("Type")?.as_str()?)?));
                }
                let resource_type = type_name(template.resources.get(name)?);
                REFERENCES.iter().find(|(referred, _)| *referred == resource_type).map(|(_, given)| (name, *given))
            }
            Intrinsic::GetAtt(operand) => {
                let GetAtt { resource, attribute, .. } = GetAtt::of(operand)?;
                let (name, attribute) = (resource?, attribute.text()?);
                let facts = schema::resource_type(type_name(template.resources.get(name)?))?;
                let path: Vec<&str> = attribute.split('.').collect();
                Some((name, facts.property(&path)?.identifies()?))
            }
            _ => None,
        }
    }
}

/// Returns the kind of identifier that a parameter of an AWS-specific type contains.
fn of_parameter(kind: &str) -> Option<&'static str> {
    let kind = kind.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(kind);
    Some(match kind {
        "AWS::EC2::Image::Id" => "AWS::EC2::Image.Id",
        "AWS::EC2::SecurityGroup::GroupName" => "AWS::EC2::SecurityGroup.Name",
        "AWS::EC2::SecurityGroup::Id" => "AWS::EC2::SecurityGroup.Id",
        "AWS::EC2::Subnet::Id" => "AWS::EC2::Subnet.Id",
        "AWS::EC2::VPC::Id" => "AWS::EC2::VPC.Id",
        _ => return None,
    })
}

/// Returns the singular of an identifier kind: `AWS::EC2::Subnet.Id` for `AWS::EC2::Subnet.Ids`.
fn single(identifier: &'static str) -> &'static str {
    identifier.strip_suffix('s').filter(|single| single.ends_with(".Id") || single.ends_with(".Name")).unwrap_or(identifier)
}

fn parts(identifier: &'static str) -> (&'static str, &'static str) {
    identifier.rsplit_once('.').unwrap_or((identifier, ""))
}

/// Returns whether two kinds are incompatible. Most services accept a name instead of an ARN of the same type, but not for IAM roles.
fn differ(wanted: &'static str, given: &'static str) -> bool {
    let ((wanted_type, wanted_what), (given_type, given_what)) = (parts(wanted), parts(given));
    if wanted_type.starts_with("AWS::KMS::") && given_type.starts_with("AWS::KMS::") {
        return false;
    }
    wanted_type != given_type || (wanted_type == "AWS::IAM::Role" && wanted_what == "Arn" && given_what == "Name")
}

/// Describes an identifier kind: `the Id of an AWS::EC2::Subnet`.
fn described(identifier: &'static str) -> String {
    let (resource_type, what) = parts(identifier);
    format!("the {what} of an {resource_type}")
}
