"""What differs: the four lists of a run, each line with the key that names it from run to run.

An empty cell on either side is no difference: their list may not show the field, and the baseline knows little. Such
blanks are counted. A closed account is not compared further.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from accounts.models import Account, AccountKind, AccountState
from accounts.models.account import ENDED, WATCHED, OperationMode
from filings.models import LineKind, System
from zhonglou_media.core.events import sm3

from . import values
from .fields import COMPARED
from .listing import ALIVE, CLOSED, SKIP, STATES, Theirs
from .matching import Matched, identity
from .values import Words

A = AccountState
KEY_WIDTH, WIDTH = 160, 300
TEXTS = ("intro", "purpose", "services")


@dataclass
class Line:
    """One difference, as yet in no run."""

    kind: LineKind
    key: str
    account: Account | None = None
    row: Theirs | None = None
    differences: list[list[str]] = field(default_factory=list)

    @property
    def theirs(self) -> dict[str, str]:
        """What their row says, the platform by its code."""
        if self.row is None:
            return {}
        said = {name: value[:WIDTH] for name, value in self.row.values.items() if value}
        return said | ({"platform": self.row.platform.code} if self.row.platform else {})


@dataclass
class Compared:
    """The lines, and what was counted beside them."""

    lines: list[Line] = field(default_factory=list)
    here: int = 0  # accounts that should be in their list
    blank_there: Counter[str] = field(default_factory=Counter)
    blank_here: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    unstated: list[tuple[Theirs, Account]] = field(default_factory=list)  # closed or unfiled here, there who knows
    closed_there: int = 0  # rows of closed accounts that the register does not have either


def compare(
    matched: Matched,
    accounts: Collection[Account],
    *,
    system: str,
    columns: Collection[str],
    words: Words,
    answered: Collection[int],
    progress: Callable[[int], None] = lambda done: None,
) -> Compared:
    """The differences. `answered`: 待备案 accounts that this system has taken, so they should be there too."""
    found = Compared()
    for done, account in enumerate(accounts, 1):
        if done % 500 == 0:
            progress(done)
        should_be = account.state in WATCHED or account.pk in answered
        found.here += should_be
        if account.pk not in matched.pairs:
            if should_be and account.pk not in matched.aside:
                found.lines.append(_line(LineKind.ONLY_HERE, account))
            continue
        row, _, _ = matched.pairs[account.pk]
        line = _of_pair(found, row, account, system, columns, words)
        if line is not None:
            found.lines.append(line)
    for row in matched.alone:
        if row.state == CLOSED:
            found.closed_there += 1
        else:
            found.lines.append(Line(LineKind.ONLY_THERE, _key(f"row:{identity(row)}"), row=row))
    order = {kind: place for place, kind in enumerate(LineKind)}
    found.lines.sort(key=lambda line: (order[line.kind], line.row.number if line.row else 0))
    return found


def _of_pair(
    found: Compared, row: Theirs, account: Account, system: str, columns: Collection[str], words: Words
) -> Line | None:
    if account.state in ENDED or account.state == A.UNFILED:
        if row.state == SKIP:
            unclear = f"状态“{row.says('state')}”不比对" if row.says("state") else "没有写状态"
            row.problem = f"本区为“{account.get_state_display()}”，对方{unclear}，看不出是否还在运行"
            found.unstated.append((row, account))
        kind = LineKind.ALIVE_THERE if account.state in ENDED else LineKind.ONLY_THERE
        return _line(kind, account, row) if row.state == ALIVE else None
    if account.state == A.PENDING:  # its filing says what it will be, and is on its way
        return None
    if row.state == CLOSED:
        if account.state == A.CLOSING:  # they were told already
            return None
        said = [["state", account.get_state_display(), row.says("state") or STATES[CLOSED]]]
        return _line(LineKind.DIFFERS, account, row, said)
    differences = list(_differences(found, row, account, system, columns, words))
    return _line(LineKind.DIFFERS, account, row, differences) if differences else None


def _differences(
    found: Compared, row: Theirs, account: Account, system: str, columns: Collection[str], words: Words
) -> Iterator[list[str]]:
    for name in COMPARED:
        if name not in columns and not (name == "kind" and row.notes):
            continue
        ours = values.words_of(account, name)
        theirs = _theirs(found, row, account, name, words)
        if ours and theirs:
            if not _same(name, account, ours, theirs):
                yield [name, ours[:WIDTH], theirs[:WIDTH]]
        elif ours:
            found.blank_there[name] += 1
        elif theirs:
            found.blank_here[name] += 1
    number, mine = row.says("upper_no"), _number(account, system)
    if number and mine and not values.same(mine, number):
        yield ["upper_no", mine, number[:WIDTH]]


def _theirs(found: Compared, row: Theirs, account: Account, name: str, words: Words) -> str:
    """Their value in our words; '' where it says nothing, or nothing that can be understood (which is counted)."""
    said = row.says(name)
    if name == "kind":
        if not account.platform.has_kinds:
            return ""
        kind = words.kind(said, row.notes)
        found.unread[name] += bool(said and not kind)
        return AccountKind(kind).label if kind else ""
    if name == "operation_mode":
        mode = words.mode(said) if said else ""
        found.unread[name] += bool(said and not mode)
        return OperationMode(mode).label if mode else ""
    if name == "uid" and said and not row.uid:  # rounded by a spreadsheet
        found.unread[name] += 1
        return ""
    return said


def _same(name: str, account: Account, ours: str, theirs: str) -> bool:
    if name == "unit":
        return values.same_unit(account.unit, theirs)
    if name == "uid":
        return values.uid_key(ours) == values.uid_key(theirs)
    if name == "link":
        return values.same_link(ours, theirs)
    if name == "custodian_phone":
        return values.same_phone(ours, theirs)
    return values.same_text(ours, theirs) if name in TEXTS else values.same(ours, theirs)


def _number(account: Account, system: str) -> str:
    return account.national_no if system == System.NATIONAL else account.provincial_no


def _line(
    kind: LineKind, account: Account, row: Theirs | None = None, differences: list[list[str]] | None = None
) -> Line:
    return Line(kind, f"account:{account.pk}:{kind}", account, row, differences or [])


def _key(text: str) -> str:
    return text if len(text) <= KEY_WIDTH else f"row:{sm3(text)}"
