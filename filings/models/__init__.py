"""Filings (备案), their content, and their way through the systems above."""

from .announcement import Announcement, AnnouncementState
from .content import Attachment, AttachmentKind, Draft, Revision
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
from .exchange import ExportBatch, ExportItem, Receipt, ReceiptResult, System
from .filing import LIVE, Filing, FilingKind, FilingState
from .preapproval import PreApproval, PreApprovalPurpose, PreApprovalState

__all__ = (
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
    "Filing",
    "FilingKind",
    "FilingState",
    "OpeningBasis",
    "OpeningDetails",
    "PreApproval",
    "PreApprovalPurpose",
    "PreApprovalState",
    "Receipt",
    "ReceiptResult",
    "Revision",
    "System",
)
