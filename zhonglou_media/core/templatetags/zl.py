"""The small words of every page: icon, countdown, state, flag, article, dates. Built in: no `{% load %}` is needed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from zhonglou_media.core import countdown as clock
from zhonglou_media.core import searching, words
from zhonglou_media.core.calendar import Calendar
from zhonglou_media.core.clock import SHANGHAI

register = template.Library()


class HasState(Protocol):
    state: str

    def get_state_display(self) -> str: ...


class FlagRow(Protocol):
    rule: str
    level: str
    due_at: datetime


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A Tabler outline icon of the sprite; decoration only, so a word must stand beside it."""
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
        ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {css}" if css else "",
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def due(
    context: Mapping[str, Any],
    moment: datetime | None,
    *,
    provisional: bool = False,
    now: datetime | None = None,
    done: str = "",
    none: str = "暂不计时",
    unit: str = "work",
    verb: str = "完成",
) -> SafeString:
    """A countdown to `moment` (stored exclusive), with the exact moment in its title and for screen readers.

    `done` replaces it when the matter is settled (按期报送), `none` is said where there is no due time. `unit` is
    `work` (working days) or `days`; `verb` completes 「应于 … 前…」. `now` is the page's, unless given.
    """
    if done:
        return _due_badge(clock.Countdown(clock.Tone.DONE, done), verb)
    if moment is None:
        return _due_badge(clock.Countdown(clock.Tone.NONE, none), verb)
    days = None if unit == "days" else context.get("working_calendar") or Calendar.load()
    between = days.working_days_between if days else None
    at = now if now is not None else context["now"]
    return _due_badge(clock.countdown(moment, now=at, provisional=provisional, working_days=between), verb)


DUE_ICONS = {"late": "alert-circle", "soon": "alarm", "ok": "clock", "prov": "help", "done": "circle-check"}


def _due_badge(shown: clock.Countdown, verb: str) -> SafeString:
    picture = icon(DUE_ICONS[shown.tone]) if shown.tone in DUE_ICONS else ""
    if not shown.exact:
        return format_html('<span class="zl-due zl-due--{}">{}{}</span>', shown.tone, picture, shown.words)
    exact = f"应于 {shown.exact} 前{verb}"
    return format_html(
        '<span class="zl-due zl-due--{}" title="{}">{}{}<span class="visually-hidden">，{}</span></span>',
        shown.tone,
        exact,
        picture,
        shown.words,
        exact,
    )


@register.simple_tag
def state(thing: HasState) -> SafeString:
    """The state of an account or a filing: icon and word."""
    return format_html(
        '<span class="zl-state zl-state--{}">{}{}</span>',
        thing.state,
        icon(words.STATE_ICONS[thing.state]),
        thing.get_state_display(),
    )


@register.simple_tag
def flag(row: FlagRow) -> SafeString:
    """A flag: red for a breach, amber for a hint, with the due time that was missed in its title."""
    label, picture, _ = words.FLAGS[row.rule]
    return format_html(
        '<span class="zl-flag zl-flag--{}" title="{}">{}{}</span>',
        "late" if row.level == "breach" else "soon",
        flag_since(row),
        icon(picture),
        label,
    )


@register.filter
def flag_since(row: FlagRow) -> str:
    """The moment of a flag, exactly: 「期限 …」, or since when it stands where no deadline was missed."""
    match row.rule:
        case "unfiled_account":
            return f"发现于 {dt(row.due_at)}"
        case "unapproved_event":
            return f"办理在先、批准在后，自 {clock.due24(row.due_at)} 起"
        case "revived":
            return f"关停或注销于 {dt(row.due_at)}"
        case "name_mismatch" | "same_platform" | "no_custodian" | "vendor_lapsed":
            return f"自 {dt(row.due_at)} 起"
        case "follower_jump":
            return f"{d(row.due_at)} 变化"
        case _:
            return f"期限 {clock.due24(row.due_at)}"


@register.filter
def flag_ends(row: FlagRow) -> str:
    """What ends a flag that has no deadline; '' for the others, whose words say it."""
    return words.FLAGS_WITHOUT_DEADLINE.get(row.rule, "")


