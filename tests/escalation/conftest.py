"""What tests of the engine share beside the desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalation.office import Office


@pytest.fixture
def settings_file(office: Office) -> Path:
    """Settings another process can open the same installation with, on a clock they share."""
    folder = office.config.folder
    (folder / "now").write_text(office.clock.now().isoformat())
    file = folder / "config.toml"
    file.write_text(
        f'[service]\nmode = "demonstration"\nsecret_key = "{office.config.service.secret_key}"\n'
        '[database]\nurl = "sqlite:///test.db"\n[clock]\nfile = "now"\n'
        '[mail]\nchannel = "file"\nfolder = "letters"\n'
    )
    return file
