"""Starts MiniStack on loopback for the wire tests, corrected where its responses differ from AWS's documentation.

Usage: PYTHON endpoint.py. The first line on standard output is the address; the health check is at /_ministack/health. The server exits
when standard input is closed, which happens when the process that started it ends, and after LIFETIME_S at the latest.

The installed package is not edited: its functions are replaced in memory. A comment gives the reason of each correction. Each resource of a
stack with "slow", "slower" or "slowest" in its name takes PACES_S seconds; otherwise operations end before the first poll. The access key, twelve
digits, is the account ID, so that every test has a separate account. A resource whose logical ID begins with "Stuck" cannot be deleted.
"""

import copy
import os
import socket
import sys
import threading
import time

LIFETIME_S = 900
PACES_S = {"slowest": 3.0, "slower": 1.0, "slow": 0.15}


def end_with_the_starter():
    """Ends the process when standard input is closed, even if the event loop hangs."""

    def wait():
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
    limit = threading.Timer(LIFETIME_S, os._exit, (3,))
    limit.daemon = True
    limit.start()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


end_with_the_starter()
PORT = free_port()
os.environ.update(
    {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(PORT),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "ERROR",
        # No containers are started.
        "DOCKER_HOST": "unix:///nonexistent",
    }
)

import ministack.services.cloudformation as cloudformation  # noqa: E402
import operations  # noqa: E402
from ministack.services import ssm  # noqa: E402
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks  # noqa: E402


def replace(name, function):
    """Replaces a function in every module that imported it by name."""
    for module in (engine, changesets, handlers, provisioners, stacks):
        if hasattr(module, name):
            setattr(module, name, function)


# The public parameters with the images for ECS are missing.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html
for kind in ("amazon-linux-2023", "amazon-linux-2023/arm64", "amazon-linux-2", "amazon-linux-2/arm64"):
    ssm._PUBLIC_AMI_PARAMETERS[f"/aws/service/ecs/optimized-ami/{kind}/recommended/image_id"] = "ami-0c2023a1b2c3d4e5f"

# AWS::EC2::SecurityGroupIngress is missing: a separate rule in an existing group.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupingress.html
def permissions_of(properties):
    return provisioners._ec2_sg_permissions([{k: v for k, v in properties.items() if k != "GroupId"}])


def create_ingress(logical_id, properties, stack_name):
    group = provisioners._ec2._security_groups.get(properties.get("GroupId"))
    if group is None:
        raise ValueError(f"The security group '{properties.get('GroupId')}' does not exist")
    group.setdefault("IpPermissions", []).extend(permissions_of(properties))
    rule = "sgr-" + provisioners._ec2._new_sg_id().removeprefix("sg-")
    return rule, {"Id": rule}


def delete_ingress(physical_id, properties):
    group = provisioners._ec2._security_groups.get(properties.get("GroupId"))
    if group is not None:
        gone = permissions_of(properties)
        group["IpPermissions"] = [one for one in group.get("IpPermissions", []) if one not in gone]


provisioners._RESOURCE_HANDLERS["AWS::EC2::SecurityGroupIngress"] = {"create": create_ingress, "delete": delete_ingress}

# A task definition's volumes keep CloudFormation's spelling, which differs from the ECS API's: SDKs would read empty objects.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Volume.html
SPELLED_OTHERWISE = {
    "EFSVolumeConfiguration": "efsVolumeConfiguration",
    "FSxWindowsFileServerVolumeConfiguration": "fsxWindowsFileServerVolumeConfiguration",
    "FilesystemId": "fileSystemId",
    "IAM": "iam",
}
FREE_KEYS = ("DriverOpts", "Labels")


def in_api_words(value, free=False):
    if isinstance(value, list):
        return [in_api_words(one) for one in value]
    if not isinstance(value, dict):
        return value
    spell = (lambda key: key) if free else (lambda key: SPELLED_OTHERWISE.get(key, key[:1].lower() + key[1:]))
    return {spell(key): in_api_words(one, key in FREE_KEYS) for key, one in value.items()}


