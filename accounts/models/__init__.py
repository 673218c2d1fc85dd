"""Units, their people and platforms, and the register of accounts."""

from .account import Account, AccountKind, AccountName, AccountState, Origin
from .activity import ActivityDay, Followers, Message, MessageKind, Publication, Source
from .filter import SavedFilter
from .flag import Flag, Level, RuleRun
from .membership import Membership, Role
from .people import Confirmation, Custodian, Outsourcing
from .platform import Platform, PlatformAlias
from .sighting import Sighting, Verdict
from .unit import Unit, UnitKind, UnitName

__all__ = (
    "Account",
    "AccountKind",
    "AccountName",
    "AccountState",
    "ActivityDay",
    "Confirmation",
    "Custodian",
    "Flag",
    "Followers",
    "Level",
    "Membership",
    "Message",
    "MessageKind",
    "Origin",
    "Outsourcing",
    "Platform",
    "PlatformAlias",
    "Publication",
    "Role",
    "RuleRun",
    "SavedFilter",
    "Sighting",
    "Source",
    "Unit",
    "UnitKind",
    "UnitName",
    "Verdict",
)
