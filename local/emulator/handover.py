"""Hands over what has to do with tasks that run and traffic that flows.

MiniStack only simulates services and the health of targets. With HANDOVER set
to the path of a socket, the operations below are answered by whoever listens
there, as the requests came in. Nothing in it knows the program that is
deployed.
"""

import asyncio
import hashlib
import http.client
import json
import os
import socket
from urllib.parse import parse_qs

from ministack import app
from ministack.services import alb, ecs

SOCKET = os.environ.get("HANDOVER", "")

# All of services and tasks. RunTask is among them to be refused: MiniStack
# would only pretend to run a task.
ECS_OPERATIONS = {
    "CreateService", "UpdateService", "DeleteService", "DescribeServices", "ListServices",
    "ListServiceDeployments", "DescribeServiceDeployments",
    "RunTask", "StartTask", "StopTask", "ListTasks", "DescribeTasks",
}  # fmt: skip

# Handed over if they are about a service.
ECS_TAG_OPERATIONS = {"TagResource", "UntagResource", "ListTagsForResource"}

BALANCING_OPERATIONS = {"RegisterTargets", "DeregisterTargets", "DescribeTargetHealth"}

# Long enough for an answer that asks MiniStack in turn.
TIMEOUT = 30


def hand_over():
    """Hands over, if there is somebody to hand over to."""
    if SOCKET:
        hand_over_services()
        hand_over_targets()
        give_addresses()


def hand_over_services():
    original = app.SERVICE_HANDLERS["ecs"]

    async def handle(method, path, headers, body, query):
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if operation in ECS_OPERATIONS or (operation in ECS_TAG_OPERATIONS and of_a_service(body)):
            return await asyncio.to_thread(ask, headers, body)
        return await original(method, path, headers, body, query)

    app.SERVICE_HANDLERS["ecs"] = handle


def of_a_service(body):
    return ":service/" in json.loads(body).get("resourceArn", "")


def hand_over_targets():
    """MiniStack still says if a target group does not exist."""
    original = app.SERVICE_HANDLERS["elasticloadbalancing"]

    async def handle(method, path, headers, body, query):
        form = parse_qs(body.decode()) if body else {}
        operation, group = (form.get(key, [""])[0] for key in ("Action", "TargetGroupArn"))
        if operation in BALANCING_OPERATIONS and group in alb._tgs:
            return await asyncio.to_thread(ask, headers, body)
        return await original(method, path, headers, body, query)

    app.SERVICE_HANDLERS["elasticloadbalancing"] = handle


def give_addresses():
    """Names each load balancer by an address on this machine, where it answers.

    On Linux all of 127.0.0.0/8 leads to this machine, so that each load
    balancer can have its own port 80. The address follows from the load
    balancer and from the emulator, of which several may run.
    """
    create = alb._ACTION_MAP["CreateLoadBalancer"]

    def created(parameters):
        known = set(alb._lbs)
        status, headers, body = create(parameters)
        for arn in set(alb._lbs) - known:
            balancer = alb._lbs[arn]
            address = free_address(arn)
            body = body.replace(balancer["DNSName"].encode(), address.encode())
            balancer["DNSName"] = address
        return status, headers, body

    alb._ACTION_MAP["CreateLoadBalancer"] = created


def free_address(arn):
    taken = {balancer["DNSName"] for balancer in alb._lbs.values()}
    number = int.from_bytes(hashlib.sha256(f"{os.environ['GATEWAY_PORT']} {arn}".encode()).digest()[:3])
    while (address := f"127.{64 + (number >> 16) % 64}.{(number >> 8) % 256}.{1 + number % 254}") in taken:
        number += 1
    return address


def services(cluster, names):
    """Returns the services of a cluster that have one of the names."""
    if not SOCKET:
        return [ecs._services[f"{cluster}/{name}"] for name in names if f"{cluster}/{name}" in ecs._services]
    headers = {"x-amz-target": "AmazonEC2ContainerServiceV20141113.DescribeServices"}
    status, _, body = ask(headers, json.dumps({"cluster": cluster, "services": names}).encode())
    found = json.loads(body).get("services", []) if status == 200 else []
    return [service for service in found if service["status"] == "ACTIVE"]


class Connection(http.client.HTTPConnection):
    """A connection to the socket."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


def ask(headers, body):
    """Sends a request to the socket and returns the answer as MiniStack has it."""
    connection = Connection("localhost", timeout=TIMEOUT)
    try:
        forwarded = {name: value for name, value in headers.items() if name in ("x-amz-target", "content-type")}
        connection.request("POST", "/", body=body, headers=forwarded)
        answer = connection.getresponse()
        return answer.status, {"Content-Type": answer.getheader("Content-Type")}, answer.read()
    finally:
        connection.close()
