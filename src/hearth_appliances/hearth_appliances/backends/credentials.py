"""A client's key, its signing request and its certificate's end, made in a process of its own.

The vendor's SDK makes an RSA key in the event loop, and keeps the libraries for it loaded for
good. Here a child does it with the same code and goes: it reads a root certificate (JSON; null:
the one the SDK fetches), writes key, request and root certificate, reads the signed certificate,
and writes when that ends. It never hears of the token.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

PATIENCE = 60.0
"""Longest time [s] for either answer: a key takes a second, fetching the root certificate 15."""


class CredentialMaker:
    """The parent's end; one use."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def request(self, authority: str) -> tuple[str, str, str]:
        """Private key (PEM), signing request (base64 of DER), root certificate (PEM).

        Raises:
            ConnectionError: The root certificate cannot be had.
            TimeoutError: It takes too long.
        """
        told = await self._ask(authority or None)
        return told["key"], told["request"], told["authority"]

    async def expiry(self, certificate: str) -> str:
        """When a certificate (PEM) ends, ISO 8601.

        Raises:
            ConnectionError: It is none.
            TimeoutError: It takes too long.
        """
        return str((await self._ask(certificate))["expires"])

    async def _ask(self, what: str | None) -> dict[str, Any]:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(what).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            line = await process.stdout.readline()
        if not line:
            raise ConnectionError("no root certificate, or a certificate that is none")
        told: dict[str, Any] = json.loads(line)
        return told


@asynccontextmanager
async def credential_maker() -> AsyncIterator[CredentialMaker]:
    """A child that makes credentials; it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield CredentialMaker(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _child() -> None:
    from cryptography import x509  # noqa: PLC0415 - only the child carries this
    from thinqconnect.mqtt_client import ThinQMQTTClient  # noqa: PLC0415

    authority = json.loads(sys.stdin.readline())

    class Maker(ThinQMQTTClient):
        async def _get_root_certificate(self, timeout: int = 15) -> str | None:
            found: str | None = authority or await super()._get_root_certificate(timeout)
            return found

    maker = Maker(None, "", None)
    if not await maker.generate_csr():
        return
    _say(
        key=maker.bytes_private_key.decode(),
        request=maker.csr_str,
        authority=maker.bytes_root_ca.decode(),
    )
    certificate = json.loads(sys.stdin.readline())
    parsed = x509.load_pem_x509_certificate(certificate.encode())
    _say(expires=parsed.not_valid_after_utc.isoformat())


def _say(**told: str) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_child())
