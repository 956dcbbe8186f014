//! The domain under which balancers have names, and their certificates.

use super::routing;
use crate::model::acm::{Approval, Certificate};
use crate::model::condition::Condition;
use crate::model::declared::Declared;
use crate::model::elb::LoadBalancer;
use crate::model::name::{ConditionName, Id, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::rack::release::HAS_API;
use crate::model::route53::{HostedZone, RecordSet};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const DOMAIN: ParameterName<String> = ParameterName::new("Domain");
const ZONE: ParameterName<Id<HostedZone>> = ParameterName::new("DomainHostedZone");

/// The domain is the operator's own.
const OWN_DOMAIN: ConditionName = ConditionName::new("OwnDomain");
/// Its records are in a hosted zone of the account.
const HAS_ZONE: ConditionName = ConditionName::new("HasDomainHostedZone");

/// The domain of a Convox rack. Its DNS resolves a name below it to the balancer that the name contains, and its owner approves the
/// certificates.
const CONVOX_DOMAIN: &str = "convox.site";

const RECORD_TTL_SECONDS: u32 = 300;

/// A balancer with a name below the domain.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named {
    Router,
    InternalRouter,
    Api,
}

impl Named {
    /// Returns the name below an own domain; a label more would have no room in the 64 characters of a certificate's first name.
    ///
    /// Source: <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
    fn own(self) -> String {
        let prefix = match self {
            Self::Router => "",
            Self::InternalRouter => "internal.",
            Self::Api => "rack.",
        };
        format!("{prefix}${{{}}}", DOMAIN.name())
    }

    /// Returns the name that apps and clients use. A router's apps have names below it.
    pub(super) fn host(self, balancer: &LogicalId<LoadBalancer>) -> Value<String> {
        let labels = if matches!(self, Self::Api) { vec!["rack".into()] } else { Vec::new() };
        Value::if_else(&OWN_DOMAIN, Value::sub(self.own()), below_convox_domain(&labels, balancer))
    }

    /// Returns the certificate for the names of a balancer.
    pub(super) fn certificate(self, balancer: &LogicalId<LoadBalancer>) -> Certificate {
        let approval = Approval {
            validation_domain: Some(OrNoValue::unless(&HAS_ZONE, DOMAIN.value())),
            hosted_zone_id: Some(OrNoValue::only_if(&HAS_ZONE, ZONE.value())),
            validation_method: Some(OrNoValue::only_if(&HAS_ZONE, "DNS")),
        };
        let own = self.covered();
        Certificate::new(Value::if_else(&OWN_DOMAIN, Value::sub(own), below_convox_domain(&["*".into()], balancer)), approval)
    }

    /// Returns the name of the certificate and of the record below an own domain.
    fn covered(self) -> String {
        if matches!(self, Self::Api) { self.own() } else { format!("*.{}", self.own()) }
    }

    /// Declares the record of a balancer in the hosted zone of an own domain.
    pub(super) fn declare_record(self, rack: &mut Sections, balancer: &LogicalId<LoadBalancer>) {
        let (name, exists) = match self {
            Self::Router => ("RouterRecord", &routing::PUBLIC),
            Self::InternalRouter => ("RouterInternalRecord", &routing::INTERNAL),
            Self::Api => ("ApiBalancerRecord", &HAS_API),
        };
        let condition = ConditionName::from_name(&format!("Has{name}"));
        rack.condition(&condition, &Condition::both(exists, &HAS_ZONE));
        let target = balancer.attribute("DNSName");
        let record = RecordSet::canonical_name(ZONE.value(), Value::sub(self.covered()), RECORD_TTL_SECONDS, target);
        rack.resource(&LogicalId::from_name(name), &Declared::new(record).only_if(&condition));
    }
}

/// Returns a name below [`CONVOX_DOMAIN`]: more labels, then name and region of the balancer as in the name that AWS assigned.
fn below_convox_domain(labels: &[Value<String>], balancer: &LogicalId<LoadBalancer>) -> Value<String> {
    let label = |index| Value::select(index, &Value::split(".", balancer.attribute("DNSName")));
    let parts = labels.iter().cloned().chain([label(0), label(1), CONVOX_DOMAIN.into()]);
    Value::join(".", parts.map(OrNoValue::from).collect())
}

pub(super) fn declare(rack: &mut Sections) {
    let domain = "Domain for the names and certificates of the routers and of the API. With convox.site, its owner approves each certificate \
        by e-mail. With another domain, apps have names below it and below internal., and the API is rack.; its owner approves the \
        certificates, or DomainHostedZone does. Changing this replaces the certificates";
    let domain = Parameter::string(CONVOX_DOMAIN, domain).matching(
        r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
        "must be a domain name in small letters, such as apps.example.com",
    );
    rack.parameter(Group::Router, &DOMAIN, &domain.of_length(4, MOST_CHARACTERS));
    let zone = "Public hosted zone of Domain in this account. CloudFormation creates the records that approve the certificates, and the \
        rack those of the routers and the API. If blank, the owner of Domain does both";
    let zone = Parameter::string("", zone)
        .matching("(Z[A-Z0-9]{1,31})?", "must be the ID of a hosted zone, such as Z0123456789ABCDEFGHIJ, or blank");
    rack.parameter(Group::Router, &ZONE, &zone);
    rack.condition(&OWN_DOMAIN, &Condition::parameter_is(&DOMAIN, CONVOX_DOMAIN).negated());
    rack.condition(&HAS_ZONE, &Condition::parameter_is(&ZONE, "").negated());
}

/// The longest domain: the first name of a certificate has at most 64 characters, and the longest here is `*.internal.` with the domain.
const MOST_CHARACTERS: u16 = 53;
