"""附件 of a filing: each file is taken or refused by itself, and the page says of each what came of it."""

from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest

from accounts.access import user_of
from accounts.policy import Action
from filings import reporting, room
from filings.models import Filing, FilingKind, FilingState
from filings.models.content import AttachmentKind
from filings.views.answers import ask_first
from zhonglou_media.core import files
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState

# What the files of a kind of filing may be; an avatar is put up at its own item.
FILE_KINDS: dict[str, tuple[AttachmentKind, ...]] = {
    FilingKind.OPEN: (AttachmentKind.QR, AttachmentKind.PAPER),
    FilingKind.CHANGE: (AttachmentKind.QR, AttachmentKind.PAPER),
    FilingKind.CLOSE: (AttachmentKind.PROOF, AttachmentKind.PAPER),
    FilingKind.CANCEL: (AttachmentKind.PROOF, AttachmentKind.PAPER),
}
TYPES = {
    AttachmentKind.QR: files.PICTURES,
    AttachmentKind.AVATAR: files.PICTURES,
    AttachmentKind.PROOF: files.PAPER,
    AttachmentKind.PAPER: files.ATTACHMENT,
}


def file_kinds(filing: Filing) -> list[tuple[str, str]]:
    """What a file that is put up may be, as the form offers it."""
    return [(kind.value, kind.label) for kind in FILE_KINDS[filing.kind]]


@dataclass
class Taken:
    """What came of each file of a request: names that were kept, and the others with the reason."""

    kept: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    @property
    def named(self) -> str:
        """「“协议.pdf”、“图.png”」: what was kept."""
        return "、".join(f"“{name}”" for name in self.kept)

    def complain(self) -> None:
        """Raises Refused when any was not taken; what was kept stays."""
        if self.refused:
            raise SomeRefused(self)


class SomeRefused(Refused):
    """One file or more of several was not taken; `taken` says which, and which were."""

    def __init__(self, taken: Taken) -> None:
        before = f"已上传{len(taken.kept)}个（{taken.named}）；" if taken.kept else ""
        super().__init__(before + "".join(f"“{name}”没有上传：{why}" for name, why in taken.refused))
        self.taken = taken


def taken_of(refused: Refused | None) -> Taken | None:
    """What came of each file, where several were sent and one or more refused."""
    return refused.taken if isinstance(refused, SomeRefused) else None


def take_files(request: HttpRequest, filing: Filing, states: tuple[FilingState, ...], *, now: datetime) -> Taken:
    """Keep the uploads of a request as attachments of a filing in one of `states`; a bad one stops only itself.

    `file_kind` of the request says what they are, of those that the kind of filing has: papers where it says nothing.
    Raises NotAllowed or WrongState before anything is stored, Refused when there is no file.
    """
    ask_first(request, filing, Action.SUPPLEMENT, states)
    uploads = request.FILES.getlist("files")
    if not uploads:
        raise Refused("请先选择要上传的文件。")
    asked = request.POST.get("file_kind", "")
    kind = next((one for one in FILE_KINDS[filing.kind] if one == asked), AttachmentKind.PAPER)
    taken, most = Taken(), room.most_files(now=now)
    for number, upload in enumerate(uploads):
        name = files.safe_name(upload.name or "")
        if number >= most:  # not even looked at: no filing has room for so many
            taken.refused.append((name, room.too_many(most)))
            continue
        try:
            checked = files.check(upload, TYPES[kind])
            reporting.attach(filing.pk, by=user_of(request), file=checked, name=name, kind=kind.value, now=now)
        except (NotAllowed, WrongState):
            raise
        except Refused as refused:
            taken.refused.append((name, str(refused)))
        else:
            taken.kept.append(name)
    return taken
