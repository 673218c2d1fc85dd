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
    return name_key(_plain(text[:MAX_TYPED])).split(maxsplit=MOST_WORDS - 1)


def searched(text: str) -> str:
    """`text` as far as it is searched for: as much as a box takes, with a space for each character that no name holds.

    What is left out must be told: `left_out`.
    """
    return _plain(text.strip()[:MAX_TYPED]).strip()


def left_out(text: str) -> str:
    """What of `text` is not searched for, in a sentence; '' when all of it is."""
    said = []
    if any(_is_no_text(c) and not c.isspace() for c in text):
        said.append("输入的文字里有不能搜索的字符，已略去。")
    if len(text.strip()) > MAX_TYPED:
        said.append(f"输入的文字太长，只按前 {MAX_TYPED} 个字搜索。")
    return "".join(said)


def _plain(text: str) -> str:
    return "".join(" " if _is_no_text(c) else c for c in text)


def _is_no_text(character: str) -> bool:
    """Control characters, NUL among them, which PostgreSQL does not take, and halves of a character."""
    return unicodedata.category(character) in ("Cc", "Cs")


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
