"""Each place that takes a file, and each file that means harm: refused with a sentence, nothing kept of it.

In a full run every file goes to every place; otherwise a few of each to each, every bomb to one that reads tables and
every renamed file to one that takes papers. A place without a row here fails.
"""

import ast
import re
import resource
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from filings.models import Attachment
from filings.printing.builtin import built_in
from inspections.models import ClosureOrder
from inspections.rectifying import reading
from tests.factories import NOW, PDF, Cast, account, change, opening, platform, unit, user
from tests.hostile import BOMBS, RENAMED, SPARSE
from tests.inspections.rectified import rectification
from tests.inspections.sheeted import sheet
from tests.uploads import docx, png
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import File, Job, User

pytestmark = pytest.mark.django_db
APPS = ("accounts", "filings", "inspections", "zhonglou_media")
Place = tuple[User, str, str, dict[str, Any]]  # who, where, the field of the file, what goes with it
SENTENCE = re.compile(
    "不是|请另存|请重新|不完整|已损坏|另一个文件|过大|尺寸|宏|密码|启动程序|认不出|空的|超过|找不到表头|没有|不对|引号|选对"
)


CPU_SECONDS = 1.0  # for one file, its parser's process included; `make bench` looks at the clock


@dataclass(frozen=True)
class Endpoint:
    """A place that takes a file: the function that reads it, whom it lets in, and a file that it takes."""

    reads: str
    place: Callable[[], Place]
    good: Callable[[], tuple[str, bytes]] = lambda: ("章程.pdf", PDF)
    takes: frozenset[str] = frozenset()  # bombs that are none here


def table(*rows: list[str]) -> Callable[[], tuple[str, bytes]]:
    return lambda: ("清单.csv", "\n".join(",".join(row) for row in rows).encode())


def attachments() -> Place:
    filing = opening("draft")
    return filing.cast.operator, f"/filings/{filing.pk}/edit/reasons/", "files", {"go": "upload"}  # type: ignore[attr-defined]


def supplement() -> Place:
    filing = opening("office_review")
    return filing.cast.operator, f"/filings/{filing.pk}/supplement/", "files", {}  # type: ignore[attr-defined]


def avatar() -> Place:
    filing = change("draft")
    return filing.cast.operator, f"/filings/{filing.pk}/edit/items/", "avatar", {"open": "avatar"}  # type: ignore[attr-defined]


def paper() -> Place:
    filing = opening("leader_review")
    typed = {"leader_name": "示例", "approved_on": str(db_now().date()), "confirmed": "1"}
    return filing.cast.operator, f"/filings/{filing.pk}/paper/", "scan", typed  # type: ignore[attr-defined]


def paper_again() -> Place:
    filing = opening("office_review", paper=date(2026, 11, 24))
    typed = {"leader_name": "示例二", "approved_on": "2026-11-24", "confirmed": "1"}
    return filing.cast.operator, f"/filings/{filing.pk}/paper/correct/", "scan", typed  # type: ignore[attr-defined]


def new_preapproval() -> Place:
    cast = Cast(unit(kind="department"))
    typed = {"platform": platform("app").pk, "account_name": "示例办事", "reason": "办事"}
    return cast.operator, "/preapprovals/new/", "paper", typed


def retention() -> Place:
    cast = Cast(unit(kind="department"))
    on = account(cast.unit, platform=platform("wechat"), kind="subscription")
    return cast.operator, reverse("filings:preapproval_retain", args=[on.pk]), "paper", {"reason": "办事"}


def proof() -> Place:
    cast = Cast()
    on = account(cast.unit, found=True)
    facts = {"number": "示例〔2026〕1号", "unit": on.unit, "ground": "unfiled", "reason": "示例", "issued_at": NOW}
    row = ClosureOrder.objects.create(account=on, due_at=NOW, issued_by=cast.supervisor, **facts)
    return cast.operator, f"/orders/{row.pk}/prove/", "proof", {"note": "已停用"}


def sheet_picture() -> Place:
    officer = user(Role.OFFICER)
    row = sheet(officer)
    return officer, f"/checks/sheets/{row.pk}/save/", "screenshot", {"version": row.version}


UPPER = {"issuer": "city", "number": "示例1", "received_on": "2026-11-20", "due_on": "2099-12-01", "text": "示例"}


def upper_finding() -> Place:
    return user(Role.OFFICER), reverse("inspections:upper_new"), "pictures", {**UPPER, "account_text": "没有的号"}


def upper_findings() -> Place:
    typed = {"issuer": "city", "received_on": str(db_now().date())}
    return user(Role.OFFICER), reverse("inspections:upper_import"), "file", typed


def answer_of_a_rectification() -> Place:
    cast = Cast()
    row = rectification(cast)
    return cast.operator, f"/rectifications/{row.pk}/answer/", "proofs", {"text": "已改", "read": reading(row)}


def register() -> Place:
    return user(Role.OFFICER), reverse("accounts:import"), "file", {"ground": "baseline"}


