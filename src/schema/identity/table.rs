//! Identities that provider schemas lack, or whose creation does not simply fail.
//!
//! In a part, `?` at the end marks a property that may be absent, `~` at the beginning a domain name, `#` an address range, `^` a
//! protocol, and `|` a property that names the same thing as the part before it in another way; one of the two is set. Each row has its
//! source. Sources with `APIReference` list the error of the service; issues are observations of real stacks.

use super::{Identity, Match, OnCreate, Part};

/// One identity of a type.
pub(super) struct Row {
    pub(super) resource_type: &'static str,
    pub(super) parts: &'static [&'static str],
    pub(super) on_create: OnCreate,
    attaches: Option<&'static str>,
    message: Option<&'static str>,
    pub(super) source: &'static str,
}

impl Row {
    pub(super) fn identity(&self) -> Identity {
        Identity {
            parts: self.parts.iter().map(|notation| part(notation)).collect(),
            on_create: self.on_create,
            attaches: self.attaches,
            is_name: false,
            message: self.message,
            source: self.source,
        }
    }

    pub(super) const fn attaches(self, what: &'static str) -> Self {
        Self { attaches: Some(what), ..self }
    }

    const fn message(self, message: &'static str) -> Self {
        Self { message: Some(message), ..self }
    }
}

fn part(notation: &'static str) -> Part {
    let alternative = notation.strip_prefix('|');
    let notation = alternative.unwrap_or(notation);
    let by = |mark: char, by: Match| notation.strip_prefix(mark).map(|rest| (rest, by));
    let marked = by('~', Match::DomainName).or_else(|| by('#', Match::Network)).or_else(|| by('^', Match::Protocol));
    let (rest, by) = marked.unwrap_or((notation, Match::Text));
    let path = rest.strip_suffix('?');
    Part { path: path.unwrap_or(rest), is_optional: path.is_some(), is_alternative: alternative.is_some(), by }
}

pub(super) type Parts = &'static [&'static str];

const fn row(resource_type: &'static str, parts: Parts, on_create: OnCreate, source: &'static str) -> Row {
    Row { resource_type, parts, on_create, attaches: None, message: None, source }
}

pub(super) const fn fails(resource_type: &'static str, parts: Parts, source: &'static str) -> Row {
    row(resource_type, parts, OnCreate::Fails, source)
}

pub(super) const fn may_fail(resource_type: &'static str, parts: Parts, source: &'static str) -> Row {
    row(resource_type, parts, OnCreate::MayFail, source)
}

pub(super) const fn overwrites(resource_type: &'static str, parts: Parts, source: &'static str) -> Row {
    row(resource_type, parts, OnCreate::Overwrites, source)
}

pub(super) const fn either(resource_type: &'static str, parts: Parts, source: &'static str) -> Row {
    row(resource_type, parts, OnCreate::FailsOrOverwrites, source)
}

const ECS_SERVICE: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html";
const RECORD: &str = "https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/364";
const SUBSCRIBE: &str = "https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html";
const HOSTED_ZONE: &str = "https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html";
const CONTRACT: &str = super::HANDLER_CONTRACT;

