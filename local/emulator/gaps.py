"""What AWS does, MiniStack does not, and a deployment of this project needs.

Each function closes one gap and names the AWS behaviour behind it. A gap that
MiniStack closes itself is deleted here. Nothing in it knows the program that
is deployed.
"""

import asyncio
import itertools
import json
import re
from collections import defaultdict
from xml.sax.saxutils import escape

import handover
from ministack import app
from ministack.core import router
from ministack.services import acm, alb, cloudwatch, ec2, ecr, route53, s3


def close():
    """Closes all gaps of the MiniStack in this process."""
    read_whole_rules()
    keep_settings_of_endpoints()
    create_listeners_once()
    issue_certificates_when_validated()
    refuse_certificates_that_are_not_issued()
    delete_target_groups_again()
    put_load_balancers_into_their_vpc()
    tell_addresses_of_nat_gateways()
    filter_endpoints()
    keep_settings_of_flow_logs()
    describe_whole_alarms()
    tell_whether_buckets_are_public()
    answer_repeated_calls()
    delete_images_from_the_registry()
    add_application_auto_scaling()


def read_whole_rules():
    """Takes prefix lists in security group rules, and no ports for all protocols.

    EC2 ignores such ports. The AWS provider sends 0 to 0 when it takes away the
    rule that each new group begins with, and MiniStack would find no such rule.
    Nor would it find one that is taken away as it is described: with the account
    of the group that it names, even where that is the caller's own.
    """
    original = ec2._parse_ip_permissions

    def parse(parameters, prefix):
        rules = original(parameters, prefix)
        for number, rule in enumerate(rules, start=1):
            if rule["IpProtocol"] == "-1":
                rule.pop("FromPort", None)
                rule.pop("ToPort", None)
            for pair in rule["UserIdGroupPairs"]:
                pair.setdefault("UserId", ec2.get_account_id())
            rule["PrefixListIds"] = list(prefix_lists(parameters, f"{prefix}.{number}.PrefixListIds"))
        return rules

    def prefix_lists(parameters, prefix):
        for number in itertools.count(1):
            name = ec2._p(parameters, f"{prefix}.{number}.PrefixListId")
            if not name:
                return
            description = ec2._p(parameters, f"{prefix}.{number}.Description")
            yield {"PrefixListId": name} | ({"Description": description} if description else {})

    describe = ec2._sg_rule_xml

    def described(group, rule, is_egress=False):
        xml = describe(group, rule, is_egress)
        for prefix_list in rule.get("PrefixListIds", []):
            xml = xml.replace("</item>", f"<prefixListId>{prefix_list['PrefixListId']}</prefixListId></item>")
        return xml

    ec2._parse_ip_permissions = parse
    ec2._sg_rule_xml = described


def keep_settings_of_endpoints():
    """Gives VPC endpoints back their security groups and private DNS.

    EC2 answers with them. Without them the AWS provider sees a change in every
    interface endpoint at every preview.
    """
    create, modify, describe = ec2._ACTION_MAP["CreateVpcEndpoint"], ec2._ACTION_MAP["ModifyVpcEndpoint"], ec2._vpce_fields_xml

    def created(parameters):
        known = set(ec2._vpc_endpoints)
        answer = create(parameters)
        for name in set(ec2._vpc_endpoints) - known:
            endpoint = ec2._vpc_endpoints[name]
            endpoint["Groups"] = ec2._parse_member_list(parameters, "SecurityGroupId")
            endpoint["PrivateDnsEnabled"] = ec2._p(parameters, "PrivateDnsEnabled") or "false"
        return answer

    def modified(parameters):
        endpoint = ec2._vpc_endpoints.get(ec2._p(parameters, "VpcEndpointId"))
        if endpoint:
            removed = ec2._parse_member_list(parameters, "RemoveSecurityGroupId")
            endpoint["Groups"] = [group for group in endpoint["Groups"] if group not in removed]
            endpoint["Groups"] += ec2._parse_member_list(parameters, "AddSecurityGroupId")
            endpoint["PrivateDnsEnabled"] = ec2._p(parameters, "PrivateDnsEnabled") or endpoint["PrivateDnsEnabled"]
        return modify(parameters)

    def described(endpoint, tag="item"):
        groups = "".join(f"<item><groupId>{group}</groupId></item>" for group in endpoint.get("Groups", []))
        private = endpoint.get("PrivateDnsEnabled", "false")
        own = f"<groupSet>{groups}</groupSet><privateDnsEnabled>{private}</privateDnsEnabled>"
        return describe(endpoint, tag).removesuffix(f"</{tag}>") + f"{own}</{tag}>"

    ec2._ACTION_MAP["CreateVpcEndpoint"] = created
    ec2._ACTION_MAP["ModifyVpcEndpoint"] = modified
    ec2._vpce_fields_xml = described


