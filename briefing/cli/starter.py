"""`briefing init`: a configuration of one's own, from a few questions or from flags."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from briefing.cli.common import errors, say

# Public feeds by theme: name, address. Outlets change them; "briefing sources check" tells.
THEMES: dict[str, tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]] = {
    "world": (
        "International politics, diplomacy, wars, elections and governments.",
        ("election", "ceasefire", "sanctions", "summit"),
        (
            ("BBC World", "https://feeds.bbci.co.uk/news/world/rss.xml"),
            ("The Guardian World", "https://www.theguardian.com/world/rss"),
            ("Al Jazeera", "https://www.aljazeera.com/xml/rss/all.xml"),
            ("NPR News", "https://feeds.npr.org/1001/rss.xml"),
        ),
    ),
    "business": (
        "Companies, markets, trade, prices, jobs, interest rates and central banks.",
        ("central bank", "interest rate", "inflation", "earnings"),
        (
            ("BBC Business", "https://feeds.bbci.co.uk/news/business/rss.xml"),
            ("The Guardian Business", "https://www.theguardian.com/uk/business/rss"),
            ("European Central Bank", "https://www.ecb.europa.eu/rss/press.html"),
        ),
    ),
    "technology": (
        "Software, computers, artificial intelligence, the internet, chips and cyber security.",
        ("artificial intelligence", "open source", "data breach", "chip"),
        (
            ("Ars Technica", "https://feeds.arstechnica.com/arstechnica/index"),
            ("BBC Technology", "https://feeds.bbci.co.uk/news/technology/rss.xml"),
            ("The Verge", "https://www.theverge.com/rss/index.xml"),
        ),
    ),
    "science": (
        "Research, physics, biology, space, astronomy and medicine.",
        ("researchers", "telescope", "spacecraft", "genome"),
        (
            ("Nature", "https://www.nature.com/nature.rss"),
            ("NASA", "https://www.nasa.gov/feed/"),
            ("BBC Science", "https://feeds.bbci.co.uk/news/science_and_environment/rss.xml"),
        ),
    ),
    "climate": (
        "Climate change, energy, electricity, weather, oceans and nature.",
        ("climate", "emissions", "renewable", "heatwave"),
        (
            ("The Guardian Environment", "https://www.theguardian.com/environment/rss"),
            ("Carbon Brief", "https://www.carbonbrief.org/feed/"),
        ),
    ),
    "health": (
        "Public health, medicine, hospitals, vaccines and disease.",
        ("vaccine", "outbreak", "clinical trial", "hospital"),
        (
            ("World Health Organization", "https://www.who.int/rss-feeds/news-english.xml"),
            ("BBC Health", "https://feeds.bbci.co.uk/news/health/rss.xml"),
        ),
    ),
}


def init(
    theme: Annotated[list[str] | None, typer.Option(help=f"A theme, repeatable: {', '.join(THEMES)}.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Address of a feed of your own, repeatable.")] = None,
    title: Annotated[str | None, typer.Option(help="What stands at the head of the briefing.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="IANA name, such as Europe/Berlin.")] = None,
    at: Annotated[str | None, typer.Option(help="Time of day it is due, such as 07:00.")] = None,
    mail_to: Annotated[str | None, typer.Option(help="Address to mail it to. Default: files only.")] = None,
    mail_host: Annotated[str | None, typer.Option(help="Name of your mail server.")] = None,
    mail_from: Annotated[str | None, typer.Option(help="Address the mail comes from.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = Path("config.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a configuration of your own. On a terminal it asks for what no flag says."""
    import os

    from briefing.config import parse_config
    from briefing.config.schema import schema_text
    from briefing.errors import UsageError

    with errors():
        if output.exists() and not force:
            raise UsageError(f"{output} is there already; --force replaces it, --output names another")
        asks = sys.stdin.isatty() and sys.stderr.isatty()
        themes = list(theme or [])
        if not themes and not source:
            themes = _ask(asks, f"Themes, divided by commas ({', '.join(THEMES)})", "world, science").split(",")
        themes = [name.strip().lower() for name in themes if name.strip()]
        unknown = [name for name in themes if name not in THEMES]
        if unknown:
            raise UsageError(f"no theme is called {', '.join(unknown)}; there are {', '.join(THEMES)}")
        title = title or _ask(asks, "Title", "Morning briefing")
        time_zone = time_zone or _ask(asks, "Time zone", _local_zone())
        at = at or _ask(asks, "Time of day", "07:00")
        if asks and mail_to is None:
            mail_to = typer.prompt("Mail it to (empty: files only)", default="", err=True, show_default=False) or None
        if mail_to and not mail_host:
            mail_host = _ask(asks, "Mail server", "localhost")
        text = config_text(themes, list(source or []), title, time_zone, at, mail_to, mail_host, mail_from)
        # What is written must load; a wrong flag is named like a mistake in the file.
        parse_config(text, output, {**os.environ, "SMTP_USER": "x", "SMTP_PASSWORD": "x"})
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_text(text, encoding="utf-8")
            output.with_name("config.schema.json").write_text(schema_text(), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{output} can't be written: {error.strerror}") from error
        typer.echo(str(output))
        say('Next: "briefing sources check" tries the sources, "briefing run" makes the first edition.')


def _ask(asks: bool, question: str, default: str) -> str:
    return str(typer.prompt(question, default=default, err=True)) if asks else default


def _local_zone() -> str:
    import os
    from zoneinfo import available_timezones

    name = os.environ.get("TZ", "")
    link = Path("/etc/localtime")
    if not name and link.is_symlink():
        name = str(link.readlink()).partition("zoneinfo/")[2]
    return name if name in available_timezones() else "UTC"


def config_text(
    themes: list[str], feeds: list[str], title: str, time_zone: str, at: str,
    mail_to: str | None, mail_host: str | None, mail_from: str | None,
) -> str:  # fmt: skip
    """The file's text, with comments that say what can be changed."""
    import json
    from urllib.parse import urlsplit

    quoted = json.dumps
    lines = [
        "# yaml-language-server: $schema=config.schema.json",
        "#",
        '# "briefing check" looks it over, "briefing run" makes an edition, "briefing serve" makes one each day.',
        "",
        "sources:",
    ]
    entries = [(name, url) for theme in themes for name, url in THEMES[theme][2]]
    entries += [(urlsplit(url).netloc.removeprefix("www.") or url, url) for url in feeds]
    taken: set[str] = set()
    for name, url in entries:
        unique, number = name, 2
        while unique.casefold() in taken:
            unique, number = f"{name} {number}", number + 1
        taken.add(unique.casefold())
        lines += [f"  - name: {quoted(unique)}", "    type: feed", f"    url: {quoted(url)}"]
    if themes:
        lines += ["", "# Stories are matched by meaning (description) and by words (keywords).", "topics:"]
        for theme in themes:
            description, keywords, _ = THEMES[theme]
            lines += [f"  - name: {theme.capitalize()}", f"    description: {description}"]
            lines += [f"    keywords: [{', '.join(keywords)}]", "    breadth: 0.5 # 0 near the description, 1 far"]
    lines += [
        "", "briefings:", "  - name: daily", f"    title: {quoted(title)}", f"    time_zone: {quoted(time_zone)}",
        "    schedule:", f"      at: {quoted(at)}", "      days: [mon, tue, wed, thu, fri, sat, sun]",
        "    limits:", "      stories: 12", "      per_topic: 5", "      max_age: 48 # hours",
        "    channels:", "      - type: file", "        folder: editions", "        formats: [md, html]",
    ]  # fmt: skip
    if mail_to:
        lines += [
            "      - type: mail", f"        host: {quoted(mail_host or 'localhost')}",
            "        security: starttls # or tls, none",
            "        user: ${SMTP_USER}", "        password: ${SMTP_PASSWORD}",
            f"        sender: {quoted(mail_from or mail_to)}", f"        to: [{quoted(mail_to)}]",
        ]  # fmt: skip
    lines += ["", "summarizer:", "  engines: [{type: embedded}] # no key, no server", "", "store: briefing.db", ""]
    return "\n".join(lines)
