"""The only way to the disk: items, articles, editions, deliveries. SQLite by default."""

from briefing.store.answers import Answer, Silence
from briefing.store.deliveries import Delivery
from briefing.store.document import dump_answer, load_answer
from briefing.store.intake import SourceHealth
from briefing.store.issues import Issue, Issues
from briefing.store.open import open_store
from briefing.store.store import Store, Trouble, UnreadItem
from briefing.store.threads import Chapter, Recheck

__all__ = [
    "Answer",
    "Chapter",
    "Delivery",
    "Issue",
    "Issues",
    "Recheck",
    "Silence",
    "SourceHealth",
    "Store",
    "Trouble",
    "UnreadItem",
    "dump_answer",
    "load_answer",
    "open_store",
]