def create_listeners_once():
    """Answers a repeated CreateListener with the listener that there is.

    In ELB the call is idempotent, so that a client may send it again when the
    answer did not come. MiniStack would make a second listener on the port.
    """
    create = alb._ACTION_MAP["CreateListener"]

    def created(parameters):
        for listener in list(alb._listeners.values()):
            if listener["LoadBalancerArn"] == alb._p(parameters, "LoadBalancerArn") and str(
                listener["Port"]
            ) == alb._p(parameters, "Port"):
                xml = f"<Listeners>{alb._listener_xml(listener)}</Listeners>"
                return alb._xml(200, "CreateListener", xml)
        return create(parameters)

    alb._ACTION_MAP["CreateListener"] = created


def issue_certificates_when_validated():
    """Issues a certificate when the DNS records that ACM asks for are there.

    MiniStack issues it at once. On AWS a deployment that does not make the
    records, or not in a zone that the world can ask, would wait in vain.
    """
    request, find = acm._request_certificate, acm._get_local_certificate

    def requested(data):
        answer = request(data)
        certificate = find(json.loads(answer[2]).get("CertificateArn", ""))
        if certificate and certificate["ValidationMethod"] == "DNS":
            set_status(certificate, "PENDING_VALIDATION", "PENDING_VALIDATION")
        return answer

    def found(arn):
        certificate = find(arn)
        if certificate and certificate["Status"] == "PENDING_VALIDATION":
            if all(is_in_dns(option["ResourceRecord"]) for option in certificate["DomainValidationOptions"]):
                set_status(certificate, "ISSUED", "SUCCESS")
        return certificate

    def set_status(certificate, status, of_validation):
        certificate["Status"] = status
        for option in certificate["DomainValidationOptions"]:
            option["ValidationStatus"] = of_validation

    def is_in_dns(wanted):
        return any(
            (record["Name"], record["Type"]) == (wanted["Name"], wanted["Type"])
            and wanted["Value"].rstrip(".") in [value.rstrip(".") for value in record.get("ResourceRecords", [])]
            for zone, records in route53._records.items()
            if not route53._zones[zone]["private"]
            for record in records
        )

    acm._request_certificate = requested
    acm._get_local_certificate = found


def refuse_certificates_that_are_not_issued():
    """Takes only certificates for a listener that ACM has issued, as ELB does.

    Without it a deployment that does not wait for them would fail on AWS only.
    """

    def checked(original):
        def handle(parameters):
            for arn in alb._parse_certificate_arns(parameters):
                certificate = acm._get_local_certificate(arn)
                if not certificate:
                    return alb._error("CertificateNotFound", f"Certificate '{arn}' not found")
                if certificate["Status"] != "ISSUED":
                    return alb._error("UnsupportedCertificate", f"The certificate '{arn}' is {certificate['Status']}")
            return original(parameters)

        return handle

    for operation in ("CreateListener", "ModifyListener"):
        alb._ACTION_MAP[operation] = checked(alb._ACTION_MAP[operation])


def delete_target_groups_again():
    """Answers a repeated DeleteTargetGroup as the first one.

    ELB has no error for a target group that is gone, so that a client may send
    the call again when the answer did not come.
    """
    delete = alb._ACTION_MAP["DeleteTargetGroup"]

    def deleted(parameters):
        if alb._p(parameters, "TargetGroupArn") not in alb._tgs:
            return alb._empty("DeleteTargetGroup")
        return delete(parameters)

    alb._ACTION_MAP["DeleteTargetGroup"] = deleted


