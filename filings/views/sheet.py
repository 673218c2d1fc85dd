"""The form of a filing as a page shows it: what is typed, what is wrong in it, step by step, and as it is printed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.urls import reverse

from filings import checks, content, kinds
from filings.checks import Check, Level
from filings.forms.change import OPEN, ChangeForm
from filings.forms.common import FilingForm
from filings.layouts import LAYOUTS, Layout
from filings.models import Filing, FilingKind
from filings.printing import in_words
from filings.printing.in_words import typed_data

REVIEW = "review"


def step_names(filing: Filing) -> dict[str, str]:
    """The steps of its form in order, 核对 last."""
    return {**{step: name for step, (name, _) in kinds.of(filing).form.STEPS.items()}, REVIEW: "核对"}


def step_of(filing: Filing) -> dict[str, str]:
    """Field → the step that asks for it."""
    return {name: step for step, (_, names) in kinds.of(filing).form.STEPS.items() for name in names}


@dataclass(frozen=True)
class Problem:
    """One thing that stops the submission, and where to put it right."""

    step: str
    label: str
    text: str
    url: str
    here: bool


@dataclass(frozen=True)
class Task:
    """One step of the form in the list of steps."""

    step: str
    name: str
    words: str
    css: str = ""


@dataclass(frozen=True)
class Note:
    """What a rule says, as the list of checks shows it."""

    level: str
    title: str
    note: str
    article: int


def notes(said: Sequence[Check]) -> list[Note]:
    """The list 本表规则核对: what is wrong first."""
    order = {Level.STOP: 0, Level.WARN: 1, Level.PASS: 2}
    return [
        Note(check.level.value, check.title, check.text, check.article)
        for check in sorted(said, key=lambda check: order[check.level])
    ]


@dataclass(frozen=True)
class Slot:
    """A field of a step, the heading before it, and what the rules say at it."""

    bound: BoundField
    section: tuple[str, str] | None
    opt: str
    wide: bool
    hint: str
    said: list[Check]
    speaks: bool  # a rule may have something to say here: the page keeps a place for it
    present: str | None = None  # what the register holds now, where the form sets it against the field


@dataclass
class Sheet:
    """What is typed for one filing, judged: `errors` by field hold the form's own and those of the rules that stop."""

    filing: Filing
    form: FilingForm
    data: Mapping[str, Any]
    said: list[Check]
    errors: dict[str, list[str]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)

    @property
    def layout(self) -> Layout:
        """How a form of this kind is laid out."""
        return LAYOUTS[self.filing.kind]

    def problems(self, here: str = "") -> list[Problem]:
        """In the order of the form."""
        found = []
        names = step_names(self.filing)
        for name, step in step_of(self.filing).items():
            url = f"{reverse('filings:edit', args=[self.filing.pk, step])}?check=1#id_{name}"
            label = str(self.form.fields[name].label)
            texts = self.errors.get(name, [])
            found += [Problem(names[step], label, text, url, step == here) for text in texts]
        return found

    def notes(self) -> list[Note]:
        """What the rules say, for the panel beside the form."""
        return notes(self.said)

    def tasks(self) -> list[Task]:
        """Each step with what is still to do in it."""
        found = [self._task(step, name, names) for step, (name, names) in self.form.STEPS.items()]
        left = sum(map(len, self.errors.values()))
        words = f"改好{left}处后可提交" if left else "可以提交"
        return [*found, Task(REVIEW, step_names(self.filing)[REVIEW], words, "" if left else "zl-good")]

    def _task(self, step: str, name: str, names: Sequence[str]) -> Task:
        wrong = sum(len(self.errors[n]) for n in names if n in self.errors and n not in self.missing)
        lacking = sum(1 for n in names if n in self.missing)
        if wrong:
            return Task(step, name, f"{wrong}处需修改", "zl-late")
        if lacking:
            return Task(step, name, f"{lacking}项必填未填")
        if isinstance(self.form, ChangeForm) and step == "items":
            count = len(self.form.changed)
            return Task(step, name, f"改{count}项" if count else "还没有改", "zl-good" if count else "")
        filled = any(self.form.data.get(n) for n in names)
        return Task(step, name, "已填完", "zl-good") if filled else Task(step, name, "未填")

    def slots(self, step: str, *, checked: bool) -> list[Slot]:
        """The fields of one step; what is merely not filled yet is an error only once a submission was tried."""
        if not checked:
            for name in self.missing:
                self.form.errors.pop(name, None)
        return [
            Slot(
                self.form[name],
                self.layout.sections.get(name),
                "可后补" if name in self.form.LATE else "必填" if self.form.fields[name].required else "",
                name in self.layout.wide,
                self.layout.hints.get(name, ""),
                self.said_at(name),
                name in self.layout.speaking,
                self.form.present(name),
            )
            for name in self.form.shown(step)
        ]

    def said_at(self, name: str) -> list[Check]:
        """What the rules say at a field, agreement left out."""
        at = (name, *self.layout.speaks_at.get(name, ()))
        return [check for check in self.said if check.level != Level.PASS and check.field in at]

    def rows(self) -> list[list["Cell"]]:
        """The form as printed, from what is typed; a value that could not be read stands as it was typed."""
        values = in_words.typed(self.filing, self.form)
        return sheet_rows(values, self.filing.kind, wrong=dict(self._links()), without=in_words.not_asked(self.form))

    def _links(self) -> list[tuple[str, str]]:
        edit = {
            name: reverse("filings:edit", args=[self.filing.pk, step]) for name, step in step_of(self.filing).items()
        }
        return [(name, f"{edit[name]}?check=1#id_{name}") for name in self.errors if name in edit]


