"""An export of the running portal: asked for, followed to its end by the worker, its file opened."""

import re
from pathlib import Path
from zipfile import ZipFile

import openpyxl
from playwright.sync_api import Page, expect

ENDS = 40_000  # ms; the worker looks each 5 seconds, on a busy machine later


def offered(page: Page) -> str:
    """What the newest file that can be fetched on the exchange page is called there."""
    newest = page.locator("#exports [id^=file-]").first
    return newest.get_attribute("id") or "" if newest.count() else ""


def ended(page: Page, before: str) -> None:
    """The open exchange page shows, without being read again, that there is another file than `before`."""
    newest = page.locator("#exports [id^=file-]").first
    expect(newest).not_to_have_id(before or "none", timeout=ENDS)
    expect(page.locator("#exports progress")).to_have_count(0, timeout=ENDS)


def fetched(page: Page, folder: Path) -> dict[str, set[str]]:
    """The newest file, fetched: what stands in each of its workbooks."""
    with page.expect_download() as download:
        newest = page.locator("#exports").get_by_role("button", name=re.compile("^下载")).first
        newest.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    expect(newest).to_contain_text("已下载")  # the page is read again
    found = {}
    with ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as content:
                rows = openpyxl.load_workbook(content).active.iter_rows(values_only=True)
                found[name.removesuffix(".xlsx")] = {str(cell) for row in rows for cell in row}
    return found
