//! Tests of the rack's instances: their launch templates, sizes, schedules, and the functions that scale and drain them.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::render::{document, evaluated, refused};

/// Returns the resources that exist with these parameters in us-east-1, by logical ID.
fn resources(flags: &[&str]) -> Value {
    evaluated("us-east-1", flags).0
}

/// Returns a number that a property has as a number or as a string.
fn number(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{value} is no number"))
}

/// Returns the smallest, the desired and the largest number of instances of a group.
fn sizes(group: &Value) -> (i64, Option<i64>, i64) {
    (number(&group["MinSize"]), group.get("DesiredCapacity").map(number), number(&group["MaxSize"]))
}

#[test]
fn every_launch_template_requires_tokens_and_encrypts_its_volumes() {
    for flags in [&["SpotInstanceBid=0.05"][..], &["SpotFleetMaxPrice=1"]] {
        let resources = resources(flags);
        let templates = resources.as_object().unwrap().iter().filter(|(_, properties)| properties.get("LaunchTemplateData").is_some());
        let mut count = 0;
        for (id, properties) in templates {
            let data = &properties["LaunchTemplateData"];
            assert_eq!(data["MetadataOptions"]["HttpTokens"], "required", "{id}");
            let volumes = data["BlockDeviceMappings"].as_array().unwrap();
            assert_eq!(volumes.len(), 2, "{id}");
            assert!(volumes.iter().all(|volume| volume["Ebs"]["Encrypted"] == json!(true)), "{id}: {volumes:?}");
            count += 1;
        }
        assert_eq!(count, 3, "{flags:?}");
    }
}

#[test]
fn sizes_follow_high_availability_and_spot_capacity() {
    let of = |flags: &[&str]| sizes(&resources(flags)["Instances"]);
    assert_eq!(of(&[]), (3, Some(3), 1000));
    assert_eq!(of(&["InstanceCount=5"]), (5, Some(5), 1000));
    assert_eq!(of(&["HighAvailability=false"]), (1, Some(1), 1000));
    assert_eq!(of(&["SpotInstanceBid=0.05", "OnDemandMinCount=2"]), (2, None, 1000));
    assert_eq!(of(&["SpotFleetMaxPrice=1"]), (2, Some(2), 2));
    assert_eq!(of(&["SpotFleetMaxPrice=1", "SpotFleetMinOnDemandCount=4"]), (4, Some(4), 4));
}

#[test]
fn a_build_cluster_exists_only_for_builds_on_instances_of_their_own() {
    let has = |flags: &[&str]| {
        let resources = resources(flags);
        [resources.get("BuildCluster").is_some(), resources.get("BuildInstances").is_some()]
    };
    assert_eq!(has(&[]), [true, true]);
    assert_eq!(has(&["BuildInstance="]), [false, false]);
    assert_eq!(has(&["BuildMethod=fargate"]), [true, false]);
}

#[test]
fn a_schedule_ends_and_starts_the_groups_that_exist() {
    let schedule = ["ScheduleRackScaleDown=0 20 * * 5", "ScheduleRackScaleUp=0 6 * * 1"];
    let with = |more: &str| resources(&[schedule[0], schedule[1], more]);
    let resources = with("InstanceCount=4");
    let down = &resources["InstancesScheduleRackScaleDown"];
    assert_eq!((sizes(down), down["Recurrence"].as_str()), ((0, Some(0), 0), Some("0 20 * * 5")));
    assert_eq!(sizes(&resources["InstancesScheduleRackScaleUp"]), (4, Some(4), 1000));
    assert_eq!(sizes(&resources["BuildScheduleRackScaleUp"]), (1, Some(1), 2));
    assert!(resources.get("SpotScheduleRackScaleUp").is_none());
    assert!(with("BuildInstance=").get("BuildScheduleRackScaleDown").is_none());
    assert!(with("SpotInstanceBid=0.05").get("SpotScheduleRackScaleDown").is_some());
    assert!(with("SpotFleetMaxPrice=1").get("InstancesScheduleRackScaleDown").is_none());
}

