"""登记发布 (the operator's cards) and the tab 发布与留言 of an account."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, user_of, visible_accounts, visible_flags
from accounts.confirming import overdue_by
from accounts.models import Account, AccountState, Message, Publication, Role
from accounts.models.account import WATCHED
from accounts.models.activity import ANSWERER
from accounts.policy import Action
from accounts.recorded import RECORDABLE
from accounts.views.register import judged
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

A_PAGE = 25
QUESTIONS_A_CARD = 3
POSTS, UNANSWERED, ANSWERED, MESSAGES = "posts", "unanswered", "answered", "messages"
CARDED = (*WATCHED, AccountState.PENDING, AccountState.UNFILED)
WAITING = Q(first_reply_at__isnull=True, withdrawn_at__isnull=True)


# --- 登记发布 -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    """One account as the operator records for it: its questions with a due time, the nearest first."""

    account: Account
    waiting: int
    questions: list[Message]

    @property
    def nearest(self) -> datetime | None:
        return self.questions[0].reply_due_at if self.questions else None

    @property
    def more(self) -> int:
        return self.waiting - len(self.questions)

    def overdue(self, now: datetime) -> int:
        """How many of the questions shown are past their due time."""
        return sum(row.reply_due_at is not None and row.reply_due_at <= now for row in self.questions)


@may(Action.RECORD_ACTIVITY)
@never_cache
@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """A card for each account the person records for; what is due first comes first."""
    now = db_now()
    found = cards(request, now)
    shown = sorted(judged_cards(found), key=_urgency)
    late = [card for card in shown if card.account.next_update_due_at and card.account.next_update_due_at <= now]
    overdue = overdue_by([card.account for card in shown], now)
    context = {
        "cards": [(card, overdue.get(card.account.pk)) for card in shown],
        "becoming": [*overdue.values()],
        "all_title": f"{len(shown)}个账号都确认数据截至现在？",
        "others": [card.account for card in found if card not in shown],
        "waiting": sum(card.waiting for card in shown),
        "overdue": sum(card.overdue(now) for card in shown),
        "late": sum(not card.account.data_short for card in late),  # type: ignore[attr-defined]
        "many_units": len({card.account.unit_id for card in found}) > 1,
    }
    return render(request, "accounts/record.html", context)


def cards(request: HttpRequest, now: datetime) -> list[Card]:
    """Accounts of the units for which the person records: those not ended, and closed ones with open questions."""
    units = policy.units_of(user_of(request), Role.OPERATOR)
    own = Account.objects.filter(unit__in=units, state__in=RECORDABLE).select_related("platform", "unit")
    open_ones = Message.objects.to_answer(units)
    waiting = Counter(dict(open_ones.order_by().values_list(ANSWERER).annotate(n=Count("pk"))))
    questions = _nearest(open_ones)
    return [
        Card(account, waiting[account.pk], questions[account.pk])
        for account in judged(own, now, visible_flags(user_of(request)))
        if account.state in CARDED or waiting[account.pk]
    ]


def judged_cards(found: list[Card]) -> list[Card]:
    """Those of which something is judged: watched for updates, or with a question that is due."""
    return [card for card in found if card.account.state in WATCHED or card.waiting]


def _nearest(rows: QuerySet[Message]) -> Mapping[int, list[Message]]:
    """The questions of each account that are due first: the times of all, the words of those shown."""
    chosen: dict[int, list[int]] = defaultdict(list)
    for pk, account_id in rows.order_by("reply_due_at", "pk").values_list("pk", ANSWERER):
        if len(chosen[account_id]) < QUESTIONS_A_CARD:
            chosen[account_id].append(pk)
    read = Message.objects.in_bulk([pk for ids in chosen.values() for pk in ids])
    return defaultdict(list, {account: [read[pk] for pk in ids] for account, ids in chosen.items()})


def _urgency(card: Card) -> tuple[bool, datetime | None]:
    due = [moment for moment in (card.nearest, card.account.next_update_due_at) if moment is not None]
    return (False, min(due)) if due else (True, None)


# --- 发布与留言 -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """A list to look at: its words, how many rows, its address, and whether it is shown."""

    label: str
    count: int
    url: str
    current: bool


@may(Action.VIEW_ACTIVITY)
@require_safe
def activity(request: HttpRequest, pk: int) -> HttpResponse:
    """What an account published and what citizens asked it, a list at a time."""
    user = user_of(request)
    now = db_now()
    account = get_object_or_404(
        judged(visible_accounts(user), now, visible_flags(user)).select_related("platform", "unit"), pk=pk
    )
    policy.require(user, Action.VIEW_ACTIVITY, account)
    posts = Publication.objects.filter(account=account)
    questions = Message.objects.filter(Q(account=account) | Q(handed_to=account))
    waits = WAITING & (Q(handed_to__isnull=True) | Q(handed_to=account))
    lists: dict[str, tuple[str, QuerySet[Any]]] = {
        POSTS: ("发布", posts.order_by("-published_at", "-pk")),
        UNANSWERED: ("未回复的留言", questions.filter(waits).order_by(_soonest, "asked_at", "pk")),
        ANSWERED: ("已回复的留言", questions.filter(first_reply_at__isnull=False).order_by("-asked_at", "-pk")),
        MESSAGES: ("全部留言", questions.order_by("-asked_at", "-pk")),
    }
    shown = request.GET.get("show", POSTS)
    shown = shown if shown in lists else POSTS
    counts = questions.aggregate(
        **{UNANSWERED: Count("pk", filter=waits), ANSWERED: Count("first_reply_at"), MESSAGES: Count("pk")}
    )
    counts[POSTS] = posts.count()
    rows = lists[shown][1]
    context = {
        "account": account,
        "choices": [Choice(label, counts[key], f"?show={key}", key == shown) for key, (label, _) in lists.items()],
        "shown": shown,
        "page": Paginator(rows if shown == POSTS else rows.select_related("account", "handed_to"), A_PAGE).get_page(
            request.GET.get("page")
        ),
        **recordable(user, account, now),
        "sees_filings": policy.may(user, Action.VIEW_FILING, account),
        "sees_activity": True,
        "here": request.get_full_path(),
    }
    return render(request, "accounts/activity.html", context)


_soonest = F("reply_due_at").asc(nulls_last=True)


def recordable(user: User, account: Account, now: datetime) -> dict[str, Any]:
    """Whether the buttons of recording stand on a page of `account`, and what the one of confirming would do."""
    may_record = account.state in RECORDABLE and policy.may(user, Action.RECORD_ACTIVITY, account)
    return {"may_record": may_record, "becoming": [*overdue_by([account], now).values()] if may_record else []}
