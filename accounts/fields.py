"""备案事项: the fields of an account that only a change filing alters once it is filed (第八条)."""

from accounts.models import Account

FILED: tuple[str, ...] = (
    "platform",
    "uid",
    "link",
    "name",
    "avatar",
    "intro",
    "kind",
    "unit",
    "verified_entity",
    "operation_mode",
    "vendor",
    "leader_in_charge",
    "department_in_charge",
    "custodian",
    "custodian_phone",
    "purpose",
    "services",
)
# An import may fill or update these at any time.
UNFILED: tuple[str, ...] = ("followers", "remarks")

# States in which a filing holds its account's fields; `filings` knows them as LIVE, and a test holds the two together.
LIVE_FILING = ("draft", "leader_review", "to_report", "office_review", "returned", "accepted")


def label(field: str) -> str:
    """The Chinese label of a field of an account."""
    return str(Account._meta.get_field(field).verbose_name)  # type: ignore[union-attr]


def shown(account: Account, field: str) -> str:
    """The value of a field as people read it; '' when it is not known."""
    display = getattr(account, f"get_{field}_display", None)
    value = display() if display is not None else getattr(account, field)
    return "" if value is None else str(value)


# What an opening filing (附件2) says about its account under the same name.
FILED_FROM_OPENING: tuple[str, ...] = (
    "name",
    "uid",
    "link",
    "intro",
    "verified_entity",
    "operation_mode",
    "vendor",
    "leader_in_charge",
    "department_in_charge",
    "custodian",
    "custodian_phone",
    "purpose",
    "services",
)
