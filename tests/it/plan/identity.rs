//! Creations that meet a resource with the same identity.

use rackform::plan::RiskKind;
use serde_json::{Value as Json, json};

use super::plan_resources;

/// Returns the collisions of an update from one set of resources to another.
fn collisions(before: &Json, after: &Json) -> Vec<String> {
    let plan = plan_resources(before, after);
    plan.risks.into_iter().filter(|risk| risk.kind == RiskKind::ReplacementCollision).map(|risk| risk.reason).collect()
}

fn resource(resource_type: &str, properties: &Json) -> Json {
    json!({"Type": resource_type, "Properties": properties})
}

/// Asserts what renaming the logical ID of a resource does: `words` are part of the only collision.
fn renamed(resource_type: &str, properties: &Json, words: &str) {
    let named = |id: &str| json!({ id: resource(resource_type, properties), "Keep": {"Type": "AWS::SNS::Topic"} });
    let found = collisions(&named("Old"), &named("New"));
    assert_eq!(found.len(), 1, "{resource_type}: {found:#?}");
    assert!(found[0].starts_with(&format!("`New` ({resource_type}) is created")) && found[0].contains("`Old`"), "{found:#?}");
    assert!(found[0].contains(words), "{found:#?}");
    // Another logical ID beside it is no rename.
    assert_eq!(collisions(&json!({"Keep": {"Type": "AWS::SNS::Topic"}}), &named("New")), [""; 0], "{resource_type}");
}

const FAILS: &str = "so the creation fails;";
const NONE_LEFT: &str = "so the creation only changes the existing one, and the cleanup then deletes that: none is left;";
const EITHER: &str = "so the creation fails, or it only changes the existing one and the cleanup then deletes that: none is left;";

fn record(name: &str, record_type: &str) -> Json {
    json!({"HostedZoneId": "Z0000000EXAMPLE", "Name": name, "Type": record_type, "TTL": "60", "ResourceRecords": ["lb.example.com"]})
}

