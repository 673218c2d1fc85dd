"""Filings (备案), their content, and their way through the systems above."""

from .announcement import Announcement, AnnouncementState
from .content import Attachment, AttachmentKind, Draft, FilingText, Revision
from .details import (
    ChangeDetails,
    ChangeItem,
    ClosingDetails,
    ClosingMode,
    ClosingReason,
    Disposal,
    OpeningBasis,
    OpeningDetails,
)
from .exchange import (
    ExportBatch,
    ExportItem,
    ExportLayout,
    ExportMark,
    ExportRequest,
    Receipt,
    ReceiptResult,
    System,
)
from .filing import LIVE, Filing, FilingKind, FilingState
from .preapproval import PreApproval, PreApprovalPurpose, PreApprovalState
from .printing import FORM_OF, PrintForm, PrintTemplate
from .reconciling import LineKind, Reconciliation, ReconciliationLine

__all__ = (
    "FORM_OF",
    "LIVE",
    "Announcement",
    "AnnouncementState",
    "Attachment",
    "AttachmentKind",
    "ChangeDetails",
    "ChangeItem",
    "ClosingDetails",
    "ClosingMode",
    "ClosingReason",
    "Disposal",
    "Draft",
    "ExportBatch",
    "ExportItem",
    "ExportLayout",
    "ExportMark",
    "ExportRequest",
    "Filing",
    "FilingKind",
    "FilingState",
    "FilingText",
    "LineKind",
    "OpeningBasis",
    "OpeningDetails",
    "PreApproval",
    "PreApprovalPurpose",
    "PreApprovalState",
    "PrintForm",
    "PrintTemplate",
    "Receipt",
    "ReceiptResult",
    "Reconciliation",
    "ReconciliationLine",
    "Revision",
    "System",
)
