"""The forms an edition takes outside, what a reader is offered in them, and its JSON document."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from briefing.escape import Escaped, web_link
from briefing.text import fragment_link, is_web, normalise, one_line
from briefing.types import Article, Disagreement, Edition, Evidence, Summary

__all__ = [
    "ANSWERS",
    "AT_HOME",
    "BLOCK",
    "STORY_TEMPLATES",
    "Cleaned",
    "Format",
    "Offer",
    "address_of",
    "answers",
    "clean",
    "differing",
    "document",
    "json_text",
    "leave",
    "link_of",
    "preview",
    "receipt_lines",
    "tag",
    "template_of",
    "told",
    "voice_of",
    "whole_stories",
    "wrap",
    "yaml_text",
]

TEXT_WIDTH = 78
PREVIEW, PREVIEW_LEEWAY = 160, 5  # characters; so many more are not worth a cut

Format = Literal["md", "html", "txt", "mail", "mailtext", "json", "entry", "blocks", "obsidian", "logseq"]
"""mail, mailtext: the parts of a mail. entry: HTML for a feed. blocks: a JSON array of short texts, one per story."""

_TEMPLATES = {
    "mail": "mail.html.j2", "mailtext": "edition.txt.j2", "entry": "entry.html.j2", "blocks": "blocks.txt.j2",
    "obsidian": "obsidian.md.j2", "logseq": "logseq.md.j2",
}  # fmt: skip


STORY_TEMPLATES = {"mail": "mail_story.html.j2", "mailtext": "edition_story.txt.j2"}
"""Of what goes to many readers: the part of a story that is the same for all of them."""


@dataclass(frozen=True, slots=True)
class Offer:
    """How a reader can answer: `address` gives the address that carries a word ("more") on what it is said of ("3").

    `by_mail` says that the mail itself can be answered.
    """

    address: Callable[[str, str], str]
    by_mail: bool = False


AT_HOME = frozenset({"md", "html", "txt", "obsidian", "logseq"})
"""Formats that stay on this machine: only there a link may lead to a file of it."""

BLOCK = "\f"
"""Ends a block of "blocks". No text of an edition can hold it: white space is folded."""


ANSWERS = ("more", "less", "full")
"""What a reader can say of a story with one click."""

VERSION = 1
"""Of the document's form. Keys may be added under the same number; none is renamed or taken away."""

