"""Ways that lead somewhere, each move of which must succeed: without them chance would seldom reach what comes late."""

from collections.abc import Callable
from typing import Any

from filings.models import Filing
from tests.portal import machine_world as moves
from tests.portal.machine_more import OTHER
from tests.portal.machine_world import KINDS, OF_FILING, F, World

Attempt = Callable[[str, Callable[[], Any]], str]  # answers why nothing was done, or ''
# Rows of the register from the newest: `World.account`.
FOUND_WEIBO, FOUND_KUAISHOU, WECHAT, STREET_WEIBO, STREET_DOUYIN = 0, 1, 3, 5, 6
BY_COLLEAGUE = 1  # a change begun by 0 is one of the sponsor


class Walk:
    """Moves by whose turn it is, who have read what stands."""

    def __init__(self, world: World, attempt: Attempt) -> None:
        self.world, self._attempt = world, attempt

    def must(self, name: str, act: Callable[[], Any]) -> None:
        self.world.seen = 7
        told = self._attempt(name, act)
        assert not told, f"“{name}” did nothing: {told}"

    def start(self, kind: str, which: int, who: int = 0) -> Filing:
        n = KINDS.index(kind)
        self.must(f"start {kind}", lambda: moves.start(self.world, n, which, who))
        return Filing.objects.latest("pk")

    def steps(self, filing: Filing, *names: str, how: int = 7) -> Filing:
        for name in names:
            role, move = OF_FILING[name]
            by = self.world.who(0, role, filing.unit_id)
            filing = Filing.objects.get(pk=filing.pk)
            self.must(name, lambda move=move, by=by, filing=filing: move(self.world, filing, by, how))  # type: ignore[misc]
        return filing

    def to_accepted(self, filing: Filing, how: int = 7) -> Filing:
        self.steps(filing, "save", how=how)
        return self.steps(filing, "submit", "leader_approve", "report", "accept")

    def answer(self, filing: Filing) -> None:
        """Both systems have it."""
        self.steps(filing, "receipt", how=4)
        self.steps(filing, "receipt", how=5)

    def other(self, name: str, which: int = 0, how: int = 4) -> None:
        self.must(name, lambda: OTHER[name](self.world, which, 0, how))

    def idle(self, name: str, which: int = 0, how: int = 0) -> None:
        """Made, and nothing may come of it."""
        assert self._attempt(name, lambda: OTHER[name](self.world, which, 0, how)), f"“{name}” did something"

    def on_account(self, what: str, which: int, how: int = 4) -> None:
        self.must(what, lambda: moves.on_account(self.world, what, which, 0, how))

    def order(self, *hows: int) -> None:
        for how in hows:
            self.must("order", lambda how=how: moves.on_order(self.world, 0, how))  # type: ignore[misc]

    def export(self) -> None:
        self.must("export", lambda: moves.export(self.world, self.world.who(0, F), 0))

    def new(self) -> Filing:
        """An opening of the first unit's."""
        return self.start("open", 9)


def opened(walk: Walk) -> None:
    filing = walk.to_accepted(walk.new())
    walk.steps(filing, "supplement")
    walk.export()
    walk.answer(filing)


def renamed(walk: Walk) -> None:
    filing = walk.to_accepted(walk.start("change", STREET_DOUYIN, BY_COLLEAGUE), how=5)
    walk.steps(filing, "supplement")
    walk.answer(filing)
    walk.other("announcement corrected")


def closed_over_a_question(walk: Walk) -> None:
    filing = walk.to_accepted(walk.start("close", STREET_DOUYIN))
    walk.other("question asked")
    walk.answer(filing)
    walk.other("questions handed over")


def closed_once_answered(walk: Walk) -> None:
    filing = walk.to_accepted(walk.start("close", STREET_WEIBO))
    walk.other("question asked")
    walk.answer(filing)
    walk.other("question answered")
    walk.other("waiting ones completed")


def cancelled(walk: Walk) -> None:
    filing = walk.to_accepted(walk.start("cancel", STREET_DOUYIN))
    walk.steps(filing, "unaccept", "accept", "attach")
    walk.answer(filing)
    walk.must("see", lambda: moves.see(walk.world, STREET_DOUYIN, 0, 3))


