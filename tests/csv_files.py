"""Lists as a csv that Excel opens as it is."""

import csv
import io
from collections.abc import Iterable, Sequence

from zhonglou_media.core.tables_out import safe


def csv_bytes(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with its mark, CRLF, each text made `safe`."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([safe(text) for text in row] for row in (heads, *rows))
    return out.getvalue().encode("utf-8-sig")