def activity() -> Place:
    return user(Role.OFFICER), reverse("accounts:activity_import"), "file", {"kind": "publications"}


def sightings() -> Place:
    typed = {"source": "巡查", "found_on": str(db_now().date())}
    return user(Role.OFFICER), reverse("accounts:sighting_list"), "file", typed


def receipts() -> Place:
    return user(Role.OFFICER), reverse("filings:receipts_upload"), "table-file", {}


def calendar() -> Place:
    typed = {
        "step": "check",
        "year": "2027",
        "number": "示例〔2026〕1号",
        "papers": "https://example.com/a",
        "days": "",
    }
    return user(Role.ADMIN), reverse("filings:calendar_confirm"), "file", typed


def reconcile() -> Place:
    typed = {"system": "national", "listed_on": str(db_now().date())}
    return user(Role.OFFICER), reverse("filings:reconcile"), "file", typed


def template() -> Place:
    return user(Role.OFFICER), reverse("filings:template_upload"), "file", {"form": "opening", "note": ""}


def own_template() -> tuple[str, bytes]:
    return "附件2.docx", built_in("opening")


def a_docx() -> tuple[str, bytes]:
    return "说明.docx", docx()


YEAR = (
    b'{"year": 2027, "papers": ["https://example.com/a"], "days": '
    b'[{"name": "\xe5\x85\x83\xe6\x97\xa6", "date": "2027-01-01", "isOffDay": true}]}'
)
RECEIPTS = ["备案编号", "系统", "结果", "编号", "日期", "原因"]
ACCOUNTS = table(["单位", "平台", "账号名称"], ["示例街道", "抖音", "示例发布"])
# An attachment is stored and downloaded, its cells are nobody's here; honest workbooks have formats on whole columns.
TABLES_ARE_NOT_READ = frozenset(SPARSE)
ENDPOINTS: dict[str, Endpoint] = {
    "附件": Endpoint("filings.views.uploads.take_files", attachments, a_docx, TABLES_ARE_NOT_READ),
    "补充材料": Endpoint("filings.views.unit.supplement", supplement, takes=TABLES_ARE_NOT_READ),
    "新头像": Endpoint("filings.views.change_form.take_avatar", avatar, lambda: ("头像.png", png())),
    "书面批准": Endpoint("filings.views.unit._paper", paper),
    "更正书面批准": Endpoint("filings.views.unit._paper", paper_again),
    "前置申请": Endpoint("filings.views.preapprovals.new", new_preapproval),
    "申请保留": Endpoint("filings.views.preapprovals.retain", retention),
    "关停证明": Endpoint("inspections.views.orders.prove", proof),
    "整改证明": Endpoint("inspections.views.rectify_acts._checked", answer_of_a_rectification),
    "上级工单图片": Endpoint("inspections.views.upper_typed.taken", upper_finding, lambda: ("截图.png", png())),
    "上级工单清单": Endpoint(
        "inspections.views.upper_import.upload",
        upper_findings,
        table(["编号", "账号", "问题", "答复期限"], ["1", "示例发布", "错别字", "2099-12-01"]),
    ),
    "检查单截图": Endpoint("inspections.views.sheets._save", sheet_picture, lambda: ("截图.png", png())),
    "台账导入": Endpoint("accounts.views.imports.import_list", register, ACCOUNTS),
    "数据导入": Endpoint(
        "accounts.views.activity_import.activity_import",
        activity,
        table(["平台", "账号名称", "外部编号", "发布时间"], ["抖音", "示例发布", "v1", "2026-11-20 09:30"]),
    ),
    "发现清单": Endpoint("accounts.views.sighting_list.upload", sightings, ACCOUNTS),
    "回执表": Endpoint(
        "filings.views.receipts.upload",
        receipts,
        table(RECEIPTS, ["ZLXMT-2026-1", "全国", "已备案", "", "2026-11-20", ""]),
    ),
    "放假安排": Endpoint("filings.views.calendar.confirm", calendar, lambda: ("2027.json", YEAR)),
    "核对清单": Endpoint(
        "filings.views.reconcile.start",
        reconcile,
        table(["备案编号", "单位", "平台", "账号名称", "账号ID"], ["", "示例街道", "抖音", "示例发布", "d1"]),
    ),
    "打印模板": Endpoint("filings.views.print_templates.upload", template, own_template),
}  # fmt: skip
HANDED_ON = {"filings.views.form._keep"}  # hands the request on to one of the above
TABLES = {"台账导入", "数据导入", "发现清单", "回执表", "核对清单", "上级工单清单"}
# What a place would take under another name is no harm there: a sound workbook is none of these.
FEW_BOMBS = ("a cell at the edge of the world", "its place in character references", "macros")
FEW_RENAMED = ("eicar.txt", "藏包.png", "旧版.docx", "空.pdf")


def readers() -> Iterator[str]:
    """Every function of the portal that reads `….FILES`."""
    for app in APPS:
        for path in sorted((Path(settings.BASE_DIR) / app).rglob("*.py")):
            module = ".".join(path.relative_to(settings.BASE_DIR).with_suffix("").parts)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    reads = any(isinstance(part, ast.Attribute) and part.attr == "FILES" for part in ast.walk(node))
                    if reads:
                        yield f"{module}.{node.name}"


