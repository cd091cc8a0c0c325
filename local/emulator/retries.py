"""Answers each call of an AWS SDK once.

An SDK sends a call again when its answer is lost on the way, which happens on a
busy machine. AWS makes up for that in many calls, by client tokens and by calls
that are idempotent; MiniStack would refuse what exists by then. All attempts at
a call have the same invocation id, by which the first answer is found again.
"""

import asyncio
from collections import OrderedDict

from ministack import app

INVOCATION = "amz-sdk-invocation-id"

# Attempts follow each other within seconds. This many calls are more than come
# in between.
REMEMBERED = 2000


def answer_once():
    """Has all services answer a repeated call as they did the first time."""
    answers = OrderedDict()
    for name, handler in app.SERVICE_HANDLERS.items():
        app.SERVICE_HANDLERS[name] = once(handler, answers)


def once(original, answers):
    async def handle(method, path, headers, body, query):
        invocation = headers.get(INVOCATION)
        if not invocation or method in ("GET", "HEAD"):
            return await original(method, path, headers, body, query)
        if invocation not in answers:
            answers[invocation] = asyncio.ensure_future(original(method, path, headers, body, query))
            while len(answers) > REMEMBERED:
                answers.popitem(last=False)
        answering = answers[invocation]
        try:
            # A client that leaves does not end what it has asked for.
            status, answered, content = await asyncio.shield(answering)
        except Exception:
            answers.pop(invocation, None)
            raise
        if status >= 500:
            answers.pop(invocation, None)  # worth another attempt
        return status, dict(answered), content

    return handle
