"""The history of a filing in the regulation's words."""

from zhonglou_media.core import verbs


def verb_label(verb: str, kind: str = "filing") -> str:
    """What an event's verb is called on a page."""
    return verbs.label(kind, verb)
