"""A certificate authority of one run: server certificates, and the ones clients ask for."""

from __future__ import annotations

import base64
import binascii
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.x509.oid import NameOID
from hearth_core.errors import BadInputError

HOSTS = tuple(f"api-{region}.lgthinq.com" for region in ("kic", "aic", "eic"))
"""Names the unmodified SDK asks for; resolved to loopback by the client."""

_LIFETIME = timedelta(days=2)


@dataclass(frozen=True)
class Credential:
    """Certificate and private key (PEM)."""

    certificate: str
    key: str = field(repr=False)


class Authority:
    """A CA; its key and those it makes never leave memory except into private files."""

    def __init__(self) -> None:
        """Make a new one, valid for two days."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Hearth appliance simulator")
        authority = (
            _builder(self._name, self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .add_extension(_ca_usage(), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate = authority.public_bytes(serialization.Encoding.PEM).decode()
        """PEM."""

    def issue(self, name: str, hosts: Sequence[str] = ()) -> Credential:
        """A key and a certificate for ``name``; with ``hosts`` it serves them."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return Credential(self._sign(key.public_key(), name, hosts), pem.decode())

    def sign(self, request: str, name: str) -> str:
        """Certificate (PEM) for a signing request; its subject becomes ``name``.

        Args:
            request: PEM, or the Base64 between its lines, as the vendor's SDK sends it.
            name: Common name, whatever the request asks for.

        Raises:
            BadInputError: It is no signing request, or not signed with its own key.
        """
        body = "".join(line for line in request.splitlines() if not line.startswith("-----"))
        try:
            parsed = x509.load_der_x509_csr(base64.b64decode(body, validate=True))
        except (ValueError, binascii.Error) as error:
            raise BadInputError("not a certificate signing request") from error
        if not parsed.is_signature_valid:
            raise BadInputError("the signing request is not signed with its own key")
        key = parsed.public_key()
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise BadInputError("the signing request has neither an RSA nor an elliptic key")
        return self._sign(key, name)

    def server_context(self) -> ssl.SSLContext:
        """TLS for the vendor's host names."""
        identity = self.issue(HOSTS[0], HOSTS)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory(prefix="hearth-tls-") as folder:
            path = Path(folder) / "server.pem"
            path.touch(mode=0o600)
            path.write_text(identity.key + identity.certificate)
            context.load_cert_chain(path)
        return context

    def _sign(
        self, key: CertificateIssuerPublicKeyTypes, name: str, hosts: Sequence[str] = ()
    ) -> str:
        builder = _builder(_name(name), self._name, key).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
            critical=False,
        )
        if hosts:
            names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: CertificateIssuerPublicKeyTypes
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
    )


def _ca_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
