"""Secrets come from where nobody else can look, and stay out of everything else."""

import copy
import logging
import os
import pickle
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hearth_appliances.core.secrets import (
    HIDDEN,
    RedactingFilter,
    Secret,
    hide,
    read_private,
    read_token,
    redact,
    write_private,
)
from hearth_core.errors import BadInputError

TOKEN = "thinqpat_5ecret5ecret5ecret"


def token_file(folder: Path, mode: int = 0o600) -> Path:
    path = folder / "config" / "token"
    write_private(path, TOKEN + "\n")
    path.chmod(mode)
    return path


def test_a_file_is_private_or_refused(tmp_path: Path) -> None:
    path = token_file(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_token(str(path)).reveal() == TOKEN
    assert read_token(f"file:{path}").reveal() == TOKEN
    for mode in (0o640, 0o604, 0o660, 0o644):
        path.chmod(mode)
        with pytest.raises(BadInputError, match="chmod 600"):
            read_token(str(path))
    with pytest.raises(BadInputError, match="No such file"):
        read_private(tmp_path / "nothing")
    with pytest.raises(BadInputError, match="not a file"):
        read_private(tmp_path)


def test_a_descriptor_is_read_once_and_closed() -> None:
    read, write = os.pipe()
    os.write(write, TOKEN.encode())
    os.close(write)
    assert read_token(f"fd:{read}").reveal() == TOKEN
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(read)
    with pytest.raises(BadInputError, match="number"):
        read_token("fd:")


def test_a_credential_of_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(BadInputError, match="LoadCredential"):
        read_token("credential:thinq")
    write_private(tmp_path / "thinq", TOKEN)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_token("credential:thinq").reveal() == TOKEN
    with pytest.raises(BadInputError, match="name of a systemd credential"):
        read_token("credential:../thinq")


def test_a_keyring_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(BadInputError, match="not installed"):
        read_token("keyring:hearth/thinq")
    ring = ModuleType("keyring")
    ring.get_password = lambda service, user: TOKEN if user == "thinq" else None  # type: ignore[attr-defined]  # a module made here
    monkeypatch.setitem(sys.modules, "keyring", ring)
    assert read_token("keyring:hearth/thinq").reveal() == TOKEN
    with pytest.raises(BadInputError, match="nothing stored"):
        read_token("keyring:hearth/other")


def test_a_token_given_where_its_place_belongs_is_refused_without_repeating_it() -> None:
    with pytest.raises(BadInputError, match="never itself") as caught:
        read_token(TOKEN)
    assert TOKEN not in str(caught.value)


def test_what_is_no_token_is_refused_without_repeating_it(tmp_path: Path) -> None:
    path = tmp_path / "token"
    for text in ("", "two words", "x" * 5000):
        write_private(path, text)
        with pytest.raises(BadInputError, match="holds no token") as caught:
            read_token(str(path))
        assert "words" not in str(caught.value)


def test_a_secret_is_not_shown_or_copied_by_accident() -> None:
    secret = Secret(TOKEN)
    assert TOKEN not in f"{secret} {secret!r} {[secret]} {vars(type(secret))}"
    with pytest.raises(TypeError, match="not copied"):
        pickle.dumps(secret)
    with pytest.raises(TypeError, match="not copied"):
        copy.deepcopy(secret)


def test_every_logger_of_the_process_loses_them(caplog: pytest.LogCaptureFixture) -> None:
    hide(TOKEN)
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("somebody.elses.child")
    logger.warning("header %s", {"Authorization": f"Bearer {TOKEN}"})
    try:
        raise ValueError(TOKEN)
    except ValueError:
        logger.exception("failed with %r", TOKEN)
    logger.info("odd %d arguments", "x")
    assert "failed" in caplog.text
    assert "ValueError" in caplog.text  # the traceback is still there
    assert "odd" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer unknown-but-secret",
        "body: {'service-code': 'SVC202', 'csr': 'unknown-but-secret'}",
        "-----BEGIN PRIVATE KEY-----\nunknown-but-secret\n-----END PRIVATE KEY-----",
        "thinqpat_unknown_but_secret",
    ],
)
def test_what_looks_like_a_secret_is_hidden_too(text: str) -> None:
    assert "secret" not in redact(text).replace(HIDDEN, "")


def test_a_filter_for_one_handler() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "header %s", ("Bearer tok-123",), None)
    assert RedactingFilter("tok-123").filter(record)
    assert record.getMessage() == "header Bearer ***"
