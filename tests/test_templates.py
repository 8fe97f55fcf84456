"""Templates of users: sandboxed, escaped, bounded in time, memory and size, with nothing of the environment in reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from briefing.errors import RenderError
from briefing.render import Renderer, fill

ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ cycler.__init__.__globals__.os.environ }}", "{{ self.__init__.__globals__ }}",
    "{{ title.__class__.__base__ }}", "{{ lipsum.__globals__['os'].popen('id').read() }}", "{{ range.__class__.mro() }}",
    "{{ title|attr('__class__')|attr('__mro__') }}", "{{ joiner.__init__.__globals__.__builtins__ }}", "{{ namespace.__init__ }}",
    "{% include '/etc/passwd' %}", "{% include '../../../etc/passwd' %}", "{% import 'os' as os %}{{ os }}", "{{ config }}", "{{ environ }}",
    "{{ '%c'|format(2**70) }}", "{{ '{0.__class__}'.format(title) }}", "{{ title.format_map }}{{ '{a.__class__}'.format_map({'a': title}) }}",
    "{{ request.application }}", "{{ sections.append(1) }}", "{% set x = sections.clear() %}", "{{ (1).__class__ }}", "{{ [].sort.__self__ }}",
    "{{ title.encode.__func__ }}", "{{ dict.__new__ }}", "{{ url_for.__globals__ }}", "{{ get_flashed_messages.__globals__ }}",
]  # fmt: skip


@pytest.mark.parametrize("template", ESCAPES)
def test_nothing_but_the_edition_is_in_reach(template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "ZEBRAFINCH")
    (tmp_path / "x.html.j2").write_text(template, encoding="utf-8")
    try:
        made = fill(tmp_path, "x.html.j2", {"title": "News", "sections": [1]})
    except RenderError:
        return
    assert not any(word in made for word in ("ZEBRAFINCH", "root:", "class ", "module", "function", "uid="))


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{{ title * 1000 }}{% endfor %}",
        "{{ (title * 9999999) * 999 }}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{{ 9 ** (9 ** 9) }}",
    ],
)
def test_time_memory_and_size_are_bounded(template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("briefing.render.TEMPLATE_SECONDS", 1.0)
    (tmp_path / "x.html.j2").write_text(template, encoding="utf-8")
    with pytest.raises(RenderError, match=r"x\.html\.j2"):
        Renderer(tmp_path).page("x.html.j2", {"title": "News"})


def test_markdown_and_html_are_escaped_by_themselves(tmp_path: Path) -> None:
    bad = "[x](javascript:alert(1)) <script>alert(1)</script>"
    (tmp_path / "x.md.j2").write_text("# {{ title }}\n{{ title | md }}", encoding="utf-8")
    (tmp_path / "x.html.j2").write_text("<p title='{{ title }}'>{{ title }}</p>", encoding="utf-8")
    made = Renderer(tmp_path).page("x.md.j2", {"title": bad})
    first, second = made.removeprefix("# ").split("\n")
    assert first == second
    assert "<script" not in made.replace("\\<", "")
    assert "<script" not in Renderer(tmp_path).page("x.html.j2", {"title": bad})
