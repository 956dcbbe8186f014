//! AWS Certificate Manager: TLS certificates.

use serde::Serialize;

use super::declared::Property;
use super::name::Id;
use super::resource::Resource;
use super::route53::HostedZone;
use super::value::Value;

/// A public certificate, whose creation ends when the owner of its domain approves it: by e-mail, or with a record in a hosted zone of the
/// account, which CloudFormation creates.
///
/// Every property is create-only. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-certificatemanager-certificate.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Certificate {
    domain_name: Value<String>,
    domain_validation_options: [DomainValidation; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_method: Property<String>,
}

impl Certificate {
    /// Returns a certificate for a domain name, perhaps with a wildcard.
    pub fn new(domain_name: Value<String>, approval: Approval) -> Self {
        let Approval { validation_domain, hosted_zone_id, validation_method } = approval;
        let validation = DomainValidation { domain_name: domain_name.clone(), validation_domain, hosted_zone_id };
        Self { domain_name, domain_validation_options: [validation], validation_method }
    }
}

/// Who approves a certificate: the owner of a domain, or whoever can write into a hosted zone.
#[derive(Clone, Debug)]
pub struct Approval {
    /// The domain whose owner gets the e-mail.
    pub validation_domain: Property<String>,
    /// The hosted zone for the record.
    pub hosted_zone_id: Property<Id<HostedZone>>,
    /// `DNS`, or absent for `EMAIL`.
    pub validation_method: Property<String>,
}

impl Resource for Certificate {
    const TYPE: &'static str = "AWS::CertificateManager::Certificate";
}

/// How a domain name of a certificate is validated.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-certificatemanager-certificate-domainvalidationoption.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DomainValidation {
    domain_name: Value<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_domain: Property<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hosted_zone_id: Property<Id<HostedZone>>,
}