def red(slots: Sequence[Slot]) -> str:
    """Names of the fields that carry an error, as the page keeps them to ask again."""
    return " ".join(slot.bound.name for slot in slots if slot.bound.errors)


def turned(slots: Sequence[Slot], shown: set[str]) -> list[Slot]:
    """Fields that turned red or are red no more since the page that shows `shown`; drawn again around their control.

    The control itself stays (hx-preserve): somebody may be typing in it.
    """
    found = [slot for slot in slots if bool(slot.bound.errors) != (slot.bound.name in shown)]
    for slot in found:
        slot.bound.field.widget.attrs["hx-preserve"] = "true"
    return found


def judge(filing: Filing, *, data: Mapping[str, Any] | None = None) -> Sheet:
    """Read what is typed for `filing` (or `data`) as a submission would, and say everything that is wrong."""
    data = data if data is not None else typed_data(filing)
    kind = kinds.of(filing)
    form = kind.form(dict(data), filing=filing)
    errors = {name: [str(e) for e in texts] for name, texts in form.errors.items()}
    missing = {name for name, found in form.errors.as_data().items() if all(e.code == "required" for e in found)}
    said = kind.check(data, filing=filing)
    for name, texts in checks.stops(said).items():
        errors.setdefault(name, []).extend(texts)
        missing.discard(name)
    return Sheet(filing, form, data, said, errors, missing)


def posted(filing: Filing, step: str, post: QueryDict) -> dict[str, Any]:
    """The fields of `step` as the browser sent them, to be kept as typed. A box that is not ticked sends nothing."""
    data: dict[str, Any] = {}
    steps, layout = kinds.of(filing).form.STEPS, LAYOUTS[filing.kind]
    for name in steps[step][1] if step in steps else ():
        if name in layout.many:
            data[name] = [_keepable(str(value)) for value in post.getlist(name)]
        elif name in layout.ticks:
            data[name] = name in post
        elif name in post:
            data[name] = _keepable(str(post[name]))
    if OPEN in post and filing.kind == FilingKind.CHANGE:
        data[OPEN] = [_keepable(name) for name in post.getlist(OPEN)]
    return data


def _keepable(text: str) -> str:
    """Text that every database keeps: NUL cannot be stored."""
    return text.replace("\x00", "")


# --- the form as it is printed --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A value of the printed form; `wrong` is where to put it right, '' when it is."""

    label: str
    text: str
    wrong: str = ""
    wide: bool = False


EMPTY = (in_words.UNFILLED, in_words.NO_FILES)


def sheet_rows(
    values: Mapping[str, str], form: str, wrong: Mapping[str, str] | None = None, without: Collection[str] = ()
) -> list[list[Cell]]:
    """Rows of one wide or two narrow cells, as that kind of form is printed; those only of `without` are left out."""
    wrong = wrong or {}
    return [
        [
            Cell(content.label(name, form), values.get(name, in_words.UNFILLED), wrong.get(name, ""), len(row) == 1)
            for name in row
        ]
        for row in LAYOUTS[form].printed
        if not set(row) <= set(without)
    ]


def frozen_rows(frozen: content.Content) -> list[list[Cell]]:
    """The form as a revision froze it, without the lines that were left empty."""
    form = frozen["approved"].get("form", FilingKind.OPEN)
    values = in_words.frozen(frozen)
    return [row for row in sheet_rows(values, form) if any(cell.text not in EMPTY for cell in row)]
