//! AWS Certificate Manager: TLS certificates.

use serde::Serialize;

use super::resource::Resource;
use super::value::Value;

/// A public certificate, whose creation ends when the owner of its domain approves it.
///
/// Every property is create-only. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-certificatemanager-certificate.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Certificate {
    domain_name: Value<String>,
    domain_validation_options: [DomainValidation; 1],
}

impl Certificate {
    /// Returns a certificate for a domain name, perhaps with a wildcard, whose approval goes to the owner of `validation_domain`.
    pub fn validated_by_email(domain_name: Value<String>, validation_domain: impl Into<Value<String>>) -> Self {
        let validation = DomainValidation { domain_name: domain_name.clone(), validation_domain: validation_domain.into() };
        Self { domain_name, domain_validation_options: [validation] }
    }
}

impl Resource for Certificate {
    const TYPE: &'static str = "AWS::CertificateManager::Certificate";
}

/// The domain whose owner approves a certificate.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-certificatemanager-certificate-domainvalidationoption.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DomainValidation {
    domain_name: Value<String>,
    validation_domain: Value<String>,
}
