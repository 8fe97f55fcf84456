"""Debian's dovecot on the loopback interface, with a configuration, users and mail of its own."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from imap_tools import MailBox, MailBoxFolderManager
from servers import free_port

USER, PASSWORD = "reply", "canary-imap-password"

CONFIG = """\
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{base}/cert.pem
ssl_key = <{base}/key.pem
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
mail_location = maildir:{base}/mail/%u
first_valid_uid = 1
auth_mechanisms = plain login
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = {base}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home/%u
}}
namespace inbox {{
  inbox = yes
}}
"""


@dataclass
class Imap:
    """Where it listens, and its one user's mailbox."""

    tls: int
    plain: int
    log: Path

    @contextmanager
    def opened(self) -> Iterator[MailBox]:
        context = ssl.create_default_context()
        with MailBox("localhost", self.tls, ssl_context=context, timeout=20).login(USER, PASSWORD) as box:
            yield box

    def deliver(self, raw: bytes) -> None:
        """A mail arrives."""
        with self.opened() as box:
            box.append(raw, "INBOX")

    def flags(self) -> dict[str, bool]:
        """Subjects of the mails there, and whether each was seen."""
        with self.opened() as box:
            return {mail.subject: "\\Seen" in mail.flags for mail in box.fetch(mark_seen=False, headers_only=True)}

    def folders(self) -> MailBoxFolderManager:
        with self.opened() as box:
            return box.folder


@contextmanager
def dovecot(certificates: Path) -> Iterator[Imap]:
    """A running server; ca.pem in `certificates` is what clients must trust. Fails loudly where dovecot is missing."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.fail("dovecot is not installed, so nothing about replies was tested: apt-get install dovecot-imapd")
    # Not under pytest's folder: its paths are too long for sockets and closed to dovecot's own users.
    base = Path(tempfile.mkdtemp(prefix="briefing-imap-"))
    base.chmod(0o755)
    root = os.geteuid() == 0
    owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
    me = getpass.getuser()
    for name in ("run", "state", "mail", "home"):
        (base / name).mkdir()
        if name in ("mail", "home") and root:
            os.chown(base / name, owner.pw_uid, owner.pw_gid)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(certificates / "ca.pem"))
    certificate = authority.issue_cert("localhost")
    certificate.cert_chain_pems[0].write_to_path(str(base / "cert.pem"))
    certificate.private_key_pem.write_to_path(str(base / "key.pem"))
    (base / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")
    tls, plain = free_port(), free_port()
    fields = {
        "base": base, "tls": tls, "plain": plain, "uid": owner.pw_uid, "gid": owner.pw_gid,
        "internal": "dovecot" if root else me, "login": "dovenull" if root else me,
        "group": "dovecot" if root else owner.pw_gid,
    }  # fmt: skip
    (base / "dovecot.conf").write_text(CONFIG.format(**fields), encoding="utf-8")
    process = subprocess.Popen([program, "-F", "-c", str(base / "dovecot.conf")], stderr=subprocess.PIPE)
    server = Imap(tls, plain, base / "log")
    old = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(certificates / "ca.pem")
    try:
        _wait(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        if old is None:
            del os.environ["SSL_CERT_FILE"]
        else:
            os.environ["SSL_CERT_FILE"] = old
        shutil.rmtree(base, ignore_errors=True)


def _wait(server: Imap, process: subprocess.Popen[bytes]) -> None:
    reason = ""
    for _ in range(100):
        if process.poll() is not None:
            said = process.stderr.read().decode() if process.stderr else ""
            log = server.log.read_text(encoding="utf-8") if server.log.exists() else ""
            pytest.fail(f"dovecot did not start: {said}{log}")
        try:
            with server.opened():
                return
        except Exception as error:  # while it starts, connecting fails in as many ways as there are stages
            reason = repr(error)
            time.sleep(0.1)
    log = server.log.read_text(encoding="utf-8") if server.log.exists() else ""
    pytest.fail(f"dovecot does not answer: {reason}\n{log}")