# Code points that are no characters, and the invisible "tags" that can hide a text inside another.
_LAST = "".join(chr(plane * 0x10000 + end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
_NOTHING = re.compile(f"[\ufdd0-\ufdef\U000e0000-\U000e007f{_LAST}]")


class Cleaned(dict[str, Any]):
    """Values that went through `clean`."""


def clean(value: Any) -> Any:
    r"""Plain values whose texts hold nothing that hides, reorders or breaks what stands around them.

    >>> clean({"title": "a\u202eb\ud800\nc"})
    {'title': 'ab? c'}
    """
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, Cleaned):
        return value
    if isinstance(value, dict):
        return {key: clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [clean(one) for one in value]
    return value


@lru_cache(maxsize=4096)
def _clean(text: str) -> str:
    return one_line(normalise(_NOTHING.sub("", text.encode("utf-8", "replace").decode())))


def json_text(edition: Edition) -> str:
    """`document` as JSON text."""
    return json.dumps(document(edition), ensure_ascii=False, indent=2) + "\n"


def document(edition: Edition) -> dict[str, Any]:
    """The edition as plain values, in a form that stays: stories with their bullets, evidence and links, and what
    became of everything else. Times are ISO 8601 in UTC.
    """
    problems = [{"stage": p.stage, "subject": p.subject, "message": p.message} for p in edition.problems]
    found: dict[str, Any] = clean(
        {
            "version": VERSION,
            "id": edition.id,
            "briefing": edition.briefing,
            "slot": edition.slot,
            "title": edition.title,
            "day": edition.day.isoformat(),
            "language": edition.language,
            "time_zone": edition.time_zone,
            "made": _moment(edition.made),
            "topics": list(edition.topics),
            "stories": [_story(summary, number) for number, summary in enumerate(edition.summaries, 1)],
            "problems": problems,
            "receipt": asdict(edition.receipt),
        }
    )
    return found


def _story(summary: Summary, number: int) -> dict[str, Any]:
    article, story = summary.article, summary.pick.story
    return {
        "number": number,
        "id": story.id,
        "topic": summary.pick.topic,
        "title": summary.title,
        "url": web_link(article.url),
        "source": article.source,
        "sources": list(story.outlets),
        "authors": list(article.authors),
        "published": None if article.published is None else _published(article.published, article.day_only),
        "score": summary.pick.score,
        "why": list(summary.pick.why),
        "engine": summary.engine,
        "whole": summary.whole,
        "notes": list(summary.notes),
        "bullets": [
            {
                "text": bullet.text,
                "made": bullet.made,
                "support": bullet.support,
                "evidence": [{"article": e.article, "text": summary.quote(e)} for e in bullet.evidence],
            }
            for bullet in summary.bullets
        ],
    }


def _published(when: datetime, day_only: bool) -> str:
    return when.date().isoformat() if day_only else _moment(when)


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def template_of(form: Format) -> str:
    """The template of a format."""
    return _TEMPLATES.get(form, f"edition.{form}.j2")


def answers(offer: Offer | None, number: int, say: dict[str, str]) -> list[dict[str, str]]:
    """What a reader can say of a story with one click."""
    if offer is None:
        return []
    return [{"name": say[f"answer_{word}"], "url": offer.address(word, str(number))} for word in ANSWERS]


def leave(offer: Offer | None, say: dict[str, str]) -> list[dict[str, str]]:
    """How a reader pauses or ends what comes."""
    if offer is None:
        return []
    return [{"name": say[f"answer_{word}"], "url": offer.address(word, "")} for word in ("pause", "unsubscribe")]


def yaml_text(text: str) -> Escaped:
    """Text as a quoted scalar of YAML, for front matter: JSON's form is YAML's too."""
    return Escaped(json.dumps(one_line(text), ensure_ascii=False))


def tag(text: str) -> str:
    """A topic's name as a tag of a note-taker: letters, digits and hyphens.

    >>> tag("Energy & climate")
    'energy-climate'
    """
    return "-".join(word.casefold() for word in re.findall(r"[^\W_]+", text))


def link_of(article: Article, form: Format) -> str | None:
    """An article's address where a reader of this format can follow it."""
    return address_of(article.url, form)


def address_of(url: str | None, form: Format) -> str | None:
    """A web address, or in what stays here that of a file of the reader's own: no page from the network has one."""
    own = url if url is not None and re.fullmatch(r"file:///[^\s<>\"'`]+", url) else None
    return web_link(url) or (own if form in AT_HOME else None)


def voice_of(summary: Summary, evidence: Evidence, form: Format) -> dict[str, Any]:
    """What another outlet says of the same, with the address of that very sentence."""
    article = summary.article_of(evidence)
    quote, link = one_line(summary.quote(evidence)), link_of(article, form)
    return {
        "outlet": article.source,
        "quote": quote,
        "url": fragment_link(str(link), quote) if is_web(link) else link,
    }


def differing(one: Disagreement, summary: Summary, say: dict[str, str]) -> dict[str, Any]:
    """A disagreement in a line, "12 dead: A, B; 15: C", what kind it is, and the sentences it rests on."""
    about = say.get(one.about, one.about)
    parts = []
    for number, version in enumerate(one.versions):
        text = f"“{version.text}”" if one.kind in ("outcome", "corrected") else version.text
        what = f" {about}" if about and number == 0 else ""
        later = f"{say['later']} " if one.kind == "revised" and number else ""
        parts.append(f"{later}{text}{what}: {', '.join(version.outlets)}")
    rests = [
        {"outlet": summary.article_of(evidence).source, "quote": one_line(summary.quote(evidence))}
        for version in one.versions
        for evidence in version.evidence[:1]
        if one.kind in ("figure", "revised")
    ]
    return {"label": say.get(one.kind, say["differing"]), "text": "; ".join(parts), "rests": rests}


def told(summary: Summary, say: dict[str, str]) -> str:
    """How a story was made: what its bullets are, each kind once."""
    kinds = dict.fromkeys(bullet.made for bullet in summary.bullets)
    return ", ".join(say["written"].format(name=summary.engine) if k == "written" else say.get(k, k) for k in kinds)


def preview(corrections: Sequence[Mapping[str, Any]], lead: Sequence[Mapping[str, Any]], say: Mapping[str, str]) -> str:
    """What a list of mails shows of a mail beside its subject: headlines, up to about `PREVIEW` characters.

    >>> preview([], [{"title": "Bread"}, {"title": "Roses"}], {})
    'Bread · Roses'
    """
    line = " · ".join(str(one["title"]) for one in corrections or lead)
    if len(line) > PREVIEW + PREVIEW_LEEWAY:
        line = line[: PREVIEW - 3].rsplit(" ", 1)[0] + "..."
    return f"{say['corrections']}: {line}" if corrections else line


def whole_stories(count: int, body: Callable[[int], str], most: int) -> str:
    """`body` with the fewest of `count` stories dropped so that it has at most `most` bytes.

    What is dropped is named, which takes room itself, so the number is searched for, not computed.
    """
    best = body(0)
    if len(best.encode()) <= most or not count:
        return best
    low, high, best = 0, count, body(count)
    while high - low > 1:
        middle = (low + high) // 2
        found = body(middle)
        if len(found.encode()) <= most:
            high, best = middle, found
        else:
            low = middle
    return best


def counted(say: dict[str, str], key: str, count: int, **fields: object) -> str:
    """What `say` has for so many: its singular ("KEY_one") for one, where there is one. `n` is the count.

    >>> counted({"new": "{n} stories", "new_one": "{n} story"}, "new", 1)
    '1 story'
    """
    word = say.get(f"{key}_one", say[key]) if count == 1 else say[key]
    return word.format(**({"n": count} | fields))


def receipt_lines(edition: Edition, say: dict[str, str]) -> list[str]:
    """What became of everything, a line each, in the words of `say`."""
    account = edition.receipt
    when = edition.made.astimezone(ZoneInfo(edition.time_zone)).strftime("%Y-%m-%d %H:%M %Z")
    lines = [
        say["sources"].format(
            read=account.sources_read, unchanged=account.sources_unchanged, failed=account.sources_failed
        )
        + (", " + counted(say, "late", account.sources_late) if account.sources_late else "")
    ]
    articles = say["articles"].format(new=account.articles_new, considered=account.articles_considered)
    merged = "; " + counted(say, "merged", account.merged) if account.merged else ""
    lines.append(articles + merged)
    counts = {
        "outside": account.outside_topics, "over": account.over_limit, "muted": account.muted,
        "repeated": account.already_told, "silent": account.silent, "old": account.too_old,
        "not_told": account.not_told,
    }  # fmt: skip
    parts = [counted(say, key, count) for key, count in counts.items() if count]
    if parts:
        out = say["left_out"].format(parts=", ".join(parts))
        lines.append(out[:1].upper() + out[1:])
    if account.quiet_topics and edition.summaries:
        lines.append(say["quiet"].format(topics=", ".join(account.quiet_topics)))
    if account.undated:
        lines.append(counted(say, "undated_count", account.undated))
    if account.quarantined:
        lines.append(counted(say, "quarantined", account.quarantined))
    if account.checked:
        fields = {"checked": account.checked, "replaced": account.replaced, "dropped": account.dropped}
        lines.append(say["guard"].format(**fields))
    written = any(bullet.made == "written" for summary in edition.summaries for bullet in summary.bullets)
    lines.append(say["made_written" if written else "made"].format(when=when, engine=account.engine))
    if account.seconds:
        bullets = sum(len(summary.bullets) for summary in edition.summaries)
        took = [counted(say, "took", bullets, n=f"{account.seconds:.0f}", bullets=bullets)]
        if account.tokens:
            took.append(counted(say, "tokens", account.tokens))
        if account.cost:
            took.append(say["money"].format(n=f"{account.cost:.4g}"))
        lines.append(", ".join(took))
    return lines


@lru_cache(maxsize=8192)
def wrap(text: str, indent: str = "", first: str | None = None, width: int = TEXT_WIDTH) -> str:
    """Text broken at `width` columns; no word is broken, so that addresses stay whole.

    >>> wrap("a b", "  ", "- ", 3)
    '- a\\n  b'
    """
    line, lead = one_line(text), indent if first is None else first
    if line and len(lead) + len(line) <= width:
        return lead + line
    return textwrap.fill(
        line,
        width=width,
        initial_indent=lead,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
