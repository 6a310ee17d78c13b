"""`python -m web [--config FILE]`: serves the pages until told to stop. Sweeps and sends nothing itself."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import waitress

from escalation.config import Config
from escalation.errors import NotReady, Unavailable
from escalation.logs import start_logging
from escalation.start import open_office
from web.app import create_app, largest_form

# What waits on disk for each connection at most. A video from a telephone is mostly smaller.
LARGEST_ANSWERED = 100_000_000


def main(arguments: list[str] | None = None) -> int:
    """Serve. 0 when told to stop, 1 with a sentence where it cannot start."""
    given = _arguments(arguments)
    os.umask(0o077)  # what is kept here is for this user alone
    start_logging()
    signal.signal(signal.SIGTERM, _stop)
    try:
        office = open_office(given.config)
        server = waitress.create_server(create_app(office), **_settings(office.config))
    except (NotReady, Unavailable, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, SystemExit):
        return 0
    logging.getLogger("web").info("serving", extra={"port": office.config.server.port})
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass  # told to stop before, or while, it settled
    finally:
        server.close()
        office.database.close()
    return 0


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m web", description="Serves the pages of Escalation.")
    named = os.environ.get("ESCALATION_CONFIG")
    parser.add_argument("--config", type=Path, default=Path(named) if named else None, help="config.toml")
    return parser.parse_args(arguments)


def _settings(config: Config) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "host": config.server.host,
        "port": config.server.port,
        "threads": config.server.threads,
        "ident": None,
        # Far above the application’s own limit, so that a video from a telephone is answered by a page and
        # not by a bare line. It waits on disk, not in memory; the proxy in front keeps a flood of them out.
        # What says it is larger, or turns out to be, is refused by the server itself and read no further.
        "max_request_body_size": max(LARGEST_ANSWERED, 2 * largest_form(config)),
        "clear_untrusted_proxy_headers": True,
    }
    if config.server.trusted_proxy:
        settings["trusted_proxy"] = config.server.trusted_proxy
        settings["trusted_proxy_headers"] = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    return settings


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
