"""What a decider had open: a decision names the revision and digest that were read, or it is refused."""

from dataclasses import dataclass

from filings import content
from filings.models import Filing, Revision
from zhonglou_media.core.errors import StaleReading


@dataclass(frozen=True)
class Reading:
    """A revision's number and SM3 digest, as the page carried them."""

    revision: int
    sm3: str

    def must_match(self, filing: Filing) -> None:
        """Raise StaleReading, carrying the differences, when `filing` (its row locked) has moved on since.

        Without this, a filing withdrawn, edited and submitted again under an open page was approved unread.
        """
        current = latest(filing)
        if (self.revision, self.sm3) == (current.number, current.sm3):
            return
        read = filing.revisions.filter(number=self.revision, sm3=self.sm3).first()
        difference = content.difference(read.content, current.content) if read else []
        raise StaleReading(
            f"没有办成：您看的是第{self.revision}版，现在已是第{current.number}版，请看过不同之处再办。", difference
        )


def latest(filing: Filing) -> Revision:
    """The revision that stands."""
    return filing.revisions.get(number=filing.revision)
