"""What kinds of jobs the portal has, in all apps, and what people call them."""

from accounts.jobs import IMPORT_ACTIVITY
from filings.export_runs import EXPORT_FILINGS
from filings.jobs import RECORD_RECEIPTS
from filings.reconciling.running import RECONCILE
from zhonglou_media.core.jobs import JobKind
from zhonglou_media.core.models import Job
from zhonglou_media.portal.event_checks import VERIFY

# Those a worker runs, by code.
KINDS: dict[str, JobKind] = {
    kind.code: kind for kind in (IMPORT_ACTIVITY, RECORD_RECEIPTS, EXPORT_FILINGS, RECONCILE, VERIFY)
}

# Those that their page runs itself: code → (words, URL name of the result, URL name of where it begins).
AT_ONCE = {
    "import_registry": ("导入台账", "accounts:import_result", "accounts:import"),
    "sightings": ("认定发现清单", "accounts:sighting_sheet", "accounts:sightings"),
    "upper_findings": ("导入上级工单", "inspections:upper_sheet", "inspections:uppers"),
    "bulk": ("批量办理", "filings:bulk_result", "home"),
}


def label_of(job: Job) -> str:
    """What people call a job of this kind."""
    if job.kind in AT_ONCE:
        return AT_ONCE[job.kind][0]
    return KINDS[job.kind].label if job.kind in KINDS else "后台任务"


def page_of(job: Job) -> str:
    """The URL name (argument: pk) of the page that shows the result of such a job; "job" where it has none."""
    if job.kind in AT_ONCE:
        return AT_ONCE[job.kind][1]
    return KINDS[job.kind].page if job.kind in KINDS else "job"


def start_page_of(job: Job) -> str:
    """The URL name of the page where such a job begins, with another file; "" where nobody knows."""
    if job.kind in AT_ONCE:
        return AT_ONCE[job.kind][2]
    return KINDS[job.kind].start_page if job.kind in KINDS else ""
