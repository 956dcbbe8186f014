//! The routers of apps: an application load balancer on the internet, and one inside the VPC. An app's stack adds rules to their listeners.

use super::domain::{self, Named};
use super::{network, routing, storage};
use crate::model::acm::Certificate;
use crate::model::condition::Condition;
use crate::model::declared::{Declared, Tag};

use crate::model::elb::{Action, Attribute, Listener, ListenerCertificate, LoadBalancer, Protocol, Scheme};
use crate::model::name::{ConditionName, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::reference::{stack_id, stack_name};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const DISABLE_PORT_80: ParameterName<String> = ParameterName::new("DisableALBPort80");
const IDLE_TIMEOUT: ParameterName<u32> = ParameterName::new("LoadBalancerIdleTimeout");
const MITIGATION_MODE: ParameterName<String> = ParameterName::new("RouterMitigationMode");
const SUFFIX: ParameterName<String> = ParameterName::new("InternalRouterSuffix");
const SSL_POLICY: ParameterName<String> = ParameterName::new("SslPolicy");

const PORT_80: ConditionName = ConditionName::new("EnableALBPort80");
const BLANK_SUFFIX: ConditionName = ConditionName::new("BlankInternalRouterSuffix");
const BLANK_SSL_POLICY: ConditionName = ConditionName::new("BlankSslPolicy");

const ROUTER: LogicalId<LoadBalancer> = LogicalId::new("Router");
const LISTENER_80: LogicalId<Listener> = LogicalId::new("RouterListener80");
const LISTENER_443: LogicalId<Listener> = LogicalId::new("RouterListener443");
const CERTIFICATE: LogicalId<Certificate> = LogicalId::new("RouterApiCertificate");
const INTERNAL_ROUTER: LogicalId<LoadBalancer> = LogicalId::new("RouterInternal");
const INTERNAL_LISTENER_80: LogicalId<Listener> = LogicalId::new("RouterInternalListener80");
const INTERNAL_LISTENER_443: LogicalId<Listener> = LogicalId::new("RouterInternalListener443");
const INTERNAL_CERTIFICATE: LogicalId<Certificate> = LogicalId::new("RouterInternalCertificate");

/// The security policy for a blank `SslPolicy`: TLS 1.2 and 1.3. AWS's own default also allows TLS 1.0.
///
/// Source: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html>
const TLS_1_2: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

pub(super) fn declare(rack: &mut Sections) {
    declare_parameters(rack);
    domain::declare(rack);
    declare_public(rack);
    declare_internal(rack);
}

fn declare_parameters(rack: &mut Sections) {
    let disable = "Do not listen on port 80 of the public router, which otherwise redirects to HTTPS";
    rack.parameter(Group::Router, &DISABLE_PORT_80, &Parameter::choice(&["No", "Yes"], disable));
    let timeout = "Seconds after which a router closes an idle connection";
    rack.parameter(Group::Router, &IDLE_TIMEOUT, &Parameter::number(3600, timeout).between(1, 4000));
    let mode = "How balancers treat requests that could be an attack by request smuggling: defensive forwards those that are known to be \
        safe, strictest only those that follow RFC 7230, monitor all";
    rack.parameter(Group::Router, &MITIGATION_MODE, &Parameter::choice(&["defensive", "monitor", "strictest"], mode));
    let suffix = "Suffix of the internal router's name after the name of the stack; both together have at most 32 characters. If blank, a \
        part of the stack's ID is the name. Changing this replaces the internal router";
    let suffix = Parameter::string("-rti", suffix)
        .matching("([A-Za-z0-9-]{0,31}[A-Za-z0-9])?", "must be letters, digits and hyphens, such as -rti, or blank");
    rack.parameter(Group::Router, &SUFFIX, &suffix);
    let policy = Parameter::string("", "Security policy of HTTPS listeners: TLS versions and ciphers. If blank, TLS 1.2 and 1.3").matching(
        "(ELBSecurityPolicy-[A-Za-z0-9-]+)?",
        "must be a security policy, such as ELBSecurityPolicy-TLS13-1-2-Res-2021-06, or blank",
    );
    rack.parameter(Group::Router, &SSL_POLICY, &policy);

    const ALLOWED: ConditionName = ConditionName::new("AllowALBPort80");
    rack.condition(&ALLOWED, &Condition::parameter_is(&DISABLE_PORT_80, "No"));
    rack.condition(&PORT_80, &Condition::both(&routing::PUBLIC, &ALLOWED));
    rack.condition(&BLANK_SUFFIX, &Condition::parameter_is(&SUFFIX, ""));
    rack.condition(&BLANK_SSL_POLICY, &Condition::parameter_is(&SSL_POLICY, ""));
}

fn declare_public(rack: &mut Sections) {
    let exists = &routing::PUBLIC;
    let router = LoadBalancer {
        name: None,
        r#type: None,
        scheme: None,
        load_balancer_attributes: attributes(),
        subnets: Some(OrNoValue::always(network::public_subnets())),
        subnet_mappings: None,
        security_groups: routing::router_groups(),
        tags: tags(),
    };
    rack.resource(&ROUTER, &Declared::new(router).only_if(exists).after(&storage::BALANCER_LOGS_POLICY));
    rack.resource(&CERTIFICATE, &Declared::new(Named::Router.certificate(&ROUTER)).only_if(exists));
    rack.resource(&LISTENER_80, &Declared::new(redirect(&ROUTER)).only_if(&PORT_80));
    rack.resource(&LISTENER_443, &Declared::new(https(&ROUTER, &CERTIFICATE)).only_if(exists));
    Named::Router.declare_record(rack, &ROUTER);

    let some = Some(exists);
    rack.output("Domain", some, "Name of the public router that AWS assigned", &ROUTER.attribute("DNSName")).export("Domain");
    rack.output("RouterCertificate", some, "Certificate of the public router", &CERTIFICATE.reference().to_text())
        .export("RouterCertificate");
    rack.output("RouterHost", some, "Name of the public router with a certificate", &Named::Router.host(&ROUTER)).export("RouterHost");
    let listener = LISTENER_80.reference().to_text();
    rack.output("RouterListener80", Some(&PORT_80), "HTTP listener of the public router", &listener).export("RouterListener80");
    let listener = LISTENER_443.reference().to_text();
    rack.output("RouterListener443", some, "HTTPS listener of the public router", &listener).export("RouterListener443");
    rack.output("RouterName", some, "Name of the public router in metrics", &ROUTER.attribute("LoadBalancerFullName")).export("RouterName");
}

fn declare_internal(rack: &mut Sections) {
    let exists = &routing::INTERNAL;
    let id_part = Value::select(2, &Value::split("/", stack_id()));
    let generated = Value::select(3, &Value::split("-", id_part));
    let named = Value::sub(format!("${{AWS::StackName}}${{{}}}", SUFFIX.name()));
    let router = LoadBalancer {
        name: Some(Value::if_else(&BLANK_SUFFIX, generated, named).into()),
        r#type: None,
        scheme: Some(OrNoValue::always(Scheme::Internal)),
        load_balancer_attributes: attributes(),
        subnets: Some(network::private_subnets_if(&network::PRIVATE_NETWORK).into()),
        subnet_mappings: None,
        security_groups: routing::internal_router_groups(),
        tags: tags(),
    };
    rack.resource(&INTERNAL_ROUTER, &Declared::new(router).only_if(exists).after(&storage::BALANCER_LOGS_POLICY));
    rack.resource(&INTERNAL_CERTIFICATE, &Declared::new(Named::InternalRouter.certificate(&INTERNAL_ROUTER)).only_if(exists));
    rack.resource(&INTERNAL_LISTENER_80, &Declared::new(redirect(&INTERNAL_ROUTER)).only_if(exists));
    rack.resource(&INTERNAL_LISTENER_443, &Declared::new(https(&INTERNAL_ROUTER, &INTERNAL_CERTIFICATE)).only_if(exists));
    Named::InternalRouter.declare_record(rack, &INTERNAL_ROUTER);

    let some = Some(exists);
    let name = INTERNAL_ROUTER.attribute("DNSName");
    rack.output("DomainInternal", some, "Name of the internal router that AWS assigned", &name).export("DomainInternal");
    let certificate = INTERNAL_CERTIFICATE.reference().to_text();
    rack.output("RouterInternalCertificate", some, "Certificate of the internal router", &certificate).export("RouterInternalCertificate");
    let host = Named::InternalRouter.host(&INTERNAL_ROUTER);
    rack.output("RouterInternalHost", some, "Name of the internal router with a certificate", &host).export("RouterInternalHost");
    let listener = INTERNAL_LISTENER_80.reference().to_text();
    rack.output("RouterInternalListener80", some, "HTTP listener of the internal router", &listener).export("RouterInternalListener80");
    let listener = INTERNAL_LISTENER_443.reference().to_text();
    rack.output("RouterInternalListener443", some, "HTTPS listener of the internal router", &listener).export("RouterInternalListener443");
    let name = INTERNAL_ROUTER.attribute("LoadBalancerFullName");
    rack.output("RouterInternalName", some, "Name of the internal router in metrics", &name).export("RouterInternalName");
}

/// Returns the attributes of an application load balancer: access logs, timeout, and strict treatment of malformed requests.
///
/// Source: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html>
pub(super) fn attributes() -> Vec<Attribute> {
    vec![
        Attribute::new("access_logs.s3.enabled", "true"),
        Attribute::new("access_logs.s3.bucket", storage::balancer_log_bucket().to_text()),
        Attribute::new("access_logs.s3.prefix", Value::sub(storage::BALANCER_LOGS_PREFIX)),
        Attribute::new("idle_timeout.timeout_seconds", IDLE_TIMEOUT.value().to_text()),
        Attribute::new("routing.http.desync_mitigation_mode", MITIGATION_MODE.value()),
        Attribute::new("routing.http.drop_invalid_header_fields.enabled", "true"),
    ]
}

/// Returns the tag of a balancer.
pub(super) fn tags() -> Vec<Tag> {
    vec![Tag::new("Rack", stack_name())]
}

fn redirect(balancer: &LogicalId<LoadBalancer>) -> Listener {
    Listener {
        load_balancer_arn: balancer.reference(),
        port: 80,
        protocol: Protocol::Http,
        certificates: Vec::new(),
        ssl_policy: None,
        default_actions: [Action::RedirectToHttps],
    }
}

/// Returns an HTTPS listener that answers requests for unknown hosts with 404.
pub(super) fn https(balancer: &LogicalId<LoadBalancer>, certificate: &LogicalId<Certificate>) -> Listener {
    Listener {
        load_balancer_arn: balancer.reference(),
        port: 443,
        protocol: Protocol::Https,
        certificates: vec![ListenerCertificate { certificate_arn: certificate.reference() }],
        ssl_policy: Some(Value::if_else(&BLANK_SSL_POLICY, TLS_1_2, SSL_POLICY.value()).into()),
        default_actions: [Action::Respond(404, "unknown host")],
    }
}
