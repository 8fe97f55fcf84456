"""`briefing models`: what the embedded summariser needs, and the models of other engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.common import FAILED, ConfigOption, errors, opened, say
from briefing.escape import terminal

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.engines.local import LocalModel

app = typer.Typer(help="Load, add, list and check models.", add_completion=False)


@app.callback(invoke_without_command=True)
def load(context: typer.Context, config: ConfigOption = None) -> None:
    """Load every model of the embedded summariser once; unpack what the first run would otherwise unpack."""
    if context.invoked_subcommand is not None:
        return
    from briefing.cli.health import model_checks

    with errors(), opened(config, progress=False) as opened_app:
        printed(model_checks(opened_app))


@app.command("list")
def list_(config: ConfigOption = None) -> None:
    """List the configured engines and the models that were added."""
    from briefing.config import ChatEngineConfig, EmbeddedEngineConfig, Seq2SeqEngineConfig, ServerEngineConfig
    from briefing.engines.files import Files, Pins

    with errors(), opened(config, progress=False) as opened_app:
        pins = Pins()
        added = pins.all()
        listed = set()
        for entry in opened_app.config.summarizer.engines:
            if isinstance(entry, (ChatEngineConfig, Seq2SeqEngineConfig)):
                gguf = entry.gguf if isinstance(entry, ChatEngineConfig) else None
                key = Files(entry.model, Path(), gguf).key
                listed.add(key)
                typer.echo(f"{entry.type:9} {key}  {_added(added.get(key))}")
            elif isinstance(entry, ServerEngineConfig):
                typer.echo(f"{entry.type:9} {entry.model}  at {entry.url}")
            elif not isinstance(entry, EmbeddedEngineConfig):
                typer.echo(f"{'own':9} {entry.type}")
        typer.echo(f"{'embedded':9} {opened_app.config.summarizer.model}  always last")
        for key in sorted(set(added) - listed):
            typer.echo(
                f"{added[key].get('kind', ''):9} {key}  {_added(added[key])}, in no engine of this configuration"
            )


def _added(pin: dict[str, object] | None) -> str:
    if pin is None:
        return "not added"
    revision = f" at revision {str(pin['revision'])[:12]}" if pin.get("revision") else ""
    return f"added{revision}"


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A folder, package:NAME/FOLDER, or a name on the hub.")],
    revision: Annotated[str | None, typer.Option(help="Revision of a model on the hub. Default: the newest.")] = None,
    gguf: Annotated[str | None, typer.Option(help="Name of the GGUF file to read.")] = None,
    config: ConfigOption = None,
) -> None:
    """Fetch a model if need be, check it, and remember its files' digests and what it answers."""
    from briefing.engines.local import add as remember
    from briefing.errors import ModelError

    with errors(), opened(config, progress=False) as opened_app:
        try:
            remember(_model(opened_app, name, revision, gguf), say)
        except ModelError as error:
            say(f"briefing: {name}: {error.message}")
            raise typer.Exit(FAILED) from error


@app.command()
def check(config: ConfigOption = None) -> None:
    """Check every local model of the configuration: files, digests, weights, and what it answers."""
    with errors(), opened(config, progress=False) as opened_app:
        printed(_checked(opened_app))


def _checked(opened_app: App) -> Iterator[tuple[bool, str, str]]:
    from briefing.cli.health import model_checks
    from briefing.config import ChatEngineConfig, Seq2SeqEngineConfig
    from briefing.engines.local import LocalModel
    from briefing.errors import ModelError

    for entry in opened_app.config.summarizer.engines:
        if isinstance(entry, (ChatEngineConfig, Seq2SeqEngineConfig)):
            try:
                LocalModel(entry, opened_app.base).prepare()
                yield True, entry.type, entry.model
            except ModelError as error:
                yield False, entry.type, f"{entry.model}: {error.message}"
    yield from model_checks(opened_app)


def _model(opened_app: App, name: str, revision: str | None, gguf: str | None) -> LocalModel:
    """The model as the configuration would run it, or else as its files say what it is."""
    from briefing.config import ChatEngineConfig, Seq2SeqEngineConfig
    from briefing.engines.files import find_files
    from briefing.engines.local import LocalModel, is_seq2seq

    for entry in opened_app.config.summarizer.engines:
        if isinstance(entry, (ChatEngineConfig, Seq2SeqEngineConfig)) and entry.model == name:
            change = {"revision": revision} if revision else {}
            change |= {"gguf": gguf} if gguf and entry.type == "chat" else {}
            return LocalModel(entry.model_copy(update=change), opened_app.base)
    files = find_files(name, revision, gguf, base=opened_app.base, adding=True)
    if is_seq2seq(files):
        return LocalModel(Seq2SeqEngineConfig(type="seq2seq", model=name, revision=revision), opened_app.base)
    return LocalModel(ChatEngineConfig(type="chat", model=name, revision=revision, gguf=gguf), opened_app.base)


def printed(found: Iterator[tuple[bool, str, str]]) -> None:
    """Print checks as they come. Raises typer.Exit if one failed."""
    bad = 0
    for fine, what, words in found:
        bad += not fine
        typer.echo(terminal(f"{'ok  ' if fine else 'FAIL'}  {what}: {words}"))
    if bad:
        raise typer.Exit(FAILED)