@register.simple_tag(takes_context=True)
def flag_due(context: Mapping[str, Any], row: FlagRow) -> SafeString:
    """How long a flag stands: a countdown, or 「发现于 11-25 02:24，已 3 天」 where there is no deadline.

    The exact moment and what ends it stand in the title and for screen readers. 数据待确认 is no lateness: nobody
    knows yet.
    """
    if row.rule not in words.FLAGS_WITHOUT_DEADLINE and row.rule != "no_data":
        return due(context, row.due_at, unit="days")
    this_year = f"{context['now'].astimezone(SHANGHAI):%Y}-"
    shown = flag_since(row).replace(this_year, "", 1)
    days = (context["now"] - row.due_at).days
    if row.rule in ("unfiled_account", "name_mismatch", "same_platform", "no_custodian", "vendor_lapsed"):
        shown += f"，已 {days} 天" if days > 0 else "，不到 1 天"
    exact = "，".join(part for part in (flag_since(row), flag_ends(row)) if part)
    tone = "late" if row.level == "breach" else "soon"
    return format_html(
        '<span class="zl-due zl-due--{} zl-due--since" title="{}">{}{}'
        '<span class="visually-hidden">（{}）</span></span>',
        tone,
        exact,
        icon(DUE_ICONS[tone]),
        shown,
        exact,
    )


@register.filter
def flag_words(rule: str) -> str:
    """The words of a rule's code."""
    return words.FLAGS[rule][0]


@register.simple_tag
def flag_art(rule: str) -> SafeString:
    """The article a rule stands on, as a link."""
    return art(words.FLAGS[rule][2])


@register.simple_tag
def art(number: int) -> SafeString:
    """A link to the text of an article of the regulation: 第八条."""
    name = words.article(number)
    address = f"{reverse('regulation')}#art-{number}"
    return format_html('<a class="zl-art" href="{}" title="查看《实施细则》{}原文">{}</a>', address, name, name)


@register.filter
def article(number: int) -> str:
    """8 → 第八条."""
    return words.article(number)


@register.simple_tag
def upper(system: str, status: str, at: datetime | date | None = None) -> SafeString:
    """One upper system's answer: `system` national or provincial, `status` wait, sent, done, back or none."""
    label, picture = words.UPPER[status]
    when = ""
    if at is not None:
        day, today = _local(at), timezone.localdate()
        when = format_html(" <small>{}</small>", f"{day:%m-%d}" if day.year == today.year else f"{day:%Y-%m-%d}")
    return format_html(
        '<span class="zl-sys zl-sys--{}">{}<b>{}</b>{}{}</span>',
        status,
        icon(picture),
        words.SYSTEMS[system],
        label,
        when,
    )


def _local(moment: datetime | date) -> datetime | date:
    return moment.astimezone(SHANGHAI) if isinstance(moment, datetime) else moment


@register.filter
def left_out(typed: str | None) -> str:
    """What of a search box's text is not searched for, in a sentence; '' when all of it is."""
    return searching.left_out(typed or "")


@register.filter
def dt(moment: datetime | None) -> str:
    """2026-11-24 14:05, Shanghai time; '' for none."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if moment else ""


@register.filter
def d(day: datetime | date | None) -> str:
    """2026-11-24; '' for none."""
    return f"{_local(day):%Y-%m-%d}" if day else ""


@register.filter
def dt_near(moment: datetime | None, now: datetime) -> str:
    """11-24 14:05 within the year of `now`, else with its year: for narrow columns. '' for none."""
    text = dt(moment)
    return text.removeprefix(f"{now.astimezone(SHANGHAI):%Y}-")


@register.filter
def hm(moment: datetime | None) -> str:
    """14:05; '' for none."""
    return f"{moment.astimezone(SHANGHAI):%H:%M}" if moment else ""


@register.filter
def due24(moment: datetime | None) -> str:
    """A due time as it is shown: 2021-02-19 24:00; '' for none."""
    return clock.due24(moment) if moment else ""


WEEKDAYS = "一二三四五六日"


@register.filter
def weekday(day: datetime | date) -> str:
    """星期二."""
    return f"星期{WEEKDAYS[_local(day).weekday()]}"