def sponsor_changed(walk: Walk) -> None:
    filing = walk.start("change", STREET_WEIBO)
    walk.steps(filing, "save", "submit", "leader_approve", "report")
    walk.other("objection")
    walk.steps(filing, "accept")
    walk.answer(filing)


def ordered(walk: Walk) -> None:
    walk.on_account("order closed", FOUND_KUAISHOU, how=0)
    walk.order(3, 1, 3, 6)  # proved, sent back, proved, executed
    walk.on_account("order closed", STREET_DOUYIN, how=0)
    walk.order(0)
    walk.on_account("void", FOUND_WEIBO)


def ordered_and_filed(walk: Walk) -> None:
    walk.on_account("order closed", FOUND_KUAISHOU, how=0)
    filing = walk.start("open", FOUND_KUAISHOU)
    walk.to_accepted(filing, how=6)
    walk.answer(filing)
    walk.other("orders superseded")


def lost(walk: Walk) -> None:
    for name in ("report_lost", "report dismissed", "report_lost", "declare_lost", "recover"):
        if name in OTHER:
            walk.other(name, STREET_DOUYIN)
        else:
            walk.on_account(name, STREET_DOUYIN)


def kept_by_people(walk: Walk) -> None:
    walk.on_account("custodian", STREET_DOUYIN)
    for how in (0, 1, 6):  # begun, amended, ended
        walk.other("contract", STREET_DOUYIN, how)
    walk.other("quarter confirmed")
    filing = walk.new()
    walk.steps(filing, "save")
    walk.steps(filing, "hand_over", how=1)
    walk.other("membership ended", how=1)


def not_retained(walk: Walk) -> None:
    for how in (0, 4, 0, 6):  # asked and granted, asked and refused
        walk.must("ask", lambda how=how: moves.ask(walk.world, 0, how))  # type: ignore[misc]
    filing = walk.start("change", WECHAT, BY_COLLEAGUE)  # in the way of the closure
    walk.other("retention")
    walk.other("retention")
    walk.steps(filing, "withdraw")
    walk.other("closures started")


def merged(walk: Walk) -> None:
    for how in (0, 3):  # an unfiled one of the unit that goes is found, and seen again
        walk.must("see", lambda how=how: moves.see(walk.world, 0, 0, how))  # type: ignore[misc]
    walk.on_account("merge", FOUND_WEIBO)
    walk.must("merge units", lambda: moves.merge_units(walk.world, 0, 0))
    draft = Filing.objects.filter(author=None, kind="change").earliest("pk")
    walk.answer(walk.to_accepted(draft))


def sent_back(walk: Walk) -> None:
    filing = walk.new()
    walk.steps(filing, "save", "submit", "leader_return", "submit", "recall", "submit", "leader_approve", "reopen")
    walk.steps(filing, "submit")
    walk.steps(filing, "record_paper", "correct_paper", how=0)
    walk.steps(filing, "report", "open_for_review", "check_paper", "return", "report", "accept")
    walk.export()
    walk.steps(filing, "receipt", how=2)  # returned from above
    walk.steps(filing, "withdraw", "not_occurred")


def refused(walk: Walk) -> None:
    filing = walk.new()
    walk.steps(filing, "save", "submit", "leader_approve", "report", "refuse")
    filing = walk.new()
    walk.steps(filing, "save", "submit", "leader_approve", "withdraw")


def many_at_once(walk: Walk) -> None:
    for how in (7, 6):  # on two platforms
        filing = walk.new()
        walk.steps(filing, "save", how=how)
        walk.steps(filing, "submit", "leader_approve")
        walk.steps(filing, *(["urge"] if how == 7 else []), "report")
    walk.idle("many accepted")  # nobody has opened them
    walk.other("many returned")
    walk.other("many urged")
    for filing in Filing.objects.filter(state="returned"):
        walk.steps(filing, "report")
    walk.other("many accepted")
    walk.other("export by job")


def compared_with_their_list(walk: Walk) -> None:
    walk.other("list compared")
    walk.other("unit asked")
    walk.other("account requested")
    walk.other("request dropped")
    walk.other("account requested")
    walk.other("export by job")


PATHS: tuple[Callable[[Walk], None], ...] = (
    opened, renamed, closed_over_a_question, closed_once_answered, cancelled, sponsor_changed, ordered,
    ordered_and_filed, lost, kept_by_people, not_retained, merged, sent_back, refused,
    many_at_once, compared_with_their_list,
)  # fmt: skip
