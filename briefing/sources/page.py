"""One page that is read again each time."""

from __future__ import annotations

from collections.abc import Mapping

from briefing.config import PageConfig
from briefing.fetch import local_path, read_file
from briefing.sources import Tools
from briefing.text import digest
from briefing.types import Collected, Item


class PageSource:
    """A page whose content has changed is a new item; what it repeats is recognised as told already."""

    def __init__(self, config: PageConfig, tools: Tools) -> None:
        self.name = config.name
        self.address = config.url
        self._url = config.url
        self._language = config.language
        self._tools = tools

    def collect(self, state: Mapping[str, str]) -> Collected:
        """The page, if it has changed."""
        path = local_path(self._url)
        if path is not None:
            path = (self._tools.base / path.expanduser()).absolute()
            body, url, media_type = read_file(path, self._tools.max_bytes), path.as_uri(), "text/html"
            after: dict[str, str] = {}
            wait: float | None = None
        else:
            answer = self._tools.fetcher.get(
                self._url,
                accept="text/html, */*;q=0.5",
                etag=state.get("etag"),
                modified=state.get("modified"),
            )
            wait = answer.fresh_for
            if answer.unchanged:
                return Collected(state=dict(state), unchanged=True, wait=wait)
            body, url, media_type = answer.body, answer.url, answer.media_type or "text/html"
            after = {k: v for k, v in (("etag", answer.etag), ("modified", answer.last_modified)) if v}
        mark = digest(body)
        after["digest"] = mark
        if mark == state.get("digest"):
            return Collected(state=after, unchanged=True, wait=wait)
        item = Item(
            source=self.name,
            key=f"{self._url}#{mark}",
            url=url,
            language=self._language,
            body=body,
            media_type=media_type,
            updated=mark,
        )
        return Collected(items=(item,), state=after, wait=wait)
