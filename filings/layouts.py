"""How the form of each kind is laid out on a page and on paper (附件2–4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from filings.models import FilingKind


@dataclass(frozen=True)
class Layout:
    """`printed`: rows of one wide or two narrow cells; the rest says how a field stands in its step."""

    annex: str
    printed: tuple[tuple[str, ...], ...]
    wide: frozenset[str] = frozenset()
    many: tuple[str, ...] = ()  # boxes, several of which may be ticked
    ticks: tuple[str, ...] = ()  # one box
    sections: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # a heading before the field
    hints: Mapping[str, str] = field(default_factory=dict)
    speaking: tuple[str, ...] = ()  # fields at which a rule may have something to say
    # Where a rule speaks while its own field is on another step: beside the field that is its cause.
    speaks_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


OPENING = Layout(
    annex="附件2",
    printed=(
        ("unit", "platform"),
        ("name", "kind"),
        ("uid", "link"),
        ("verified_entity", "verification"),
        ("basis", "effective_on"),
        ("leader_in_charge", "department_in_charge"),
        ("custodian", "custodian_phone"),
        ("first_reviewer", "second_reviewer"),
        ("final_reviewer", "operator_phone"),
        ("operation_mode", "vendor"),
        ("vendor_until", "vendor_nda"),
        ("update_frequency", "interactions"),
        ("preapproval_no", "is_flagship"),
        ("intro",),
        ("purpose",),
        ("columns",),
        ("services",),
        ("same_platform_reason",),
        ("remarks",),
        ("attachments",),
    ),
    wide=frozenset({"intro", "purpose", "columns", "services", "same_platform_reason", "interactions", "remarks"}),
    many=("interactions",),
    ticks=("vendor_nda", "is_flagship"),
    sections={
        "first_reviewer": ("内容审核", "分级分类审核、先审后发（第十二条）"),
        "operation_mode": ("运维方式", "委托运维须签保密协议，由主办单位审核内容（第十九条）"),
    },
    hints={"kind": "只有微信公众号分订阅号、服务号", "basis": "不选的按“工作需要新设”"},
    speaking=(
        *("platform", "name", "uid", "verified_entity", "effective_on", "same_platform_reason", "preapproval_no"),
        *("custodian", "first_reviewer"),
    ),
    speaks_at={"platform": ("same_platform_reason", "preapproval_no")},
)
CHANGE = Layout(
    annex="附件4",
    printed=(
        ("unit", "effective_on"),
        ("reason",),
        ("same_platform_reason",),
        ("notice_text",),
        ("notice_on", "notice_place"),
        ("notice_link", "operator_phone"),
        ("remarks",),
        ("attachments",),
    ),
    wide=frozenset({"intro", "purpose", "services", "reason", "same_platform_reason", "notice_text", "remarks"}),
    sections={"notice_text": ("社会公告", "变更名称、主办单位的，应向社会公告（第八条）")},
    speaking=(
        *("platform", "name", "uid", "verified_entity", "same_platform_reason", "reason"),
        *("effective_on", "notice_text"),
    ),
    speaks_at={"platform": ("same_platform_reason",)},
)
CLOSING = Layout(
    annex="附件3",
    printed=(
        ("unit", "operator_phone"),
        ("mode",),
        ("reasons",),
        ("explanation",),
        ("effective_on", "applied_on"),
        ("ordered", "order_no"),
        ("due_on", "followers"),
        ("successor", "successor_channel"),
        ("disposal", "archive_place"),
        ("follower_care",),
        ("personal_data",),
        ("notice_text",),
        ("notice_on", "notice_days"),
        ("notice_place", "notice_link"),
        ("remarks",),
        ("attachments",),
    ),
    wide=frozenset({"mode", "reasons", "explanation", "notice_text", "follower_care", "personal_data", "remarks"}),
    many=("reasons",),
    ticks=("ordered",),
    sections={
        "ordered": ("责令关停、不予保留", "主动关停的不填"),
        "followers": ("粉丝和个人信息", "公告里告诉网民今后看哪里"),
        "operator_phone": ("联系方式和附件", "不用领导批准，以后可补充"),
    },
    speaking=("notice_text", "notice_days", "notice_on", "effective_on"),
)
LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        FilingKind.OPEN: OPENING,
        FilingKind.CHANGE: CHANGE,
        FilingKind.CLOSE: CLOSING,
        FilingKind.CANCEL: CLOSING,
    }
)
