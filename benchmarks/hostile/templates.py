"""Templates of users: nothing but the edition in their reach, and an end to what they take and make."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.hostile import Figure
from benchmarks.hostile.hiding import CANARY

NAME, PROMISE = "templates", 14

ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ cycler.__init__.__globals__.os.environ }}", "{{ self.__init__.__globals__ }}",
    "{{ title.__class__.__base__ }}", "{{ lipsum.__globals__['os'].popen('id').read() }}", "{{ range.__class__.mro() }}",
    "{{ title|attr('__class__')|attr('__mro__') }}", "{{ joiner.__init__.__globals__.__builtins__ }}", "{{ namespace.__init__ }}",
    "{% include '/etc/passwd' %}", "{% include '../../../etc/passwd' %}", "{% import 'os' as os %}{{ os }}", "{{ config }}", "{{ environ }}",
    "{{ '%c'|format(2**70) }}", "{{ '{0.__class__}'.format(title) }}", "{{ title.format_map }}{{ '{a.__class__}'.format_map({'a': title}) }}",
    "{{ request.application }}", "{{ sections.append(1) }}", "{% set x = sections.clear() %}", "{{ (1).__class__ }}", "{{ [].sort.__self__ }}",
    "{{ title.encode.__func__ }}", "{{ dict.__new__ }}", "{{ url_for.__globals__ }}", "{{ get_flashed_messages.__globals__ }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}", "{{ ''['__class__'] }}", "{{ ''|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ title['__cl' ~ 'ass__'] }}", "{{ (title|map('string'))|attr('gi_frame') }}", "{{ caller }}", "{{ loop }}", "{{ self._TemplateReference__context.environment }}",
)  # fmt: skip
BOMBS = (
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(99999) %}{{ title * 1000 }}{% endfor %}",
    "{{ (title * 9999999) * 999 }}",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{{ 9 ** (9 ** 9) }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{{ b }}{% endfor %}{% endfor %}",
)
_SIGNS = (CANARY, "root:", "class ", "<module", "<function", "uid=", "built-in")


def escaped(template: str, folder: Path) -> bool:
    """Whether a template gets at anything but the edition's own values."""
    from briefing.errors import RenderError
    from briefing.filling import fill

    (folder / "x.html.j2").write_text(template, encoding="utf-8")
    try:
        made = fill(folder, "x.html.j2", {"title": "News", "sections": [1]})
    except RenderError:
        return False
    return any(sign in made for sign in _SIGNS)


def measure(short: bool) -> Iterator[Figure]:
    """Escapes and bombs."""
    import briefing.render
    from briefing.errors import RenderError
    from briefing.filling import fill
    from briefing.render import Renderer

    os.environ["BRIEFING_CANARY"] = CANARY
    with tempfile.TemporaryDirectory() as name:
        places = [Path(name) / str(at) for at in range(len(ESCAPES) + len(BOMBS))]
        for place in places:
            place.mkdir()
        out = [template for template, place in zip(ESCAPES, places, strict=False) if escaped(template, place)]
        yield Figure(
            "escapes from the sandbox", f"{len(out)} of {len(ESCAPES)}" + (f" {out}" if out else ""), "0", not out
        )
        worst = 0.0
        passed = []
        bombs = BOMBS[:2] if short else BOMBS
        limit = briefing.render.TEMPLATE_SECONDS
        for template, place in zip(bombs, places[len(ESCAPES) :], strict=False):
            (place / "x.html.j2").write_text(template, encoding="utf-8")
            started = time.perf_counter()
            try:
                Renderer(place).page("x.html.j2", {"title": "News"})
                passed.append(template)
            except RenderError:
                pass
            worst = max(worst, time.perf_counter() - started)
        fits = not passed and worst < limit + 20
        yield Figure(
            f"bombs of {len(bombs)} that are not stopped; the longest",
            f"{len(passed)}; {worst:.1f} s",
            f"0; {limit:g} s and a start",
            fits,
        )
        (places[0] / "y.md.j2").write_text("{{ title }}", encoding="utf-8")
        raw = fill(places[0], "y.md.j2", {"title": "<script>[x](javascript:1)"})
        yield Figure(
            "unescaped text in a user's Markdown template",
            str(int("<script" in raw.replace("\\<", ""))),
            "0",
            "<script" not in raw.replace("\\<", ""),
        )