/// The rows of every service except EC2, sorted by type.
pub(super) const TABLE: &[Row] = &[
    fails(
        "AWS::ApiGateway::Authorizer",
        &["RestApiId", "Name"],
        "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html",
    ),
    fails(
        "AWS::ApiGateway::BasePathMapping",
        &["~DomainName", "BasePath?"],
        "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateBasePathMapping.html",
    ),
    fails(
        "AWS::ApiGateway::BasePathMappingV2",
        &["DomainNameArn", "BasePath?"],
        "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateBasePathMapping.html",
    ),
    either(
        "AWS::ApiGateway::GatewayResponse",
        &["RestApiId", "ResponseType"],
        "https://docs.aws.amazon.com/apigateway/latest/api/API_PutGatewayResponse.html",
    ),
    either(
        "AWS::ApiGateway::Method",
        &["RestApiId", "ResourceId", "HttpMethod"],
        "https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html",
    ),
    fails(
        "AWS::ApiGateway::Resource",
        &["RestApiId", "ParentId", "PathPart"],
        "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html",
    ),
    fails(
        "AWS::ApiGateway::UsagePlanKey",
        &["UsagePlanId", "KeyId"],
        "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateUsagePlanKey.html",
    ),
    fails(
        "AWS::ApiGatewayV2::ApiMapping",
        &["~DomainName", "ApiMappingKey?"],
        "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname-apimappings.html",
    ),
    fails(
        "AWS::ApiGatewayV2::Authorizer",
        &["ApiId", "Name"],
        "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html",
    ),
    fails(
        "AWS::ApiGatewayV2::Route",
        &["ApiId", "RouteKey"],
        "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html",
    ),
    fails("AWS::AppSync::ApiCache", &["ApiId"], CONTRACT),
    fails(
        "AWS::AppSync::DataSource",
        &["ApiId", "Name"],
        "https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateDataSource.html",
    ),
    either(
        "AWS::AppSync::GraphQLSchema",
        &["ApiId"],
        "https://docs.aws.amazon.com/appsync/latest/APIReference/API_StartSchemaCreation.html",
    ),
    fails(
        "AWS::AppSync::Resolver",
        &["ApiId", "TypeName", "FieldName"],
        "https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateResolver.html",
    ),
    either(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        &["ServiceNamespace", "ResourceId", "ScalableDimension"],
        "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html",
    ),
    either(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        &["PolicyName", "ServiceNamespace?", "ResourceId?", "ScalableDimension?", "ScalingTargetId?"],
        "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html",
    ),
    either(
        "AWS::AutoScaling::LifecycleHook",
        &["AutoScalingGroupName", "LifecycleHookName"],
        "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html",
    ),
    either(
        "AWS::AutoScaling::WarmPool",
        &["AutoScalingGroupName"],
        "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutWarmPool.html",
    ),
    fails(
        "AWS::Budgets::Budget",
        &["Budget/BudgetName"],
        "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html",
    ),
    fails(
        "AWS::CloudFront::CachePolicy",
        &["CachePolicyConfig/Name"],
        "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateCachePolicy.html",
    ),
    fails(
        "AWS::CloudFront::Distribution",
        &["~DistributionConfig/Aliases/*"],
        "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistribution.html",
    ),
    fails(
        "AWS::CloudFront::OriginAccessControl",
        &["OriginAccessControlConfig/Name"],
        "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateOriginAccessControl.html",
    ),
    fails(
        "AWS::CloudFront::OriginRequestPolicy",
        &["OriginRequestPolicyConfig/Name"],
        "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateOriginRequestPolicy.html",
    ),
    fails(
        "AWS::CloudFront::ResponseHeadersPolicy",
        &["ResponseHeadersPolicyConfig/Name"],
        "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateResponseHeadersPolicy.html",
    ),
    either(
        "AWS::Cognito::IdentityPoolRoleAttachment",
        &["IdentityPoolId"],
        "https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_SetIdentityPoolRoles.html",
    ),
    either("AWS::Cognito::UserPoolUser", &["UserPoolId", "Username"], "https://github.com/serverless/serverless/issues/5317"),
    either(
        "AWS::Cognito::UserPoolUserToGroupAttachment",
        &["UserPoolId", "GroupName", "Username"],
        "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminAddUserToGroup.html",
    ),
    fails(
        "AWS::Cognito::UserPoolDomain",
        &["Domain"],
        "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolDomain.html",
    ),
    // One recorder and one delivery channel for each region.
    fails(
        "AWS::Config::ConfigurationRecorder",
        &[],
        "https://docs.aws.amazon.com/config/latest/APIReference/API_PutConfigurationRecorder.html",
    ),
    fails("AWS::Config::DeliveryChannel", &[], "https://docs.aws.amazon.com/config/latest/APIReference/API_PutDeliveryChannel.html"),
    either(
        "AWS::ECS::ClusterCapacityProviderAssociations",
        &["Cluster"],
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html",
    ),
    fails("AWS::ECS::Service", &["Cluster?", "ServiceName"], ECS_SERVICE),
    fails("AWS::ECS::Service", &["ServiceConnectConfiguration/Namespace?", "ServiceConnectConfiguration/Services/*/PortName"], ECS_SERVICE),
    fails(
        "AWS::ElasticBeanstalk::Environment",
        &["CNAMEPrefix"],
        "https://docs.aws.amazon.com/elasticbeanstalk/latest/api/API_CheckDNSAvailability.html",
    ),
    fails(
        "AWS::ElasticLoadBalancingV2::Listener",
        &["LoadBalancerArn", "Port"],
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html",
    ),
    fails(
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        &["ListenerArn", "Priority"],
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html",
    ),
    overwrites(
        "AWS::ElasticLoadBalancingV2::ListenerCertificate",
        &["ListenerArn", "Certificates/*/CertificateArn"],
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html",
    ),
    either(
        "AWS::Events::EventBusPolicy",
        &["EventBusName?", "StatementId"],
        "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html",
    ),
    fails("AWS::Events::Rule", &["EventBusName?", "Name"], "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"),
    fails(
        "AWS::Glue::Connection",
        &["CatalogId", "ConnectionInput/Name"],
        "https://docs.aws.amazon.com/glue/latest/webapi/API_CreateConnection.html",
    ),
    fails(
        "AWS::Glue::Database",
        &["CatalogId", "DatabaseInput/Name"],
        "https://docs.aws.amazon.com/glue/latest/webapi/API_CreateDatabase.html",
    ),
    fails(
        "AWS::Glue::Table",
        &["CatalogId", "DatabaseName", "TableInput/Name"],
        "https://docs.aws.amazon.com/glue/latest/webapi/API_CreateTable.html",
    ),
    // One detector for each region.
    fails("AWS::GuardDuty::Detector", &[], "https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html"),
    fails(
        "AWS::GuardDuty::Member",
        &["DetectorId", "MemberId"],
        "https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/363",
    ),
    either(
        "AWS::IAM::GroupPolicy",
        &["GroupName", "PolicyName"],
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutGroupPolicy.html",
    ),
    overwrites(
        "AWS::IAM::Policy",
        &["PolicyName", "Roles/*"],
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html",
    ),
    overwrites(
        "AWS::IAM::Policy",
        &["PolicyName", "Users/*"],
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html",
    ),
    overwrites(
        "AWS::IAM::Policy",
        &["PolicyName", "Groups/*"],
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutGroupPolicy.html",
    ),
    either(
        "AWS::IAM::RolePolicy",
        &["RoleName", "PolicyName"],
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html",
    ),
    either(
        "AWS::IAM::UserPolicy",
        &["UserName", "PolicyName"],
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html",
    ),
    overwrites(
        "AWS::IAM::UserToGroupAddition",
        &["GroupName", "Users/*"],
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html",
    ),
    either(
        "AWS::IoT::PolicyPrincipalAttachment",
        &["PolicyName", "Principal"],
        "https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPolicy.html",
    ),
    either(
        "AWS::IoT::ThingPrincipalAttachment",
        &["ThingName", "Principal"],
        "https://docs.aws.amazon.com/iot/latest/apireference/API_AttachThingPrincipal.html",
    ),
    fails("AWS::Lambda::Alias", &["FunctionName", "Name"], "https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html"),
    either(
        "AWS::Lambda::EventInvokeConfig",
        &["FunctionName", "Qualifier"],
        "https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html",
    ),
    fails(
        "AWS::Lambda::EventSourceMapping",
        &["EventSourceArn", "FunctionName"],
        "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html",
    ),
    fails(
        "AWS::Lambda::Url",
        &["TargetFunctionArn", "Qualifier?"],
        "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html",
    ),
    either(
        "AWS::Logs::MetricFilter",
        &["LogGroupName", "FilterName"],
        "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html",
    ),
    either(
        "AWS::Logs::SubscriptionFilter",
        &["LogGroupName", "FilterName"],
        "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html",
    ),
    fails("AWS::Macie::Session", &[], "https://docs.aws.amazon.com/macie/latest/APIReference/macie.html"),
    either(
        "AWS::RDS::DBProxyTargetGroup",
        &["DBProxyName", "TargetGroupName"],
        "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RegisterDBProxyTargets.html",
    ),
    fails("AWS::Route53::HostedZone", &["~Name", "VPCs/*/VPCId"], HOSTED_ZONE),
    // An equal record is created again without an error, and the cleanup then deletes the only one. Any other record "already exists".
    either("AWS::Route53::RecordSet", &["HostedZoneId", "|~HostedZoneName", "~Name", "Type", "SetIdentifier?"], RECORD),
    fails(
        "AWS::Route53Resolver::ResolverRuleAssociation",
        &["ResolverRuleId", "VPCId"],
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateResolverRule.html",
    ),
    fails("AWS::S3::BucketPolicy", &["Bucket"], "https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1068")
        .message("The bucket policy already exists on bucket"),
    overwrites("AWS::SNS::Subscription", &["TopicArn", "Protocol", "Endpoint"], SUBSCRIBE),
    either("AWS::SNS::TopicInlinePolicy", &["TopicArn"], "https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html"),
    overwrites("AWS::SNS::TopicPolicy", &["Topics/*"], "https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html"),
    either(
        "AWS::SQS::QueueInlinePolicy",
        &["Queue"],
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    ),
    overwrites(
        "AWS::SQS::QueuePolicy",
        &["Queues/*"],
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    ),
    either(
        "AWS::SecretsManager::ResourcePolicy",
        &["SecretId"],
        "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html",
    ),
    either(
        "AWS::SecretsManager::RotationSchedule",
        &["SecretId"],
        "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html",
    ),
    fails("AWS::SecurityHub::Hub", &[], "https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_EnableSecurityHub.html"),
    fails("AWS::ServiceDiscovery::PrivateDnsNamespace", &["~Name", "Vpc"], HOSTED_ZONE),
    fails(
        "AWS::ServiceDiscovery::Service",
        &["NamespaceId", "Name"],
        "https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateService.html",
    ),
    either(
        "AWS::WAFRegional::WebACLAssociation",
        &["ResourceArn", "WebACLId"],
        "https://docs.aws.amazon.com/waf/latest/APIReference/API_wafRegional_AssociateWebACL.html",
    ),
    either(
        "AWS::WAFv2::LoggingConfiguration",
        &["ResourceArn"],
        "https://docs.aws.amazon.com/waf/latest/APIReference/API_PutLoggingConfiguration.html",
    ),
    either(
        "AWS::WAFv2::WebACLAssociation",
        &["ResourceArn", "WebACLArn"],
        "https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html",
    ),
];
