"""Tables every app stands on."""

from .calendar import Day, Year
from .event import Event, EventHead
from .user import User
from .work import Counter, File, Job, JobState, Notice, Setting, TaskRun

__all__ = (
    "Counter",
    "Day",
    "Event",
    "EventHead",
    "File",
    "Job",
    "JobState",
    "Notice",
    "Setting",
    "TaskRun",
    "User",
    "Year",
)
