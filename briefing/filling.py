"""Templates filled: Jinja2, sandboxed; HTML is autoescaped, Markdown escaped, and a mail's styles stand inside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from briefing.errors import RenderError
from briefing.escape import markdown_link, markdown_text, markdown_value, plain_value
from briefing.forms import tag, wrap, yaml_text
from briefing.prompts import data_folder

if TYPE_CHECKING:
    from css_inline import CSSInliner

__all__ = ["fill", "inline_styles", "load"]

TEMPLATE_CHARACTERS = 5_000_000
"""What a template of the user's may make."""


class _Environment(ImmutableSandboxedEnvironment):
    """Looks for a key before it looks for an attribute: what templates see are dictionaries, hundreds of times."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute` in a template."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@cache
def _environment(folder: Path | None, markdown: bool) -> ImmutableSandboxedEnvironment:
    own = data_folder("templates")
    made = _Environment(
        loader=FileSystemLoader([folder, own] if folder else [own]),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name and name.endswith((".html.j2", ".xml.j2"))),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # In Markdown, too, text is escaped unless a filter has done it.
        finalize=markdown_value if markdown else plain_value,
    )
    made.filters.update(md=markdown_text, wrap=wrap, link=markdown_link, yaml=yaml_text, tag=tag)
    return made


def fill(folder: Path | None, name: str, values: dict[str, Any]) -> str:
    """A template of `folder`, or else of ours, filled. Raises RenderError if it is missing, wrong or makes too much."""
    parts: list[str] = []
    size = 0
    try:
        template = _environment(folder, name.endswith(".md.j2")).get_template(name)
        if folder is None:
            return template.render(values)
        for part in template.generate(values):
            parts.append(part)
            size += len(part)
            if size > TEMPLATE_CHARACTERS:
                raise RenderError(f"template {name}: it makes more than {TEMPLATE_CHARACTERS:,} characters")
    except TemplateNotFound as error:
        raise RenderError(f"there is no template {error.name}") from error
    except TemplateError as error:
        line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
        raise RenderError(f"template {name}{line}: {error.message}") from error
    # A user's template may do anything that Python expressions can get wrong.
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError, RecursionError) as error:
        raise RenderError(f"template {name}: {error}") from error
    return "".join(parts)


def load(folder: Path | None, names: Sequence[str]) -> None:
    """Read and compile templates now. Raises RenderError if one is missing or wrong."""
    for name in names:
        try:
            _environment(folder, name.endswith(".md.j2")).get_template(name)
        except TemplateError as error:
            raise RenderError(f"template {name}: {error.message or error}") from error


def inline_styles(page: str, *, part: bool = False) -> str:
    """The page with its styles inside its elements, as mail programs want them. Raises RenderError.

    A `part` of a mail has no styles of its own, and gets those of mails.
    """
    from css_inline import InlineError

    try:
        return _inliner().inline_fragment(page, _mail_styles()) if part else _inliner().inline(page)
    except InlineError as error:
        raise RenderError(f"the mail's styles can't be inlined: {error}") from error


@cache
def _inliner() -> CSSInliner:
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)


@cache
def _mail_styles() -> str:
    return (data_folder("templates") / "mail.css").read_text(encoding="utf-8")
