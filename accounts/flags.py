"""Flags (预警): the engine that raises and clears them, the same for every rule and both databases, and their waiver.

A rule is one queryset: the rows in breach at `now`. What raises and what clears is the same query, so they cannot
disagree. Nothing else writes `Flag` or `RuleRun`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, cast

from django.db import connection, models, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.expressions import Combinable

from accounts.models import Account, Flag, Level, RuleRun
from accounts.policy import Action, require
from zhonglou_media.core import events, words
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import User


class RuleCode(models.TextChoices):
    """Every rule of the portal; what people call its flag stands in `core.words`, where the pages' tags read it too."""

    OVERDUE_FILING = "overdue_filing", words.FLAGS["overdue_filing"][0]
    OVERDUE_CORRECTION = "overdue_correction", words.FLAGS["overdue_correction"][0]
    UNAPPROVED_EVENT = "unapproved_event", words.FLAGS["unapproved_event"][0]
    UNFILED_ACCOUNT = "unfiled_account", words.FLAGS["unfiled_account"][0]
    INACTIVE = "inactive", words.FLAGS["inactive"][0]
    NO_DATA = "no_data", words.FLAGS["no_data"][0]
    SLOW_REPLY = "slow_reply", words.FLAGS["slow_reply"][0]
    REVIVED = "revived", words.FLAGS["revived"][0]
    NAME_MISMATCH = "name_mismatch", words.FLAGS["name_mismatch"][0]
    SAME_PLATFORM = "same_platform", words.FLAGS["same_platform"][0]
    FOLLOWER_JUMP = "follower_jump", words.FLAGS["follower_jump"][0]
    NO_CUSTODIAN = "no_custodian", words.FLAGS["no_custodian"][0]
    VENDOR_LAPSED = "vendor_lapsed", words.FLAGS["vendor_lapsed"][0]
    NO_RETENTION = "no_retention", words.FLAGS["no_retention"][0]
    OVERDUE_RECTIFICATION = "overdue_rectification", words.FLAGS["overdue_rectification"][0]
    OVERDUE_ORDER = "overdue_order", words.FLAGS["overdue_order"][0]


labels: dict[str, str] = dict(RuleCode.choices)


BREACH = Value(Level.BREACH.value)
COLUMNS = (
    *("rule", "fact_kind", "fact_id", "due_at", "unit_id", "account_id"),
    *("level", "raised_at", "reopened", "waive_reason"),
)
# One flag a missed due time. A waived one stays as it is; the account follows: an opening gets it at its approval. The
# unit ({unit}: excluded, or the flag itself) follows where nothing was missed yet, else it stays with who missed it.
UPSERT = """
INSERT INTO accounts_flag ({columns}) {rows}
ON CONFLICT (rule, fact_kind, fact_id, due_at) DO UPDATE
SET cleared_at = NULL, level = excluded.level, account_id = excluded.account_id,
    unit_id = {unit}.unit_id,
    reopened = accounts_flag.reopened + CASE WHEN accounts_flag.cleared_at IS NULL THEN 0 ELSE 1 END
WHERE accounts_flag.waived_at IS NULL
  AND (accounts_flag.cleared_at IS NOT NULL OR accounts_flag.level <> excluded.level
       OR COALESCE(accounts_flag.account_id, 0) <> COALESCE(excluded.account_id, 0)
       OR accounts_flag.unit_id <> {unit}.unit_id)
"""
# NOT IN is hashed, whatever the database knows of its tables: as a join (NOT EXISTS) PostgreSQL took a minute for
# 10,000 rows that had just come in, or that fall due at one midnight. Neither column is ever null.
CLEAR = """
UPDATE accounts_flag SET cleared_at = %s
WHERE rule = %s AND cleared_at IS NULL AND waived_at IS NULL AND (fact_id, due_at) NOT IN ({rows})
"""


@dataclass(frozen=True)
class Rule:
    """One rule: `breaches(now)` gives each row in breach once; the rest names what its flag holds.

    Names are fields or annotations of those rows. `due_at` is the stored moment that was missed, never null.
    """

    code: RuleCode
    article: int
    fact_kind: str  # as `events.kind_of` names it
    breaches: Callable[[datetime], QuerySet[Any]]
    due_at: str
    unit: str = "unit_id"
    account: str = "account_id"
    level: Combinable = BREACH
    unit_follows: bool = False  # the flag goes with its fact to another unit

    @property
    def label(self) -> str:
        return self.code.label

    def rows(self, now: datetime) -> QuerySet[Any]:
        """The rows in breach, as the `COLUMNS` of their flags in annotations `flag_<column>`."""
        values = (
            *(Value(self.code.value), Value(self.fact_kind), F("pk"), F(self.due_at), F(self.unit), F(self.account)),
            *(self.level, Value(now, output_field=models.DateTimeField()), Value(0), Value("")),
        )
        columns = {f"flag_{name}": value for name, value in zip(COLUMNS, values, strict=True)}
        # A SELECT without WHERE would make SQLite read ON CONFLICT as a join: one condition is always there.
        rows = self.breaches(now).filter(pk__isnull=False).order_by()
        return cast("QuerySet[Any]", rows.annotate(**columns))


