"""Mail that can be answered: signed links and replies, what they ask for, and what becomes of it."""

from briefing.answers.apply import Answering
from briefing.answers.links import Links
from briefing.answers.mailbox import MailboxError, read_replies, take
from briefing.answers.replies import Replies
from briefing.answers.web import AnswerServer, respond
from briefing.answers.words import Understood, Word, understand

__all__ = [
    "AnswerServer",
    "Answering",
    "Links",
    "MailboxError",
    "Replies",
    "Understood",
    "Word",
    "read_replies",
    "respond",
    "take",
    "understand",
]
