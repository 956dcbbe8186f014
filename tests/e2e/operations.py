"""Operation IDs and the events of operations, which MiniStack has only for creations that fail its validation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html: each creation, update, deletion and rollback of a
stack is an operation with an ID, which its events have; a clean-up belongs to the operation before it.
"""

import re
from uuid import uuid4
from xml.sax.saxutils import escape

STACK = "AWS::CloudFormation::Stack"
TYPES = {"CREATE": "CREATE_STACK", "UPDATE": "UPDATE_STACK", "DELETE": "DELETE_STACK"}
FIELDS = ("EventId", "StackId", "OperationId", "LogicalResourceId", "PhysicalResourceId", "ResourceType", "Timestamp", "ResourceStatus", "ResourceStatusReason")
# By stack ID: the ID and the type of its last operation.
current = {}


def recorded(stock_add_event, events):
    """Returns a function that records an event, and gives it the ID of its operation."""

    def add_event(stack_id, stack_name, logical_id, resource_type, status, *more, **named):
        stock_add_event(stack_id, stack_name, logical_id, resource_type, status, *more, **named)
        event = events[stack_id][-1]
        is_own = resource_type == STACK and event["PhysicalResourceId"] == stack_id
        if is_own and status.endswith("_IN_PROGRESS") and "COMPLETE" not in status:
            kind = "ROLLBACK" if "ROLLBACK" in status else TYPES.get(status.split("_")[0], "CREATE_CHANGESET")
            current[stack_id] = (str(uuid4()), kind)
        event["OperationId"], event["_kind"] = current.get(stack_id, ("", ""))

    return add_event


def with_operation_ids(answer, events):
    """Adds the operation IDs to the response of DescribeStackEvents."""
    status, headers, body = answer
    known = {event["EventId"]: event.get("OperationId") for of_stack in events.values() for event in of_stack}
    text = body.decode() if isinstance(body, bytes) else body

    def named(found):
        operation = known.get(found[1])
        return found[0] + (f"<OperationId>{operation}</OperationId>" if operation else "")

    return status, headers, re.sub(r"<EventId>([^<]*)</EventId>", named, text).encode()


def described(operation_id, failed_only, events):
    """Returns the result of DescribeEvents for one operation."""
    members = ""
    for event in (event for of_stack in events.values() for event in of_stack if event.get("OperationId") == operation_id):
        status = event["ResourceStatus"]
        is_own = event["ResourceType"] == STACK and event["PhysicalResourceId"] == event["StackId"]
        failed = status.endswith("FAILED")
        kind = "STACK_EVENT" if is_own else "PROVISIONING_ERROR" if failed else "PROGRESS_EVENT"
        if failed_only and not failed:
            continue
        state = "IN_PROGRESS" if status.endswith("IN_PROGRESS") else "FAILED" if failed else "SUCCEEDED"
        more = f"<EventType>{kind}</EventType><OperationType>{event['_kind']}</OperationType>"
        more += f"<OperationStatus>{state}</OperationStatus>" if is_own else ""
        members += "<member>" + more + "".join(f"<{name}>{escape(str(event[name]))}</{name}>" for name in FIELDS if event.get(name)) + "</member>"
    return f"<DescribeEventsResult><OperationEvents>{members}</OperationEvents></DescribeEventsResult>"
