"""搜索: one box over units, accounts and filings, each by all its names, scoped to what the person may see."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import searching
from accounts.access import may, seen_unit_ids, user_of, visible_accounts, visible_units
from accounts.models import Account, AccountState, Unit
from accounts.policy import Action, could
from filings.access import visible_filings
from filings.models import Filing
from filings.models.filing import FilingQuerySet
from zhonglou_media.core.models import User
from zhonglou_media.core.names import name_key
from zhonglou_media.core.searching import MAX_TYPED, left_out, suffices, words

SHOWN = 5
MOST = 100  # so many are counted: a word that is everywhere need not be looked for everywhere
PUNCTUATION = str.maketrans(",;()", "，；（）")  # folded in what a filing says; as it was written for the eye
AROUND = 24  # characters of what a filing says, before and behind the word


@dataclass(frozen=True)
class Hit:
    """One that was found; `near`: only what looks like a word was; `why`: what else than its title holds the word."""

    found: Any
    near: bool
    why: str = ""


@dataclass(frozen=True)
class Group:
    """What was found of one kind: the first of them, how many in all, and where the rest is."""

    key: str
    label: str
    hits: list[Hit]
    count: int
    url: str

    @property
    def rest(self) -> int:
        """How many are not shown here; of more than `MOST` at least so many."""
        return min(self.count, MOST) - len(self.hits)

    @property
    def many(self) -> bool:
        """Whether there are more than were counted."""
        return self.count > MOST


@may(Action.VIEW_REGISTER)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The page: nothing typed asks for a word, too little says so (422)."""
    text, user = request.GET.get("q", "").strip(), user_of(request)
    typed = words(text)
    enough = suffices(typed)
    groups = _groups(user, text, typed, whole=request.GET.get("in") == "units") if enough else []
    context = {
        "text": text[:MAX_TYPED],
        "left_out": left_out(text),
        "too_little": bool(text) and not enough,
        "groups": groups,
        "found": any(group.hits for group in groups),
        "reads_filings": could(user, Action.VIEW_FILING),
    }
    return render(request, "portal/search.html", context, status=422 if context["too_little"] else 200)


def _groups(user: User, text: str, typed: list[str], *, whole: bool) -> list[Group]:
    """A fixed number of queries, however many are found."""
    units = _units(user, text, typed, MOST if whole else SHOWN)
    if whole:
        return [units]
    groups = [units, _accounts(user, text, typed)]
    return [*groups, _filings(user, text, typed)] if could(user, Action.VIEW_FILING) else groups


def _units(user: User, text: str, typed: list[str], shown: int) -> Group:
    """Units whose present or former name holds the words; the one that is called so first, then by name."""
    plain = set(visible_units(user).filter(searching.units(text, near=False)).values_list("pk", flat=True))
    rows = visible_units(user).filter(searching.units(text)).select_related("merged_into").prefetch_related("names")
    exact = " ".join(typed)
    found = sorted(
        rows.order_by("name", "pk"),
        key=lambda unit: (unit.pk not in plain, exact not in (name_key(unit.name), name_key(unit.short_name))),
    )
    hits = [Hit(unit, unit.pk not in plain, _former(unit, typed)) for unit in found[:shown]]
    listed = reverse("units") if could(user, Action.UNITS) else ""
    query = {"q": text} if listed else {"q": text, "in": "units"}
    return Group("units", "单位", hits, len(found), f"{listed}?{urlencode(query)}")


def _accounts(user: User, text: str, typed: list[str]) -> Group:
    """Accounts that are not void, as the register's list finds them; exact ones first, then the newest."""
    seen = seen_unit_ids(user)
    rows = visible_accounts(user).exclude(state=AccountState.VOID).filter(searching.accounts(text, seen=seen))
    key = " ".join(typed)
    named = Q(name_key=key) | Q(uid__iexact=key) | Q(number__iexact=key) | Q(national_no__iexact=key)
    ranked = rows.annotate(rank=Case(When(named, then=Value(0)), default=Value(1))).order_by("rank", "-pk")
    ids = list(ranked.values_list("pk", flat=True)[: MOST + 1])
    some = Account.objects.order_by().filter(pk__in=ids)
    plain = set(some.filter(searching.accounts(text, seen=seen, near=False)).values_list("pk", flat=True))
    first = sorted(ids, key=lambda pk: pk not in plain)[:SHOWN]
    whole = _by_key(some.select_related("platform", "unit").prefetch_related("names"), first)
    hits = [Hit(account, account.pk not in plain, _former(account, typed)) for account in whole]
    return Group("accounts", "账号", hits, len(ids), f"{reverse('accounts:list')}?{urlencode({'q': text})}")


def _filings(user: User, text: str, typed: list[str]) -> Group:
    """Filings as their list finds them: the one of that number first, then the newest."""
    seen: FilingQuerySet = visible_filings(user)
    ids = list(
        seen.matching(text, few=seen_unit_ids(user) is not None)
        .order_by("-pk")
        .values_list("pk", flat=True)[: MOST + 1]
    )
    exact = set(seen.filter(number=" ".join(typed).upper()).values_list("pk", flat=True))
    first = sorted(exact | set(ids), key=lambda pk: (pk not in exact, -pk))[:SHOWN]
    whole = _by_key(Filing.objects.for_lists().select_related("text").prefetch_related("account__names"), first)
    units = searching.named_units(typed, near=False)
    hits = [Hit(filing, _is_near(filing, typed, units), _said(filing, typed)) for filing in whole]
    return Group("filings", "备案", hits, len(ids), f"{reverse('filings:list')}?{urlencode({'q': text})}")


def _is_near(filing: Any, typed: list[str], units: list[set[int]]) -> bool:
    """Whether one of the words is nowhere as it was typed: something that looks like it was found."""
    text, draft = getattr(filing, "text", None), getattr(filing, "draft", None)
    names = [filing.account.name, *map(str, filing.account.names.all())] if filing.account else []
    named = [filing.number or "", str(draft.data.get("name", "")) if draft else "", *names]
    said = "\n".join([text.text if text else "", *map(name_key, named)])
    return any(word not in said and filing.unit_id not in ids for word, ids in zip(typed, units, strict=True))


def _by_key(rows: QuerySet[Any], keys: list[int]) -> list[Any]:
    found = rows.in_bulk(keys)
    return [found[key] for key in keys]


def _former(thing: Unit | Account, typed: list[str]) -> str:
    """The former name by which it was found, where the present one does not hold all words; '' for none."""
    present = name_key(f"{thing.name} {getattr(thing, 'short_name', '')}")
    if all(word in present for word in typed):
        return ""
    former = [str(old) for old in thing.names.all() if str(old) != thing.name]
    return next((old for old in former if any(word in name_key(old) for word in typed)), "")


def _said(filing: Any, typed: list[str]) -> str:
    """Where what the filing says holds a word that its row does not show; '' for nowhere."""
    row = name_key(f"{filing.account_label} {filing.number or ''} {filing.unit.name} {filing.unit.short_name}")
    lines = filing.text.text.split("\n") if hasattr(filing, "text") else []
    for word in typed:
        for line in lines if word not in row else ():
            at = line.find(word)
            if at >= 0:
                start, end = max(at - AROUND, 0), at + len(word) + AROUND
                part = line[start:end].translate(PUNCTUATION)
                return f"{'…' if start else ''}{part}{'…' if end < len(line) else ''}"
    return ""
