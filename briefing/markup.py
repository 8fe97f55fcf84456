"""The words of markup, for counting and comparing, not for telling. Pure, and linear in time whatever is nested or
left open in it."""

from __future__ import annotations

import html
import re

from briefing.text import normalise, one_line

_OPENS = re.compile(r"<(script|style|template)\b", re.I)
_CLOSES = {name: re.compile(rf"</{name}\b[^<>]{{0,200}}>", re.I) for name in ("script", "style", "template")}
_TAG = re.compile(r"<[/!?a-zA-Z][^<>]*+>")


def without_scripts(markup: str) -> str:
    """Markup without its scripts, styles and templates; one that is not closed reaches to the end.

    >>> without_scripts("a<script>b</script>c<style>d")
    'a c '
    """
    out: list[str] = []
    place = 0
    while (start := _OPENS.search(markup, place)) is not None:
        out += [markup[place : start.start()], " "]
        stop = _CLOSES[start[1].lower()].search(markup, start.end())
        if stop is None:
            return "".join(out)
        place = stop.end()
    return "".join([*out, markup[place:]])


def words_of(markup: str) -> str:
    """The text of markup as one line.

    >>> words_of("<p>Bread &amp; <b>roses</b></p><script>x()</script><p>Rain</p>")
    'Bread & roses Rain'
    """
    text = _TAG.sub(" ", without_scripts(markup)) if "<" in markup else markup
    if "&" in text:
        text = html.unescape(html.unescape(text) if "&amp;" in text else text)
    return re.sub(r"(?<=\w) (?=[.,;:!?])", "", one_line(normalise(text)))
