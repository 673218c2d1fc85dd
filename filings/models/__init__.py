"""Filings (备案), their content, and their way through the systems above."""

from .content import Attachment, AttachmentKind, Draft, Revision
from .details import OpeningBasis, OpeningDetails
from .exchange import ExportBatch, ExportItem, Receipt, ReceiptResult, System
from .filing import LIVE, Filing, FilingKind, FilingState

__all__ = (
    "LIVE",
    "Attachment",
    "AttachmentKind",
    "Draft",
    "ExportBatch",
    "ExportItem",
    "Filing",
    "FilingKind",
    "FilingState",
    "OpeningBasis",
    "OpeningDetails",
    "Receipt",
    "ReceiptResult",
    "Revision",
    "System",
)
