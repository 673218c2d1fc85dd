"""The rules of articles 6, 7, 9 and 10 while an opening is typed, and again when it is submitted and approved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db import models

from accounts import identity
from accounts.models import Account, AccountState, Message, Platform, Unit, UnitKind
from accounts.models.account import ON_PLATFORM, WATCHED
from filings import content, kind_words, preapprovals
from filings.models import LIVE, Filing, FilingKind, FilingState, OpeningDetails, PreApproval
from filings.models.filing import APPROVED
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.day_field import read_day
from zhonglou_media.core.names import look_key, name_key
from zhonglou_media.core.settings_at import Settings


class Level(models.TextChoices):
    STOP = "stop", "须改正"
    WARN = "warn", "提醒"
    PASS = "pass", "符合"


@dataclass(frozen=True)
class Check:
    """What one rule says: its level, its article, the field it speaks at, a title and what to do."""

    level: Level
    article: int
    field: str
    title: str
    text: str = ""
    link: str = ""  # where that is done, when it is another page


PAST_DRAFT = tuple(state for state in LIVE if state != FilingState.DRAFT)


class Register:
    """What the rules ask of the register, a query each; for a page of filings `PageRegister` asks once."""

    def accounts(self, unit: Unit) -> list[Account]:
        """The unit's accounts that hold their place on a platform, in the register's order."""
        return list(Account.objects.holding().filter(unit=unit).select_related("platform"))

    def unfiled(self, unit: Unit) -> list[Account]:
        """The unit's accounts that were found on a platform and are not filed, in the register's order."""
        return list(Account.objects.filter(unit=unit, state=AccountState.UNFILED).select_related("platform"))

    def clash(self, platform: Platform, uid: str, name: str, exclude: Account | None) -> Account | None:
        """The account whose identity `uid` and `name` would take."""
        return identity.clash(platform, uid, name, exclude)

    def lookalikes(self, name: str) -> list[Account]:
        """Standing accounts of anybody whose name looks like `name`, oldest first."""
        return list(identity.lookalikes([name]))

    def rivals(self, unit: Unit) -> list[Filing]:
        """The unit's openings past draft whose account does not hold the place yet."""
        return list(rivals([unit.pk]))

    def open_questions(self, account: Account) -> int:
        """How many consultations the account still owes an answer, those it took over among them."""
        return Message.objects.owed_by([account]).count()

    def setting(self, key: str, on: date) -> Any:
        """A setting as it held on that Shanghai day; all are read once."""
        return self._settings.at(key, on)

    @cached_property
    def _settings(self) -> Settings:
        return Settings.load()

    def granted(self, unit: Unit) -> list[PreApproval]:
        """What was granted to the unit (第九条, 第十条), with the openings that use it."""
        return list(preapprovals.granted_to([unit.pk]))


def rivals(unit_ids: Iterable[int]) -> models.QuerySet[Filing]:
    """Openings of `unit_ids` past draft whose account, if there is one, is not on the platform yet; newest first.

    Nor one whose control is lost (第十八条): it takes no place from its successor.
    """
    holding = models.Q(account__state__in=ON_PLATFORM) | models.Q(account__lost_control_since__isnull=False)
    past = Filing.objects.filter(kind=FilingKind.OPEN, unit__in=unit_ids, state__in=PAST_DRAFT)
    return past.exclude(holding).for_lists()


def check_opening(
    typed: dict[str, Any], *, unit: Unit, filing: Filing, register: Register | None = None
) -> list[Check]:
    """What the rules say to what is typed so far (a form's `data` or `cleaned_data`), in the order of the articles."""
    register = register or Register()
    platform = typed.get("platform")
    if isinstance(platform, str):
        platform = Platform.objects.filter(code=platform).first()
    found = [*_article_6(typed, unit, platform, filing, register), *_article_7(typed, unit, platform, filing, register)]
    if platform is not None:
        found += _articles_9_10(typed, unit, platform, filing, register)
    return found


def check_typed(typed: Mapping[str, Any], *, filing: Filing) -> list[Check]:
    """What the rules say to an opening while it is typed."""
    found = check_opening(dict(typed), unit=filing.unit, filing=filing)
    return [*found, *early(filing, read_day(typed.get("effective_on"))), *_nobody_named(dict(typed))]


def check_details(details: OpeningDetails, filing: Filing, register: Register | None = None) -> list[Check]:
    """The same for details about to be frozen or approved."""
    typed = {f.name: getattr(details, f.name) for f in details._meta.concrete_fields if f.name != "filing"}
    found = check_opening(typed, unit=filing.unit, filing=filing, register=register)
    return [*found, *early(filing, filing.effective_on)]


def stops(checks: Iterable[Check]) -> dict[str, list[str]]:
    """Errors by field, of the checks that stop a submission."""
    errors: dict[str, list[str]] = {}
    for check in checks:
        if check.level == Level.STOP:
            errors.setdefault(check.field, []).append(f"{check.title}。{check.text}")
    return errors


