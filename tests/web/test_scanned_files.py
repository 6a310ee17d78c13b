"""Files pass a virus scanner before they are kept: what is harmful is refused, and so is all while it is away."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from escalation.config import Uploads
from escalation.office import Office
from escalation.scanning import Scanner
from escalation.scheduler import health
from escalation.scheduler.scanner import scanner_round
from tests.support import clamd
from tests.support.clamd import Clamd
from tests.support.desk import Desk
from tests.support.processes import PATIENCE
from tests.support.site import site_of
from tests.web.test_raise_pages import begin
from tests.web.visitor import Visitor

pytestmark = pytest.mark.sqlite_only(
    reason="the scanner looks before any transaction; no engine has a part in it"
)
HARMFUL = ("canary.pdf", b"%PDF-1.7 " + clamd.EICAR)
CLEAN = ("log.pdf", b"%PDF-1.7 nothing in it")
