"""Mails by our own templates: what readers have in common is laid out once, with gaps for what is one reader's own."""

from __future__ import annotations

from itertools import count
from typing import Any

from briefing.filling import fill, inline_styles
from briefing.forms import STORY_TEMPLATES, template_of
from briefing.gaps import divided, frame_in, outline, places, with_gaps
from briefing.kept import Kept

__all__ = ["Mails"]

FRAMES = 200  # of mails that differ in more than their texts
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