def _article_6(
    typed: dict[str, Any], unit: Unit, platform: Platform | None, filing: Filing, register: Register
) -> list[Check]:
    found = []
    if platform is not None and not platform.approved:
        found.append(
            Check(
                Level.STOP, 6, "platform", f"{platform.name}不是国家主管部门核准的平台", "请改选核准的平台（第六条）。"
            )
        )
    entity = (typed.get("verified_entity") or "").strip()
    if entity and entity != unit.name:
        found.append(
            Check(
                Level.WARN,
                6,
                "verified_entity",
                "认证主体与主办单位名称不一致",
                f"公开认证中应标明主办单位“{unit.name}”（第六条），请核对平台认证信息。",
            )
        )
    elif entity:
        found.append(Check(Level.PASS, 6, "verified_entity", "认证主体与主办单位一致"))
    name = (typed.get("name") or "").strip()
    if name:
        own = filing.account_id  # what it is called now is no other name
        watched = [a for a in register.accounts(unit) if a.state in WATCHED and a.pk != own]
        other = next((account for account in watched if account.name != name), None)
        if other is not None and all(account.name != name for account in watched):
            found.append(
                Check(
                    Level.WARN,
                    6,
                    "name",
                    f"与本单位在{other.platform}的名称“{other.name}”不同",
                    "不同平台上的名称原则上应当一致（第六条）。",
                )
            )
        else:
            found.append(Check(Level.PASS, 6, "name", "账号名称与其他平台一致"))
        found += _near_misses(name, filing, register)
    return found


def _near_misses(name: str, filing: Filing, register: Register) -> list[Check]:
    """A name that only looks like a registered one is shown to a person, never refused."""
    own = (filing.account_id, name_key(name), look_key(name))
    near = [a for a in register.lookalikes(name) if a.look_key == own[2] and a.name_key != own[1] and a.pk != own[0]]
    return [
        Check(
            Level.WARN,
            6,
            "name",
            f"与已登记的“{account.name}”（{account.platform}，{account.unit}）名称相近",
            "容易被误认为同一账号，请核对名称（第六条）。",
        )
        for account in near[:2]
    ]


def early(filing: Filing, day: date | None) -> list[Check]:
    """第八条: what was done on the platform before its approval is told while it is typed, not once it is flagged.

    A day still to come is a plan, and says nothing.
    """
    if day is None or day >= (filing.first_approved_on or day_of(db_now())):
        return []
    words = kind_words.of(filing)
    title = f"{content.EVENT_LABELS[FilingKind(filing.kind)]}早于主要领导批准，属{words.early}"
    first = f"应先经主要领导批准再{words.act}（第八条），系统会如实记录。"
    text = f"{first}签批件日期在{words.act}之前的，提交后登记书面批准。"
    return [Check(Level.WARN, 8, "effective_on", title, text)]


def ahead(day: date) -> str:
    """Why a change is not dated ahead."""
    return f"平台变更日期 {day} 还没有到。这里填在平台上改好的日期；尚未办理的先不填，改好后在“补充材料”里补录。"


def _nobody_named(typed: dict[str, Any]) -> list[Check]:
    """Who keeps the password and who reviews may come later, but not unsaid."""
    found = []
    if not (typed.get("custodian") or "").strip():
        text = "账号须有专人管理（第十八条），请填写“管理员”；可先提交，以后补充。"
        found.append(Check(Level.WARN, 18, "custodian", "还没有写明账号管理人员", text))
    if not any((typed.get(name) or "").strip() for name in ("first_reviewer", "second_reviewer", "final_reviewer")):
        text = "信息发布须分级分类审核、先审后发（第十二条），请填写初审、复审、终审人。"
        found.append(Check(Level.WARN, 12, "first_reviewer", "还没有写明内容审核人", text))
    return found