#[test]
fn the_image_fits_the_processor_of_the_instance_type() {
    let document = document();
    let image = &document["Resources"]["InstancesLaunchTemplate"]["Properties"]["LaunchTemplateData"]["ImageId"];
    assert_eq!(image["Fn::If"][1]["Fn::If"], json!(["InstanceARM", { "Ref": "DefaultAmiArm" }, { "Ref": "DefaultAmi" }]));
    let is_arm = |instance_type: &str| {
        let resources = resources(&[&format!("InstanceType={instance_type}"), "Version=1", "Password=x"]);
        let image = resources["ApiWebTasks"]["ContainerDefinitions"][0]["Image"].as_str().unwrap().to_owned();
        image.ends_with("-arm64")
    };
    for arm in ["t4g.small", "m7gd.large", "c8gn.xlarge", "im4gn.large", "hpc7g.4xlarge"] {
        assert!(is_arm(arm), "{arm}");
    }
    for other in ["t3.small", "m7i.large", "g4dn.xlarge", "r7iz.large", "x1e.xlarge"] {
        assert!(!is_arm(other), "{other}");
    }
}

#[test]
fn combinations_that_cannot_work_are_refused_before_anything_changes() {
    let cases: [(&[&str], &str); 5] = [
        (&["Version=1"], "Password must not be blank"),
        (&["ScheduleRackScaleDown=0 20 * * 5"], "both set or both blank"),
        (&["SpotInstanceBid=1", "SpotFleetMaxPrice=1"], "must not be both set"),
        (&["LogDriver=Syslog"], "SyslogDestination must not be blank"),
        (&["InstanceSecurityGroup=sg-1", "NLBPreserveClientIP=Yes"], "NLBPreserveClientIP"),
    ];
    for (flags, message) in cases {
        let found = refused(flags);
        assert!(found.starts_with("rule-failed") && found.contains(message), "{flags:?}: {found}");
    }
    assert_eq!(refused(&[]), "");
}

/// Returns the texts of user data by launch template.
fn user_data() -> Vec<(String, String)> {
    let document = document();
    let text = |body: &Value| body["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"][0].as_str().map(str::to_owned);
    document["Resources"].as_object().unwrap().iter().filter_map(|(id, body)| Some((id.clone(), text(body)?))).collect()
}

#[test]
fn user_data_joins_the_right_cluster_and_signals_the_right_group() {
    let texts = user_data();
    let expected = [
        ("InstancesLaunchTemplate", "${Cluster}", "primary", "--resource Instances\n", true),
        ("SpotInstanceLaunchTemplate", "${Cluster}", "spot", "--resource SpotInstances\n", true),
        ("BuildLaunchTemplate", "${BuildCluster}", "build", "--resource BuildInstances\n", false),
        ("SpotFleetLT", "${Cluster}", "spotfleet", "", false),
    ];
    assert_eq!(texts.len(), expected.len());
    for (id, cluster, attribute, signal, completes_hook) in expected {
        let text = &texts.iter().find(|(own, _)| own == id).unwrap().1;
        assert!(text.starts_with("#cloud-config\n"), "{id}: {text}");
        assert!(text.contains(&format!("ECS_CLUSTER={cluster}\n")), "{id}: {text}");
        assert!(text.contains(&format!("{{\"asg\":\"{attribute}\"}}")), "{id}: {text}");
        assert!(text.ends_with(signal.trim_end()) && text.contains("cfn-signal") != signal.is_empty(), "{id}: {text}");
        assert_eq!(text.contains("complete-lifecycle-action"), completes_hook, "{id}");
        // EC2 accepts 16 KB of user data. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
        assert!(text.len() < 8 * 1024, "{id}: {} bytes", text.len());
    }
}

/// The shell reads the scripts of user data without executing them.
#[test]
fn the_scripts_of_user_data_are_valid() {
    for (id, text) in user_data() {
        // A block of a list, `  - |`, is indented by four spaces.
        let script: String = text.lines().filter_map(|line| line.strip_prefix("    ")).map(|line| format!("{line}\n")).collect();
        let script = script.replace("${InstanceBootCommand}", ":").replace("${InstanceRunCommand}", ":");
        let script = script.replace("${AWS::", "${AWS_");
        let checked = Command::new("sh").args(["-n", "-c", &script]).output().unwrap();
        assert!(checked.status.success(), "{id}: {}\n{script}", String::from_utf8_lossy(&checked.stderr));
    }
}

/// Runs a Python program that uses the code of a function, with `boto3` replaced.
fn python(function: &str, program: &str) {
    let document = document();
    let code = document["Resources"][function]["Properties"]["Code"]["ZipFile"].as_str().unwrap();
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("index.py"), code).unwrap();
    fs::write(directory.path().join("boto3.py"), "clients = {}\n\ndef client(name):\n    return clients[name]\n").unwrap();
    let run = match Command::new("python3").args(["-c", program]).current_dir(directory.path()).output() {
        Ok(run) => run,
        Err(_) => return crate::support::skip("no python3"),
    };
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}

