"""Every workbook that the portal writes, opened again: no formula in it, and each text as it was given.

What writes one stands in the table, or this fails. Tables of texts alone go through `core/tables_out.py`, which has its
own test of any text; here what each writer puts into it is looked at: its heads, its lines above, its title.
"""

import ast
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import openpyxl
import pytest
from django.conf import settings
from django.db import transaction
from django.http import QueryDict
from django.test import Client

from accounts import activity_sample, register_in, register_out
from accounts.activity_heads import ActivityKind
from accounts.activity_spool import Spool
from accounts.models import Account, Flag, Role, Unit
from accounts.register_judge import RowRefusal
from filings import receipts_in
from filings.exporting import layouts, writing
from filings.exporting.columns import Column
from filings.models import Filing, OpeningDetails, Reconciliation, ReconciliationLine
from filings.reconciling import shown
from inspections import check_rows, circular_word, sweep
from inspections.models import Assessment, AssessmentYear, Circular, Rectification, Sheet
from inspections.views import years
from tests.factories import NOW, Cast, account, opening, unit, user
from tests.inspections.checked import confirmed
from tests.inspections.rectified import rectification
from zhonglou_media.core import events, files, tables_out
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import Job
from zhonglou_media.core.tables_in import Row, read_table
from zhonglou_media.core.tables_out import SheetOut, hot, plain
from zhonglou_media.portal import events_page
from zhonglou_media.portal.event_filter import EventFilter

pytestmark = pytest.mark.django_db
TRIGGERS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u3000=1"),
    *("'=1", '=HYPERLINK("http://example.com","点我")', "|cmd", "%0A=1"),
)
Written = tuple[bytes, list[str]]  # a workbook, and the texts that must come back


def book(write: Callable[[io.BytesIO], object]) -> bytes:
    target = io.BytesIO()
    write(target)
    return target.getvalue()


def the_register() -> Written:
    of = unit()
    for number, text in enumerate(TRIGGERS):
        row = account(of, name=f"示例{number}", same_platform_reason="示例", followers=1234)
        named = {field: f"{text}{field}" for field in ("name", "link", "remarks", "number", "national_no", "uid")}
        Account.objects.filter(pk=row.pk).update(**named)
    Unit.objects.filter(pk=of.pk).update(name="=单位")
    texts = [f"{text}{field}" for text in TRIGGERS for field in ("name", "link", "remarks", "number", "uid")]
    rows = Account.objects.order_by("pk")
    return book(lambda target: register_out.export(rows, target, flags=Flag.objects.all())), ["=单位", *texts]


def rows_not_imported() -> Written:
    rows = [RowRefusal(number, [text, text], f"{text}理由") for number, text in enumerate(TRIGGERS)]
    texts = [*TRIGGERS, *(f"{text}理由" for text in TRIGGERS), "=表头", "＝表头"]
    return book(lambda target: register_in.workbook_of(["=表头", "＝表头"], rows, target)), texts


def activity_not_imported() -> Written:
    with Spool() as spool:
        for number, text in enumerate(TRIGGERS):
            spool.refuse(number, [text], f"{text}理由")
        written = book(lambda target: spool.workbook(["=表头"], target, {}))
    return written, [*TRIGGERS, *(f"{text}理由" for text in TRIGGERS), "=表头"]


def samples() -> Written:
    return book(lambda target: activity_sample.write_sample(ActivityKind.PUBLICATIONS, target)), ["示例账号一"]


def sample_of_receipts() -> Written:
    return book(receipts_in.write_sample), [column.label for column in receipts_in.COLUMNS]


def receipts_not_recorded() -> Written:
    done = receipts_in.Recorded(["=表头", "－表头"])
    for number, text in enumerate(TRIGGERS):
        row = Row(number, [text, f"{text}乙"])
        done.rows.append(receipts_in.Told(row, receipts_in.REJECTED, "", None, f"{text}理由"))
    texts = [f"{text}{more}" for text in TRIGGERS for more in ("", "乙", "理由")]
    return book(lambda target: receipts_in.write_rejected(done, target)), ["=表头", "－表头", *texts]


FILED = ("name", "uid", "link", "verified_entity", "custodian", "custodian_phone", "purpose", "services", "remarks")


