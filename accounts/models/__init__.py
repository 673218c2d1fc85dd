"""Units, their people and platforms, and the register of accounts."""

from .account import Account, AccountKind, AccountName, AccountState, Origin
from .activity import ActivityDay, Followers, Message, MessageKind, Publication, Source
from .filter import SavedFilter
from .flag import Flag, Level, RuleRun
from .membership import Membership, Role
from .platform import Platform, PlatformAlias
from .unit import Unit, UnitKind, UnitName

__all__ = (
    "Account",
    "AccountKind",
    "AccountName",
    "AccountState",
    "ActivityDay",
    "Flag",
    "Followers",
    "Level",
    "Membership",
    "Message",
    "MessageKind",
    "Origin",
    "Platform",
    "PlatformAlias",
    "Publication",
    "Role",
    "RuleRun",
    "SavedFilter",
    "Source",
    "Unit",
    "UnitKind",
    "UnitName",
)
