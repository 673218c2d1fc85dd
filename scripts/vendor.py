"""Fetch the front-end files of `static/vendor/` and write their manifest.

    python scripts/vendor.py           fetch with `npm pack`, write the files and manifest.json
    python scripts/vendor.py --check   offline: the files are those of the manifest (exit 1 if not)

Nothing here runs in the portal: the files are committed, so that an installation needs no npm and no network.
"""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
TABLER, HTMX, ICONS = ("@tabler/core", "1.6.1"), ("htmx.org", "2.0.11"), ("@tabler/icons", "3.52.0")
ECHARTS = ("echarts", "6.1.0")

# One file of the sprite: what the pages use. Names are those of Tabler's outline icons.
ICON_NAMES = """
activity adjustments alarm alert-circle alert-triangle arrow-back-up arrow-bar-left arrow-down arrow-right arrow-up
arrows-diff arrows-sort ban bell book building building-bank calendar calendar-off chart-bar check checklist
chevron-down chevron-left chevron-right circle-check circle-dashed circle-off circle-x clipboard-check clipboard-list
clipboard-x clock clock-pause columns copy database device-mobile download edit external-link eye file-check
file-export file-text file-type-doc file-type-pdf file-type-xls filter flag git-compare help history home inbox
info-circle list-check loader-2 lock logout mail map-search menu-2 message message-exclamation minus note paperclip
pencil phone photo player-stop plus printer refresh search send settings shield-check speakerphone star table tool
tools trash upload user user-check users wifi-off x
"""

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def fetch(name: str, version: str, into: Path) -> Path:
    """The unpacked folder of one published package."""
    packed = subprocess.run(  # noqa: S603
        ["npm", "pack", f"{name}@{version}", "--silent"],  # noqa: S607
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    folder = into / name.replace("/", "_")
    with tarfile.open(into / packed.stdout.strip().splitlines()[-1]) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def without_source_map(text: str) -> str:
    """The maps are not committed; a reference to one would be a 404 (and stops collectstatic)."""
    return re.sub(r"\s*(/\*|//)# sourceMappingURL=\S+?( ?\*/)?\s*$", "\n", text)


def sprite(folder: Path) -> str:
    """One `<symbol>` an icon; stroke and fill are set where the icon is used."""
    symbols = []
    for name in ICON_NAMES.split():
        svg = (folder / "icons" / "outline" / f"{name}.svg").read_text()
        drawn = [d for d in re.findall(r'<path [^>]*?d="([^"]+)"', svg) if d != "M0 0h24v24H0z"]
        paths = "".join(f'<path d="{d}"/>' for d in drawn)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{paths}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def tabler_licence(css: str) -> str:
    """The package holds no licence file: its copyright lines stand at the head of the style sheet."""
    holders = re.findall(r"^ \* (Copyright .+)$", css[:600], flags=re.MULTILINE)
    if not holders or "Licensed under MIT" not in css[:600]:
        raise SystemExit("tabler.min.css no longer names its holders or its licence: look before vendoring")
    return "MIT License\n\n" + "\n".join(holders) + "\n\n" + MIT


def echarts_licence(folder: Path) -> str:
    """Apache-2.0 with its notice, and the licence of the parts that it names."""
    parts = (folder / "LICENSE", folder / "NOTICE", folder / "licenses" / "LICENSE-d3")
    return "\n\n".join(part.read_text().strip() for part in parts) + "\n"


def vendor() -> None:
    """Fetch, write, and describe every file."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        packages = (TABLER, HTMX, ICONS, ECHARTS)
        tabler, htmx, icons, echarts = (fetch(*package, Path(temporary)) for package in packages)
        css = (tabler / "dist" / "css" / "tabler.min.css").read_text()
        made: list[tuple[str, tuple[str, str], str, str, str]] = [
            ("tabler.min.css", TABLER, "MIT", without_source_map(css), tabler_licence(css)),
            (
                "htmx.min.js",
                HTMX,
                "0BSD",
                without_source_map((htmx / "dist" / "htmx.min.js").read_text()),
                (htmx / "LICENSE").read_text(),
            ),
            ("icons.svg", ICONS, "MIT", sprite(icons), (icons / "LICENSE").read_text()),
            (
                "echarts.common.min.js",
                ECHARTS,
                "Apache-2.0",
                (echarts / "dist" / "echarts.common.min.js").read_text(),
                echarts_licence(echarts),
            ),
        ]
    manifest: list[dict[str, Any]] = []
    for file, (name, version), licence, text, licence_text in made:
        (VENDOR / file).write_text(text)
        licence_file = f"LICENSE.{file.split('.')[0]}.txt"
        (VENDOR / licence_file).write_text(licence_text)
        manifest.append(
            {
                "file": file,
                "name": name,
                "version": version,
                "licence": licence,
                "licence_file": licence_file,
                "sha256": digest(VENDOR / file),
            }
        )
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def faults() -> list[str]:
    """What in `static/vendor/` differs from the manifest; empty when nothing does."""
    manifest = json.loads((VENDOR / "manifest.json").read_text())
    found = [f"{m['file']}: sha256 differs" for m in manifest if digest(VENDOR / m["file"]) != m["sha256"]]
    known = {"manifest.json"} | {m["file"] for m in manifest} | {m["licence_file"] for m in manifest}
    return found + [f"{p.name}: not in the manifest" for p in VENDOR.iterdir() if p.name not in known]


if __name__ == "__main__":
    if "--check" not in sys.argv:
        vendor()
    sys.exit("\n".join(faults()) or 0)
