"""A real IMAP server (Debian's dovecot-imapd) on loopback, with its mail in a temporary folder."""

from __future__ import annotations

import getpass
import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

PASSWORD = "open-sesame-17"  # the server listens on loopback, for a minute

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = {me}
default_internal_group = {group}
default_login_user = {me}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
mail_location = maildir:~/Maildir
first_valid_uid = 1
"""


def program() -> str | None:
    """Path of dovecot, or None where it is not installed."""
    return shutil.which("dovecot") or next((p for p in ("/usr/sbin/dovecot",) if Path(p).is_file()), None)


@dataclass(frozen=True)
class Dovecot:
    """A running server. Any user may log in with `password`."""

    port: int
    folder: Path
    host: str = "127.0.0.1"
    password: str = PASSWORD

    def connect(self, user: str = "reader") -> imaplib.IMAP4:
        """A connection, logged in."""
        client = imaplib.IMAP4(self.host, self.port, timeout=20)
        client.login(user, self.password)
        return client

    def deliver(self, mail: EmailMessage | bytes, user: str = "reader", folder: str = "INBOX") -> None:
        """Put a mail into a folder, which is made if it is not there."""
        client = self.connect(user)
        client.create(folder)
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        status, answer = client.append(folder, "", imaplib.Time2Internaldate(time.time()), raw)
        assert status == "OK", answer
        client.logout()

    def flags(self, user: str = "reader", folder: str = "INBOX") -> list[bytes]:
        """The flags of each mail."""
        client = self.connect(user)
        client.select(folder, readonly=True)
        _, data = client.fetch("1:*", "(FLAGS)")
        client.logout()
        return [entry for entry in data if isinstance(entry, bytes)]


@contextmanager
def running(folder: Path) -> Iterator[Dovecot]:
    """A server that keeps its mail in `folder`; ended with the block. Raises RuntimeError if it does not start."""
    binary = program()
    if binary is None:
        raise RuntimeError("dovecot is not installed (apt-get install dovecot-imapd)")
    # Mail of the superuser is refused, so as one the mail belongs to another.
    owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    me = "dovecot" if os.getuid() == 0 else getpass.getuser()
    group = grp.getgrgid(pwd.getpwnam(me).pw_gid).gr_name
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = folder / "home"
    home.mkdir(parents=True)
    if os.getuid() == 0:
        os.chown(home, owner.pw_uid, owner.pw_gid)
        # pytest's folders are closed to others; the mail's owner must pass through them.
        for parent in (folder, *folder.parents):
            if parent == Path("/") or parent == Path("/tmp"):
                break
            parent.chmod(parent.stat().st_mode | 0o111)
    config = folder / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder, me=me, group=group, port=port, password=PASSWORD, uid=owner.pw_uid, gid=owner.pw_gid
        ),
        encoding="utf-8",
    )
    server = subprocess.Popen([binary, "-F", "-c", str(config)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if server.poll() is not None:
                break
            time.sleep(0.05)
        else:
            raise RuntimeError("dovecot does not answer")
        if server.poll() is not None:
            said = server.stdout.read().decode() if server.stdout else ""
            log = folder / "log"
            raise RuntimeError(f"dovecot ended: {said} {log.read_text() if log.exists() else ''}")
        yield Dovecot(port, folder)
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)
        if server.stdout is not None:
            server.stdout.close()
