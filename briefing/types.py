"""What flows through the program, in the order it flows. One frozen type per border.

    Item → Article → Story → Pick → Summary (Bullets, each with its Evidence) → Edition → Message

All times are aware datetimes; naive ones given to `Article` are taken as UTC. Spans are counted in
characters (Python string indices) of the text they belong to, the end excluded.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from briefing.evidence import Claim, Correction, Disagreement, Evidence, Version
from briefing.message import Message, Recipient
from briefing.receipt import Receipt

__all__ = [
    "Article",
    "Bullet",
    "Claim",
    "Collected",
    "Considered",
    "Correction",
    "Disagreement",
    "Edition",
    "Evidence",
    "Feedback",
    "Item",
    "Message",
    "Part",
    "Pick",
    "Problem",
    "Receipt",
    "Recipient",
    "Sighting",
    "Stopped",
    "Story",
    "Summary",
    "Thread",
    "Version",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something a source pointed at, not yet read.

    `key` tells items of one source apart (a feed's guid, a path, an address). `body` holds the bytes
    where the source already has them; without a body, `url` is fetched when the item is read.
    `follow` says that `body` is a teaser, the last resort: the page at `url` is read, or else at `read_from` (a
    transcript). `updated` marks the content. A known `same_url` or `same_text` is an old item. `notes`: for readers.
    """

    source: str
    key: str
    url: str | None = None
    title: str | None = None
    published: datetime | None = None
    day_only: bool = False
    authors: tuple[str, ...] = ()
    language: str | None = None
    body: bytes | None = None
    media_type: str = "text/html"
    follow: bool = False
    read_from: str | None = None
    updated: str = ""
    same_url: str = ""
    same_text: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a source gave when it was asked: its items, and the state it wants back the next time.

    `unchanged` says that nothing had changed or was read again. `notes` say what changed about the source itself.
    `wait` are the seconds its server asks to be left alone for, where it says so.
    """

    items: tuple[Item, ...] = ()
    state: dict[str, str] = field(default_factory=dict)
    unchanged: bool = False
    notes: tuple[str, ...] = ()
    wait: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An item whose full text we hold. Can be built from plain values.

    >>> Article(title="Bridge opens", text="The bridge opened on Monday.", published="2026-03-10").published
    datetime.datetime(2026, 3, 10, 0, 0, tzinfo=datetime.timezone.utc)

    `text` is kept as it was read: paragraphs divided by a blank line, without the headline and without
    the site's furniture. `published` may be given as a datetime, a date or ISO 8601 text; `day_only` is
    set where only the day is known. `key_points` are the editors' own bullets, kept apart from the text.
    `notes` say in words what a reader must know about the reading (cut, only a teaser, no date).
    `id` is stable: without one it is made from the address, or else from title and text.

    Raises ValueError if `published` is text that is not a date.
    """

    text: str
    title: str | None = None
    id: str = ""
    source: str = ""
    url: str | None = None
    published: datetime | None = None
    day_only: bool = False
    authors: tuple[str, ...] = ()
    language: str | None = None
    key_points: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seen: datetime | None = None

    def __post_init__(self) -> None:
        # Plain values come in as people hold them; past this line every field has its one type.
        put = object.__setattr__
        when: object = self.published
        if isinstance(when, str):
            put(self, "day_only", len(when.strip()) == len("2026-03-10"))
            when = datetime.fromisoformat(when.strip())
        elif isinstance(when, date) and not isinstance(when, datetime):
            put(self, "day_only", True)
            when = datetime(when.year, when.month, when.day)
        if isinstance(when, datetime):
            put(self, "published", when if when.tzinfo else when.replace(tzinfo=UTC))
        put(self, "authors", tuple(self.authors))
        put(self, "key_points", tuple(self.key_points))
        put(self, "notes", tuple(self.notes))
        if not self.id:
            mark = self.url or f"{self.title or ''}\n{self.text}"
            put(self, "id", hashlib.sha256(mark.encode("utf-8", "surrogatepass")).hexdigest()[:16])

    def __hash__(self) -> int:
        # Tellings and layouts are looked up by their articles for every reader; equality still looks at every field.
        return hash((self.id, self.text))


