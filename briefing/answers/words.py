"""What a reply asks for, understood without a model: a word per line, in English, German, French or Spanish. Pure.

more 2 · less Energy · mute 3 · full 2 · wrong 2.1 · pause a week · resume · unsubscribe
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from briefing.text import normalise, one_line

__all__ = ["ACTIONS", "Understood", "Word", "reply_text", "understand"]

LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "da", "nb", "fi", "cs"]
MOST_LINES = 30
"""Lines of a reply that are looked at. What stands below is a letter, not an order."""
MOST_WORDS = 40
LONGEST_NAME = 4
LONGEST_PAUSE = 366

ACTIONS = ("more", "less", "mute", "full", "wrong", "pause", "resume", "unsubscribe")

# Compared without capitals and accents.
_SAID = {
    "more": "more|mehr|plus|mas",
    "less": "less|fewer|weniger|moins|menos",
    "mute": "mute|stumm|stummschalten|silence|muet|silenciar|silencia|silencio",
    "full": "full|full text|ganz|ganzer text|volltext|entier|texte entier|complet|completo|texto completo",
    "wrong": "wrong|falsch|faux|fausse|falso|falsa|incorrecto",
    "pause": "pause|pausa|pausar|pausieren",
    "resume": "resume|continue|weiter|fortsetzen|reprendre|reanudar|continuar|start",
    "unsubscribe": "unsubscribe|stop|stopp|abbestellen|abmelden|desabonner|se desabonner|desinscrire|se desinscrire"
    "|baja|darse de baja|cancelar|cancelar suscripcion|desuscribir",
}
_ACTION_OF = {said: action for action, words in _SAID.items() for said in words.split("|")}
_WORDS = "|".join(sorted(_ACTION_OF, key=len, reverse=True))
_FIRST = re.compile(rf"(?:(?:please|bitte|svp|por favor)[, ]+)?(?P<said>{_WORDS})\b[:,]?\s*")
_FILLERS = re.compile(
    r"^(?:(?:of|about|from|on|the|story|number|no|von|uber|zu|der|die|das|meldung|nummer|nr|de|du|des|d|sur|la|le|les|l|"
    r"numero|sobre|el|los|las|noticia|article|artikel|articulo)\b[.']?\s*)*"
)
_NUMBERS = re.compile(r"#?\d{1,4}(?:\.\d{1,3})?(?:\s*(?:,|;|&|\+|and|und|et|y|e)?\s*#?\d{1,4}(?:\.\d{1,3})?)*")
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,3})?")
_UNITS = {
    1: "day|days|tag|tage|tagen|jour|jours|dia|dias",
    7: "week|weeks|woche|wochen|semaine|semaines|semana|semanas",
    30: "month|months|monat|monate|monaten|mois|mes|meses",
}
_ONE = "a|an|one|1|eine|einen|ein|un|une|una|d'une|for a|for one"
_LENGTH = re.compile(
    r"(?:(?:for|fur|pour|por|durante|de|d)\b'?\s*)?(?:(?P<count>\d{1,3})|(?:" + _ONE + r"))\s+(?P<unit>"
    + "|".join(words for words in _UNITS.values()) + r")"
)  # fmt: skip
_UNTIL = re.compile(r"(?:until|till|bis|jusqu'au|jusqu'a|hasta)(?:\s+(?:the|zum|el|le))?\s+(?P<day>\d{4}-\d\d-\d\d)")
# "eine woche pause", "une semaine de pause"
_LENGTH_FIRST = re.compile(rf"(?P<length>{_LENGTH.pattern})\s+(?:de\s+)?(?:pause|pausa)")
_SUBJECT = re.compile(r"^(?:(?:re|aw|antw|sv|vs|tr|ref|rv|fwd?|wg|odp|r)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_LIST = re.compile(r"^[-*•–·]\s+")
_SIGN_OFF = re.compile(
    r"^(--\s?$|_{5,}|-{5,}|sent from my |von meinem .{2,30} gesendet|envoye de mon |enviado desde mi )"
)


@dataclass(frozen=True, slots=True)
class Word:
    """One thing a reader asks for. `what` is a number ("2", "2.1") or a name; `days` and `until` belong to a pause."""

    action: str
    what: str = ""
    days: int | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """What a reply asks for, and the lines that looked like an order and were none."""

    words: tuple[Word, ...] = ()
    unclear: tuple[str, ...] = ()


def understand(body: str, subject: str = "") -> Understood:
    """What the text of a reply asks for, or, where it asks for nothing, what its subject does.

    `body` is the whole text part: quoted mails and signatures are taken off here.

    >>> understand("more 2 and 3\\nPlease mute Energy!\\n\\n> unsubscribe").words
    (Word(action='more', what='2', days=None, until=None), Word(action='more', what='3', days=None, until=None), \
Word(action='mute', what='Energy', days=None, until=None))
    """
    words: list[Word] = []
    unclear: list[str] = []
    for line in reply_text(body).split("\n")[:MOST_LINES]:
        line = one_line(_LIST.sub("", line.strip()))
        if not line:
            continue
        found = _line(line)
        words += found or []
        if found == []:
            unclear.append(line[:100])
    if not words:
        words = _line(_SUBJECT.sub("", one_line(normalise(subject)))) or []
        unclear = [] if words else unclear
    return Understood(tuple(dict.fromkeys(words[:MOST_WORDS])), tuple(unclear[:5]))


def reply_text(body: str) -> str:
    """What a person wrote in a reply: without the mail it quotes, without signature."""
    from mailparser_reply import EmailReplyParser

    text = normalise(body[:200_000])
    latest = EmailReplyParser(languages=LANGUAGES).parse_reply(text) if text.strip() else ""
    kept = []
    for line in (latest or "").split("\n"):
        if _SIGN_OFF.match(_folded(line)):
            break
        if not line.startswith(">"):
            kept.append(line)
    return "\n".join(kept).strip()


def _folded(text: str) -> str:
    """Without capitals and accents, each kind of apostrophe one; as long as the text was, sign for sign."""
    plain = []
    for sign in text:
        base = unicodedata.normalize("NFKD", sign)[:1] or sign
        plain.append("'" if base in "’‘`´" else base.lower() if len(base.lower()) == 1 else base)
    return "".join(plain)


def _line(line: str) -> list[Word] | None:
    """The words of a line; none of them if it begins like one and is none; None if it is something else."""
    line = line.rstrip(" .!;,")
    folded = _folded(line)
    length_first = _LENGTH_FIRST.fullmatch(folded)
    if length_first:
        return _pause(length_first["length"])
    match = _FIRST.match(folded)
    if match is None:
        return None
    action, rest = _ACTION_OF[match["said"]], folded[match.end() :]
    if action in ("unsubscribe", "resume"):
        return [Word(action)] if not rest else None
    if action == "pause":
        return _pause(rest)
    if not rest:
        return []
    fillers = _FILLERS.match(rest)
    start = match.end() + (fillers.end() if fillers else 0)
    rest, name = folded[start:], line[start:].strip(" \"'“”„«»")
    if _NUMBERS.fullmatch(rest):
        return [Word(action, number) for number in _NUMBER.findall(rest)]
    # "More people should read this" is a remark, and no name is that long.
    if action in ("full", "wrong") or not name or len(name.split()) > LONGEST_NAME:
        return []
    return [Word(action, name)]


def _pause(rest: str) -> list[Word]:
    rest = rest.strip()
    if not rest:
        return [Word("pause", days=7)]
    until = _UNTIL.fullmatch(rest)
    if until:
        try:
            return [Word("pause", until=date.fromisoformat(until["day"]))]
        except ValueError:
            return []
    length = _LENGTH.fullmatch(rest)
    if length is None:
        return []
    unit = next(days for days, words in _UNITS.items() if length["unit"] in words.split("|"))
    return [Word("pause", days=min(LONGEST_PAUSE, max(1, int(length["count"] or 1) * unit)))]
