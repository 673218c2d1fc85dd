"""备案台账, 已办 and 我发起的: one list, three questions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import may, seen_unit_ids, user_of, visible_units
from accounts.models import Unit
from accounts.policy import Action, could
from filings.access import visible_filings
from filings.bulk import Chosen, choices
from filings.models import Filing, FilingKind, FilingState
from filings.models.filing import FilingQuerySet
from filings.timeline import verb_label
from filings.wording import Running, asked, verdict
from zhonglou_media.core.models import Event
from zhonglou_media.core.search_field import SearchField

ROWS_A_PAGE = 20
NO_HANDLING = ("read", "start")  # opening a page and beginning a draft settle nothing


class ListFilter(forms.Form):
    """What narrows the list; a value that is not offered narrows nothing."""

    q = SearchField(label="编号、账号、单位或所填文字", required=False)
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部状态"), *FilingState.choices])
    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "全部类型"), *FilingKind.choices])
    unit = forms.ModelChoiceField(label="单位", required=False, queryset=Unit.objects.none(), empty_label="全部单位")

    def __init__(self, *args: Any, units: QuerySet[Unit] | None, few: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.few = few  # the list is of a unit, not of all there are
        if units is None:
            del self.fields["unit"]
        else:
            self.fields["unit"].queryset = units  # type: ignore[attr-defined]

    def narrow(self, rows: FilingQuerySet) -> FilingQuerySet:
        """`rows` that fit; only valid values count."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return rows.matching(given.pop("q", ""), few=self.few).filter(**given)


@dataclass(frozen=True)
class Row:
    """A filing as a list shows it; what this person last did with it in 已办."""

    filing: Filing
    clock: Running | None
    verdict: str
    my_act: str = ""
    my_at: datetime | None = None
    chosen: Chosen | None = None  # what its box says when the office ticks it


def _row(filing: Filing, chosen: Chosen | None) -> Row:
    verb, at = getattr(filing, "my_verb", ""), getattr(filing, "my_at", None)
    return Row(filing, asked(filing), verdict(filing), verb_label(verb) if verb else "", at, chosen)


@may(Action.VIEW_FILING)
@require_safe
def list_(request: HttpRequest) -> HttpResponse:
    """All filings this person may read, newest first."""
    return _page(request, visible_filings(user_of(request)), "filings/list.html")


@may(Action.DRAFT)
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """我发起的: filings this person began."""
    return _page(request, visible_filings(user_of(request)).filter(author=user_of(request)), "portal/mine.html")


@may(Action.VIEW_FILING)
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """已办: filings this person acted on, with the last act."""
    own = Event.objects.filter(subject_kind="filing", actor=user_of(request)).exclude(verb__in=NO_HANDLING)
    last = own.filter(subject_id=OuterRef("pk")).order_by("-seq")
    rows = (
        visible_filings(user_of(request))
        .filter(pk__in=own.values("subject_id"))
        .annotate(my_verb=Subquery(last.values("verb")[:1]), my_at=Subquery(last.values("at")[:1]))
        .order_by("-my_at", "-pk")
    )
    return _page(request, rows, "portal/done.html")


def _page(request: HttpRequest, rows: FilingQuerySet, template: str) -> HttpResponse:
    seen = seen_unit_ids(user_of(request))
    wide = seen is None or len(seen) > 1
    form = ListFilter(request.GET, units=visible_units(user_of(request)) if wide else None, few=seen is not None)
    total = rows.count()
    found = form.narrow(rows).for_lists().select_related("owner")
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    many = template == "filings/list.html" and could(user_of(request), Action.ACCEPT)
    boxes = choices(list(page.object_list)) if many else {}
    return render(
        request,
        template,
        {
            "page": page,
            "rows": [_row(filing, boxes.get(filing.pk)) for filing in page],
            "many": many,
            "here": request.get_full_path(),
            "form": form,
            "total": total,
            "wide": wide,
            "of_unit": could(user_of(request), Action.HAND_OVER),
        },
    )
