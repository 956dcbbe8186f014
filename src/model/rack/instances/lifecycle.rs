//! Lifecycle hooks: a new instance is in service only after its user data has ended, and an instance that ends first gets rid of its
//! tasks. `templates/lifecycle.py.j2` is the function that moves the tasks.

use indexmap::IndexMap;

use super::{CLUSTER, GROUP, SPOT, SPOT_GROUP};
use crate::model::autoscaling::{AutoScalingGroup, LifecycleHook, LifecycleTransition};
use crate::model::declared::Declared;
use crate::model::lambda::{Code, Environment, Function, Permission};
use crate::model::name::LogicalId;
use crate::model::rack::{functions, notifications, roles};
use crate::model::reference::{region, stack_name};
use crate::model::sections::Sections;
use crate::model::value::Value;

const HANDLER: LogicalId<Function> = notifications::LIFECYCLE_HANDLER;
const PERMISSION: LogicalId<Permission> = LogicalId::new("InstancesLifecycleHandlerPermission");

pub(super) fn declare(rack: &mut Sections) {
    let topic = notifications::LIFECYCLE.reference().to_text();
    let handler = Function {
        description: "Moves the tasks of an instance that ends to other instances".into(),
        code: Code::inline(Value::text_of("lifecycle.py.j2", &[])),
        environment: Environment {
            variables: IndexMap::from([("CLUSTER", CLUSTER.reference().to_text()), ("RACK", stack_name()), ("REGION", region())]),
        },
        handler: "index.handler",
        memory_size: 128,
        role: roles::LIFECYCLE_HANDLER.arn(),
        runtime: functions::RUNTIME,
        timeout: 300,
        vpc_config: Some(functions::vpc_config()),
    };
    rack.resource(&HANDLER, &Declared::new(handler));
    rack.resource(&PERMISSION, &Declared::new(Permission::invoke(HANDLER.arn(), "sns.amazonaws.com", topic)));

    let hooks: [(&LogicalId<AutoScalingGroup>, LifecycleTransition, LogicalId<LifecycleHook>); 4] = [
        (&GROUP, LifecycleTransition::Launching, LogicalId::new("InstancesLifecycleLaunching")),
        (&GROUP, LifecycleTransition::Terminating, LogicalId::new("InstancesLifecycleTerminating")),
        (&SPOT_GROUP, LifecycleTransition::Launching, LogicalId::new("SpotInstancesLifecycleLaunching")),
        (&SPOT_GROUP, LifecycleTransition::Terminating, LogicalId::new("SpotInstancesLifecycleTerminating")),
    ];
    for (group, transition, id) in hooks {
        let hook = Declared::new(hook(group, transition));
        rack.resource(&id, &if *group == SPOT_GROUP { hook.only_if(&SPOT) } else { hook });
    }
}

fn hook(group: &LogicalId<AutoScalingGroup>, lifecycle_transition: LifecycleTransition) -> LifecycleHook {
    LifecycleHook {
        auto_scaling_group_name: group.reference(),
        default_result: "CONTINUE",
        heartbeat_timeout: if lifecycle_transition == LifecycleTransition::Launching { 600 } else { 300 },
        lifecycle_transition,
        notification_target: notifications::LIFECYCLE.reference().to_text(),
        role: roles::LIFECYCLE_HOOKS.arn(),
    }
}
