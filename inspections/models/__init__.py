"""What the office checks, orders and publishes (第八条, 第二十条, 第二十二至二十四条)."""

from .check import CheckState, Finding, Method, SelfCheck, Sheet, SheetState, SpotCheck
from .circular import Circular, CircularState
from .figure import MonthDone, MonthFigure
from .incident import Incident, IncidentKind, IncidentPass, IncidentRoute, IncidentState
from .indicator import Indicator, IndicatorKind, IndicatorSet, Measure, SetState
from .order import ClosureOrder, OrderGround, OrderState
from .rectification import AnnualVeto, Rectification, RectificationProof, RectificationState, VetoGround
from .upper import Issuer, UpperFinding, UpperPicture, UpperState
from .year import Assessment, AssessmentYear, YearState

__all__ = (
    "AnnualVeto",
    "Assessment",
    "AssessmentYear",
    "CheckState",
    "Circular",
    "CircularState",
    "ClosureOrder",
    "Finding",
    "Incident",
    "IncidentKind",
    "IncidentPass",
    "IncidentRoute",
    "IncidentState",
    "Indicator",
    "IndicatorKind",
    "IndicatorSet",
    "Issuer",
    "Measure",
    "Method",
    "MonthDone",
    "MonthFigure",
    "OrderGround",
    "OrderState",
    "Rectification",
    "RectificationProof",
    "RectificationState",
    "SelfCheck",
    "SetState",
    "Sheet",
    "SheetState",
    "SpotCheck",
    "UpperFinding",
    "UpperPicture",
    "UpperState",
    "VetoGround",
    "YearState",
)
