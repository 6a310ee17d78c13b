"""How much one session, or one network without a session, may ask for in a minute. Looks at no record.

The counts are of this process, and gone with it: they keep one person, script or stolen session from taking
all there is or filling it up, and are no record. Guessing passwords has its own, lasting one
(`signin/throttle`).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from flask import Flask, request
from werkzeug.exceptions import TooManyRequests

from escalation.config import Server
from web import session

MINUTE = 60.0
MOST_KNOWN = 10_000  # what is remembered stays small, however many addresses ask
# Behind one network address may be a whole council.
SHARED = 10


class Rate:
    """So many a minute for each: a full minute’s at once at most, then as they come back."""

    def __init__(self, a_minute: int, passed: Callable[[], float] = time.monotonic) -> None:
        self.a_minute, self.passed = a_minute, passed
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, whose: str, share: int = 1) -> int:
        """Count one of `whose`, with `share` times as many. 0, or in how many seconds there is one again."""
        if not self.a_minute:
            return 0
        most, now = float(self.a_minute * share), self.passed()
        with self._lock:
            left, before = self._left.pop(whose, (most, now))
            left = min(most, left + (now - before) * most / MINUTE)
            self._left[whose] = (left - 1 if left >= 1 else left, now)
            if len(self._left) > MOST_KNOWN:
                self._left.popitem(last=False)
        return 0 if left >= 1 else ceil((1 - left) * MINUTE / most)


def watch(app: Flask, settings: Server) -> None:
    """Count every request of an application but those for its own styles and scripts."""
    rates = {"forms": Rate(settings.forms_a_minute), "pages": Rate(settings.pages_a_minute)}
    app.extensions["rates"] = rates

    def _count() -> None:
        if request.endpoint == "static":
            return
        # The token stands in a signed cookie: nobody makes up a new one for each request.
        whose, share = (session.token(), 1) if session.token() else (session.network(), SHARED)
        seconds = rates["pages" if request.method in ("GET", "HEAD") else "forms"].wait(whose, share)
        if seconds:
            raise TooManyRequests(retry_after=seconds)

    app.before_request(_count)
