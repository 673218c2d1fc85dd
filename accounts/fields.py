"""备案事项: the fields of an account that only a change filing alters once it is filed (第八条)."""

from accounts.models import Account, Platform, Unit
from zhonglou_media.core.models import File

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
COMPLETED_FILING = "completed"


def label(field: str) -> str:
    """The Chinese label of a field of an account."""
    return str(Account._meta.get_field(field).verbose_name)  # type: ignore[union-attr]


def shown(account: Account, field: str) -> str:
    """The value of a field as people read it; '' when it is not known."""
    display = getattr(account, f"get_{field}_display", None)
    value = display() if display is not None else getattr(account, field)
    return "" if value is None else str(value)


def stored(account: Account, field: str) -> str:
    """The value of a filed field as a change filing keeps it: text, a platform's code, a unit's or file's key."""
    if field == "platform":
        return account.platform.code
    value = getattr(account, f"{field}_id" if field in ("unit", "avatar") else field)
    return "" if value is None else str(value)


def put(account: Account, field: str, value: str) -> None:
    """Write what `stored` gave back onto `account` (unsaved)."""
    if field == "platform":
        account.platform = Platform.objects.get(code=value)
    elif field == "unit":
        account.unit = Unit.objects.get(pk=int(value))
    elif field == "avatar":
        account.avatar = File.objects.get(pk=int(value)) if value else None
    else:
        setattr(account, field, value)


def words(field: str, value: str) -> str:
    """What `stored` gave, as an official reads it."""
    if not value:
        return "（未填）"
    if field == "platform":
        return Platform.objects.get(code=value).name
    if field == "unit":
        return Unit.objects.get(pk=int(value)).name
    if field == "avatar":
        return f"图片 {File.objects.get(pk=int(value)).sm3[:8]}"
    choices = dict(Account._meta.get_field(field).flatchoices)  # type: ignore[union-attr]
    return str(choices.get(value, value))


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
