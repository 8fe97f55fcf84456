"""The texts that models are given, from `prompts/`. A prompt is known by the hash of its content."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.errors import RenderError
from briefing.text import digest

if TYPE_CHECKING:
    from jinja2 import Environment


def data_folder(name: str) -> Path:
    """Where "prompts" or "templates" lie: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    for place in (package / name, package.parent / name):
        if place.exists():
            return place
    raise RenderError(f'the package\'s own "{name}" is missing; install it again')


@cache
def _environment(folder: Path | None) -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    places = [folder] if folder else []
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([*places, data_folder("prompts")]),
        undefined=StrictUndefined,
        # A prompt is plain text for a model, never markup.
        autoescape=False,
        keep_trailing_newline=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Prompts:
    """The prompts of the package, or of a folder of the user's that overrides them one by one."""

    def __init__(self, folder: Path | None = None) -> None:
        self._environment = _environment(folder)

    def render(self, prompt: str, /, **values: object) -> str:
        """The prompt called `prompt` filled with `values`.

        Raises RenderError if there is no such prompt, it is wrong, or a value it names is missing.
        """
        from jinja2 import TemplateError

        try:
            return self._environment.get_template(f"{prompt}.j2").render(**values).strip()
        except TemplateError as error:
            raise RenderError(f'prompt "{prompt}": {error}') from error

    def mark(self, name: str) -> str:
        """`name@hash`: what a prompt is called in a receipt."""
        from jinja2 import TemplateError

        loader = self._environment.loader
        assert loader is not None
        try:
            source, _, _ = loader.get_source(self._environment, f"{name}.j2")
        except TemplateError as error:
            raise RenderError(f'prompt "{name}": {error}') from error
        return f"{name}@{digest(source)[:8]}"


def language_name(code: str) -> str:
    """A language's English name.

    >>> language_name("pt-BR")
    'Portuguese (Brazil)'
    """
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(code, sep="-").get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code