def _article_7(
    typed: dict[str, Any], unit: Unit, platform: Platform | None, filing: Filing, register: Register
) -> list[Check]:
    if unit.internal:
        return [
            Check(Level.STOP, 7, "platform", "内设机构不得开设账号", "请由所属单位填报（第七条）。"),
        ]
    if platform is None:
        return []
    found = []
    uid, name = (typed.get("uid") or "").strip(), (typed.get("name") or "").strip()
    twin = register.clash(platform, uid, name, filing.account) if name else None
    if twin is not None:
        same_id = bool(uid) and twin.uid == uid
        found.append(
            Check(
                Level.STOP,
                7,
                "uid",
                f"{platform}上已登记“{twin.name}”（{twin.unit}，{twin.get_state_display()}）",
                "账号ID相同，不能重复开设，请核对。"
                if same_id
                else "名称相同，对方尚未登记账号ID，请先由其主办单位补录。"
                if uid
                else "名称相同，请填写账号ID加以区分。",
            )
        )
    rivals_here = [f for f in register.rivals(unit) if f.pk != filing.pk and f.opening.platform_id == platform.pk]
    same = next((f for f in rivals_here if name and _same_account(f.opening, uid, name)), None)
    if twin is None and same is not None:
        found.append(
            Check(
                Level.STOP,
                7,
                "uid",
                f"本单位的开办备案“{same.account_label}”（{same.get_state_display()}）填的是同一账号",
                "请核对；确是两个账号的，请都填写账号ID加以区分。",
            )
        )
    others = (a for a in register.accounts(unit) if a.platform_id == platform.pk and a.pk != filing.account_id)
    other = next(others, None)
    rival = next(iter(rivals_here), None)
    unfiled = (a for a in register.unfiled(unit) if a.platform_id == platform.pk and a.pk != filing.account_id)
    left = next(unfiled, None) if other is None and rival is None else None
    if left is not None:
        text = "是同一个账号的，请从“新建备案”里为它补报；不是的，也须补报或关停，同一平台原则上只开设一个（第七条）。"
        found.append(
            Check(Level.WARN, 7, "same_platform_reason", f"本单位在{platform}另有未备案账号“{left.name}”", text)
        )
        return found
    if other is None and rival is None:
        found.append(Check(Level.PASS, 7, "same_platform_reason", "同一平台只有这一个账号"))
        return found
    known = (
        f"账号“{other.name}”（{other.get_state_display()}）"
        if other
        else f"开办备案“{rival.account_label}”"
        if rival
        else ""
    )
    given = bool((typed.get("same_platform_reason") or "").strip())
    found.append(
        Check(
            Level.WARN if given else Level.STOP,
            7,
            "same_platform_reason",
            f"本单位在{platform}已有{known}",
            "一个单位原则上在同一平台只开设一个账号（第七条）。"
            + (
                "已写明理由，由区政府办公室审核。"
                if given
                else "可以继续，但须写明理由；不再用原账号的，请先联系区政府办公室。"
            ),
        )
    )
    return found


def _same_account(other: OpeningDetails, uid: str, name: str) -> bool:
    """The same id, or the same name while either id is unknown."""
    if uid and other.uid:
        return uid == other.uid
    return name_key(name) == name_key(other.name)


def _articles_9_10(
    typed: dict[str, Any], unit: Unit, platform: Platform, filing: Filing, register: Register
) -> list[Check]:
    """前置申请: 区级部门 for a WeChat account or an app; 街道 and 镇 are warned about apps (国办函〔2026〕12号)."""
    article = preapprovals.article_of(platform)
    if not article:
        return []
    if unit.kind == UnitKind.DEPARTMENT:
        return [_preapproved(typed, platform, filing, register.granted(unit), article)]
    if article == 10 and unit.kind in (UnitKind.SUBDISTRICT, UnitKind.TOWN):
        return [
            Check(
                Level.WARN,
                10,
                "platform",
                f"街道、镇原则上不开发建设{platform}",
                "县以下单位原则上不得开发建设移动应用，请先与区政府办公室沟通（第十条）。",
            )
        ]
    return [Check(Level.PASS, article, "preapproval_no", "无需前置申请")]


def _preapproved(
    typed: dict[str, Any], platform: Platform, filing: Filing, granted: list[PreApproval], article: int
) -> Check:
    """The number typed is that of a granted application which no other opening uses.

    Once the leader has approved it stops nothing: openings that were approved before applications were kept here named
    papers of which the portal knows nothing.
    """
    number = (typed.get("preapproval_no") or "").strip()
    usable = preapprovals.usable(granted, platform, filing)
    if any(preapprovals.same_number(row.document_no, number) for row in usable):
        return Check(Level.PASS, article, "preapproval_no", "前置申请已经批准")
    words = "九" if article == 9 else "十"
    offered = "、".join(f"“{row.document_no}”" for row in usable[:3])
    then = f"可用的批准文号：{offered}。" if offered else ""
    used = next((r for r in granted if r.used_by and preapprovals.same_number(r.document_no, number)), None)
    if not number:
        title = f"区级部门原则上不再单独新建{'微信公众号' if article == 9 else '移动客户端'}"
        text = f"确需新建的，请先在“前置申请”里向区政府办公室申请，批准后填写批准文号（第{words}条）。{then}"
    elif used is not None and used.used_by_id != filing.pk and used.used_by is not None:
        title = f"批准文号“{number}”已用于备案“{used.used_by.account_label}”"
        text = f"一个文号只能用于一件备案，请核对；还要新建的，请在“前置申请”里另行申请（第{words}条）。{then}"
    else:
        title = f"没有批准文号为“{number}”的前置申请"
        text = (
            f"须是批准本单位新建{platform}的文号，请核对；没有申请过的，请先在“前置申请”里申请（第{words}条）。{then}"
        )
    level = Level.WARN if filing.state in APPROVED else Level.STOP
    return Check(level, article, "preapproval_no", title, text, link="/preapprovals/")
