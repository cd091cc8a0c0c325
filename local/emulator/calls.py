"""Writes down what is called, by whom and with what.

With CALL_LOG set to the path of a file, each call is one line of JSON in it, so
that what somebody calls can be held against what a policy lets them.
"""

import json
import os
import re
from urllib.parse import parse_qs

from ministack import app

LOG = os.environ.get("CALL_LOG", "")

CREDENTIAL = re.compile(r"Credential=([^/,]+)/")


def write_down():
    """Has all services write down their calls, if there is where to."""
    if LOG:
        for name, handler in app.SERVICE_HANDLERS.items():
            app.SERVICE_HANDLERS[name] = written(name, handler)


def written(service, original):
    async def handle(method, path, headers, body, query):
        with open(LOG, "a") as log:
            log.write(json.dumps(call(service, method, path, headers, body, query)) + "\n")
        return await original(method, path, headers, body, query)

    return handle


def call(service, method, path, headers, body, query):
    """Returns a call. One by REST has no operation: it is its method and path."""
    caller = CREDENTIAL.search(headers.get("authorization", ""))
    made = {"caller": caller[1] if caller else "", "service": service}
    if target := headers.get("x-amz-target"):
        return made | {"operation": target.rpartition(".")[2], "request": json.loads(body or b"{}")}
    if "form-urlencoded" in headers.get("content-type", ""):
        form = {key: values[0] for key, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        return made | {"operation": form.pop("Action", ""), "request": form}
    return made | {"method": method, "path": path, "query": sorted(query)}