def filings_with_triggers() -> tuple[list[int], list[str]]:
    """Two accepted openings, every trigger in a field of one of them."""
    made, texts = [], list(TRIGGERS)
    while texts:
        filing = opening("accepted", Cast(unit()))
        put = dict(zip(FILED, texts, strict=False))
        OpeningDetails.objects.filter(filing=filing).update(**put)
        Account.objects.filter(filings=filing).update(**{name: put[name] for name in ("name",) if name in put})
        made.append(filing.pk)
        texts = texts[len(put) :]
    return made, list(TRIGGERS)


def for_the_nation() -> Written:
    made, texts = filings_with_triggers()
    found = writing.rows("national", made, [], writing.Written())
    return book(lambda target: writing.write_book(target, "national", layouts.built_in("national"), found)), texts


def for_the_province() -> Written:
    made, _ = filings_with_triggers()
    shown_there = {"name", "uid", "link", "verified_entity", "custodian", "custodian_phone"}
    texts = [value for pk in made for name in shown_there if hot(value := str(getattr(of(pk), name)))]
    found = writing.rows("provincial", made, [], writing.Written())
    return book(lambda target: writing.write_book(target, "provincial", layouts.built_in("provincial"), found)), texts


def statistics_of_a_circular() -> Written:
    """Names of accounts keep what they begin with; blanks around them go."""
    lines = [{"name": t.strip(), "platform": "抖音", "unit": t.strip(), "why": f"{t.strip()}因"} for t in TRIGGERS]
    problems = [{"type": f"{t.strip()}问题", "count": 1, "accounts": [t.strip()]} for t in TRIGGERS]
    figures = {"failed_accounts": lines, "veto": problems, "deduct": []}
    texts = [f"{t.strip()}{more}" for t in TRIGGERS for more in ("", "因", "问题")]
    return circular_word.workbook(Circular(figures=figures)).getvalue(), texts


def of(pk: int) -> OpeningDetails:
    return OpeningDetails.objects.get(filing=pk)


def what_differs_above() -> Written:
    by = user(Role.OFFICER)
    source = files.keep(b"x", "text/csv")
    facts = {"rows": 20, "counts": {"only_there": len(TRIGGERS), "uncompared": len(TRIGGERS)}}
    job = Job.objects.create(kind="reconcile", by=by, created_at=NOW)
    facts |= {"job": job, "source": source, "source_name": "=清单", "columns": {}, "by": by, "at": NOW}
    run = Reconciliation.objects.create(system="national", **facts)
    for number, text in enumerate(TRIGGERS, 1):
        theirs = {"name": f"{text}名", "uid": f"{text}号", "unit": f"{text}单位", "platform": f"{text}平台"}
        said = {"theirs": theirs, "note": f"{text}说明", "row": number, "since": NOW, "key": str(number)}
        ReconciliationLine.objects.create(run=run, kind="only_there", **said)
    broken = [[number, text, text, f"{text}原因"] for number, text in enumerate(TRIGGERS)]
    texts = [f"{text}{more}" for text in TRIGGERS for more in ("名", "号", "说明", "", "原因")]
    return book(lambda target: shown.write(run, broken, target, now=NOW)), texts


def flags() -> Written:
    for number, text in enumerate(TRIGGERS):
        row = account(unit(), found=True, name=f"示例{number}")
        Account.objects.filter(pk=row.pk).update(name=text)
        Unit.objects.filter(pk=row.unit_id).update(name=f"{text}单位{number}")
    sweep.sweep(db_now())
    client = Client()
    client.force_login(user(Role.OFFICER, name="=导出的人"))
    answer = client.get("/flags/export.xlsx")
    texts = [*TRIGGERS, *(f"{text}单位{number}" for number, text in enumerate(TRIGGERS))]
    return b"".join(answer.streaming_content), texts  # type: ignore[attr-defined]


def history() -> Written:
    by = user(Role.AUDITOR, name="=1+1示例")
    for text in TRIGGERS:
        with transaction.atomic():
            events.append("event", "export_events", by=by, role=Role.AUDITOR, at=NOW, comment=f"{text}说", detail={})
    form = EventFilter(QueryDict(""))
    written = book(lambda target: events_page.take_out(form, target, by=by, now=NOW))
    return written, [by.name, *(f"{text}说" for text in TRIGGERS)]


