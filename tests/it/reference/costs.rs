//! What AWS bills for each type of resource, in words: prices differ by region and change.

/// Where a price list is, below <https://aws.amazon.com/>.
const fn at(page: &'static str, drivers: &'static str) -> Option<(&'static str, &'static str)> {
    Some((page, drivers))
}

/// Returns the page with the price and what it depends on; `None` if the type itself costs nothing.
///
/// # Panics
///
/// Panics for a type without an entry.
pub fn of(resource_type: &str) -> Option<(&'static str, &'static str)> {
    match resource_type {
        "AWS::EC2::NatGateway" => at("vpc/pricing/", "hours, gigabytes processed"),
        "AWS::EC2::EIP" => at("vpc/pricing/", "hours of the public IPv4 address"),
        "AWS::AutoScaling::AutoScalingGroup" | "AWS::EC2::SpotFleet" => {
            at("ec2/pricing/", "hours of its instances, gigabyte-months of their volumes, data transfer")
        }
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            at("elasticloadbalancing/pricing/", "hours, capacity units, hours of its public IPv4 addresses")
        }
        "AWS::EFS::FileSystem" => at("efs/pricing/", "gigabyte-months by storage class, gigabytes read and written"),
        "AWS::ECR::Repository" => at("ecr/pricing/", "gigabyte-months of images, data transfer"),
        "AWS::ECS::Service" | "AWS::ECS::TaskDefinition" => {
            at("fargate/pricing/", "on Fargate: seconds of vCPU and memory of running tasks; on instances: nothing beyond these")
        }
        "AWS::ECS::CapacityProvider" => at("ecs/pricing/", "with managed instances: their hours and a management fee"),
        "AWS::KMS::Key" => at("kms/pricing/", "months of the key, requests"),
        "AWS::Logs::LogGroup" => at("cloudwatch/pricing/", "gigabytes ingested, gigabyte-months stored"),
        "AWS::CloudWatch::Alarm" => at("cloudwatch/pricing/", "months of the alarm"),
        "AWS::CloudWatch::Dashboard" => at("cloudwatch/pricing/", "months of the dashboard"),
        "AWS::S3::Bucket" => at("s3/pricing/", "gigabyte-months by storage class, requests"),
        "AWS::DynamoDB::Table" => at("dynamodb/pricing/", "reads and writes, gigabyte-months, backups"),
        "AWS::SNS::Topic" => at("sns/pricing/", "requests, deliveries"),
        "AWS::SQS::Queue" => at("sqs/pricing/", "requests"),
        "AWS::Lambda::Function" => at("lambda/pricing/", "requests, seconds by memory"),
        "AWS::Route53::HostedZone" => at("route53/pricing/", "months of the zone, queries"),
        "AWS::SecretsManager::Secret" => at("secrets-manager/pricing/", "months of the secret, requests"),
        "AWS::CertificateManager::Certificate" => at("certificate-manager/pricing/", "nothing for a public certificate"),
        "AWS::EC2::VPCEndpoint" => at("privatelink/pricing/", "interface endpoints: hours by zone, gigabytes"),
        "AWS::Scheduler::Schedule" => at("eventbridge/pricing/", "invocations"),
        _ if is_free(resource_type) => None,
        _ => panic!("tests/it/reference/costs.rs has no entry for {resource_type}"),
    }
}

/// Returns whether AWS bills nothing for the resource itself.
fn is_free(resource_type: &str) -> bool {
    const FREE: [&str; 38] = [
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::AutoScaling::LifecycleHook",
        "AWS::AutoScaling::ScalingPolicy",
        "AWS::AutoScaling::ScheduledAction",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::LaunchTemplate",
        "AWS::EC2::Route",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::ECS::Cluster",
        "AWS::ECS::ClusterCapacityProviderAssociations",
        "AWS::EFS::AccessPoint",
        "AWS::EFS::MountTarget",
        "AWS::ElasticLoadBalancingV2::Listener",
        "AWS::ElasticLoadBalancingV2::ListenerCertificate",
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "AWS::Events::Rule",
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::ServiceLinkedRole",
        "AWS::KMS::Alias",
        "AWS::Lambda::Permission",
        "AWS::Route53::RecordSet",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::SSM::Parameter",
    ];
    FREE.contains(&resource_type)
}
