"""Open flags as a home lists them: each with the name of its fact and a link to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from accounts.models import Flag
from filings.models import Filing


@dataclass(frozen=True)
class FlagRow:
    """An open flag, what it is about, and where that is shown."""

    flag: Flag
    name: str
    link: str


def flag_rows(flags: Sequence[Flag]) -> list[FlagRow]:
    """`flags` (read with unit, account and platform) with the names of their facts; one query more."""
    ids = [flag.fact_id for flag in flags if flag.fact_kind == "filing"]
    filings = {filing.pk: filing for filing in Filing.objects.filter(pk__in=ids).for_lists()} if ids else {}
    return [_row(flag, filings.get(flag.fact_id) if flag.fact_kind == "filing" else None) for flag in flags]


def _row(flag: Flag, filing: Filing | None) -> FlagRow:
    if filing is not None:
        name = f"{filing.get_kind_display()}·{filing.account_label}"
        return FlagRow(flag, name, reverse("filings:detail", args=[filing.pk]))
    if flag.account is not None:
        return FlagRow(flag, str(flag.account), reverse("accounts:detail", args=[flag.account.pk]))
    return FlagRow(flag, str(flag.unit), "")