def results_of_a_check() -> Written:
    by = user(Role.OFFICER, name="=检查人")
    for number, text in enumerate(TRIGGERS):
        row = account(unit(), name=f"示例{number}")
        Account.objects.filter(pk=row.pk).update(name=text)
        Unit.objects.filter(pk=row.unit_id).update(name=f"{text}单位{number}")
    check = confirmed(by, now=NOW)
    for number, sheet in enumerate(check.sheets.all()):
        Sheet.objects.filter(pk=sheet.pk).update(added_reason=f"{TRIGGERS[number]}理由")
    rows = check_rows.of_check(check, None)
    written = book(lambda target: check_rows.export(check, rows, target, office=True, above="=导出"))
    units = [f"{text}单位{number}" for number, text in enumerate(TRIGGERS)]
    return written, [by.name, "=导出", *TRIGGERS, *units, *(f"{text}理由" for text in TRIGGERS)]


def rectifications() -> Written:
    cast = Cast()
    for text in TRIGGERS:
        row = rectification(cast, evidence="")
        Rectification.objects.filter(pk=row.pk).update(problem=f"{text}问题", demand=f"{text}要求", answer=f"{text}答")
    client = Client()
    client.force_login(user(Role.OFFICER, name="=导出的人"))
    answer = client.get("/rectifications/export/")
    texts = [f"{text}{more}" for text in TRIGGERS for more in ("问题", "要求", "答")]
    return b"".join(answer.streaming_content), texts  # type: ignore[attr-defined]


def a_year() -> Written:
    year = AssessmentYear.objects.create(year=2026)
    for number, name in enumerate(TRIGGERS):
        Assessment.objects.create(year=year, unit=unit(f"{name}单位"), score=number, vetoed=number == 0)
    rows = list(year.assessments.select_related("unit"))
    return book(lambda target: years.workbook(year, rows, target)), [f"{name}单位" for name in TRIGGERS]


WRITERS: dict[str, Callable[[], Written]] = {
    "accounts.register_out.export": the_register,
    "accounts.register_in.workbook_of": rows_not_imported,
    "accounts.activity_spool.workbook": activity_not_imported,
    "accounts.activity_sample.write_sample": samples,
    "filings.receipts_in.write_sample": sample_of_receipts,
    "filings.receipts_in.write_rejected": receipts_not_recorded,
    "filings.exporting.writing.write_book": for_the_nation,
    "filings.exporting.sheet": for_the_province,
    "filings.reconciling.shown.write": what_differs_above,
    "inspections.check_rows.export": results_of_a_check,
    "inspections.circular_word.workbook": statistics_of_a_circular,
    "inspections.views.rectifications.export": rectifications,
    "inspections.views.years.workbook": a_year,
    "zhonglou_media.portal.monitoring.export": flags,
    "zhonglou_media.portal.events_page.take_out": history,
}
ZIPPED = "filings.exporting.writing._add"  # tested below, into a folder
# Lines that are pasted again, each cell `safe`; the demo's own list, which is read and never handed out.
NO_FILES = {"filings.receipts_in.to_paste", "zhonglou_media.portal.demo_exchange._run"}
APPS = ("accounts", "filings", "inspections", "zhonglou_media")
OWN = "zhonglou_media.core.tables_out"


