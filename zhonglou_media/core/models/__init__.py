"""Tables every app stands on."""

from .calendar import Day, Year
from .event import Event, EventHead
from .user import User
from .work import Counter, File, Job, Notice, Setting

__all__ = ("Counter", "Day", "Event", "EventHead", "File", "Job", "Notice", "Setting", "User", "Year")