# Templates may contain numbers and booleans as text; the ECS API returns numbers and booleans.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
SWITCHES = ("DisableNetworking", "Essential", "InitProcessEnabled", "Interactive", "Privileged", "PseudoTerminal", "ReadOnly", "ReadonlyRootFilesystem")
NUMBERS = ("Cpu", "Memory", "MemoryReservation", "ContainerPort", "HostPort", "StartTimeout", "StopTimeout")


def in_api_types(value, key=""):
    if isinstance(value, list):
        return [in_api_types(one) for one in value]
    if isinstance(value, dict):
        return {name: in_api_types(one, name) for name, one in value.items()}
    if key in SWITCHES and value in ("true", "false"):
        return value == "true"
    return int(value) if key in NUMBERS and str(value).isdigit() else value


stock_create_task_definition = provisioners._ecs_task_def_create


def create_task_definition(logical_id, properties, stack_name):
    volumes, containers = properties.get("Volumes") or [], properties.get("ContainerDefinitions") or []
    properties = {**properties, "Volumes": in_api_words(volumes), "ContainerDefinitions": in_api_types(containers)}
    return stock_create_task_definition(logical_id, properties, stack_name)


provisioners._ecs_task_def_create = create_task_definition
provisioners._RESOURCE_HANDLERS["AWS::ECS::TaskDefinition"]["create"] = create_task_definition


# Conditions support only some of the functions that AWS allows in them.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
def evaluate_conditions(template, parameters):
    declared, mappings, known = template.get("Conditions") or {}, template.get("Mappings") or {}, {}

    def value(node):
        resolved = engine._resolve_refs(copy.deepcopy(node), {}, parameters, {}, mappings, "", "")
        return str(resolved).lower() if isinstance(resolved, bool) else str(resolved)

    def named(name):
        if name not in known:
            known[name] = holds(declared[name])
        return known[name]

    def holds(node):
        (function, arguments), = node.items()
        if function == "Condition":
            return named(arguments)
        if function == "Fn::Not":
            return not holds(arguments[0])
        if function == "Fn::And":
            return all(holds(one) for one in arguments)
        if function == "Fn::Or":
            return any(holds(one) for one in arguments)
        if function == "Fn::Equals":
            return value(arguments[0]) == value(arguments[1])
        raise ValueError(f"Template error: {function} is not a condition function")

    return {name: named(name) for name in declared}


replace("_evaluate_conditions", evaluate_conditions)

# Change sets list resources whose condition is false; AWS's do not.
stock_resolve_for_difference = changesets._resolve_props_for_diff


def resolve_for_difference(template, parameters, stack_name, stack_id):
    resolved = stock_resolve_for_difference(template, parameters, stack_name, stack_id)
    if not template:
        return resolved
    conditions = evaluate_conditions(template, parameters)
    exists = {
        name: resource
        for name, resource in resolved["Resources"].items()
        if conditions.get(resource.get("Condition"), True)
    }
    return {**resolved, "Resources": exists}


changesets._resolve_props_for_diff = resolve_for_difference

# Most types return Replacement=Conditional for every change. This table is ours: a test of Replacement with it proves nothing.
provisioners._REPLACING_PROPERTIES.update(
    {
        "AWS::EC2::SecurityGroup": ("GroupDescription", "GroupName", "VpcId"),
        "AWS::EC2::SecurityGroupIngress": (
            "CidrIp",
            "CidrIpv6",
            "FromPort",
            "GroupId",
            "GroupName",
            "IpProtocol",
            "SourcePrefixListId",
            "SourceSecurityGroupId",
            "SourceSecurityGroupName",
            "SourceSecurityGroupOwnerId",
            "ToPort",
        ),
        "AWS::EC2::Subnet": ("AvailabilityZone", "CidrBlock", "VpcId"),
        "AWS::EC2::VPC": ("CidrBlock",),
        "AWS::ECS::TaskDefinition": (
            "ContainerDefinitions",
            "Cpu",
            "EphemeralStorage",
            "ExecutionRoleArn",
            "Family",
            "IpcMode",
            "Memory",
            "NetworkMode",
            "PidMode",
            "PlacementConstraints",
            "ProxyConfiguration",
            "RequiresCompatibilities",
            "RuntimePlatform",
            "TaskRoleArn",
            "Volumes",
        ),
        "AWS::KMS::Key": (),
        "AWS::Logs::LogGroup": ("LogGroupName",),
    }
)