def called(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            yield part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")


def functions_that_call(*names: str) -> Iterator[str]:
    for app in APPS:
        for path in sorted((Path(settings.BASE_DIR) / app).rglob("*.py")):
            parts = path.relative_to(settings.BASE_DIR).with_suffix("").parts
            module = ".".join(parts).removesuffix(".__init__")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and module != OWN and set(called(node)) & set(names):
                    yield f"{module}.{node.name}"


def test_every_writer_of_a_workbook_stands_in_the_table() -> None:
    assert set(functions_that_call("write_xlsx", "SheetOut", "Workbook")) == {*WRITERS, ZIPPED}
    assert set(functions_that_call("writer", "DictWriter")) == NO_FILES  # no csv goes out


Lines = list[list[str]]


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[list[Lines]]:
    """What each workbook was given to write, as texts: its sheets, their lines from the first to the last."""
    books: list[list[Lines]] = []
    real = tables_out._write

    def write(target: IO[bytes], sheets: Iterable[SheetOut], folder: Path | None) -> None:
        kept = [replace(sheet, rows=[list(map(plain, row)) for row in sheet.rows]) for sheet in sheets]
        books.append([[[line] for line in one.above] + [list(one.heads), *map(list, one.rows)] for one in kept])
        real(target, kept, folder)

    monkeypatch.setattr(tables_out, "_write", write)
    return books


def check(content: bytes, texts: list[str], given: list[Lines]) -> None:
    """No formula, no link, no word None; numbers are numbers; the portal's own reader finds each line as it was given,
    cell by cell, and in them the `texts`, each as often as it was put in.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                assert not re.search(rb"<f[ >]|<hyperlink", archive.read(name))
    cells = []
    for page in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        assert not hot(page.title)
        cells += [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert [cell.value for cell in cells if cell.data_type == "s" and hot(cell.value) and not cell.quotePrefix] == []
    assert not {cell.value for cell in cells} & {"None", "nan", ""}
    found = reread(content)
    assert found == [[as_read(line) for line in sheet] for sheet in given]
    missing = Counter(texts) - Counter(text for sheet in found for line in sheet for text in line)
    assert missing == Counter()


def as_read(line: Iterable[Any]) -> list[str]:
    """The line as a reader gives it: numbers in digits, nothing behind the last cell that says something."""
    said = [one if isinstance(one, str) else f"{float(one):.10g}" for one in line]
    while said and not said[-1]:
        said.pop()
    return said


def reread(content: bytes) -> list[Lines]:
    path = Path(settings.MEDIA_ROOT) / "reopened.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return [sheet.rows for sheet in read_table(path).sheets]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_workbook_opened_again_has_no_formula_and_says_what_it_was_given(
    writer: str, handed: list[list[Lines]]
) -> None:
    written, texts = WRITERS[writer]()
    check(written, texts, handed[-1])


def test_the_workbooks_of_the_units_in_a_zip_are_such_too(tmp_path: Path, handed: list[list[Lines]]) -> None:
    """Each is checked as the one for all is, and says of its unit's filings what that one says."""
    made, texts = filings_with_triggers()
    first = Filing.objects.get(pk=made[0])
    made.append(opening("accepted", Cast(first.unit), platform="weibo", same_platform_reason="示例").pk)
    Unit.objects.filter(pk=first.unit_id).update(name='=HYPERLINK("x")')
    found = writing.rows("national", made, [], writing.Written())
    writing.write_zip(tmp_path / "all.zip", "national", layouts.built_in("national"), found, rows=len(made))
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        books = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name in books if re.search(r'[/\\:"<>|?*]|\.\.', name)]
    for number, content in enumerate(books.values()):
        check(content, texts if number == 0 else [], handed[number])
    (_, heads, *all_of_them), *of_units = (reread(content)[0] for content in books.values())
    unit_at = heads.index("单位名称")
    units: dict[str, Lines] = {row[unit_at]: [] for row in all_of_them}
    for row in all_of_them:
        units[row[unit_at]].append(row[1:])  # behind the number in the file
    assert [len(rows) for rows in units.values()] == [2, 1]
    assert next(iter(books)) == f"{writing.ALL}.xlsx"
    assert len(of_units) == len(units)
    for _, said, *rows in of_units:
        assert said == heads
        assert [row[1:] for row in rows] == units[rows[0][unit_at]]
        assert [row[0] for row in rows] == [str(number) for number, _ in enumerate(rows, 1)]


def test_a_layout_of_the_office_that_looks_like_formulas_is_text_in_every_place(handed: list[list[Lines]]) -> None:
    made, _ = filings_with_triggers()
    taken = {"=1+1": "name", "＠SUM(A1)": "uid", "-备注": "remarks", "|电话": "custodian_phone"}
    columns = [Column(heading, value) for heading, value in taken.items()]
    columns.append(Column("+操作", "mark", {"新增": '=HYPERLINK("http://example.com")'}))
    by = user(Role.OFFICER)
    layouts.save("national", columns, title="=1+1导出", base=0, note="=说明", by=by, now=db_now())
    found = writing.rows("national", made, [], writing.Written())
    content = book(lambda target: writing.write_book(target, "national", layouts.in_use("national"), found))
    check(content, [], handed[-1])
    of_each = [OpeningDetails.objects.get(filing=pk) for pk in made]
    code = '=HYPERLINK("http://example.com")'
    rows = [[*(str(getattr(one, name)) for name in taken.values()), code] for one in of_each]
    assert reread(content) == [[["=1+1导出"], [*taken, "+操作"], *rows]]


def test_numbers_stay_numbers_and_nothing_stays_empty() -> None:
    account(unit(), name="示例", followers=1234)
    content = book(lambda target: register_out.export(Account.objects.all(), target, flags=None))
    page: Any = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    row = dict(zip([cell.value for cell in page[1]], page[2], strict=True))
    assert (row["粉丝数"].value, row["粉丝数"].data_type) == (1234, "n")
    assert row["最近更新"].value is None
    assert row["备注"].value is None