def run_rule(rule: Rule, now: datetime) -> tuple[int, int]:
    """Raise, reopen and clear the flags of `rule` as of `now` (aware); returns how many were opened and cleared.

    One transaction, in which the rule's `RuleRun` is locked first: without it sweeps at once miscount each other's
    flags and may deadlock. Running it again changes nothing.
    """
    started = monotonic()
    with transaction.atomic():
        run, _ = RuleRun.objects.select_for_update().get_or_create(rule=rule.code)
        open_flags = Flag.objects.open().filter(rule=rule.code)
        open_before = open_flags.count()
        rows = rule.rows(now).values_list(*(f"flag_{name}" for name in COLUMNS))
        sql, params = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
        with connection.cursor() as cursor:
            unit = "excluded" if rule.unit_follows else "accounts_flag"
            cursor.execute(UPSERT.format(columns=", ".join(COLUMNS), rows=sql, unit=unit), params)
        # The upsert closes nothing: what it raised and reopened is by how much the open ones grew, whatever the levels.
        run.opened = open_flags.count() - open_before
        run.cleared = _clear(rule, now)
        run.last_run_at, run.duration_ms = now, round((monotonic() - started) * 1000)
        run.save()
    return run.opened, run.cleared


def _clear(rule: Rule, now: datetime) -> int:
    """Clear the open flags whose rows `rule` no longer gives; returns how many."""
    rows = rule.rows(now).values_list("pk", "flag_due_at")
    sql, params = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL work_mem = '64MB'")  # a million rows in breach are still hashed
        cursor.execute(CLEAR.format(rows=sql), [moment, rule.code, *params])
        return int(cursor.rowcount)


def hold(rules: Iterable[str]) -> None:
    """Lock the rows of `rules` until the transaction ends: no sweep runs meanwhile. First of all that it locks.

    One by one, as a sweep locks them: a database would sort by its own collation.
    """
    for rule in sorted(rules):
        RuleRun.objects.select_for_update().filter(rule=rule).first()


def waive(flag_ids: Iterable[int], *, by: User | None, reason: str, now: datetime) -> int:
    """免于追究: the supervisor ends flags, open or cleared, with one reason for all; returns how many.

    All or none. Raises NotAllowed, WrongState (one is waived already; carries by whom and when) or Refused.
    """
    wanted, reason = set(flag_ids), reason.strip()
    with transaction.atomic():
        hold(set(Flag.objects.filter(pk__in=wanted).values_list("rule", flat=True)))
        chosen = Flag.objects.select_for_update(of=("self",)).select_related("unit", "account__platform", "waived_by")
        flags = list(chosen.filter(pk__in=wanted).order_by("pk"))
        if not flags or len(flags) < len(wanted):
            raise Refused("所选预警不存在，请刷新页面后重新选择。")
        roles = [require(by, Action.WAIVE, flag) for flag in flags]
        if not reason:
            raise Refused("请写明免于追究的理由。")
        if waived := [flag for flag in flags if flag.waived_at is not None]:
            raise _waived_before(waived)
        Flag.objects.filter(pk__in=wanted).update(waived_at=now, waived_by=by, waive_reason=reason)
        for flag, role in zip(flags, roles, strict=True):
            was = "open" if flag.cleared_at is None else "cleared"
            fact = {"rule": flag.rule, flag.fact_kind: flag.fact_id, "due_at": flag.due_at.isoformat()}
            events.append(
                flag, "waive", by=by, role=role, at=now, from_state=was, to_state="waived", comment=reason, detail=fact
            )
    return len(flags)


def _waived_before(flags: list[Flag]) -> WrongState:
    """How many of those to waive were waived by somebody else, the first of them by name."""
    named = "、".join(f"“{flag.account or flag.unit}”的“{labels.get(flag.rule, flag.rule)}”" for flag in flags[:3])
    more = f"等 {len(flags)} 条" if len(flags) > 3 else ""
    return WrongState(
        f"{named}{more}预警已免于追究，这一次什么也没有改。", by=flags[0].waived_by, at=flags[0].waived_at
    )


def of_fact(fact: models.Model) -> QuerySet[Flag]:
    """All flags ever raised on one fact (a filing, an account), newest due time first."""
    return Flag.objects.filter(fact_kind=events.kind_of(fact), fact_id=fact.pk).order_by("-due_at", "-id")


def of_account(account: Account) -> QuerySet[Flag]:
    """All flags ever raised on an account or on a filing of it, newest due time first."""
    return Flag.objects.filter(account=account).order_by("-due_at", "-id")
