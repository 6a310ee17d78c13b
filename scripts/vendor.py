"""Makes web/static/vendor again from the npm packages named here; run by hand, never by the product.

The typeface, the crest and the source maps are taken out, because this service is not on GOV.UK and may not
look as if it were. The result is the same for the same versions: `git diff` after a run shows nothing.
"""

import hashlib
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parents[1] / "web" / "static" / "vendor"
FONTS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'


class Source(NamedTuple):
    """One file of one npm package, and the name it is committed under."""

    package: str
    version: str
    path: str
    name: str


SOURCES = (
    Source("govuk-frontend", "6.3.0", "dist/govuk/govuk-frontend.min.css", "govuk-frontend-6.3.0.min.css"),
    Source("govuk-frontend", "6.3.0", "dist/govuk/govuk-frontend.min.js", "govuk-frontend-6.3.0.min.js"),
    Source(
        "@ministryofjustice/frontend", "11.1.0", "moj/moj-frontend.min.css", "moj-frontend-11.1.0.min.css"
    ),
)


def main() -> None:
    """Write every file and the list of them."""
    (FOLDER / "images").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        entries = [entry for source in SOURCES for entry in vendored(source, Path(folder))]
    (FOLDER / "VENDORED.toml").write_text(
        "# Written by scripts/vendor.py; a test re-hashes every file named here.\n" + "".join(entries)
    )


def vendored(source: Source, folder: Path) -> Iterator[str]:
    """Write one file and the pictures it asks for, giving the entry of each."""
    root = unpacked(source, folder)
    text = (root / source.path).read_text(encoding="utf-8")
    text = changed_css(text) if source.name.endswith(".css") else without_map(text)
    yield written(source, source.name, text)
    for picture in sorted(set(re.findall(r"url\((images/[\w.-]+)\)", text))):
        path = f"{Path(source.path).parent}/assets/{picture}"
        yield written(source._replace(path=path), picture, (root / path).read_text(encoding="utf-8"))


def unpacked(source: Source, folder: Path) -> Path:
    """Fetch a package with npm, which checks its digest, and give the folder of its files."""
    target = folder / source.package.replace("/", "-")
    if not target.exists():
        target.mkdir()
        command = ["npm", "pack", "--silent", f"{source.package}@{source.version}"]
        subprocess.run(command, cwd=target, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(target.glob("*.tgz"))) as archive:
            archive.extraction_filter = getattr(tarfile, "data_filter", None)  # not in Python 3.11.2
            archive.extractall(target)
    return target / "package"


def changed_css(text: str) -> str:
    """Take out what belongs to GOV.UK alone and make addresses relative to the style sheet."""
    text = re.sub(r"@font-face\{[^}]*\}", "", text)
    text = re.sub(r'"?GDS Transport"?,arial,sans-serif', FONTS, text)
    text = re.sub(r"[^{};]*(?:crown|crest|copyright-logo)[^{};]*\{[^}]*\}", "", text)
    text = re.sub(r"/\*!.*?\*/", "", text, flags=re.DOTALL)
    text = text.replace("url(/assets/", "url(")
    return without_map(text)


def without_map(text: str) -> str:
    """Drop the address of the source map, which is not committed."""
    text = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", text)
    return re.sub(r"//# sourceMappingURL=.*", "", text).strip() + "\n"


def written(source: Source, name: str, text: str) -> str:
    """Write a file and give its entry, a table of VENDORED.toml."""
    (FOLDER / name).write_text(text, encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return (
        f'\n[[file]]\nname = "{name}"\npackage = "{source.package}"\nversion = "{source.version}"\n'
        f'source = "{source.path}"\nsha256 = "{digest}"\n'
    )


if __name__ == "__main__":
    main()
