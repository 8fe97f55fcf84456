"""From a name in the configuration to a class: "feed" or "package.module:Class".

Our own kinds are found the same way as anybody's: each is an entry in `OURS` with its import path, and is
imported only when it is used.
"""

from __future__ import annotations

import importlib
from typing import Any

from briefing.errors import UsageError

OURS: dict[str, dict[str, str]] = {
    "source": {
        "feed": "briefing.sources.feed:FeedSource",
        "page": "briefing.sources.page:PageSource",
        "sitemap": "briefing.sources.sitemap:SitemapSource",
        "file": "briefing.sources.file:FileSource",
        "mailbox": "briefing.sources.mailbox:MailboxSource",
    },
    "engine": {
        "embedded": "briefing.engines.embedded:EmbeddedEngine",
        "chat": "briefing.engines.chat:ChatEngine",
        "seq2seq": "briefing.engines.seq2seq:Seq2SeqEngine",
        "server": "briefing.engines.server:ServerEngine",
    },
    "channel": {
        "file": "briefing.channels.file:FileChannel",
        "mail": "briefing.channels.mail:MailChannel",
        "webhook": "briefing.channels.webhook:WebhookChannel",
        "feed": "briefing.channels.feed:FeedChannel",
        "push": "briefing.channels.push:PushChannel",
    },
}
"""Kind → name → import path of what ships with the package."""


def is_path(name: str) -> bool:
    """Whether `name` has the form "package.module:Class"."""
    module, _, attribute = name.partition(":")
    return bool(attribute) and all(part.isidentifier() for part in [*module.split("."), attribute])


def find(kind: str, name: str) -> type[Any]:
    """The class called `name` of a `kind` ("source", "engine", "channel").

    Raises UsageError if there is no such name, or if its module or class can't be imported.
    """
    path = OURS[kind].get(name, name)
    if not is_path(path):
        known = ", ".join(sorted(OURS[kind]))
        raise UsageError(f'no {kind} is called "{name}"; there are {known}, or a class as "package.module:Class"')
    module_name, _, attribute = path.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(f'{kind} "{name}" can\'t be loaded: {error}') from error
    if not isinstance(found, type):
        raise UsageError(f'{kind} "{name}" is not a class')
    return found
