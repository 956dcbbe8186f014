//! Listeners and their rules.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::load_balancer::LoadBalancer;
use super::target_group::{Protocol, TargetGroup};
use crate::model::acm::Certificate;
use crate::model::declared::Property;
use crate::model::name::Id;
use crate::model::resource::Resource;
use crate::model::value::Value;

/// A listener: a port of a load balancer.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listener.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listener {
    /// The load balancer.
    pub load_balancer_arn: Value<Id<LoadBalancer>>,
    /// The port.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// The certificate of an HTTPS listener.
    #[serde(skip_serializing_if = "<[ListenerCertificate]>::is_empty")]
    pub certificates: Vec<ListenerCertificate>,
    /// The security policy of an HTTPS listener: its TLS versions and ciphers.
    ///
    /// Source: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html>
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssl_policy: Property<String>,
    /// What happens to a request that no rule matches.
    pub default_actions: [Action; 1],
}

impl Resource for Listener {
    const TYPE: &'static str = "AWS::ElasticLoadBalancingV2::Listener";
}

/// A certificate of a listener.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListenerCertificate {
    /// The certificate.
    pub certificate_arn: Value<Id<Certificate>>,
}

/// What a listener or rule does with a request.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-elasticloadbalancingv2-listener-action.html>
#[derive(Clone, Debug)]
pub enum Action {
    /// Redirects permanently to the same URL over HTTPS on port 443.
    RedirectToHttps,
    /// Answers with a status code and a text.
    Respond(u16, &'static str),
    /// Forwards to a target group.
    Forward(Value<Id<TargetGroup>>),
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Redirect {
            protocol: &'static str,
            port: &'static str,
            status_code: &'static str,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Response<'a> {
            status_code: String,
            content_type: &'static str,
            message_body: &'a str,
        }
        let mut action = serializer.serialize_struct("Action", 2)?;
        match self {
            Self::RedirectToHttps => {
                action.serialize_field("Type", "redirect")?;
                let redirect = Redirect { protocol: "HTTPS", port: "443", status_code: "HTTP_301" };
                action.serialize_field("RedirectConfig", &redirect)?;
            }
            Self::Respond(code, text) => {
                action.serialize_field("Type", "fixed-response")?;
                let response = Response { status_code: code.to_string(), content_type: "text/plain", message_body: text };
                action.serialize_field("FixedResponseConfig", &response)?;
            }
            Self::Forward(target_group) => {
                action.serialize_field("Type", "forward")?;
                action.serialize_field("TargetGroupArn", target_group)?;
            }
        }
        action.end()
    }
}

/// A rule of a listener.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listenerrule.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListenerRule {
    /// The listener.
    pub listener_arn: Value<Id<Listener>>,
    /// The order among the rules of the listener, unique there; the lowest is first.
    pub priority: u32,
    /// The requests to which the rule applies.
    pub conditions: [RuleCondition; 1],
    /// What happens to them.
    pub actions: [Action; 1],
}

impl Resource for ListenerRule {
    const TYPE: &'static str = "AWS::ElasticLoadBalancingV2::ListenerRule";
}

/// A condition of a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RuleCondition {
    field: &'static str,
    values: [Value<String>; 1],
}

impl RuleCondition {
    /// Returns the condition that the request is for a host.
    pub fn host(name: Value<String>) -> Self {
        Self { field: "host-header", values: [name] }
    }
}
