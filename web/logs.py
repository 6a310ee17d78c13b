"""One line of log a request, and one for a failure. Never an address, a query, a form or a person."""

from __future__ import annotations

import logging
import time
import traceback
from types import TracebackType

from flask import Flask, Response, g, request

LOG = logging.getLogger("web.requests")


class QuietFlask(Flask):
    """Flask, except that a failure is logged without its message: it could carry what people wrote."""

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]
    ) -> None:
        """The kind of failure, and where in the program it was."""
        kind, _, trace = exc_info
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
        failure = kind.__name__ if kind else ""
        LOG.error("failed", extra={"endpoint": request.endpoint, "failure": failure, "places": places})


def listen(app: Flask) -> None:
    """Log every request of an application."""
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    g.started = time.perf_counter()


def _finish(response: Response) -> Response:
    started = g.get("started", time.perf_counter())
    told = {
        "method": request.method,
        "endpoint": request.endpoint,
        "status": response.status_code,
        "ms": round((time.perf_counter() - started) * 1000),
    }
    LOG.info("request", extra=told)
    return response
