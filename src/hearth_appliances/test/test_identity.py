"""Client id, key and certificate: kept for their owner and the account they belong to."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hearth_appliances.backends.identity import IdentityStore, Ticket
from hearth_appliances.simulator.tls import Authority

TOKEN = "thinqpat_account0one"


def make_ticket() -> Ticket:
    authority = Authority()
    credential = authority.issue("client")
    return Ticket(
        "localhost",
        8883,
        "topic",
        credential.certificate,
        credential.key,
        authority.certificate,
        (datetime.now(UTC) + timedelta(days=30)).isoformat(),
    )


def test_an_identity_lives_on_in_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "thinq.json"
    first = IdentityStore(path, TOKEN)
    assert first.current.client_id.startswith("thinq-open-")
    assert not path.exists()  # nothing worth keeping yet
    first.keep(make_ticket())
    first.keep_told()
    assert path.stat().st_mode & 0o777 == 0o600
    assert IdentityStore(path, TOKEN).current == first.current
    assert TOKEN not in path.read_text()


def test_another_account_another_file_mode_or_nonsense_start_anew(tmp_path: Path) -> None:
    path = tmp_path / "thinq.json"
    store = IdentityStore(path, TOKEN)
    store.keep(make_ticket())
    known = store.current.client_id
    assert IdentityStore(path, "thinqpat_account0two").current.client_id != known
    path.chmod(0o644)
    assert IdentityStore(path, TOKEN).current.client_id != known
    path.chmod(0o600)
    assert IdentityStore(path, TOKEN).current.client_id == known
    for nonsense in ("", "[]", json.dumps({"account": "a:b"}), "{"):
        path.write_text(nonsense)
        assert IdentityStore(path, TOKEN).current.ticket is None


def test_a_ticket_shows_neither_key_nor_certificate_and_knows_when_it_is_spent() -> None:
    ticket = make_ticket()
    assert ticket.valid()
    assert "BEGIN" not in repr(ticket)
    for spent in ("", "no date", datetime.now(UTC).isoformat(), "2030-01-01"):
        assert not replace(ticket, expires=spent).valid()


def test_without_a_file_nothing_is_kept() -> None:
    store = IdentityStore(None, TOKEN, "given")
    store.keep(make_ticket())
    assert store.current.client_id == "given"
    assert IdentityStore(None, TOKEN).current.ticket is None


def test_a_running_bridge_carries_neither_the_certificate_maker_nor_device_classes() -> None:
    script = (
        "import sys, hearth_appliances.bridge_node\n"
        "extra = {'cryptography', 'thinqconnect', 'thinqconnect.device'} & set(sys.modules)\n"
        "assert not extra, extra\n"
        "import thinqconnect\n"
        "from hearth_appliances.backends.sdk import ThinQApi, ThinQAPIException\n"
        "assert thinqconnect.ThinQApi is ThinQApi\n"
        "assert thinqconnect.ThinQAPIException is ThinQAPIException\n"
        "assert thinqconnect.WasherDevice\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
