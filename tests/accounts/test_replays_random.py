"""Whatever becomes known, in whatever order: after each step the flags are those of plain Python over the raw facts."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.flags import run_rule
from accounts.models import Account, AccountState, Message, MessageKind, Publication, Source
from tests.accounts import plain_rules
from tests.accounts.activity import known, post, question, recompute, remove, reply, restore, service, watched
from tests.accounts.test_replays import ACTIVITY, open_flags
from tests.flag_rows import at, make_unit
from zhonglou_media.core.clock import day_of

pytestmark = pytest.mark.django_db

Story = list[tuple[int, list[tuple[str, int, int]]]]
MINUTES = st.integers(min_value=0, max_value=60 * 24 * 12)
WHICH = st.integers(min_value=0, max_value=9)
FACTS = st.one_of(
    st.tuples(st.just("post"), WHICH, MINUTES),
    st.tuples(st.just("remove"), WHICH, st.just(0)),
    st.tuples(st.just("restore"), WHICH, st.just(0)),
    st.tuples(st.just("posts_known"), WHICH, MINUTES),
    st.tuples(st.just("messages_known"), WHICH, MINUTES),
    st.tuples(st.just("ask"), WHICH, MINUTES),
    st.tuples(st.just("reply"), WHICH, st.just(0)),
    st.tuples(st.just("withdraw"), WHICH, st.just(0)),
    st.tuples(st.just("state"), WHICH, st.just(0)),
)


class World:
    """Four accounts and what is told of them; each fact lies up to 12 days back when it becomes known."""

    def __init__(self) -> None:
        guided = make_unit(scope="guided")
        self.accounts = [watched("2021-03-01"), service("2021-03-01"), watched("2021-03-10"), watched("2021-03-01")]
        self.accounts[3].unit = guided
        self.accounts[3].save()
        self.posts: list[Publication] = []
        self.messages: list[Message] = []

    def tell(self, what: str, which: int, back: int, now: datetime) -> None:
        account = self.accounts[which % 4]
        when = now - timedelta(minutes=back)
        if what == "post":
            self.posts.append(post(account, when))
        elif what in ("remove", "restore") and self.posts:
            publication = self.posts[which % len(self.posts)]
            remove(publication, now) if what == "remove" else restore(publication)
        elif what == "posts_known":
            known(account, posts=when)
        elif what == "messages_known":
            known(account, messages=when)
        elif what == "ask":
            source = (Source.TYPED, Source.IMPORT)[which % 2]
            kind = MessageKind.COMPLAINT if which == 7 else MessageKind.INQUIRY
            self.messages.append(question(account, when, source=source, kind=kind))
        elif what in ("reply", "withdraw") and self.messages:
            message = self.messages[which % len(self.messages)]
            reply(message, now) if what == "reply" else self.withdraw(message, now)
        elif what == "state":
            self.move(account, now)

    def withdraw(self, message: Message, now: datetime) -> None:
        message.withdrawn_at = now
        message.save()

    def move(self, account: Account, now: datetime) -> None:
        """正常运行 and 已关停 by turns."""
        account.refresh_from_db()
        closed = account.state == AccountState.CLOSED
        account.state = AccountState.ACTIVE if closed else AccountState.CLOSED
        account.state_since, account.next_update_due_at = now, None
        if closed:
            account.monitored_from = day_of(now)
        account.save()
        recompute(account)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(st.tuples(st.integers(min_value=1, max_value=60), st.lists(FACTS, max_size=4)), max_size=9))
def test_whatever_becomes_known_in_whatever_order(
    db: None, story: list[tuple[int, list[tuple[str, int, int]]]]
) -> None:
    with transaction.atomic():
        world, now = World(), at("2021-03-14 09:00")
        for hours, facts in story:
            now += timedelta(hours=hours)
            for what, which, back in facts:
                world.tell(what, which, back, now)
            for rule in ACTIVITY:
                run_rule(rule, now)
            assert open_flags() == plain_rules.in_breach(now)
        transaction.set_rollback(True)
