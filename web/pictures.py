"""Pictures drawn here: an address as a square a telephone reads. No other site hears of it."""

from __future__ import annotations

import segno
from markupsafe import Markup


def qr(address: str) -> Markup:
    """The square, as SVG to put into a page."""
    drawn = segno.make(address, micro=False, error="m")
    return Markup(drawn.svg_inline(scale=5, border=4, svgclass=None, lineclass=None, omitsize=False))  # noqa: S704 - drawn by us, of squares alone