def put_load_balancers_into_their_vpc():
    """Says of a load balancer that it is in the VPC of its subnets.

    ELB takes no VPC but answers with one. MiniStack answers with its default.
    """
    create = alb._ACTION_MAP["CreateLoadBalancer"]

    def created(parameters):
        subnets = [ec2._subnets[name] for name in alb._parse_member_list(parameters, "Subnets") if name in ec2._subnets]
        return create(parameters | ({"VpcId": [subnets[0]["VpcId"]]} if subnets else {}))

    alb._ACTION_MAP["CreateLoadBalancer"] = created


def tell_addresses_of_nat_gateways():
    """Says which Elastic IP a NAT gateway has.

    EC2 does. Without it the AWS provider takes a gateway that it imports for a
    private one, and replaces it.
    """
    describe = ec2._ACTION_MAP["DescribeNatGateways"]
    empty = b"<natGatewayAddressSet/>"

    def described(parameters):
        status, headers, body = describe(parameters)
        pattern = rb"<natGatewayId>([^<]+)</natGatewayId>(.*?)" + empty
        return status, headers, re.sub(pattern, with_address, body, flags=re.DOTALL)

    def with_address(gateway):
        allocation = ec2._nat_gateways[gateway[1].decode()]["AllocationId"]
        if not allocation:
            return gateway[0]
        address = ec2._addresses.get(allocation, {}).get("PublicIp", "")
        item = f"<allocationId>{allocation}</allocationId><publicIp>{address}</publicIp><isPrimary>true</isPrimary>"
        addresses = f"<natGatewayAddressSet><item>{item}<status>succeeded</status></item></natGatewayAddressSet>"
        return gateway[0].replace(empty, addresses.encode())

    ec2._ACTION_MAP["DescribeNatGateways"] = described


def filter_endpoints():
    """Filters VPC endpoints by VPC and service, which MiniStack does not."""
    describe = ec2._ACTION_MAP["DescribeVpcEndpoints"]
    fields = {"vpc-id": "VpcId", "service-name": "ServiceName"}

    def described(parameters):
        filters = {}
        for number in itertools.count(1):
            name = ec2._p(parameters, f"Filter.{number}.Name")
            if not name:
                break
            if name in fields:
                filters[fields[name]] = ec2._parse_member_list(parameters, f"Filter.{number}.Value")
        if not filters or ec2._parse_member_list(parameters, "VpcEndpointId"):
            return describe(parameters)
        chosen = [
            name
            for name, endpoint in ec2._vpc_endpoints.items()
            if all(endpoint.get(field) in values for field, values in filters.items())
        ]
        if not chosen:
            chosen = ["vpce-none"]  # none would mean all
        named = {f"VpcEndpointId.{number}": [name] for number, name in enumerate(chosen, start=1)}
        return describe(parameters | named)

    ec2._ACTION_MAP["DescribeVpcEndpoints"] = described


def keep_settings_of_flow_logs():
    """Says of flow logs which role writes them, how often, in what form, and their tags.

    EC2 does. Without it the AWS provider replaces each flow log at every update.
    """
    create, describe = ec2._ACTION_MAP["CreateFlowLogs"], ec2._ACTION_MAP["DescribeFlowLogs"]
    settings = {
        "DeliverLogsPermissionArn": "",
        "MaxAggregationInterval": "600",
        "LogFormat": "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} "
        "${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}",
    }

    def created(parameters):
        known = set(ec2._flow_logs)
        answer = create(parameters)
        for name in set(ec2._flow_logs) - known:
            ec2._parse_tag_specs(parameters, "vpc-flow-log", name)
            ec2._flow_logs[name] |= {key: ec2._p(parameters, key) or otherwise for key, otherwise in settings.items()}
        return answer

    def described(parameters):
        status, headers, body = describe(parameters)
        return status, headers, re.sub(rb"<flowLogId>([^<]+)</flowLogId>", with_settings, body)

    def with_settings(found):
        log = ec2._flow_logs[found[1].decode()]
        return found[0] + "".join(f"<{key[0].lower()}{key[1:]}>{log[key]}</{key[0].lower()}{key[1:]}>" for key in settings).encode()

    ec2._ACTION_MAP["CreateFlowLogs"] = created
    ec2._ACTION_MAP["DescribeFlowLogs"] = described


