"""Runs MiniStack with an ECR registry that Docker can reach.

MiniStack serves the Docker registry protocol on its own port, but says, as
ECR does, that the registry is <account>.dkr.ecr.<region>.amazonaws.com: a
name that leads to AWS. Here it says localhost:<port>, which Docker takes
over plain HTTP without being configured for it.
"""

import json
import os
import sys

import calls
import gaps
import handover
import retries
from ministack.app import main
from ministack.services import ecr

registry = "localhost:" + os.environ["GATEWAY_PORT"]

for name in ("_repo_uri", "_get_authorization_token"):
    if not callable(getattr(ecr, name, None)):
        sys.exit(f"ministack.services.ecr has no function {name} any more; adapt {__file__}")

authorization_token = ecr._get_authorization_token


def local_authorization_token(data):
    status, headers, body = authorization_token(data)
    answer = json.loads(body)
    for authorization in answer["authorizationData"]:
        authorization["proxyEndpoint"] = "http://" + registry
    return status, headers, json.dumps(answer).encode()


ecr._repo_uri = lambda name: f"{registry}/{name}"
ecr._get_authorization_token = local_authorization_token
gaps.close()
handover.hand_over()
retries.answer_once()
calls.write_down()

main()