#[test]
fn an_instance_that_ends_is_drained_before_its_hook_is_completed() {
    python(
        "InstancesLifecycleHandler",
        r#"
import json, os
os.environ["CLUSTER"] = "rack"
import boto3, index
calls, running = [], [2, 1, 0]
index.time.sleep = lambda seconds: calls.append("wait")
class ECS:
    def list_container_instances(self, cluster, filter):
        assert (cluster, filter) == ("rack", "ec2InstanceId == i-1")
        return {"containerInstanceArns": ["arn:1"]}
    def update_container_instances_state(self, cluster, containerInstances, status):
        calls.append(status)
    def describe_container_instances(self, cluster, containerInstances):
        return {"containerInstances": [{"runningTasksCount": running.pop(0)}]}
class AutoScaling:
    def complete_lifecycle_action(self, **given):
        assert given["LifecycleActionResult"] == "CONTINUE" and given["LifecycleHookName"] == "hook"
        calls.append("complete")
boto3.clients.update(ecs=ECS(), autoscaling=AutoScaling())
def event(transition):
    message = {"LifecycleTransition": "autoscaling:EC2_INSTANCE_" + transition, "EC2InstanceId": "i-1",
        "AutoScalingGroupName": "group", "LifecycleHookName": "hook", "LifecycleActionToken": "token"}
    return {"Records": [{"Sns": {"Message": json.dumps(message)}}]}
index.handler(event("LAUNCHING"), None)
index.handler({"Records": [{"Sns": {"Message": json.dumps({"Event": "autoscaling:TEST_NOTIFICATION"})}}]}, None)
assert calls == [], calls
index.handler(event("TERMINATING"), None)
assert calls == ["DRAINING", "wait", "wait", "complete"], calls
"#,
    );
}

#[test]
fn the_number_of_instances_follows_the_tasks() {
    python(
        "InstancesAutoscaler",
        r#"
import os
os.environ.update(ASG="group", ASG_SPOT="", CLUSTER="rack", EXTRA="1", HIGH_AVAILABILITY="true")
import boto3, index
class Pages:
    def __init__(self, pages): self.pages = pages
    def paginate(self, **given): return self.pages
services, tasks, instances, resized = {}, {}, ["arn:1"], []
class ECS:
    def get_paginator(self, name):
        if name == "list_services": return Pages([{"serviceArns": list(services)}])
        return Pages([{"containerInstanceArns": instances}])
    def describe_container_instances(self, cluster, containerInstances):
        resources = [{"name": "CPU", "integerValue": 2048}, {"name": "MEMORY", "integerValue": 2000}, {"name": "PORTS", "stringSetValue": []}]
        return {"containerInstances": [{"registeredResources": resources}]}
    def describe_services(self, cluster, services):
        return {"services": [{"desiredCount": globals()["services"][arn], "taskDefinition": arn} for arn in services]}
    def describe_task_definition(self, taskDefinition):
        return {"taskDefinition": {"containerDefinitions": [tasks[taskDefinition]]}}
class AutoScaling:
    desired = 3
    def describe_auto_scaling_groups(self, AutoScalingGroupNames):
        return {"AutoScalingGroups": [{"AutoScalingGroupName": name, "MinSize": 3, "MaxSize": 20, "DesiredCapacity": self.desired} for name in AutoScalingGroupNames]}
    def set_desired_capacity(self, AutoScalingGroupName, DesiredCapacity, HonorCooldown):
        resized.append((AutoScalingGroupName, DesiredCapacity))
scaling = AutoScaling()
boto3.clients.update(ecs=ECS(), autoscaling=scaling)
def run(count, **task):
    services.clear(); services["web"] = count; tasks["web"] = task; resized.clear()
    index.handler({}, None)
    return resized
assert run(2, cpu=256, memory=512) == []                                # 1 + 1 extra, but never below the group's minimum
assert run(10, cpu=256, memory=1000) == [("group", 6)]                  # memory for 5 instances, and 1 extra
assert run(10, cpu=2048, memoryReservation=100) == [("group", 11)]      # CPU units for 10
assert run(7, cpu=1, memory=1, portMappings=[{"hostPort": 80}]) == [("group", 8)]
assert run(100, cpu=2048, memory=1) == [("group", 20)]                  # never above the maximum
scaling.desired = 9
assert run(2, cpu=256, memory=512) == [("group", 8)]                    # one less at a time
instances.clear()
assert run(10, cpu=2048, memory=1) == []                                # no instance has joined yet
instances.append("arn:1"); scaling.desired = 3; index.SPOT = "spot"
assert run(10, cpu=2048, memory=1) == [("spot", 8)]                     # 11, of which 3 are On-Demand
"#,
    );
}
