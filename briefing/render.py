"""An edition dressed as Markdown, HTML, plain text, mail, note or short messages.

Templates are Jinja2, sandboxed; HTML is autoescaped.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from briefing.errors import ExtractError, RenderError
from briefing.escape import Rendered
from briefing.filling import fill, inline_styles, load
from briefing.forms import (
    BLOCK,
    Cleaned,
    Format,
    Offer,
    address_of,
    answers,
    clean,
    counted,
    differing,
    json_text,
    leave,
    link_of,
    preview,
    receipt_lines,
    template_of,
    told,
    voice_of,
    whole_stories,
)
from briefing.gaps import filled_in
from briefing.kept import Kept
from briefing.mails import Lines, Mails
from briefing.prompts import data_folder
from briefing.text import fragment_link, is_web, one_line, opening, reading_minutes, words
from briefing.types import Article, Bullet, Correction, Edition, Problem, Summary
from briefing.worker import Worker

LEAD_LINES = 5
PROBLEM_LINES = 15
TEMPLATE_SECONDS, TEMPLATE_MEMORY = 10.0, 1_000_000_000
"""What filling a template of the user's may take."""
MAIL_BYTES = 100_000
"""Gmail cuts a mail off at 102 KB; what lies beyond is not read."""
STORIES = 1000  # that are kept: each is laid out once for all readers, in each form, language and time zone
LATELY = 100  # of their tellings that are known again without a look inside
NAMED = 40
"""Stories cut off a mail that are still named, with their links."""


