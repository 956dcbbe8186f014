//! The function that sets the number of instances: enough for every task that the cluster's services want, and some more.
//! `templates/autoscale.py.j2` is its code.

use indexmap::IndexMap;

use super::{CLUSTER, GROUP, SPOT, SPOT_GROUP};
use crate::model::condition::Condition;
use crate::model::declared::Declared;
use crate::model::events::{Rule, Target};
use crate::model::iam::{Policy, PolicyDocument, Role, Statement};
use crate::model::lambda::{Code, Environment, Function, Permission};
use crate::model::name::{ConditionName, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::rack::functions;
use crate::model::rack::network::{HIGH_AVAILABILITY, HIGHLY_AVAILABLE};
use crate::model::reference::region;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const AUTOSCALE: ParameterName<String> = ParameterName::new("Autoscale");
const EXTRA: ParameterName<u32> = ParameterName::new("AutoscaleExtra");
const SMALL_EXTRA: ParameterName<u32> = ParameterName::new("NoHAAutoscaleExtra");

const ENABLED: ConditionName = ConditionName::new("Autoscale");

const FUNCTION: LogicalId<Function> = LogicalId::new("InstancesAutoscaler");
const ROLE: LogicalId<Role> = LogicalId::new("InstancesAutoscalerRole");
const PERMISSION: LogicalId<Permission> = LogicalId::new("InstancesAutoscalerPermission");
const RULE: LogicalId<Rule> = LogicalId::new("InstancesAutoscalerEvent");

pub(super) fn declare(rack: &mut Sections) {
    let autoscale = "Adapt the number of instances every minute to the tasks that the cluster's services want";
    rack.parameter(Group::Scaling, &AUTOSCALE, &Parameter::choice(&["Yes", "No"], autoscale));
    let extra = "Number of instances that Autoscale keeps beyond those that the tasks need";
    rack.parameter(Group::Scaling, &EXTRA, &Parameter::number(1, extra).at_least(0));
    let extra = "The same without HighAvailability";
    rack.parameter(Group::Scaling, &SMALL_EXTRA, &Parameter::number(0, extra).at_least(0));
    rack.condition(&ENABLED, &Condition::parameter_is(&AUTOSCALE, "Yes"));

    let function = Function {
        description: "Sets the number of instances of the cluster".into(),
        code: Code::inline(Value::text_of("autoscale.py.j2", &[])),
        environment: Environment {
            variables: IndexMap::from([
                ("ASG", GROUP.reference().to_text()),
                ("ASG_SPOT", Value::if_else(&SPOT, SPOT_GROUP.reference().to_text(), "")),
                ("CLUSTER", CLUSTER.reference().to_text()),
                ("EXTRA", Value::<u32>::if_else(&HIGHLY_AVAILABLE, EXTRA.value(), SMALL_EXTRA.value()).to_text()),
                ("HIGH_AVAILABILITY", HIGH_AVAILABILITY.value()),
                ("REGION", region()),
            ]),
        },
        handler: "index.handler",
        memory_size: 128,
        role: ROLE.arn(),
        runtime: functions::RUNTIME,
        timeout: 60,
        vpc_config: Some(functions::vpc_config()),
    };
    rack.resource(&ROLE, &Declared::new(role()).only_if(&ENABLED));
    rack.resource(&FUNCTION, &Declared::new(function).only_if(&ENABLED));
    let rule = Rule::scheduled(
        "Starts the function that sets the number of instances",
        "rate(1 minute)",
        Target { id: "InstancesAutoscaler", arn: FUNCTION.attribute("Arn") },
    );
    rack.resource(&RULE, &Declared::new(rule).only_if(&ENABLED));
    let permission = Permission::invoke(FUNCTION.arn(), "events.amazonaws.com", RULE.attribute("Arn"));
    rack.resource(&PERMISSION, &Declared::new(permission).only_if(&ENABLED));
}

/// Returns a role that can read the cluster and set the size of the rack's groups, and nothing else.
fn role() -> Role {
    // Neither the actions that list, nor those that describe groups and task definitions, support a resource.
    let read = ["autoscaling:DescribeAutoScalingGroups", "ecs:DescribeTaskDefinition"];
    let cluster = ["ecs:DescribeContainerInstances", "ecs:DescribeServices", "ecs:ListContainerInstances", "ecs:ListServices"];
    let arn = |suffix: &str| Value::sub(format!("arn:${{AWS::Partition}}:ecs:${{AWS::Region}}:${{AWS::AccountId}}:{suffix}"));
    let group = |id: &str| {
        let pattern = format!(
            "arn:${{AWS::Partition}}:autoscaling:${{AWS::Region}}:${{AWS::AccountId}}:autoScalingGroup:*:autoScalingGroupName/${{{id}}}"
        );
        Value::sub(pattern)
    };
    let resize = |sid: &str, id: &str| Statement::allow(sid, &["autoscaling:SetDesiredCapacity"], [group(id)]);
    let document = PolicyDocument::new([
        Statement::allow("Read", &read, ["*".into()]),
        Statement::allow(
            "ReadCluster",
            &cluster,
            [arn("cluster/${Cluster}"), arn("container-instance/${Cluster}/*"), arn("service/${Cluster}/*")],
        ),
        resize("Resize", GROUP.name()),
    ])
    .with_if(&SPOT, resize("ResizeSpot", SPOT_GROUP.name()));
    Role {
        description: Some(OrNoValue::always("Sets the number of instances")),
        managed_policy_arns: vec![functions::execution_policy().into()],
        policies: vec![Policy { policy_name: "Autoscale".to_owned(), policy_document: document }],
        ..Role::for_service("lambda.amazonaws.com")
    }
}
