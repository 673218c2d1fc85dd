"""What happened to a 留言: who, when, what; never its words, which stay sealed."""

from collections.abc import Iterator
from datetime import datetime

from accounts.histories import Entry, who
from accounts.models import Message, MessageKind, Source
from accounts.questions import is_reply_of
from zhonglou_media.core import events, verbs
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.models import Event

VERBS = verbs.VERBS["message"]
TONES = {"reply": "done", "unreply": "back"}


def of_message(message: Message) -> list[Entry]:
    """All that is recorded of it, newest first: one query. What an import brought has no event of its own."""
    recorded = [event for event in events.timeline(message).order_by("seq") if event.verb in VERBS]
    entries = [*_imported(message, recorded), *(_entry(event) for event in recorded)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _imported(message: Message, recorded: list[Event]) -> Iterator[Entry]:
    if not any(event.verb == "ask" for event in recorded):
        first = next((event.detail["was"] for event in recorded if event.verb == "reclassify"), message.kind)
        yield Entry(
            f"收到：{MessageKind(first).label}", f"来源：{message.get_source_display()}", message.received_at, "", ""
        )
    if message.first_reply_at is not None and not any(_is_reply(event, message) for event in recorded):
        came = Source.IMPORT.label if message.source == Source.TYPED else message.get_source_display()
        yield Entry(f"回复{_late(message)}", f"来源：{came}", message.first_reply_at, "", "done")


def _is_reply(event: Event, message: Message) -> bool:
    return event.verb == "reply" and is_reply_of(event.detail["replied_at"], message)


def _late(message: Message) -> str:
    return "，超时回复" if message.is_late(message.received_at) else ""


def _entry(event: Event) -> Entry:
    return Entry(VERBS[event.verb] + _more(event), who(event), event.at, "", TONES.get(event.verb, ""))


def _more(event: Event) -> str:
    said = event.detail
    match event.verb:
        case "ask":
            return f"：{MessageKind(said['kind']).label}"
        case "reply":
            return f"：{_when(said['replied_at'])}{'，超时回复' if said['late'] else ''}"
        case "reclassify":
            return f"：{MessageKind(said['was']).label} → {MessageKind(said['kind']).label}"
        case "withdraw_message":
            return f"：网民于 {_when(said['withdrawn_at'])} 撤回或删除"
        case "hand_on":
            return f"：由“{said['to_name']}”承接答复"
        case "take_back":
            return "：关停未办成，仍由原账号答复"
        case _:
            return f"：{_when(said['replied_at'])} 的回复不算"


def _when(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
