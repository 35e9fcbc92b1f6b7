"""Certificates that sign for themselves, made for one run."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """An RSA key and the certificate that names it, both in PEM."""

    key: str
    pem: str

    @property
    def sha1(self) -> str:
        """The thumbprint that msal takes and portals show: SHA-1 in hexadecimal digits."""
        return x509.load_pem_x509_certificate(self.pem.encode()).fingerprint(hashes.SHA1()).hex()

    def encrypted_key(self, password: str) -> str:
        """The key as PKCS #8 under ``password``."""
        key = serialization.load_pem_private_key(self.key.encode(), None)
        return _pem(key, serialization.BestAvailableEncryption(password.encode()))


def make(name: str, *, begins: int = -1, ends: int = 365) -> Certificate:
    """A certificate for ``name``, valid from ``begins`` to ``ends``, in days from now."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=begins))
        .not_valid_after(now + datetime.timedelta(days=ends))
    )
    certificate = builder.sign(key, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return Certificate(_pem(key, serialization.NoEncryption()), pem)


def _pem(key: object, encryption: serialization.KeySerializationEncryption) -> str:
    assert isinstance(key, rsa.RSAPrivateKey)
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    return text.decode()
