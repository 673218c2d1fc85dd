"""What a person types into a search box: words, folded as names are, and the condition that a text holds one."""

import unicodedata

from django.db.models import Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from zhonglou_media.core.names import look_key, name_key

MAX_TYPED = 60  # what a box takes; the rest of it says nothing
MOST_WORDS = 4  # what stands behind is one word with the last
FEWEST = 2


def words(text: str) -> list[str]:
    """The words of `text`, each of which must be found: full and half width, cases, invisible characters are one."""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text[:MAX_TYPED])
    return name_key(plain).split(maxsplit=MOST_WORDS - 1)


def suffices(typed: list[str]) -> bool:
    """Whether they narrow anything: one word of two characters, and not of punctuation alone."""
    return any(len(word) >= FEWEST and any(unicodedata.category(c)[0] in "LN" for c in word) for word in typed)


def look(word: str) -> str:
    """The word as the eye may take it, to find what is 相近; '' where too little of it is left to say so."""
    key = look_key(word)
    return key if len(key) >= min(FEWEST, len(word)) else ""


def holds(field: str, word: str) -> GreaterThan:
    """Condition: the folded text `field` holds `word`, as it is typed; half the time of LIKE, and nothing to escape."""
    return GreaterThan(StrIndex(field, Value(word)), 0)
