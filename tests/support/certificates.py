"""An authority of the tests, and certificates: true ones, one for another name, one nobody vouches for."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
TRUE, OTHER_NAME, UNKNOWN, OVER = "true", "for another name", "from nobody known", "run out"
FALSE = (OTHER_NAME, UNKNOWN, OVER)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass(frozen=True)
class Authority:
    """Who signs certificates. `file` is its own, for whoever is to trust it."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    file: Path

    def context(self, kind: str) -> ssl.SSLContext:
        """What a server shows: a certificate of one of the kinds."""
        signer = make(self.folder / "unknown") if kind == UNKNOWN else self
        until = _FROM + timedelta(days=1) if kind == OVER else _UNTIL
        host = "elsewhere.example" if kind == OTHER_NAME else "localhost"
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        if kind != OTHER_NAME:
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        builder = _built(host, key, until, issuer="authority").add_extension(
            x509.SubjectAlternativeName(names), critical=False
        )
        made = builder.sign(signer.key, hashes.SHA256())
        file = self.folder / f"{kind.replace(' ', '-')}.pem"
        file.write_bytes(_private(key) + made.public_bytes(serialization.Encoding.PEM))
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.load_cert_chain(file)
        return found


def make(folder: Path) -> Authority:
    """A new authority, its certificate in a folder."""
    folder.mkdir(exist_ok=True, parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    built = _built("authority", key, _UNTIL, issuer="authority")
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    built = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    usage = x509.KeyUsage(
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
    made = built.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    file = folder / "authority.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return Authority(folder, key, file)


def _built(
    name: str, key: ec.EllipticCurvePrivateKey, until: datetime, *, issuer: str
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(until)
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
