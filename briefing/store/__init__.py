"""The only way to the disk: items, articles, editions, deliveries. A SQLite file, or PostgreSQL."""

from briefing.store.address import Address, address
from briefing.store.answers import Answer, Silence
from briefing.store.deliveries import Delivery
from briefing.store.document import dump_answer, load_answer
from briefing.store.intake import SourceHealth
from briefing.store.issues import Issue, Issues
from briefing.store.library import Cursor, EditionRow, Library, SourceDay
from briefing.store.open import open_store
from briefing.store.people import Entry, People, Session, Token, User
from briefing.store.saving import History, Saving
from briefing.store.search import MARK_END, MARK_START, Hit, Hits, Kind
from briefing.store.store import Store, Trouble, UnreadItem
from briefing.store.threads import Chapter, Recheck

__all__ = [
    "MARK_END",
    "MARK_START",
    "Address",
    "Answer",
    "Chapter",
    "Cursor",
    "Delivery",
    "EditionRow",
    "Entry",
    "History",
    "Hit",
    "Hits",
    "Issue",
    "Issues",
    "Kind",
    "Library",
    "People",
    "Recheck",
    "Saving",
    "Session",
    "Silence",
    "SourceDay",
    "SourceHealth",
    "Store",
    "Token",
    "Trouble",
    "UnreadItem",
    "User",
    "address",
    "dump_answer",
    "load_answer",
    "open_store",
]
