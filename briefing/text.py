"""Text, pure: cleaning, paragraphs, sentences, words, digests. No input, no output, no clock."""

from __future__ import annotations

import hashlib
import html
import itertools
import re
import unicodedata
from typing import NamedTuple
from urllib.parse import quote, urldefrag

WORDS_PER_MINUTE = 238
"""Silent reading of English non-fiction (Brysbaert 2019, J. Memory and Language 109)."""

LONGEST_SENTENCE = 90
"""Words. A longer "sentence" is almost always a quotation mark that was never closed."""


class Span(NamedTuple):
    """A stretch of a text, in characters, the end excluded."""

    start: int
    end: int


# Characters that carry no meaning for a reader and are used to hide or to reorder text: soft hyphen, fillers,
# zero-width characters, bidirectional controls, variation selectors and tags (which can spell out whole messages),
# interlinear annotations, lone surrogates, noncharacters, byte order mark, and the C0/C1 controls but tab and newline.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\U000e0000-\U000e0fff\U0001d173-\U0001d17a]"
    # Joiners have a meaning inside the scripts of Asia and nowhere else.
    "|(?<![\u0600-\u109f\u1780-\u17ff])[\u200c\u200d]"
)
_BLANKS = re.compile(r"[^\S\n]+")
_WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_QUOTES = re.compile('["“”„«»]')
_SINGLE_END = re.compile(r"(?<=[.!?])[\"”’»)]*\s+(?=[\"“„«(]?[A-ZÀ-ÖØ-Þ])")