# Events are like AWS's. Without this correction an operation's first event has no reason; an update has events of unchanged resources, and
# new ones are shown as updated; removed resources have no event, and there is no clean-up phase.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
STACK = "AWS::CloudFormation::Stack"
OPENING = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")
CLEANING_UP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
stock_add_event = operations.recorded(stacks._add_event, cloudformation._stack_events)
# By stack name and logical ID: the first event of a resource's update, delayed until the action is known; then the action.
pending, does = {}, {}
# The stacks whose update is in its clean-up phase.
cleaning = set()


def clean_up(stack):
    """Starts the clean-up phase of an update, once."""
    if stack["StackId"] not in cleaning:
        cleaning.add(stack["StackId"])
        stock_add_event(stack["StackId"], stack["StackName"], stack["StackName"], STACK, CLEANING_UP, "", stack["StackId"])


def add_event(stack_id, stack_name, logical_id, resource_type, status, reason="", physical_id="", detailed_status=""):
    place = (stack_id, logical_id)
    if resource_type == STACK and physical_id == stack_id:
        if status == "UPDATE_COMPLETE":
            clean_up(cloudformation._stacks[stack_name])
            cleaning.discard(stack_id)
        reason = reason or ("User Initiated" if status in OPENING else "")
    elif cloudformation._stacks[stack_name]["StackStatus"] == "UPDATE_IN_PROGRESS":
        if status == "UPDATE_IN_PROGRESS":
            pending[place] = (stack_id, stack_name, logical_id, resource_type, status, reason, physical_id)
            return
        done = does.pop(place, "update")
        if place in pending:
            # It failed before it was changed.
            stock_add_event(*pending.pop(place))
        if done == "nothing" and status == "UPDATE_COMPLETE":
            return
        if done == "create":
            status = status.replace("UPDATE", "CREATE")
    stock_add_event(stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status)


def begin(stack_name, logical_id, what):
    """Emits the delayed event of a resource, when the action on it is known."""
    stack = cloudformation._stacks.get(stack_name)
    event = pending.pop((stack["StackId"], logical_id), None) if stack else None
    if event is None:
        return
    does[event[0], logical_id] = what
    if what == "create":
        stock_add_event(*event[:4], "CREATE_IN_PROGRESS", *event[5:])
    elif what == "update":
        stock_add_event(*event)


replace("_add_event", add_event)


# Another change set for a stack in review is added to it; without this correction the stack is created again, and the first change set
# belongs to a stack that no longer exists. A list of change sets by the stack's ID is empty.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListChangeSets.html
actions = handlers._ACTION_HANDLERS
stock_create_change_set, stock_list_change_sets = actions["CreateChangeSet"], actions["ListChangeSets"]


def create_change_set(params):
    answer = stock_create_change_set(params)
    for stack in cloudformation._stacks.values():
        if stack["StackStatus"] == "REVIEW_IN_PROGRESS":
            for change_set in cloudformation._change_sets.values():
                if change_set["StackName"] == stack["StackName"]:
                    change_set["StackId"] = stack["StackId"]
    return answer


def list_change_sets(params):
    given = params.get("StackName")
    name = given[0] if isinstance(given, list) else given
    if name and name.startswith("arn:"):
        params = {**params, "StackName": name.split("/")[1]}
    return stock_list_change_sets(params)


actions.update({"CreateChangeSet": create_change_set, "ListChangeSets": list_change_sets})

# Operations have IDs and events.
stock_describe_stack_events, stock_describe_events = actions["DescribeStackEvents"], actions["DescribeEvents"]


