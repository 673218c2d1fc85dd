"""Tables every app stands on."""

from .calendar import Day, Year
from .event import Event, EventHead
from .user import Invitation, User
from .work import Counter, File, Job, JobState, Notice, Setting, TaskRun

__all__ = (
    "Counter",
    "Day",
    "Event",
    "EventHead",
    "File",
    "Invitation",
    "Job",
    "JobState",
    "Notice",
    "Setting",
    "TaskRun",
    "User",
    "Year",
)