def normalise(text: str) -> str:
    r"""Composed characters (NFC), plain line ends and blanks, nothing invisible.

    >>> normalise("Caf\u0065\u0301\u00a0closed \r\nto\u200bday")
    'Café closed\ntoday'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").replace("\x85", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return "\n".join(_BLANKS.sub(" ", line).strip() for line in text.split("\n"))


def one_line(text: str) -> str:
    """All white space folded to single blanks.

    >>> one_line("  a title\\n over two lines ")
    'a title over two lines'
    """
    return " ".join(text.split())


def opening(text: str, most: int = 80) -> str:
    """The first words of a text on one line, at most so many characters, with "…" where it goes on.

    >>> opening("The old bridge over the Tarn was closed on Monday.", 30), opening("A short one.")
    ('The old bridge over the Tarn …', 'A short one.')
    """
    line = one_line(text)
    if len(line) <= most:
        return line
    # A first word longer than that is cut.
    return (line[: most - 1].rpartition(" ")[0] or line[: most - 2]) + " …"


def plain(markup: str) -> str:
    """A feed's title or name as one line of plain text: entities resolved (twice where they were escaped
    twice), tags dropped, controls and bidirectional overrides removed.

    >>> plain("Bread &amp;amp; <b>roses</b>")
    'Bread & roses'
    """
    import nh3

    text = markup
    if "<" in text or "&" in text:
        text = html.unescape(nh3.clean(text, tags=set()))
        if "&" in text:
            text = html.unescape(text)
    return one_line(normalise(text))


def digest(*parts: str | bytes) -> str:
    """First 16 hexadecimal digits of the SHA-256 of the parts, divided so that "ab","c" ≠ "a","bc"."""
    sha = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        sha.update(len(raw).to_bytes(8, "big") + raw)
    return sha.hexdigest()[:16]


def words(text: str) -> list[str]:
    """Words and numbers in order, as written.

    >>> words("The U.S. spent 1.5 million on co-op's.")
    ['The', 'U.S', 'spent', '1.5', 'million', 'on', "co-op's"]
    """
    return _WORD.findall(text)


def reading_minutes(text: str) -> float:
    """Minutes an adult needs to read `text` silently."""
    return len(words(text)) / WORDS_PER_MINUTE


LONGEST_WRAPPED = 100
"""Characters. A text with a longer line was not broken at a fixed width."""


def _is_wrapped(lines: list[str], width: int) -> bool:
    """Whether consecutive lines of a text whose longest line has `width` characters are one paragraph."""
    if len(lines) < 2 or not 50 <= width <= LONGEST_WRAPPED or any(line[:1] in "•*-–—" for line in lines[1:]):
        return False
    # In wrapped text no word of the next line would still have fitted on the line before it.
    return all(
        len(line) + 1 + len(following.split(" ", 1)[0]) > width - 6 for line, following in itertools.pairwise(lines)
    )


def paragraphs(text: str) -> list[Span]:
    r"""Spans of the paragraphs of `text`.

    Lines that follow each other without a blank line are paragraphs of their own, unless they were broken
    at a fixed width; then they are one.

    >>> [text[a:b] for text in ["One.\nTwo.\n\nThree."] for a, b in paragraphs(text)]
    ['One.', 'Two.', 'Three.']
    """
    spans: list[Span] = []
    block: list[Span] = []
    width = max((len(line.strip()) for line in text.splitlines()), default=0)

    def close() -> None:
        if _is_wrapped([text[a:b] for a, b in block], width):
            spans.append(Span(block[0].start, block[-1].end))
        else:
            spans.extend(block)
        block.clear()

    at = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        if stripped:
            start = at + line.index(stripped)
            block.append(Span(start, start + len(stripped)))
        else:
            close()
        at += len(line)
    close()
    return spans


def _at(text: str, span: Span) -> str:
    return text[span.start : span.end]


def _split_unclosed(text: str) -> list[Span]:
    """Cut at every sentence end, also inside quotation marks: for text whose quotation never closes."""
    cuts = [0, *(match.end() for match in _SINGLE_END.finditer(text)), len(text)]
    return [Span(a, b) for a, b in itertools.pairwise(cuts) if a < b]


def sentences(text: str, language: str = "en") -> list[Span]:
    """Spans of the sentences of `text`, in order, none crossing a paragraph, without outer white space.

    A quotation of several sentences stays in one piece, so that no sentence holds half a quotation.
    `language` is an ISO 639-1 code; the splitter (sentencex) falls back to related languages' rules.

    >>> text = "He met Lt. Gen. Roe in the U.S. Now he left."
    >>> [text[a:b] for a, b in sentences(text)]
    ['He met Lt. Gen. Roe in the U.S.', 'Now he left.']
    """
    from sentencex import get_sentence_boundaries

    found: list[Span] = []
    for paragraph in paragraphs(text):
        # A wrapped paragraph's line ends are blanks to the splitter; the length stays the same.
        inner = text[paragraph.start : paragraph.end].replace("\n", " ")
        for piece in get_sentence_boundaries(language, inner):
            start, end = piece["start_index"], piece["end_index"]
            pieces = [Span(start, end)]
            if len(inner[start:end].split()) > LONGEST_SENTENCE:
                pieces = [Span(start + a, start + b) for a, b in _split_unclosed(inner[start:end])]
            for a, b in pieces:
                # A straight quotation mark set off by a blank closes the sentence before it.
                if found and inner[a:].startswith('" ') and not quotes_closed(_at(text, found[-1])):
                    found[-1] = Span(found[-1].start, paragraph.start + a + 1)
                    a += 1
                raw = inner[a:b]
                if raw.strip():
                    a += len(raw) - len(raw.lstrip())
                    b -= len(raw) - len(raw.rstrip())
                    found.append(Span(paragraph.start + a, paragraph.start + b))
    return found


def quotes_closed(text: str) -> bool:
    """Whether every quotation mark opened in `text` is closed in it.

    >>> quotes_closed('"We lost," he said.'), quotes_closed('We lost," he said.')
    (True, False)
    """
    straight = text.count('"')
    return (
        straight % 2 == 0
        and text.count("“") + text.count("„") in (text.count("”"), text.count("“") * 2)
        and text.count("«") == text.count("»")
    )


def is_web(url: str | None) -> bool:
    """Whether `url` is an address a reader's browser may be sent to."""
    return url is not None and re.match(r"https?://[^/\s]", url, re.IGNORECASE) is not None


def fragment_link(url: str, passage: str) -> str:
    """`url` with a text fragment (WICG URL Fragment Text Directives), so that a browser opens the page at
    `passage` and marks it. Long passages are named by their first and last words.

    >>> fragment_link("https://a.example/b", "It rained.")
    'https://a.example/b#:~:text=It%20rained.'
    """

    def encode(part: str) -> str:
        # "-", "," and "&" have a meaning inside the directive and must be escaped there.
        return quote(part, safe="").replace("-", "%2D")

    tokens = passage.split()
    if len(tokens) <= 12:
        directive = encode(" ".join(tokens))
    else:
        directive = f"{encode(' '.join(tokens[:5]))},{encode(' '.join(tokens[-5:]))}"
    return f"{urldefrag(url).url}#:~:text={directive}"
