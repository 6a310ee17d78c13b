"""One line of log a request, and one for a failure. Never an address, a query, a form or a person."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, request

LOG = logging.getLogger("web.requests")


class QuietFlask(Flask):
    """Flask, except that a failure is logged without its message: it could carry what people wrote."""

    def log_exception(
        self,
        ctx: Any,
        exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None] | None = None,
    ) -> None:
        """The kind of failure and where in the program it was."""
        kind, _, trace = exc_info or sys.exc_info()
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
        extra = {"endpoint": request.endpoint, "failure": kind.__name__ if kind else "", "places": places}
        LOG.error("failed", extra=extra)


def listen(app: Flask) -> None:
    """Log every request of an application."""
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    g.started = time.perf_counter()


def _finish(response: Response) -> Response:
    started = g.get("started", time.perf_counter())
    LOG.info(
        "request",
        extra={
            "method": request.method,
            "endpoint": request.endpoint,
            "status": response.status_code,
            "ms": round((time.perf_counter() - started) * 1000),
        },
    )
    return response
