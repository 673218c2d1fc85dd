"""Checks or fills in one uploaded .docx in a process of its own with limits; what it says stands on stdout as JSON.

`python -I docx_child.py MEGABYTES SECONDS`, the question on stdin: {"template": base64, "known", "lists"} to check,
{"template", "context"} to fill in. Answers {"names"}, {"document": base64} or {"problems"}. Exit 4: a fault, its
traceback on stderr. A hostile document can make a parser eat all memory or time: the kernel stops it here.
"""

import base64
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

FAULT = 4


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """What is said of one document."""
    root = str(Path(__file__).resolve().parents[2])
    if root not in sys.path:  # -I leaves it out
        sys.path.insert(0, root)
    from filings.printing import docx_judge, docx_parts

    template = base64.b64decode(asked["template"])
    try:
        if "context" in asked:
            return {"document": base64.b64encode(docx_parts.fill(template, asked["context"])).decode()}
        return {"names": docx_judge.check(template, asked["known"], asked["lists"])}
    except docx_parts.Unsound as unsound:
        return {"problems": unsound.problems}


def main() -> None:
    """Set the limits first, then read; pages that people wait for go before it."""
    os.nice(10)
    megabytes, seconds = map(int, sys.argv[1:3])
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(10 * seconds)  # nobody waits for ever
    try:
        said = answer(json.load(sys.stdin))
    except Exception:
        import traceback

        traceback.print_exc()
        sys.exit(FAULT)
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
