"""Long work on the register that a worker does."""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.activity_in import ActivityResult, NothingAccepted, import_activity
from zhonglou_media.core import files
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.jobs import Claim, JobKind
from zhonglou_media.core.models import File


def run(claim: Claim) -> None:
    """Import the uploaded file. `params`: kind, and known_until as an ISO moment or None."""
    job = claim.job
    if job.source is None:
        raise Refused("没有上传的文件，请重新提交。")
    known_until = job.params.get("known_until")
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        source, refused = Path(folder) / "source", Path(folder) / "refused.xlsx"
        with files.open_file(job.source) as stored, source.open("wb") as copy:
            shutil.copyfileobj(stored, copy)  # it lies sealed in the store

        def finish(result: ActivityResult, error: str = "") -> None:
            claim.finish({"file": job.source_name, **result.shown()}, file=_kept(refused, result), error=error)

        try:
            import_activity(
                source,
                kind=job.params["kind"],
                by=job.by,
                now=claim.now,
                known_until=known_until and datetime.fromisoformat(known_until),
                progress=claim.progress,
                before_commit=finish,
                refused_to=refused,
                name=job.source_name,
            )
        except NothingAccepted as nothing:
            with transaction.atomic():
                finish(nothing.result, error=str(nothing))


def _kept(refused: Path, result: ActivityResult) -> File | None:
    """The rows it refused, sealed like the file they come from."""
    if not result.refused:
        return None
    with refused.open("rb") as book:
        return files.keep(book, files.XLSX, sealed=True)


def told(result: dict[str, Any]) -> str:
    """新增 4，没有导入 6 行: the counts of `ActivityResult.detail` that are not 0."""
    counts = (("created", "新增"), ("changed", "更新"))
    said = [f"{words} {result[key]}" for key, words in counts if result.get(key)]
    if result.get("refused"):
        said.append(f"没有导入 {result['refused']} 行")
    return "，".join(said) or "与登记的相同，没有变动"


IMPORT_ACTIVITY = JobKind(
    "import_activity",
    "导入发布和留言数据",
    run,
    page="accounts:activity_import_result",
    start_page="accounts:activity_import",
    told=told,
)
