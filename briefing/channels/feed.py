"""Editions as a feed: Atom (RFC 4287) and JSON Feed 1.1, kept as files in a folder any web server can serve."""

from __future__ import annotations

import json
import logging
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from briefing.channels.folder import stem, write_all
from briefing.config import FeedChannelConfig
from briefing.errors import DeliveryError
from briefing.types import Message, Recipient

log = logging.getLogger(__name__)

_ATOM = "http://www.w3.org/2005/Atom"
_FOLDER = ".entries"


class FeedChannel:
    """The folder is its own memory: each edition's entry lies in `.entries`, and the feeds are made of them anew."""

    repeatable = True
    lasting = True
    formats: tuple[str, ...] = ("entry", "html")

    def __init__(self, config: FeedChannelConfig, base: Path) -> None:
        self.name = "feed"
        self._folder = (base / Path(config.folder).expanduser()).absolute()
        self._url = config.url.rstrip("/") if config.url else None
        self._most = config.entries

    def recipients(self) -> tuple[Recipient, ...]:
        """The folder."""
        return (Recipient(self.name, str(self._folder)),)

    def page(self, slot: str) -> str | None:
        """Where the page of an issue can be read, if the folder is served."""
        return self._at(f"{re.sub(r'[^0-9A-Za-z_.+-]', '', slot)}.html") if self._url else None

    def send(self, message: Message) -> str:
        """Write the edition's page and entry, then both feeds; returns the feeds' paths, one a line."""
        folder = Path(message.recipient)
        entry = {
            # RFC 4287: an entry's id never changes, whatever becomes of the feed's address.
            "id": uuid.uuid5(uuid.NAMESPACE_URL, f"briefing:{message.id}").urn,
            "title": message.subject,
            "page": f"{stem(message)}.html",
            "updated": message.made.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "slot": message.slot or message.day.isoformat(),
            "html": message.bodies["entry"],
        }
        page = {str(entry["page"]): message.bodies["html"], f"{_FOLDER}/{stem(message)}.json": json.dumps(entry)}
        write_all(folder, page)
        entries = self._entries(folder)
        about = {"title": message.title or message.briefing, "name": message.briefing}
        feeds = {"feed.atom": self._atom(about, entries), "feed.json": self._json(about, entries)}
        return "\n".join(str(path) for path in write_all(folder, feeds))

    def _entries(self, folder: Path) -> list[dict[str, Any]]:
        """Newest first; a file that is damaged is left out and named in the log."""
        entries = []
        try:
            files = sorted((folder / _FOLDER).glob("*.json"))
        except OSError as error:
            raise DeliveryError(str(folder), f"can't be read: {error.strerror}", retryable=True) from error
        for path in files:
            try:
                entry = json.loads(path.read_text(encoding="utf-8"))
                _ = datetime.fromisoformat(entry["updated"]), entry["html"], entry["title"], entry["id"], entry["slot"]
                entries.append(entry)
            except (OSError, ValueError, KeyError, TypeError) as error:
                log.warning("%s is left out of the feed: %s", path, error)
        entries.sort(key=lambda entry: (entry["slot"], entry["updated"]), reverse=True)
        return entries[: self._most]

    def _at(self, name: str) -> str:
        return f"{self._url}/{name}" if self._url else name

    def _identity(self, name: str) -> str:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"briefing-feed:{self._url or self._folder}:{name}").urn

    def _atom(self, about: dict[str, str], entries: list[dict[str, Any]]) -> str:
        from lxml import etree

        def put(parent: Any, tag: str, text: str | None = None, **attributes: str) -> Any:
            element = etree.SubElement(parent, f"{{{_ATOM}}}{tag}", attributes)
            element.text = text
            return element

        feed = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})
        put(feed, "id", self._identity(about["name"]))
        put(feed, "title", about["title"])
        put(feed, "updated", max((entry["updated"] for entry in entries), default="1970-01-01T00:00:00Z"))
        put(put(feed, "author"), "name", about["title"])
        put(feed, "generator", "briefing")
        if self._url:
            put(feed, "link", rel="self", type="application/atom+xml", href=self._at("feed.atom"))
        for entry in entries:
            one = put(feed, "entry")
            put(one, "id", entry["id"])
            put(one, "title", entry["title"])
            put(one, "updated", entry["updated"])
            put(one, "published", entry["updated"])
            put(one, "link", rel="alternate", type="text/html", href=self._at(entry["page"]))
            put(one, "content", entry["html"], type="html")
        etree.indent(feed)
        return str(etree.tostring(feed, xml_declaration=True, encoding="UTF-8").decode())

    def _json(self, about: dict[str, str], entries: list[dict[str, Any]]) -> str:
        feed: dict[str, Any] = {"version": "https://jsonfeed.org/version/1.1", "title": about["title"]}
        if self._url:
            feed |= {"home_page_url": f"{self._url}/", "feed_url": self._at("feed.json")}
        feed["authors"] = [{"name": about["title"]}]
        feed["items"] = [
            {
                "id": entry["id"],
                "url": self._at(entry["page"]),
                "title": entry["title"],
                "content_html": entry["html"],
                "date_published": entry["updated"],
            }
            for entry in entries
        ]
        return json.dumps(feed, ensure_ascii=False, indent=2) + "\n"
