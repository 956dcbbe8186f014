//! Elastic Load Balancing: application and network load balancers, their listeners, rules and target groups.

mod listener;
mod load_balancer;
mod target_group;

pub use listener::{Action, Listener, ListenerCertificate, ListenerRule, RuleCondition};
pub use load_balancer::{Attribute, LoadBalancer, LoadBalancerType, Scheme, SubnetMapping};
pub use target_group::{Matcher, Protocol, TargetGroup};
