"""The only way to the disk: items, articles, editions, deliveries. SQLite by default."""

from briefing.store.deliveries import Delivery
from briefing.store.document import dump_answer, load_answer
from briefing.store.library import Cursor, EditionRow, Library
from briefing.store.open import open_store
from briefing.store.search import MARK_END, MARK_START, Hit, Hits, Kind
from briefing.store.store import SourceHealth, Store, UnreadItem
from briefing.store.threads import Chapter, Recheck

__all__ = [
    "MARK_END",
    "MARK_START",
    "Chapter",
    "Cursor",
    "Delivery",
    "EditionRow",
    "Hit",
    "Hits",
    "Kind",
    "Library",
    "Recheck",
    "SourceHealth",
    "Store",
    "UnreadItem",
    "dump_answer",
    "load_answer",
    "open_store",
]
