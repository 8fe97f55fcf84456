"""Mails by our own templates: what readers have in common is laid out once, with gaps for what is one reader's own."""

from __future__ import annotations

from itertools import count
from typing import Any

from briefing.filling import fill, inline_styles
from briefing.forms import STORY_TEMPLATES, template_of
from briefing.gaps import divided, frame_in, outline, places, with_gaps
from briefing.kept import Kept

__all__ = ["Lines", "Mails"]

FRAMES = 200  # of mails that differ in more than their texts
PIECES = 100  # of one story: its numbers, its reasons
FRAME = (
    "title", "day", "minutes", "nothing", "preview", "corrections", "confirmed", "page", "cut", "cut_stories",
    "receipt", "just_missed", "problems", "more_problems", "leave", "by_mail",
)  # fmt: skip
"""What a mail's template says around its stories, beside the lead and the words of the language."""


class Mails:
    """Keeps what was laid out. Styles stand inside the elements."""

    def __init__(self) -> None:
        self._frames: Kept[tuple[Any, ...], tuple[str, ...]] = Kept(FRAMES)
        self._head: tuple[str, ...] = ()

    def story(self, story: dict[str, Any], say: dict[str, str], *, answered: bool) -> tuple[str, ...]:
        """A story's part of a mail, for `gaps.filled_in`. Raises RenderError."""
        page = fill(None, STORY_TEMPLATES["mail"], {"story": {**story, **places(answered, say)}, "say": say})
        return divided(inline_styles(page, part=True))

    def page(self, values: dict[str, Any]) -> str:
        """The mail of what a template sees, whose stories are `laid_out`. Raises RenderError."""
        own = {key: values[key] for key in FRAME}
        own["count"] = bool(values["count"])
        own["lead"] = [
            {"title": story["title"], "outlet": story["outlet"], "number": str(story["number"])}
            for story in values["lead"]
        ]
        texts: list[str] = []
        key = (values["language"], outline(own, texts))
        parts = self._frames.get(key)
        if parts is None:
            # The last gap is that of the stories.
            gaps = with_gaps({**own, "body": "stories"}, count())
            page = fill(None, template_of("mail"), {**gaps, "language": values["language"], "say": values["say"]})
            parts = self._frames.put(key, divided(inline_styles(page)))
        return frame_in(parts, texts, "".join(map(self._section, values["sections"])))

    def _section(self, section: dict[str, Any]) -> str:
        if not self._head:
            page = fill(None, "mail_section.html.j2", with_gaps({"section": {"name": "name"}}, count()))
            self._head = divided(inline_styles(page, part=True))
        return frame_in(self._head, [section["name"]], "") + "".join([one["laid_out"] for one in section["stories"]])


class Lines:
    """One story's lines of a mail's text: its head is another for each number, its foot for each reason."""

    def __init__(self, story: dict[str, Any], say: dict[str, str]) -> None:
        self._story = story
        self._say = say
        self._body = self._filled(STORY_TEMPLATES["mailtext"], {})
        self._heads: Kept[int, str] = Kept(PIECES)
        self._feet: Kept[str, str] = Kept(PIECES)

    def of(self, number: int, why: str) -> str:
        """The lines for one reader. Raises RenderError."""
        head, foot = self._heads.get(number), self._feet.get(why)
        if head is None:
            head = self._heads.put(number, self._filled("edition_head.txt.j2", {"number": number}))
        if foot is None:
            foot = self._feet.put(why, self._filled("edition_foot.txt.j2", {"why": why}))
        return head + self._body + foot

    def _filled(self, name: str, own: dict[str, Any]) -> str:
        return fill(None, name, {"story": {**self._story, **own}, "say": self._say})