class Renderer:
    """`folder` is the user's own templates, which replace ours one by one."""

    def __init__(self, folder: Path | None = None) -> None:
        own = data_folder("templates")
        self._folder = folder
        self._said: dict[str, dict[str, str]] = {}
        self._stories: Kept[tuple[Any, ...], dict[tuple[Any, ...], dict[str, Any]]] = Kept(STORIES)
        self._lately: Kept[int, tuple[Summary, dict[tuple[Any, ...], dict[str, Any]]]] = Kept(LATELY)
        self._mails = Mails()
        try:
            self._words: dict[str, dict[str, str]] = tomllib.loads((own / "words.toml").read_text(encoding="utf-8"))
            if folder and (folder / "words.toml").is_file():
                mine = tomllib.loads((folder / "words.toml").read_text(encoding="utf-8"))
                self._words = {code: self._words.get(code, {}) | mine.get(code, {}) for code in {*self._words, *mine}}
        except (OSError, ValueError) as error:
            raise RenderError(f"words.toml: {error}") from error

    def render(
        self,
        edition: Edition,
        form: Format,
        problems: Sequence[Problem] = (),
        offer: Offer | None = None,
        page: str = "",
        confirmed: Sequence[str] = (),
    ) -> str:
        """The edition as text of the format `form`; `problems` came up since it was made.

        `confirmed` tells the reader what became of earlier answers. `offer` says how more can be given. `page` is
        where the whole edition can be read. A mail that would be larger than `MAIL_BYTES` loses whole stories from its
        end, and says so.
        Raises RenderError if a template is missing or wrong.
        """
        edition = replace(edition, problems=(*edition.problems, *problems))
        if form == "json":
            return json_text(edition)
        if form == "blocks":
            text = self.filled(template_of(form), self._view(edition, form, 0, offer, page, confirmed))
            blocks = [block.strip() for block in text.split(BLOCK)]
            return json.dumps([block for block in blocks if block], ensure_ascii=False)
        view = partial(self._view, edition, form, offer=offer, page=page, confirmed=confirmed)
        if form != "mail":
            return self.filled(template_of(form), view(0))
        return whole_stories(len(edition.summaries), lambda dropped: self._mail(view(dropped)), MAIL_BYTES)

    def subject(self, edition: Edition) -> str:
        """What the edition is called in a list of mails."""
        return one_line(f"{edition.title}, {self._day(edition)}")

    def words(self, language: str) -> dict[str, str]:
        """The words editions themselves say, in a language."""
        code = language.split("-", maxsplit=1)[0].lower()
        if code not in self._said:
            own = self._words.get(code, {})
            # Where a language has one word for all numbers, English has no singular to give it.
            english = {
                k: word for k, word in self._words["en"].items() if k.removesuffix("_one") not in own or k in own
            }
            self._said[code] = Cleaned(clean(english | own))
        return self._said[code]

    def view(self, edition: Edition, problems: Sequence[Problem] = ()) -> dict[str, Any]:
        """What a template of HTML sees of an edition: text and numbers, for a page that shows more around it."""
        return self._view(replace(edition, problems=(*edition.problems, *problems)), "html", 0)

    def account(self, edition: Edition) -> list[str]:
        """What became of everything, as it stands in the edition's foot, a line each."""
        return receipt_lines(edition, self._say(edition))

    def load(self, *names: str) -> None:
        """Read and compile templates now. Raises RenderError if one is missing or wrong."""
        load(self._folder, names)

    def page(self, name: str, values: dict[str, Any]) -> str:
        """A page of its own, such as "replay.html.j2", filled with plain values. Raises RenderError."""
        return self._filled(name, values)

    def filled(self, name: str, values: dict[str, Any]) -> str:
        """A template filled with values of which nothing can hide, reorder or break what stands around it."""
        return self._filled(name, clean(values))

    def inlined(self, name: str, values: dict[str, Any]) -> str:
        """`filled`, for mail: styles stand inside the elements. Raises RenderError."""
        return inline_styles(self.filled(name, values))

    def _mail(self, values: dict[str, Any]) -> str:
        return self._mails.page(values) if self._folder is None else self.inlined(template_of("mail"), values)

    def _filled(self, name: str, values: dict[str, Any]) -> str:
        if self._folder is None:
            return fill(None, name, values)
        # A template of the user's may loop for ever or fill the memory; a process can be ended.
        try:
            with Worker(TEMPLATE_SECONDS, TEMPLATE_MEMORY) as worker:
                return worker.call(name, fill, self._folder, name, values)
        except ExtractError as error:
            raise RenderError(f"template {name}: filling it was stopped; {error.message}") from error

    def _say(self, edition: Edition) -> dict[str, str]:
        return self.words(edition.language)

    @staticmethod
    def _day(edition: Edition) -> str:
        day = _date(edition.day, "full", edition.language)
        # Several issues of a day are told apart by their time.
        _, mark, at = edition.slot.partition("T")
        return f"{day}, {at}" if mark else day

    def _when(self, article: Article, edition: Edition, say: dict[str, str]) -> str:
        from babel.dates import format_skeleton

        if article.published is None:
            return say["undated"]
        if article.day_only:
            return _date(article.published.date(), "medium", edition.language)
        local = article.published.astimezone(ZoneInfo(edition.time_zone))
        day = _date(local.date(), "medium", edition.language)
        return f"{day}, {format_skeleton('Hm', local, locale=_locale(edition.language))}"

    def _view(
        self,
        edition: Edition,
        form: Format,
        dropped: int,
        offer: Offer | None = None,
        page: str = "",
        confirmed: Sequence[str] = (),
    ) -> dict[str, Any]:
        """What a template sees: text and numbers, no objects of ours and nothing of the environment."""
        say = self._say(edition)
        told = edition.summaries[: len(edition.summaries) - dropped] if dropped else edition.summaries
        stories = [self._story(summary, number, edition, say, form, offer) for number, summary in enumerate(told, 1)]
        sections: list[dict[str, Any]] = []
        for summary, story in zip(told, stories, strict=True):
            if not sections or sections[-1]["topic"] != summary.pick.topic:
                name = summary.pick.topic or say["also_today" if edition.topics else "news"]
                sections.append({"topic": summary.pick.topic, "name": name, "stories": []})
            sections[-1]["stories"].append(story)
        ranked = sorted(range(len(told)), key=lambda i: (-told[i].pick.score, i))
        lead = [stories[i] for i in ranked[:LEAD_LINES]] if len(stories) > 1 else []
        corrections = self._corrections(edition, say, form)
        minutes = sum(story["minutes_of_bullets"] for story in stories)
        problems = [{"subject": p.subject, "message": p.message, "stage": p.stage} for p in edition.problems]
        return {
            "title": edition.title,
            "briefing": edition.briefing,
            "slot": edition.slot,
            "made": edition.made.isoformat(),
            "topics": list(edition.topics),
            "day": self._day(edition),
            "iso_day": edition.day.isoformat(),
            "language": edition.language,
            "say": say,
            "minutes": say["minutes"].format(n=max(1, round(minutes))),
            "lead": lead,
            "preview": preview(corrections, lead, say),
            "sections": sections,
            "corrections": corrections,
            "count": len(stories),
            "nothing": say["nothing"] if edition.receipt.articles_considered else say["nothing_at_all"],
            "cut": counted(say, "cut", dropped) if dropped else "",
            "cut_stories": self._cut(edition, dropped, say, form),
            "receipt": receipt_lines(edition, say),
            "just_missed": list(edition.receipt.examples_left_out),
            "problems": problems[:PROBLEM_LINES],
            "more_problems": max(0, len(problems) - PROBLEM_LINES),
            "confirmed": list(confirmed),
            "page": page,
            "leave": leave(offer, say),
            "by_mail": offer is not None and offer.by_mail,
            "for_mail": form == "mail",
        }

    def _cut(self, edition: Edition, dropped: int, say: dict[str, str], form: Format) -> list[dict[str, Any]]:
        """The stories that did not fit, as far as they are named: number, title, address and outlet."""
        first = len(edition.summaries) - dropped
        cut = edition.summaries[first : first + NAMED]
        stories = [self._story(summary, first + at, edition, say, form) for at, summary in enumerate(cut, 1)]
        return [{key: story[key] for key in ("number", "title", "url", "outlet")} for story in stories]

    def _story(
        self,
        summary: Summary,
        number: int,
        edition: Edition,
        say: dict[str, str],
        form: Format,
        offer: Offer | None = None,
    ) -> dict[str, Any]:
        """What a template sees of a story. What is not one reader's own is kept for the other readers."""
        forms = self._forms_of(summary)
        key = (edition.language, edition.time_zone, form, offer is None)
        shared = forms.get(key)
        if shared is None:
            told = clean(self._told(summary, edition, say, form))
            shared = forms[key] = self._laid_out(told, say, form, answered=offer is not None)
        why = clean("; ".join(summary.pick.why))
        own: dict[str, Any] = {"number": number, "why": why}
        if "lines" in shared:
            own["body"] = Rendered(shared["lines"].of(number, why))
            return Cleaned({**shared, **own})
        own["answers"] = answers(offer, number, say)
        if "laid_out" in shared:
            own["laid_out"] = filled_in(shared["laid_out"], number, why, own["answers"])
        return Cleaned({**shared, **own})

    def _forms_of(self, summary: Summary) -> dict[tuple[Any, ...], dict[str, Any]]:
        """What is kept of a story that is told like this, by its form."""
        # The next format of the same edition has the very same summary, which need not be compared again.
        lately = self._lately.get(id(summary))
        if lately is not None and lately[0] is summary:
            return lately[1]
        key = (
            summary.pick.story.articles, summary.bullets, summary.differing, summary.known, summary.notes,
            summary.whole, summary.engine,
        )  # fmt: skip
        forms = self._stories.get(key)
        if forms is None:
            forms = self._stories.put(key, {})
        return self._lately.put(id(summary), (summary, forms))[1]

    def _laid_out(self, story: dict[str, Any], say: dict[str, str], form: Format, answered: bool) -> dict[str, Any]:
        """The story with what is the same of its layout for every reader, where our own templates make a mail."""
        if self._folder is None and form == "mail":
            return {**story, "laid_out": self._mails.story(story, say, answered=answered)}
        if self._folder is None and form == "mailtext":
            return {**story, "lines": Lines(story, say)}
        return story

    def _told(self, summary: Summary, edition: Edition, say: dict[str, str], form: Format) -> dict[str, Any]:
        article, story, known = summary.article, summary.pick.story, summary.known
        others = [outlet for outlet in story.outlets if outlet != article.source]
        link = link_of(article, form)
        notes = [note for note in summary.notes if note != "without a date"]
        if summary.whole:
            notes.append(say["whole"])
        return {
            "title": summary.title or opening(summary.bullets[0].text),
            "url": link,
            "outlet": article.source,
            "others": others,
            "authors": list(article.authors),
            "when": self._when(article, edition, say),
            "minutes": say["minutes"].format(n=max(1, round(reading_minutes(article.text)))),
            "minutes_of_bullets": reading_minutes(summary.told),
            "bullets": [self._bullet(bullet, summary, say, form) for bullet in summary.bullets],
            "differing": [differing(one, summary, say) for one in summary.differing],
            "goes_on": known is not None,
            "known": say["known"].format(day=_date(known.day, "long", edition.language)) if known else "",
            "known_text": known.text if known else "",
            "told": told(summary, say),
            "notes": notes,
        }

    def _corrections(self, edition: Edition, say: dict[str, str], form: Format) -> list[dict[str, Any]]:
        """One entry for each article and what it says now, with all that we told of it."""
        found: dict[tuple[str, str, date], dict[str, Any]] = {}
        for one in edition.corrections:
            entry = found.setdefault((one.article, one.now, one.day), self._correction(one, edition, say, form))
            entry["told_texts"].append(one.told)
        return list(found.values())

    def _correction(self, one: Correction, edition: Edition, say: dict[str, str], form: Format) -> dict[str, Any]:
        says = say["noted"] if one.noted else say["now_says"] if one.now else say["now_silent"]
        return {
            "title": one.title,
            "url": address_of(one.url, form),
            "told": say["we_told"].format(day=_date(one.day, "long", edition.language)),
            "told_texts": [],
            "now": says.format(outlet=one.outlet),
            "now_text": one.now,
        }

    @staticmethod
    def _bullet(bullet: Bullet, summary: Summary, say: dict[str, str], form: Format) -> dict[str, Any]:
        evidence = bullet.evidence[0]
        quote = one_line(summary.quote(evidence))
        link = link_of(summary.article_of(evidence), form)
        target = fragment_link(str(link), bullet.text if bullet.made == "quoted" else quote) if is_web(link) else link
        # Without its dateline a quoted sentence is still the sentence.
        same = bullet.text == quote or (
            quote.endswith(bullet.text) and len(words(quote)) - len(words(bullet.text)) <= 8
        )
        home = summary.article_of(evidence).source
        return {
            "text": bullet.text,
            "url": target,
            "quote": quote,
            "same": same,
            "support": bullet.support,
            "made": bullet.made,
            "outlet": home,
            # In a story of one outlet nothing is gained by naming it at each bullet.
            "outlets": list(bullet.outlets),
            "only": say["only"].format(outlet=bullet.outlets[0]) if bullet.only and bullet.outlets else "",
            "voices": [
                voice_of(summary, one, form) for one in bullet.evidence[1:] if summary.article_of(one).source != home
            ],
        }


def _locale(language: str) -> Any:
    from babel import Locale, UnknownLocaleError

    # Babel's plain "en" is American; a date such as "Tuesday, 10 March" serves everyone.
    code = {"en": "en-GB"}.get(language, language)
    try:
        return Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


@lru_cache(maxsize=256)
def _date(day: date, form: Literal["medium", "long", "full"], language: str) -> str:
    from babel.dates import format_date

    return format_date(day, format=form, locale=_locale(language))


def local_time(moment: datetime, zone: str) -> str:
    """A moment as people of `zone` write it, for tables in a terminal."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