def describe_whole_alarms():
    """Answers with all that an alarm was put with.

    CloudWatch does. In the query protocol, which the AWS provider speaks,
    MiniStack takes no metric math and answers with little of the rest, so that
    the provider sees a change in every alarm at every preview.
    """
    put, describe = cloudwatch._put_metric_alarm, cloudwatch._describe_alarms

    def was_put(parameters, data, is_cbor, is_json=False):
        answer = put(parameters, data, is_cbor, is_json)
        if answer[0] == 200 and not (is_cbor or is_json):
            asked = structure(parameters)
            alarm = cloudwatch._alarms[asked["AlarmName"]]
            alarm["InsufficientDataActions"] = asked.get("InsufficientDataActions", [])
            if "Metrics" in asked:
                alarm["Metrics"] = [with_types(query) for query in asked["Metrics"]]
            if "EvaluateLowSampleCountPercentile" in asked:
                alarm["EvaluateLowSampleCountPercentile"] = asked["EvaluateLowSampleCountPercentile"]
            for made_up in {"Statistic", "Period"} - set(asked):
                del alarm[made_up]
        return answer

    def with_types(query):
        if "ReturnData" in query:
            query["ReturnData"] = query["ReturnData"] == "true"
        if "MetricStat" in query:
            query["MetricStat"]["Period"] = int(query["MetricStat"]["Period"])
        return query

    def described(parameters, data, is_cbor, is_json=False):
        if is_cbor or is_json:
            return describe(parameters, data, is_cbor, is_json)
        status, headers, body = describe({}, structure(parameters), False, True)
        if status != 200:
            return describe(parameters, data, is_cbor)
        result = f"<DescribeAlarmsResult>{xml(json.loads(body))}</DescribeAlarmsResult>"
        return cloudwatch._xml(status, "DescribeAlarmsResponse", result)

    cloudwatch._put_metric_alarm = was_put
    cloudwatch._describe_alarms = described


def tell_whether_buckets_are_public():
    """Answers GetBucketPolicyStatus.

    MiniStack judges policies as S3 does when it blocks public ones, but answers
    this question with the objects of the bucket.
    """
    dispatch = s3._dispatch

    def dispatched(method, bucket, key, headers, body, query):
        if method != "GET" or key or "policyStatus" not in query:
            return dispatch(method, bucket, key, headers, body, query)
        status, answered, policy = s3._get_bucket_policy(bucket)
        if status != 200:
            return status, answered, policy
        public = str(s3._policy_is_public(policy.decode())).lower()
        xml = f'<PolicyStatus xmlns="{s3.S3_NS}"><IsPublic>{public}</IsPublic></PolicyStatus>'
        return 200, {"Content-Type": "application/xml"}, xml.encode()

    s3._dispatch = dispatched


def answer_repeated_calls():
    """Answers a call of EC2 that is repeated as the first one.

    In EC2 calls with the same client token are one, so that a client may send a
    call again when the answer did not come. MiniStack would make a second NAT
    gateway, which nobody deletes.
    """
    answers = {}

    def once(action):
        def called(parameters):
            token = ec2._p(parameters, "ClientToken")
            if token in answers:
                return answers[token]
            answer = action(parameters)
            if token and answer[0] == 200:
                answers[token] = answer
            return answer

        return called

    for name, action in ec2._ACTION_MAP.items():
        ec2._ACTION_MAP[name] = once(action)


