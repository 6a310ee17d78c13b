"""What tests of the engine share beside the desk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from escalation.office import Office
from tests.support.desk import Desk


@pytest.fixture
def settings_file(office: Office) -> Path:
    """Settings another process can open the same installation with, on a clock they share."""
    folder = office.config.folder
    (folder / "now").write_text(office.clock.now().isoformat())
    file = folder / "config.toml"
    file.write_text(
        f'[service]\nmode = "demonstration"\nsecret_key = "{office.config.service.secret_key}"\n'
        f'[database]\nurl = "{office.config.database.url}"\n[clock]\nfile = "now"\n'
        '[mail]\nchannel = "file"\nfolder = "letters"\n'
    )
    return file


@pytest.fixture
def real(desk: Desk) -> Desk:
    """An installation in earnest: a digest at half past eight, quiet from seven in the evening."""
    service = replace(desk.office.config.service, mode="real")
    desk.office = replace(desk.office, config=replace(desk.office.config, service=service))
    return desk