@dataclass(frozen=True, slots=True)
class Sighting:
    """That a paragraph, known by `block`, stood in an article of a source; `sketch` says what that was about."""

    block: str
    article: str
    sketch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The articles that tell one event. The first one is the one to tell it from.

    `copies` holds ids of articles that repeat another one of the story nearly word for word.
    """

    id: str
    articles: tuple[Article, ...]
    copies: frozenset[str] = frozenset()

    @property
    def lead(self) -> Article:
        """The article the story is told from."""
        return self.articles[0]

    @property
    def outlets(self) -> tuple[str, ...]:
        """Names of the sources, each once, the lead's first."""
        return tuple(dict.fromkeys(article.source for article in self.articles))


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: what it is called, what it adds or takes, and why in words that can be checked."""

    name: str
    worth: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A story chosen for a topic, with its score, its parts, and the reasons in words.

    The score is the sum of its parts; 1 is a story that fits its topic fully, that many outlets tell just now.
    """

    story: Story
    topic: str = ""
    score: float = 0.0
    why: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """A story an edition told, or nearly: what decided it. `fate` says in words what became of it.

    `place` is its number in the edition, 0 if it is not there; `minutes` to read it, expected where it was not told.
    """

    story: str
    title: str | None
    source: str
    topic: str
    fate: str
    place: int = 0
    score: float = 0.0
    minutes: float = 0.0
    parts: tuple[Part, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullet:
    """One claim, the evidence it rests on, how well it is supported (0 to 1), how it was made.

    Where several independent outlets tell the story, `outlets` names those that report this, the one it is told after
    first, each with a span in `evidence`; `only` is True where clearly no other one has it.
    """

    text: str
    evidence: tuple[Evidence, ...]
    support: float
    made: str = "quoted"
    outlets: tuple[str, ...] = ()
    only: bool = False

    def __hash__(self) -> int:
        # As of an article.
        return hash((self.text, self.made))


@dataclass(frozen=True, slots=True)
class Stopped:
    """A bullet its article does not support: what it said, why not, and whether a quotation stands in its place."""

    text: str
    reasons: tuple[str, ...]
    quoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A pick told in bullets.

    `engine` names what told it. `whole` is True where the article was too short to condense and is given
    in full. `notes` say what a reader must know about the telling. `prompts` are the marks (`name@hash`) of those
    it was written by. `checked` counts the bullets the guard looked at, `stopped` holds those it did not let through.
    `differing` holds what independent outlets tell differently. `known` is set where the story goes on from an earlier
    edition: the claim told before that is nearest to what is told now. `headline` is one an engine wrote for an article
    that has none.
    """

    pick: Pick
    bullets: tuple[Bullet, ...]
    engine: str
    whole: bool = False
    notes: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    checked: int = 0
    stopped: tuple[Stopped, ...] = ()
    differing: tuple[Disagreement, ...] = ()
    known: Claim | None = None
    headline: str | None = None

    @property
    def told(self) -> str:
        """All that is read of it: the headline, what was known, the bullets, and what outlets tell differently."""
        differing = [f"{v.text} {' '.join(v.outlets)}" for one in self.differing for v in one.versions]
        told = [self.title or "", self.known.text if self.known else "", *(bullet.text for bullet in self.bullets)]
        return " ".join([*told, *differing])

    @property
    def title(self) -> str | None:
        """The headline of the article the story is told from, or the one written for it."""
        return self.pick.story.lead.title or self.headline

    @property
    def article(self) -> Article:
        """The article the story is told from."""
        return self.pick.story.lead

    def article_of(self, evidence: Evidence) -> Article:
        """The article that `evidence` points into. Raises KeyError if it is outside this summary."""
        for article in self.pick.story.articles:
            if article.id == evidence.article:
                return article
        raise KeyError(evidence.article)

    def quote(self, evidence: Evidence) -> str:
        """The words of the article that `evidence` points at.

        Raises KeyError if the evidence belongs to an article outside this summary.
        """
        return self.article_of(evidence).text[evidence.start : evidence.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """What a briefing has told of one story so far: its claims, the oldest first, and the articles they were told from.

    The articles have the text they had then. `title` is the newest headline.
    """

    story: str
    title: str
    claims: tuple[Claim, ...]
    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that failed alone. It is printed in the edition."""

    stage: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One dated issue of a configured briefing. It holds all that is needed to render it again.

    It opens with its `corrections`. `silent` are ids of articles of which nothing is told, as it was told before.
    """

    briefing: str
    slot: str
    title: str
    day: date
    language: str
    time_zone: str
    made: datetime
    summaries: tuple[Summary, ...] = ()
    problems: tuple[Problem, ...] = ()
    receipt: Receipt = field(default_factory=Receipt)
    topics: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    silent: tuple[str, ...] = ()
    id: str = ""
    account: tuple[Considered, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A reader's word on what an edition told, as the ledger keeps it.

    `action` is more, less, mute or wrong; `kind` is what it is said of (story, bullet, topic, source), `target` its id
    or name. `reader` is empty for the configuration's owner. `detail`: what a story was about, or bullet and evidence.
    """

    id: str
    action: str
    kind: str
    target: str
    briefing: str
    edition: str
    at: datetime
    reader: str = ""
    until: date | None = None
    via: str = "command"
    detail: dict[str, Any] = field(default_factory=dict)