#[test]
fn a_renamed_logical_id_collides_or_ends_deleted() {
    for (resource_type, properties, words) in [
        ("AWS::Route53::RecordSet", record("api.example.com.", "CNAME"), EITHER),
        ("AWS::EC2::Route", json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}), FAILS),
        (
            "AWS::EC2::SecurityGroupIngress",
            json!({"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}),
            FAILS,
        ),
        ("AWS::EC2::SecurityGroupEgress", json!({"GroupId": "sg-1", "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}), FAILS),
        ("AWS::EC2::Subnet", json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"}), FAILS),
        ("AWS::EC2::SubnetRouteTableAssociation", json!({"SubnetId": "subnet-1", "RouteTableId": "rtb-1"}), FAILS),
        ("AWS::EC2::VPCCidrBlock", json!({"VpcId": "vpc-1", "CidrBlock": "10.1.0.0/16"}), FAILS),
        ("AWS::EC2::NetworkAclEntry", json!({"NetworkAclId": "acl-1", "RuleNumber": 100, "Protocol": -1, "RuleAction": "allow"}), FAILS),
        ("AWS::ElasticLoadBalancingV2::Listener", json!({"LoadBalancerArn": "arn:lb", "Port": 80, "DefaultActions": []}), FAILS),
        (
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            json!({"ListenerArn": "arn:l", "Priority": 1, "Actions": [], "Conditions": []}),
            FAILS,
        ),
        ("AWS::ApiGateway::Resource", json!({"RestApiId": "a", "ParentId": "p", "PathPart": "items"}), FAILS),
        ("AWS::ApiGateway::BasePathMapping", json!({"DomainName": "api.example.com"}), FAILS),
        ("AWS::ApiGateway::BasePathMappingV2", json!({"DomainNameArn": "arn:d", "BasePath": "v1"}), FAILS),
        ("AWS::EC2::GatewayRouteTableAssociation", json!({"GatewayId": "igw-1", "RouteTableId": "rtb-1"}), FAILS),
        ("AWS::ApiGatewayV2::Route", json!({"ApiId": "a", "RouteKey": "GET /"}), FAILS),
        ("AWS::Lambda::EventSourceMapping", json!({"EventSourceArn": "arn:aws:sqs:us-east-1:1:q", "FunctionName": "f"}), FAILS),
        ("AWS::Lambda::Alias", json!({"FunctionName": "f", "FunctionVersion": "1", "Name": "live"}), FAILS),
        ("AWS::Lambda::Url", json!({"TargetFunctionArn": "f", "AuthType": "NONE"}), FAILS),
        ("AWS::GuardDuty::Member", json!({"DetectorId": "d", "MemberId": "123456789012", "Email": "a@example.com"}), FAILS),
        ("AWS::GuardDuty::Detector", json!({"Enable": true}), FAILS),
        ("AWS::S3::BucketPolicy", json!({"Bucket": "b", "PolicyDocument": {}}), "(\"The bucket policy already exists on bucket\")"),
        ("AWS::Cognito::UserPoolGroup", json!({"UserPoolId": "u", "GroupName": "g"}), FAILS),
        ("AWS::CloudFront::Distribution", json!({"DistributionConfig": {"Enabled": true, "Aliases": ["www.example.com"]}}), FAILS),
        ("AWS::Budgets::Budget", json!({"Budget": {"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY"}}), FAILS),
        ("AWS::VpcLattice::Rule", json!({"ServiceIdentifier": "s", "ListenerIdentifier": "l", "Name": "n"}), "so the creation may fail;"),
        ("AWS::EC2::SecurityGroup", json!({"VpcId": "v", "GroupName": "g", "GroupDescription": "d"}), FAILS),
        ("AWS::Cognito::UserPoolDomain", json!({"UserPoolId": "u", "Domain": "d"}), FAILS),
        ("AWS::ElasticBeanstalk::Environment", json!({"ApplicationName": "a", "CNAMEPrefix": "c"}), FAILS),
        ("AWS::SNS::Subscription", json!({"TopicArn": "arn:t", "Protocol": "email", "Endpoint": "a@example.com"}), NONE_LEFT),
        ("AWS::SNS::TopicPolicy", json!({"Topics": ["arn:t"], "PolicyDocument": {}}), NONE_LEFT),
        ("AWS::SQS::QueuePolicy", json!({"Queues": ["q"], "PolicyDocument": {}}), NONE_LEFT),
        ("AWS::IAM::Policy", json!({"PolicyName": "p", "Roles": ["r"], "PolicyDocument": {}}), NONE_LEFT),
        ("AWS::IAM::UserToGroupAddition", json!({"GroupName": "g", "Users": ["u"]}), NONE_LEFT),
        ("AWS::EC2::CustomerGateway", json!({"Type": "ipsec.1", "IpAddress": "192.0.2.1", "BgpAsn": 65000}), NONE_LEFT),
        (
            "AWS::Logs::SubscriptionFilter",
            json!({"LogGroupName": "l", "FilterName": "f", "FilterPattern": "", "DestinationArn": "d"}),
            EITHER,
        ),
        ("AWS::Events::EventBusPolicy", json!({"StatementId": "s", "Principal": "*", "Action": "events:PutEvents"}), EITHER),
        ("AWS::Cognito::UserPoolUser", json!({"UserPoolId": "u", "Username": "n"}), EITHER),
    ] {
        renamed(resource_type, &properties, words);
    }
}

#[test]
fn resources_without_a_shared_identity_do_not_collide() {
    for (resource_type, before, after) in [
        ("AWS::Route53::RecordSet", record("api.example.com.", "CNAME"), record("api.example.com.", "TXT")),
        ("AWS::Route53::RecordSet", record("api.example.com.", "CNAME"), record("api2.example.com.", "CNAME")),
        ("AWS::EC2::Subnet", json!({"VpcId": "v", "CidrBlock": "10.0.0.0/24"}), json!({"VpcId": "v", "CidrBlock": "10.0.1.0/24"})),
        ("AWS::EC2::Subnet", json!({"VpcId": "v", "CidrBlock": "10.0.0.0/24"}), json!({"VpcId": "w", "CidrBlock": "10.0.0.0/24"})),
        ("AWS::Lambda::Alias", json!({"FunctionName": "f", "Name": "live"}), json!({"FunctionName": "g", "Name": "live"})),
        ("AWS::Cognito::UserPoolGroup", json!({"UserPoolId": "u", "GroupName": "g"}), json!({"UserPoolId": "v", "GroupName": "g"})),
        ("AWS::IAM::Policy", json!({"PolicyName": "p", "Roles": ["r"]}), json!({"PolicyName": "p", "Roles": ["s"]})),
        ("AWS::EC2::SecurityGroup", json!({"VpcId": "v", "GroupName": "g"}), json!({"VpcId": "w", "GroupName": "g"})),
        ("AWS::Events::Rule", json!({"EventBusName": "a", "Name": "n"}), json!({"EventBusName": "b", "Name": "n"})),
        // Without a filter name, CloudFormation generates one.
        ("AWS::Logs::SubscriptionFilter", json!({"LogGroupName": "l"}), json!({"LogGroupName": "l"})),
    ] {
        let found = collisions(&json!({"Old": resource(resource_type, &before)}), &json!({"New": resource(resource_type, &after)}));
        assert_eq!(found, [""; 0], "{resource_type}");
    }
}

#[test]
fn a_replacement_that_keeps_its_identity_collides() {
    let subnet = |zone: &str, cidr: &str| json!({"S": resource("AWS::EC2::Subnet", &json!({"VpcId": "v", "CidrBlock": cidr, "AvailabilityZone": zone}))});
    let found = collisions(&subnet("us-east-1a", "10.0.0.0/24"), &subnet("us-east-1b", "10.0.0.0/24"));
    assert_eq!(
        found,
        ["`S` (AWS::EC2::Subnet) is replaced but keeps the same `VpcId` (v) and `CidrBlock` (10.0.0.0/24), and the old resource has the \
          same until the new one is created, so the creation fails; change one of these properties too, or remove the resource in one \
          update and add it in the next."]
    );
    assert_eq!(collisions(&subnet("us-east-1a", "10.0.0.0/24"), &subnet("us-east-1b", "10.0.1.0/24")), [""; 0]);
    // Overlapping ranges conflict too.
    assert_eq!(collisions(&subnet("us-east-1a", "10.0.0.0/24"), &subnet("us-east-1b", "10.0.0.0/25")).len(), 1);

    let flow_log = |format: &str| json!({"F": resource("AWS::EC2::FlowLog", &json!({"ResourceId": "vpc-1", "ResourceType": "VPC", "TrafficType": "ALL", "LogDestination": "arn:b", "LogFormat": format}))});
    assert!(collisions(&flow_log("${a}"), &flow_log("${b}"))[0].contains("so the creation may fail"));

    let service = |scheduling: &str| {
        let properties =
            json!({"SchedulingStrategy": scheduling, "ServiceConnectConfiguration": {"Enabled": true, "Services": [{"PortName": "web"}]}});
        json!({"S": resource("AWS::ECS::Service", &properties)})
    };
    assert!(collisions(&service("REPLICA"), &service("DAEMON"))[0].contains("the same `PortName` (web)"));

    let recorder = |name: &str| json!({"R": resource("AWS::Config::ConfigurationRecorder", &json!({"Name": name, "RoleARN": "r"}))});
    assert!(collisions(&recorder("a"), &recorder("b"))[0].contains("an account can have only one in a region, so the creation fails"));
    // These types are deleted before they are created again.
    let association =
        |table: &str| json!({"A": resource("AWS::EC2::SubnetRouteTableAssociation", &json!({"SubnetId": "s", "RouteTableId": table}))});
    assert_eq!(collisions(&association("a"), &association("b")), [""; 0]);
}

#[test]
fn domain_names_are_compared_without_case_and_dot() {
    let resources = |id: &str, name: &str| json!({ id: resource("AWS::Route53::RecordSet", &record(name, "A")) });
    assert_eq!(collisions(&resources("Old", "API.example.com."), &resources("New", "api.example.com")).len(), 1);
    assert_eq!(collisions(&resources("Old", "api.example.com."), &resources("New", "api.example.org.")), [""; 0]);
}

#[test]
fn equal_expressions_are_the_same_identity_unless_their_value_changes() {
    let resources = |id: &str, zone: &str| {
        json!({
            "Zone": resource("AWS::Route53::HostedZone", &json!({"Name": zone})),
            id: resource("AWS::Route53::RecordSet", &json!({"HostedZoneId": {"Ref": "Zone"}, "Name": {"Fn::Sub": "api.${AWS::StackName}"}, "Type": "A"})),
        })
    };
    let found = collisions(&resources("Old", "example.com"), &resources("New", "example.com"));
    assert!(found[0].contains("the same `HostedZoneId`, `Name`"), "{found:?}");
    // With another zone, the record is another one.
    assert_eq!(collisions(&resources("Old", "example.com"), &resources("New", "example.org")), [""; 0]);
    // An expression that differs counts as another value.
    let listener = |id: &str, port: Json| {
        let properties = json!({"LoadBalancerArn": {"Ref": "B"}, "Port": port, "DefaultActions": []});
        json!({"B": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"}, id: resource("AWS::ElasticLoadBalancingV2::Listener", &properties)})
    };
    assert_eq!(collisions(&listener("Old", json!(80)), &listener("New", json!({"Fn::ImportValue": "port"}))), [""; 0]);
}

#[test]
fn a_retained_resource_blocks_its_identity_for_good() {
    let bucket =
        |id: &str| json!({ id: {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"BucketName": "keep-these-logs"}} });
    assert_eq!(
        collisions(&bucket("Old"), &bucket("New")),
        ["`New` (AWS::S3::Bucket) is created with the name `keep-these-logs` of `Old`, which its policy retains in the account for good, \
          so the creation fails, in this update and in any later one; keep the logical ID `Old`, or remove `Old` from the template first \
          and then import the retained resource as `New`."]
    );
    let mut subscription = resource("AWS::SNS::Subscription", &json!({"TopicArn": "t", "Protocol": "email", "Endpoint": "a@example.com"}));
    subscription["DeletionPolicy"] = json!("Retain");
    // Subscribing again is harmless if nothing is deleted.
    assert_eq!(collisions(&json!({"Old": subscription}), &json!({"New": subscription})), [""; 0]);
    let role = |path: &str| json!({"R": {"Type": "AWS::IAM::Role", "UpdateReplacePolicy": "Retain", "Properties": {"RoleName": "n", "Path": path, "AssumeRolePolicyDocument": {}}}});
    assert!(collisions(&role("/"), &role("/a/"))[0].contains("its policy retains the old resource, which has that name for good"));
}

#[test]
fn an_update_in_place_can_take_an_identity_too() {
    let rules = |a: u32, b: Option<u32>| {
        let rule = |priority: u32| {
            resource(
                "AWS::ElasticLoadBalancingV2::ListenerRule",
                &json!({"ListenerArn": "l", "Priority": priority, "Actions": [], "Conditions": []}),
            )
        };
        let mut rules = json!({"A": rule(a)});
        if let Some(b) = b {
            rules["B"] = rule(b);
        }
        rules
    };
    let swapped = collisions(&rules(1, Some(2)), &rules(2, Some(1)));
    assert_eq!(swapped.len(), 2, "{swapped:?}");
    assert!(swapped[0].contains(
        "`A` (AWS::ElasticLoadBalancingV2::ListenerRule) may be updated with the same `ListenerArn` (l) and `Priority` (2) of `B`"
    ));
    let taken = collisions(&rules(1, Some(2)), &rules(2, None));
    assert!(taken[0].contains("is updated with") && taken[0].contains("`B`, which is deleted only at the end of the update"), "{taken:?}");
    assert_eq!(collisions(&rules(1, Some(2)), &rules(1, Some(3))), [""; 0]);
    // A new resource with the identity of one that stays.
    let added = collisions(&rules(1, None), &rules(1, Some(1)));
    assert!(added[0].contains("`A`, which stays, so the creation fails"), "{added:?}");
}

#[test]
fn a_record_moves_between_a_record_set_and_a_group() {
    let single = |name: &str, record_type: &str| resource("AWS::Route53::RecordSet", &record(name, record_type));
    let group = |names: &[&str]| {
        let records: Vec<Json> = names
            .iter()
            .map(|name| {
                let mut record = record(name, "CNAME");
                record.as_object_mut().unwrap().remove("HostedZoneId");
                record
            })
            .collect();
        resource("AWS::Route53::RecordSetGroup", &json!({"HostedZoneId": "Z0000000EXAMPLE", "RecordSets": records}))
    };
    let (a, b) = ("a.example.com", "b.example.com");
    let found = collisions(&json!({"R": single(a, "CNAME")}), &json!({"G": group(&[b, a])}));
    assert!(matches!(found.as_slice(), [only] if only.contains(EITHER) && only.contains("`R`")), "{found:#?}");
    let found = collisions(&json!({"G": group(&[a])}), &json!({"R": single("A.example.com.", "CNAME")}));
    assert!(matches!(found.as_slice(), [only] if only.contains(EITHER)), "{found:#?}");
    // The group stays and gives the record up, perhaps too late.
    let found = collisions(&json!({"G": group(&[a, b])}), &json!({"G": group(&[b]), "R": single(a, "CNAME")}));
    assert!(matches!(found.as_slice(), [only] if only.contains("perhaps too late")), "{found:#?}");
    // A record of another type, an unchanged group, and another record in a group do not collide.
    assert_eq!(collisions(&json!({"G": group(&[a])}), &json!({"R": single(a, "TXT")})), [""; 0]);
    assert_eq!(collisions(&json!({"G": group(&[a])}), &json!({"G": group(&[a, b])})), [""; 0]);
    assert_eq!(collisions(&json!({"G": group(&[a, b])}), &json!({"G": group(&[b, a])})), [""; 0]);
}

#[test]
fn a_rule_moves_between_a_security_group_and_a_resource() {
    let rule = |protocol: &str| json!({"IpProtocol": protocol, "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"});
    let standalone = |group: Json, protocol: &str| {
        let mut rule = rule(protocol);
        rule["GroupId"] = group;
        resource("AWS::EC2::SecurityGroupIngress", &rule)
    };
    let group = |rules: Json| resource("AWS::EC2::SecurityGroup", &json!({"GroupDescription": "d", "SecurityGroupIngress": rules}));
    let attribute = json!({"Fn::GetAtt": ["G", "GroupId"]});
    let separate = |id: &str, group_id: Json, protocol: &str| json!({"G": group(json!([])), id: standalone(group_id, protocol)});
    let inline = json!({"G": group(json!([rule("tcp")]))});
    // The group already has the rule when it is added to the list, and the cleanup removes it. Groups were seen to ignore a duplicate.
    let plan = plan_resources(&separate("R", attribute.clone(), "tcp"), &inline);
    let [risk] = plan.risks.as_slice() else { panic!("{:#?}", plan.risks) };
    assert!(risk.reason.starts_with("`G`") && risk.reason.contains("`R`") && risk.reason.contains("none is left"), "{risk:#?}");
    assert!(!risk.certainty.is_certain() && !plan.is_refused());
    // The other way, the rule waits until the group has given it up.
    assert_eq!(collisions(&inline, &separate("R", attribute.clone(), "tcp")), [""; 0]);
    // The group keeps the rule.
    let both = json!({"G": group(json!([rule("tcp")])), "R": standalone(attribute.clone(), "tcp")});
    assert_eq!(collisions(&inline, &both).len(), 1);
    assert_eq!(collisions(&inline, &inline), [""; 0]);
    // A protocol has a name and a number, and `Ref` returns the group's ID too.
    let found = collisions(&separate("R", attribute.clone(), "tcp"), &separate("S", json!({"Ref": "G"}), "6"));
    assert!(matches!(found.as_slice(), [only] if only.contains(FAILS)), "{found:#?}");
    assert_eq!(collisions(&separate("R", attribute, "tcp"), &separate("S", json!({"Ref": "G"}), "udp")), [""; 0]);
}
