"""The two endpoints of the app in service/, for JSON clients, as one writes
them in Flask: the same answers, and the same line in the log for each request
but health checks."""

import json
import logging
import platform
import sys
import time

from flask import Flask, g, request

app = Flask(__name__)
app.json.compact = True

log = logging.getLogger("requests")
log.setLevel(logging.INFO)
log.addHandler(logging.StreamHandler(sys.stdout))

HOST = platform.node()


@app.get("/")
def home():
    headers = {"Cache-Control": "no-store", "Vary": "Accept", "X-Content-Type-Options": "nosniff"}
    return {"name": "fargate-stack", "version": "bench", "host": HOST}, headers


@app.get("/health")
def health():
    return {"status": "ok"}, {"Cache-Control": "no-store"}


@app.before_request
def start():
    g.start = time.perf_counter()


@app.after_request
def log_request(response):
    if request.path != "/health":
        log.info(json.dumps({
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "level": "INFO",
            "msg": "request",
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "bytes": response.content_length,
            "duration_ms": round((time.perf_counter() - g.start) * 1000, 3),
        }))
    return response
