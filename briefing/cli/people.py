"""`briefing users`: who may come in to the page, and with what programs do."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.common import ConfigOption, errors, opened, say

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.store import User

app = typer.Typer(help="Who may come in to the page: users, their passwords and tokens.", no_args_is_help=True)
tokens = typer.Typer(help="What programs come in with.", no_args_is_help=True)
app.add_typer(tokens, name="token")

Name = Annotated[str, typer.Argument(help="The user's name: small letters, digits and . _ @ -")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]


def _password(stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    found: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return found


def _user(opened_app: App, name: str) -> User:
    from briefing.errors import UsageError

    found = opened_app.store.people.user(name)
    if found is None:
        known = ", ".join(one.name for one in opened_app.store.people.users()) or "none"
        raise UsageError(f'no user is called "{name}"; there are {known}')
    return found


def _note(opened_app: App, action: str, subject: str, detail: str = "") -> None:
    opened_app.store.people.note(opened_app.now(), "owner", "command", action, subject, detail)


@app.command("add")
def add(
    name: Name,
    admin: Annotated[bool, typer.Option("--admin", help="May change sources and topics, and sees all.")] = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Comes by the word of a trusted proxy (web.proxy) only.")
    ] = False,
    password_stdin: FromInput = False,
    config: ConfigOption = None,
) -> None:
    """Add a user. A reader called as one of a briefing's readers sees that briefing, and those that have no readers."""
    from briefing import people
    from briefing.store import User

    with errors(), opened(config, progress=False) as opened_app:
        people.check_name(name)
        store = opened_app.store.people
        hashed = None if no_password else people.hashed(_password(password_stdin))
        store.add_user(User(name, "admin" if admin else "reader", hashed, opened_app.now()))
        _note(opened_app, "user added", name, "admin" if admin else "reader")
        say(f"{name} may come in as {'an admin' if admin else 'a reader'}; the page asks everybody to log in now")
        if not any(one.role == "admin" for one in store.users()):
            say("Nobody is an admin yet: sources and topics can be changed in the file only.")


@app.command("list")
def list_(config: ConfigOption = None) -> None:
    """All users: name, role, briefings they see, sessions and tokens."""
    from rich.console import Console
    from rich.table import Table

    with errors(), opened(config, progress=False) as opened_app:
        store = opened_app.store.people
        table = Table("user", "role", "password", "reads", "sessions", "tokens", box=None, pad_edge=False)
        for one in store.users():
            every = opened_app.config.briefings
            seen = "all" if one.role == "admin" else ", ".join(b.name for b in every if b.reader in ("", one.name))
            table.add_row(
                one.name, one.role, "yes" if one.password else "no", seen or "nothing",
                str(len(store.sessions(one.name))), str(len(store.tokens(one.name))),
            )  # fmt: skip
        Console(soft_wrap=True).print(table)


@app.command("remove")
def remove(name: Name, config: ConfigOption = None) -> None:
    """Take a user out, with all sessions and tokens; what they said of stories stays."""
    with errors(), opened(config, progress=False) as opened_app:
        _user(opened_app, name)
        opened_app.store.people.remove_user(name)
        _note(opened_app, "user removed", name)
        if not opened_app.store.people.any():
            say("There are no users any more: at loopback the page asks nobody, elsewhere it answers nobody")


@app.command("password")
def password(name: Name, password_stdin: FromInput = False, config: ConfigOption = None) -> None:
    """Give a user a new password; their sessions end."""
    from briefing import people

    with errors(), opened(config, progress=False) as opened_app:
        _user(opened_app, name)
        opened_app.store.people.change_user(name, password=people.hashed(_password(password_stdin)))
        _note(opened_app, "password", name)


@app.command("role")
def role(
    name: Name,
    role: Annotated[str, typer.Argument(help="reader or admin.")],
    config: ConfigOption = None,
) -> None:
    """Make a user a reader or an admin."""
    from briefing import people
    from briefing.errors import UsageError

    with errors(), opened(config, progress=False) as opened_app:
        _user(opened_app, name)
        if role not in people.ROLES:
            raise UsageError(f'a role is one of {", ".join(people.ROLES)}, got "{role}"')
        opened_app.store.people.change_user(name, role=role)
        _note(opened_app, "role", name, role)


@app.command("log")
def log(
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=10_000, help="Lines.")] = 50,
    config: ConfigOption = None,
) -> None:
    """What was changed by whom, the newest last."""
    from briefing.render import local_time

    with errors(), opened(config, progress=False) as opened_app:
        zone = opened_app.briefing(None).time_zone
        for one in reversed(opened_app.store.people.log(count)):
            detail = f" ({one.detail})" if one.detail else ""
            typer.echo(
                f"{local_time(one.at, zone)}  {one.who or 'nobody'} by {one.via}: {one.action}: {one.subject}{detail}"
            )


@tokens.command("add")
def add_token(
    user: Annotated[str, typer.Argument(help="Whose it is.")],
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help="read, say, ask, run, metrics, admin; may be given again.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="It ends after so many days.")] = None,
    config: ConfigOption = None,
) -> None:
    """Make a token and print it: it is shown this once and kept nowhere."""
    from briefing import people

    with errors(), opened(config, progress=False) as opened_app:
        owner = _user(opened_app, user)
        lasts = timedelta(days=days) if days else None
        made = people.make_token(opened_app.store, owner, name, scope, opened_app.now(), lasts)
        _note(opened_app, "token made", f"{user}: {made.token.name}", ", ".join(made.token.scopes))
        typer.echo(made.text)


@tokens.command("list")
def list_tokens(config: ConfigOption = None) -> None:
    """All tokens; never what they are."""
    from rich.console import Console
    from rich.table import Table

    from briefing.render import local_time

    with errors(), opened(config, progress=False) as opened_app:
        zone = opened_app.briefing(None).time_zone
        table = Table("id", "user", "for", "may", "last used", "ends", box=None, pad_edge=False)
        for one in opened_app.store.people.tokens():
            used = local_time(one.used, zone) if one.used else "never"
            ends = local_time(one.expires, zone) if one.expires else "never"
            table.add_row(one.id, one.user, one.name, ", ".join(one.scopes), used, ends)
        Console(soft_wrap=True).print(table)


@tokens.command("remove")
def remove_token(
    identity: Annotated[str, typer.Argument(metavar="ID", help='Its id, as "briefing users token list" shows it.')],
    config: ConfigOption = None,
) -> None:
    """Take a token out; whoever uses it is refused from now on."""
    from briefing.errors import UsageError

    with errors(), opened(config, progress=False) as opened_app:
        if not opened_app.store.people.remove_token(identity):
            raise UsageError(f'no token has the id "{identity}"')
        _note(opened_app, "token removed", identity)
