"""One pre-judged line of a sheet."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Pre:
    """How often the facts show it, in a sentence, where to see it, and how far the facts are known (数据截至).

    `count` None: the facts do not judge it. Then `hint` says that something should be looked at (it is never scored
    unless a person counts it), `unknown` that data are missing (数据待确认); neither: it is judged by hand as ever.
    """

    count: int | None
    text: str
    url: str
    known_until: datetime | None = None
    hint: bool = False
    unknown: bool = False