def describe_stack_events(params):
    return operations.with_operation_ids(stock_describe_stack_events(params), cloudformation._stack_events)


def describe_events(params):
    value = lambda name: (params.get(name) or [""])[0]  # noqa: E731
    if not value("OperationId"):
        return stock_describe_events(params)
    failed_only = value("Filters.FailedEvents").lower() == "true"
    return handlers._xml(200, "DescribeEventsResponse", operations.described(value("OperationId"), failed_only, cloudformation._stack_events))


actions.update({"DescribeStackEvents": describe_stack_events, "DescribeEvents": describe_events})


# Resources of slow stacks take some time, so that an operation can be followed, interrupted and cancelled. Operations run on their own
# threads, so that the server does not wait.
def pace(stack_name):
    time.sleep(next((pace for word, pace in PACES_S.items() if word in (stack_name or "")), 0))


stock_provision, stock_update, stock_delete = provisioners._provision_resource, provisioners._update_resource, provisioners._delete_resource


# No Lambda functions and tasks run here, and without this correction the server waits for them. They exist by name only.
# It does not support Elastic IP addresses and NAT gateways.
STAND_INS = ("Custom::", "AWS::ECS::Service", "AWS::EC2::EIP", "AWS::EC2::NatGateway")
# The attributes that templates use.
STOOD_IN_FOR = ("AllocationId", "Arn", "CACertSSMKey", "CAKeySSMKey", "CertSSMKey", "Id", "KeySSMKey", "Value")


def stand_in(logical_id, stack_name):
    name = f"{stack_name}-{logical_id}"
    return name, {attribute: f"{name}-{attribute}" for attribute in STOOD_IN_FOR}


for unknown in ("AWS::EC2::EIP", "AWS::EC2::NatGateway"):
    provisioners._RESOURCE_HANDLERS.setdefault(unknown, {"create": stand_in, "delete": lambda physical_id, properties: None})


def provision(resource_type, logical_id, properties, stack_name):
    begin(stack_name, logical_id, "create")
    pace(stack_name)
    if resource_type.startswith(STAND_INS):
        return stand_in(logical_id, stack_name)
    return stock_provision(resource_type, logical_id, properties, stack_name)


def update(resource_type, physical_id, old, new, stack_name, logical_id=None, attributes=None):
    begin(stack_name, logical_id, "update" if old != new else "nothing")
    if old == new:
        return physical_id, attributes or {}
    pace(stack_name)
    if resource_type.startswith(STAND_INS):
        return physical_id, attributes or {}
    return stock_update(resource_type, physical_id, old, new, stack_name, logical_id, attributes)


def delete(resource_type, physical_id, properties, stack_name=None, logical_id=None):
    stack = cloudformation._stacks.get(stack_name) or {}
    is_updating = stack.get("StackStatus") in ("UPDATE_IN_PROGRESS", CLEANING_UP)
    event = (stack.get("StackId"), stack_name, logical_id, resource_type)
    if is_updating:
        clean_up(stack)
        stack["StackStatus"] = CLEANING_UP
        stock_add_event(*event, "DELETE_IN_PROGRESS", "", physical_id)
    pace(stack_name)
    if (logical_id or "").startswith("Stuck"):
        # Without this correction a bucket is deleted with its objects, and no other resource's deletion fails either.
        raise ValueError("The bucket you tried to delete is not empty (Service: S3, Status Code: 409)")
    if not resource_type.startswith(STAND_INS):
        stock_delete(resource_type, physical_id, properties, stack_name, logical_id)
    if is_updating:
        stock_add_event(*event, "DELETE_COMPLETE", "", physical_id)


for module in (stacks, provisioners):
    module._provision_resource, module._update_resource, module._delete_resource = provision, update, delete
stacks._runs_on_worker_thread = lambda resource_type: True

from ministack.app import main  # noqa: E402

print(f"http://127.0.0.1:{PORT}", flush=True)
main()
