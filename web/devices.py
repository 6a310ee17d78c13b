"""What a browser says it is, in plain words: enough to know one’s own telephone again, and no more."""

from __future__ import annotations

# The first that fits: many browsers also name those they descend from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_MACHINES = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "an Android device"),
    ("CrOS", "a Chromebook"),
    ("Windows", "a Windows computer"),
    ("Macintosh", "a Mac"),
    ("Linux", "a Linux computer"),
)


def device_named(agent: str) -> str:
    """“Chrome on a Windows computer”."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "A browser")
    machine = next((name for sign, name in _MACHINES if sign in agent), "a device we do not know")
    return f"{browser} on {machine}"
