"""What the public reads of a draw: who is on the list, the published file, the rule and the program that checks it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.access import public
from inspections import checks
from inspections.models import CheckState, Sheet, SpotCheck
from zhonglou_media.core import events
from zhonglou_media.core.clock import parse_day

ROWS_A_PAGE = 100
DOCS = Path(settings.BASE_DIR) / "docs"
PROGRAM, RULE = "draw_again.py", "spot-check-draw.md"
HEADING, POINT, STEP = re.compile(r"#+ (.+)"), re.compile(r"- (.+)"), re.compile(r"\d+\. (.+)")


def _published(month: str) -> SpotCheck:
    """The check of a month whose list is confirmed; 404 otherwise."""
    day = parse_day(f"{month}-01") if len(month) == len("2026-11") else None
    if day is None:
        raise Http404
    return get_object_or_404(SpotCheck.objects.exclude(state=CheckState.DRAFTED), month=day)


@public
@require_safe
def draw(request: HttpRequest, month: str) -> HttpResponse:
    """The list of a month: names and platforms, the seed, the digest, and how to compute it again."""
    check = _published(month)
    file = checks.published(check)
    chosen = set(file["sample"])
    rows = [row for row in file["population"] if row["id"] in chosen]
    added = Sheet.objects.filter(spot_check=check, part=1).exclude(added_reason="").exclude(account__in=chosen)
    context: dict[str, Any] = {
        "check": check,
        "file": file,
        "size": len(chosen),
        "population": len(file["population"]),
        "raised": "asked" in file and len(chosen) > file["asked"],
        "page": Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "added": added.select_related("account__platform").order_by("pk"),
        "draws": events.timeline(check).filter(verb__in=("draft", "redraw")).count(),
    }
    return render(request, "inspections/draw.html", context)


@public
@require_safe
@cache_control(public=True, max_age=300)
def file(request: HttpRequest, month: str) -> HttpResponse:
    """draw.json, byte for byte what the digest is of."""
    check = _published(month)
    headers = {"Content-Disposition": f'attachment; filename="draw-{check.code}.json"'}
    return HttpResponse(check.drawn.encode(), content_type="application/json", headers=headers)


@public
@require_safe
@cache_control(public=True, max_age=300)
def program(request: HttpRequest) -> HttpResponse:
    """draw_again.py, to be run on draw.json."""
    headers = {"Content-Disposition": f'attachment; filename="{PROGRAM}"'}
    return HttpResponse((DOCS / PROGRAM).read_bytes(), content_type="text/x-python; charset=utf-8", headers=headers)


@public
@require_safe
def rule(request: HttpRequest) -> HttpResponse:
    """The rule, as `docs/spot-check-draw.md` has it."""
    blocks = list(_blocks((DOCS / RULE).read_text(encoding="utf-8")))
    return render(request, "inspections/draw_rule.html", {"title": blocks[0].lines[0], "blocks": blocks[1:]})


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, or the points of a list; code is marked in pieces of a line."""

    kind: str  # h, p, ul, ol
    lines: list[Any]


def _blocks(text: str) -> Iterator[Block]:
    """The parts of a plain Markdown text: headings, paragraphs, lists of one level, code between backticks."""
    kind, lines = "", cast("list[str]", [])
    for line in [*text.splitlines(), ""]:
        found = next(
            ((name, m[1]) for name, p in (("h", HEADING), ("ul", POINT), ("ol", STEP)) if (m := p.fullmatch(line))),
            ("p" if line.strip() else "", line),
        )
        if found[0] != kind and kind:
            yield Block(kind, [one if kind == "h" else _pieces(one) for one in lines])
            lines = []
        kind = found[0]
        lines.append(found[1])
        if not kind:
            lines = []


def _pieces(line: str) -> list[tuple[bool, str]]:
    """What is code and what is not, in turn."""
    return [(bool(n % 2), part) for n, part in enumerate(line.split("`")) if part]
