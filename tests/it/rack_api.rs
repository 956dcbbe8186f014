//! Tests of the rack's routers and of its API.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};

use crate::render::{document, evaluated};

/// Returns the resources that exist with these parameters in us-east-1, by logical ID.
fn resources(flags: &[&str]) -> Value {
    evaluated("us-east-1", flags).0
}

#[test]
fn listeners_use_tls_1_2_or_later_and_redirect_plain_http() {
    let found = resources(&["Internal=Yes", "Version=1", "Password=secret"]);
    for id in ["RouterListener443", "RouterInternalListener443", "ApiBalancerListener443"] {
        assert_eq!(found[id]["SslPolicy"], "ELBSecurityPolicy-TLS13-1-2-2021-06", "{id}");
        assert_eq!(found[id]["Protocol"], "HTTPS", "{id}");
    }
    for id in ["RouterListener80", "RouterInternalListener80"] {
        assert_eq!(found[id]["DefaultActions"][0]["RedirectConfig"]["Protocol"], "HTTPS", "{id}");
    }
    let own = "ELBSecurityPolicy-TLS13-1-3-2021-06";
    assert_eq!(resources(&[&format!("SslPolicy={own}")])["RouterListener443"]["SslPolicy"], own);
    assert!(resources(&["DisableALBPort80=Yes"]).get("RouterListener80").is_none());
}

#[test]
fn routers_exist_as_the_operator_chooses() {
    let has = |flags: &[&str]| {
        let found = resources(flags);
        ["Router", "RouterInternal", "NLBRouter", "NLBRouterInternal"].map(|id| found.get(id).is_some())
    };
    assert_eq!(has(&[]), [true, false, false, false]);
    assert_eq!(has(&["Internal=Yes", "InternalOnly=Yes"]), [false, true, false, false]);
    assert_eq!(has(&["NLB=Yes"]), [true, false, true, false]);
    assert_eq!(has(&["NLBInternal=Yes"]), [true, false, false, true]);
}

#[test]
fn a_network_load_balancer_has_one_fixed_address_per_zone() {
    let mappings = |flags: &[&str]| resources(flags)["NLBRouter"]["SubnetMappings"].as_array().unwrap().len();
    assert_eq!(mappings(&["NLB=Yes"]), 3);
    assert_eq!(mappings(&["NLB=Yes", "HighAvailability=false"]), 2);
    let internal = &resources(&["NLBInternal=Yes"])["NLBRouterInternal"]["SubnetMappings"][0];
    assert!(internal.get("AllocationId").is_none(), "{internal}");
}

#[test]
fn a_rack_has_an_api_only_with_a_version() {
    let of_api = |flags: &[&str]| -> Vec<String> {
        let found = resources(flags);
        let ids = ["ApiBalancer", "ApiRole", "ApiWebTasks", "ApiMonitorTasks", "RackApiSecret", "ServiceWebApi", "ServiceMonitorApi"];
        ids.iter().filter(|id| found.get(**id).is_some()).map(|id| (*id).to_owned()).collect()
    };
    assert!(of_api(&[]).is_empty());
    assert_eq!(of_api(&["Version=1", "Password=secret"]).len(), 7);
    let count = |flags: &[&str]| resources(flags)["ServiceWebApi"]["DesiredCount"].clone();
    assert_eq!(count(&["Version=1", "Password=secret", "ApiCount=4"]), json!("4"));
    assert_eq!(count(&["Version=1", "Password=secret", "ApiCount=4", "HighAvailability=false"]), json!(1));
}

/// The password is a secret parameter, and the tasks get it from a secret.
#[test]
fn the_password_is_in_no_task_definition() {
    let document = document();
    assert_eq!(document["Parameters"]["Password"]["NoEcho"], json!(true));
    let users: Vec<&String> = document["Resources"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, body)| body.to_string().contains(r#"{"Ref":"Password"}"#))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(users, ["RackApiSecret"]);
    for id in ["ApiWebTasks", "ApiMonitorTasks"] {
        assert_eq!(document["Resources"][id]["Properties"]["ContainerDefinitions"][0]["Secrets"][0]["Name"], "PASSWORD", "{id}");
    }
    assert!(!document["Outputs"].to_string().contains("Password"));
}

#[test]
fn logs_go_where_the_operator_chooses_and_builds_on_fargate_to_cloudwatch() {
    let driver = |flags: &[&str], task: &str| resources(flags)[task]["ContainerDefinitions"][0]["LogConfiguration"]["LogDriver"].clone();
    let syslog = ["LogDriver=Syslog", "SyslogDestination=tcp://logs.example.com:514"];
    assert_eq!(driver(&[], "ApiBuildTasks"), "awslogs");
    assert_eq!(driver(&syslog, "ApiBuildTasks"), "syslog");
    assert_eq!(driver(&["LogDriver="], "ApiBuildTasks"), Value::Null);
    assert_eq!(driver(&[syslog[0], syslog[1], "BuildMethod=fargate"], "ApiBuildFargate"), "awslogs");
}
