//! The roles of instances, of services and of the rack's functions, with only the permissions that they use.
//!
//! The role of the API is in `api_role.rs`, those of builds are in `access.rs`.

use super::encryption::{KEY_POLICY, secrets_key_arn};
use super::notifications::LIFECYCLE;
use super::routing;
use crate::model::condition::Condition;
use crate::model::declared::Declared;
use crate::model::iam::{InstanceProfile, Policy, PolicyDocument, Role, Statement};
use crate::model::name::{Arn, ConditionName, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const INSTANCE_POLICY: ParameterName<String> = ParameterName::new("InstancePolicy");
const BUILD_INSTANCE_POLICY: ParameterName<String> = ParameterName::new("BuildInstancePolicy");

const BLANK_INSTANCE_POLICY: ConditionName = ConditionName::new("BlankInstancePolicy");
/// Build instances have their own role.
const OWN_BUILD_ROLE: ConditionName = ConditionName::new("UseBuildInstancePolicy");

const INSTANCES: LogicalId<Role> = LogicalId::new("InstancesRole");
pub(super) const INSTANCES_PROFILE: LogicalId<InstanceProfile> = LogicalId::new("InstancesProfile");
const BUILD_INSTANCES: LogicalId<Role> = LogicalId::new("BuildInstancesRole");
const BUILD_INSTANCES_PROFILE: LogicalId<InstanceProfile> = LogicalId::new("BuildInstancesProfile");
/// Lets Auto Scaling announce instances that start or end.
pub(super) const LIFECYCLE_HOOKS: LogicalId<Role> = LogicalId::new("InstancesLifecycleRole");
/// Lets a function move the tasks of an instance that ends.
pub(super) const LIFECYCLE_HANDLER: LogicalId<Role> = LogicalId::new("InstancesLifecycleHandlerRole");
pub(super) const SPOT_FLEET: LogicalId<Role> = LogicalId::new("SpotFleetRole");
/// Lets ECS register tasks with load balancers.
pub(super) const SERVICE: LogicalId<Role> = LogicalId::new("ServiceRole");
/// Lets tasks of apps read their secrets.
const SECURE_ENVIRONMENT: LogicalId<Role> = LogicalId::new("SecureEnvironmentRole");

/// The path of the rack's roles, as in a Convox rack; another one would replace them.
pub(super) const PATH: &str = "/convox/";

pub(super) fn declare(rack: &mut Sections) {
    let policy = |which: &str| {
        let pattern = "(arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+)?";
        Parameter::string("", &format!("Managed policy for {which}, in addition to those that it needs")).matching(
            pattern,
            "must be the ARN of a managed policy, such as arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore, or blank",
        )
    };
    rack.parameter(Group::Instances, &INSTANCE_POLICY, &policy("the role of instances"));
    rack.parameter(Group::Build, &BUILD_INSTANCE_POLICY, &policy("a role of build instances, which then is a separate one"));
    rack.condition(&BLANK_INSTANCE_POLICY, &Condition::parameter_is(&INSTANCE_POLICY, ""));
    rack.condition(&OWN_BUILD_ROLE, &Condition::parameter_is(&BUILD_INSTANCE_POLICY, "").negated());

    let more = OrNoValue::unless(&BLANK_INSTANCE_POLICY, INSTANCE_POLICY.value());
    rack.resource(&INSTANCES, &Declared::new(instance_role("Instances of the cluster", more)));
    rack.resource(&INSTANCES_PROFILE, &Declared::new(profile(&INSTANCES)));
    let more = BUILD_INSTANCE_POLICY.value().into();
    rack.resource(&BUILD_INSTANCES, &Declared::new(instance_role("Instances of builds", more)).only_if(&OWN_BUILD_ROLE));
    rack.resource(&BUILD_INSTANCES_PROFILE, &Declared::new(profile(&BUILD_INSTANCES)).only_if(&OWN_BUILD_ROLE));
    rack.output("InstancesRole", None, "Role of instances", &INSTANCES.attribute("Arn"));

    rack.resource(&LIFECYCLE_HOOKS, &Declared::new(lifecycle_hooks()));
    rack.resource(&LIFECYCLE_HANDLER, &Declared::new(lifecycle_handler()));
    rack.resource(&SPOT_FLEET, &Declared::new(spot_fleet()));
    rack.resource(&SERVICE, &Declared::new(service()));
    rack.output("ServiceRole", None, "Role of services with a load balancer", &SERVICE.attribute("Arn")).export("ServiceRole");
    rack.resource(&SECURE_ENVIRONMENT, &Declared::new(secure_environment()));
}

/// Returns the instance profile of builds: their own, or that of instances.
pub(super) fn build_instances_profile() -> Value<Arn<InstanceProfile>> {
    Value::if_else(&OWN_BUILD_ROLE, BUILD_INSTANCES_PROFILE.arn(), INSTANCES_PROFILE.arn())
}

/// Returns a role without permissions in the rack's path.
pub(super) fn role(principal: &str, description: &str) -> Role {
    Role { description: Some(OrNoValue::always(description)), path: Some(OrNoValue::always(PATH)), ..Role::for_service(principal) }
}

/// Returns an inline policy.
pub(super) fn inline(name: &str, statements: impl IntoIterator<Item = Statement>) -> Policy {
    Policy { policy_name: name.to_owned(), policy_document: PolicyDocument::new(statements) }
}

/// Returns the ARN of a managed policy of AWS.
fn aws_policy(name: &str) -> OrNoValue<String> {
    Value::sub(format!("arn:${{AWS::Partition}}:iam::aws:policy/service-role/{name}")).into()
}

fn profile(role: &LogicalId<Role>) -> InstanceProfile {
    InstanceProfile { path: Some(OrNoValue::always(PATH)), roles: [role.reference()] }
}

/// Returns a statement that allows to end the wait of a lifecycle hook of the rack's Auto Scaling groups.
fn complete_hooks() -> Statement {
    let groups =
        "arn:${AWS::Partition}:autoscaling:${AWS::Region}:${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/${AWS::StackName}-*";
    Statement::allow("CompleteHooks", &["autoscaling:CompleteLifecycleAction"], [Value::sub(groups)])
}

/// Returns a role with which an instance joins its cluster, completes its own lifecycle hook, and allows itself to reach the API.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html>
fn instance_role(description: &str, more: OrNoValue<String>) -> Role {
    let read = ["autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeLifecycleHooks"];
    Role {
        managed_policy_arns: vec![
            aws_policy("AmazonEC2ContainerServiceforEC2Role"),
            KEY_POLICY.reference().to_text().into(),
            routing::SECURITY_GROUP_POLICY.reference().to_text().into(),
            more,
        ],
        policies: vec![inline("Lifecycle", [Statement::allow("ReadHooks", &read, ["*".into()]), complete_hooks()])],
        ..role("ec2.amazonaws.com", description)
    }
}

fn lifecycle_hooks() -> Role {
    let publish = Statement::allow("Publish", &["sns:Publish"], [LIFECYCLE.reference().to_text()]);
    Role {
        policies: vec![inline("InstancesLifecycleRole", [publish])],
        ..role("autoscaling.amazonaws.com", "Announces instances that start or end")
    }
}

fn lifecycle_handler() -> Role {
    let cluster = |what: &str| Value::sub(format!("arn:${{AWS::Partition}}:ecs:${{AWS::Region}}:${{AWS::AccountId}}:{what}"));
    let drain = ["ecs:DescribeContainerInstances", "ecs:ListContainerInstances", "ecs:UpdateContainerInstancesState"];
    let drain = Statement::allow("Drain", &drain, [cluster("cluster/${Cluster}"), cluster("container-instance/${Cluster}/*")]);
    Role {
        managed_policy_arns: vec![aws_policy("AWSLambdaVPCAccessExecutionRole")],
        policies: vec![inline("InstancesLifecycleHandlerRole", [drain, complete_hooks()])],
        ..role("lambda.amazonaws.com", "Moves the tasks of instances that end")
    }
}

/// Returns the role of a Spot Fleet, which starts, tags and ends instances.
///
/// Source: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEC2SpotFleetTaggingRole.html>
fn spot_fleet() -> Role {
    Role {
        managed_policy_arns: vec![aws_policy("AmazonEC2SpotFleetTaggingRole")],
        ..role("spotfleet.amazonaws.com", "Starts and ends Spot Instances")
    }
}

fn service() -> Role {
    Role {
        managed_policy_arns: vec![aws_policy("AmazonEC2ContainerServiceRole")],
        ..role("ecs.amazonaws.com", "Registers tasks with load balancers")
    }
}

fn secure_environment() -> Role {
    let decrypt = Statement::allow("DecryptSecrets", &["kms:Decrypt"], [secrets_key_arn().to_text()]);
    Role {
        managed_policy_arns: vec![KEY_POLICY.reference().to_text().into()],
        policies: vec![inline("SecureEnvironmentPolicy", [decrypt])],
        ..role("ecs-tasks.amazonaws.com", "Reads the secrets of an app")
    }
}