def test_every_place_that_takes_a_file_stands_in_the_table() -> None:
    assert set(readers()) - HANDED_ON == {one.reads for one in ENDPOINTS.values()}


def stored() -> list[Path]:
    root = Path(settings.MEDIA_ROOT)
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


def send(client: Client, place: Place, name: str, content: bytes) -> Any:
    _, address, field, typed = place
    return client.post(address, {**typed, field: SimpleUploadedFile(name, content)})


class Refusals(HTMLParser):
    """What a page says is wrong: summary of errors, errors at fields, 不能 boxes; nothing else of it."""

    CLASSES = frozenset({"zl-errsum", "zl-error", "zl-rule--stop"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tag, self.depth = "", 0  # the element that is being read, and how many of its name are open in it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.depth and self.CLASSES & set((dict(attrs).get("class") or "").split()):
            self.tag, self.depth = tag, 1
            self.found.append("")
        elif self.depth and tag == self.tag:
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        if self.depth and tag == self.tag:
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.found[-1] += data


def refusals(page: str) -> list[str]:
    parser = Refusals()
    parser.feed(page)
    return parser.found


def cpu() -> float:
    """CPU seconds of this process and of those it waited for: what else the machine does counts for nothing."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def refuse_all(endpoint: Endpoint, files: Mapping[str, Callable[[], bytes]]) -> None:
    """Send each file; whatever comes back is a refusal in words, and nothing is left of it. A good one is taken."""
    place = endpoint.place()
    client = Client()
    client.force_login(place[0])
    assert refusals(client.get(place[1], follow=True).content.decode()) == []
    before = (File.objects.count(), Job.objects.count(), Attachment.objects.count(), len(stored()))
    for name in files.keys() - endpoint.takes:
        content, took = files[name](), CPU_SECONDS
        for _ in range(3):  # beside other work a second of the processor does less: the quickest of three counts
            began = cpu()
            answer = send(client, place, name if "." in name else f"{name}.xlsx", content)
            took = min(took, cpu() - began)
            if took < CPU_SECONDS:
                break
        told = refusals(answer.content.decode())
        assert answer.status_code == 422, f"{name}: {answer.status_code}"
        assert any(SENTENCE.search(text) for text in told), f"{name}: {told}"
        assert took < CPU_SECONDS, f"{name}: {took:.1f} s"
        after = (File.objects.count(), Job.objects.count(), Attachment.objects.count(), len(stored()))
        assert after == before, f"{name} left something"
        assert client.get("/notices/").status_code == 200
    name, content = endpoint.good()
    answer = send(client, place, name, content)
    assert answer.status_code in (200, 302), answer.content.decode()
    assert "zl-errsum" not in answer.content.decode()


@pytest.mark.parametrize("where", ENDPOINTS)
def test_a_few_harmful_files_are_refused_everywhere(where: str) -> None:
    chosen = {name: BOMBS[name] for name in FEW_BOMBS} | {name: RENAMED[name] for name in FEW_RENAMED}
    refuse_all(ENDPOINTS[where], chosen)


@contextmanager
def staying_small() -> Iterator[None]:
    """What a parser would eat, it must eat in its own process: this one's peak does not rise by 100 MB."""

    def peak() -> int:
        return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024  # type: ignore[index]

    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = peak()
    yield
    assert peak() - before < 100


def refuse_bombs(where: str) -> None:
    made = {name: make() for name, make in BOMBS.items()}  # before the peak is looked at
    with staying_small():
        refuse_all(ENDPOINTS[where], {name: lambda content=content: content for name, content in made.items()})  # type: ignore[misc]


def test_every_bomb_is_refused_where_tables_are_read_and_the_web_process_does_not_grow() -> None:
    refuse_bombs("台账导入")


@pytest.mark.full
@pytest.mark.parametrize("where", sorted(TABLES - {"台账导入"}))
def test_the_web_process_does_not_grow_by_bombs(where: str) -> None:
    refuse_bombs(where)


def test_every_renamed_file_is_refused_as_an_attachment() -> None:
    refuse_all(ENDPOINTS["附件"], RENAMED)


@pytest.mark.full
@pytest.mark.parametrize("where", ENDPOINTS)
def test_every_harmful_file_is_refused_everywhere(where: str) -> None:
    refuse_all(ENDPOINTS[where], {**BOMBS, **RENAMED})


def test_a_file_over_the_limit_is_refused_before_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked(*args: object) -> str:
        raise AssertionError("looked at")

    monkeypatch.setattr("zhonglou_media.core.files.examine", looked)
    place = attachments()
    client = Client()
    client.force_login(place[0])
    answer = send(client, place, "大.pdf", PDF + b"\x00" * (10 << 20))
    assert answer.status_code == 422
    assert "超过 10 MB" in answer.content.decode()
    assert stored() == []