def structure(parameters):
    """Returns what the names of the query protocol, like A.member.1.B, stand for."""

    def plain(node):
        if not isinstance(node, dict):
            return node
        if set(node) == {"member"}:
            return [plain(node["member"][number]) for number in sorted(node["member"], key=int)]
        return {name: plain(part) for name, part in node.items()}

    root = {}
    for name in parameters:
        *path, last = name.split(".")
        node = root
        for part in path:
            node = node.setdefault(part, {})
        node[last] = cloudwatch._p(parameters, name)
    return plain(root)


def xml(value, name=""):
    """Returns a value as the query protocol writes it. What is None is left out."""
    if isinstance(value, dict):
        return "".join(f"<{key}>{xml(part, key)}</{key}>" for key, part in value.items() if part is not None)
    if isinstance(value, list):
        return "".join(f"<member>{xml(part)}</member>" for part in value)
    if isinstance(value, bool):
        return str(value).lower()
    return cloudwatch._ts_iso(value) if name.endswith("Timestamp") else escape(str(value))


def delete_images_from_the_registry():
    """Has the registry no longer give out what was deleted from a repository.

    ECR's API and its registry are one. MiniStack's registry keeps the manifest,
    and so an image that ECR does not have could still be pulled.
    """
    delete = ecr._batch_delete_image

    def deleted(request):
        answer = delete(request)
        name = request.get("repositoryName", "")
        kept = {image["imageDigest"] for image in ecr._images.get(name, [])}
        manifests = ecr._manifest_blobs.get(name, {})
        for digest in set(manifests) - kept:
            del manifests[digest]
        return answer

    ecr._batch_delete_image = deleted


def add_application_auto_scaling():
    """Mounts moto's Application Auto Scaling, which MiniStack has none of.

    moto refuses a scalable target whose service does not exist, as AWS does;
    the services are looked up here. Targets, policies and scheduled actions are
    kept and answered for, nothing is scaled. What is deleted again is answered
    with AWS's error, which the AWS provider takes for a success, and not moto's.
    """
    from moto.applicationautoscaling import models
    from moto.server import create_backend_app

    class Services:
        """ECS services, as moto asks for them."""

        def describe_services(self, cluster, names):
            return handover.services(cluster, names), []

    # Where a backend looks for the services of its account and region. All
    # that runs here is of one account and region.
    models.ecs_backends = defaultdict(lambda: defaultdict(Services))
    client = create_backend_app("application-autoscaling").test_client()
    tags = Tags()

    async def handle(method, path, headers, body, query):
        def call():
            operation = headers.get("x-amz-target", "").rpartition(".")[2]
            if operation in Tags.operations:
                return tags.answer(operation, json.loads(body))
            answer = client.open(path, method=method, data=body, headers=list(headers.items()))
            if operation == "RegisterScalableTarget" and answer.status_code == 200:
                tags.add(json.loads(answer.data)["ScalableTargetARN"], json.loads(body).get("Tags", {}))
            data = answer.data
            if answer.status_code == 400 and operation in ("DeleteScalingPolicy", "DeregisterScalableTarget"):
                data = data.replace(b"ValidationException", b"ObjectNotFoundException")
            return answer.status_code, {"Content-Type": "application/x-amz-json-1.1"}, data

        return await asyncio.to_thread(call)

    name = "application-autoscaling"
    router.SERVICE_PATTERNS = {name: {"target_prefixes": ["AnyScaleFrontendService."]}, **router.SERVICE_PATTERNS}
    app.SERVICE_HANDLERS[name] = handle


class Tags:
    """The tags of scalable targets, which moto does not keep."""

    operations = ("ListTagsForResource", "TagResource", "UntagResource")

    def __init__(self):
        self._of = {}

    def add(self, arn, tags):
        self._of.setdefault(arn, {}).update(tags)

    def answer(self, operation, request):
        arn = request["ResourceARN"]
        if operation == "TagResource":
            self.add(arn, request["Tags"])
        if operation == "UntagResource":
            for key in request["TagKeys"]:
                self._of.get(arn, {}).pop(key, None)
        answer = {"Tags": self._of.get(arn, {})} if operation == "ListTagsForResource" else {}
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()
