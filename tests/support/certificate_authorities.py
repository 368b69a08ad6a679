"""Private certificate authorities, as a company has its own."""

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.receivers import Certificate

_PEM = serialization.Encoding.PEM


class Authority:
    """An authority with its own certificate, signed by itself or by another one."""

    def __init__(self, folder: Path, name: str, above: "Authority | None" = None) -> None:
        """Make its key and its certificate, which lies in `folder`."""
        self._folder, self._name = (
            folder,
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        )
        self._key = ec.generate_private_key(ec.SECP256R1())
        built = _built(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.pem = (above or self)._signed(built)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self.pem)

    def issue(self, *names: str) -> Certificate:
        """Return a server's certificate for these names and addresses, then the authority's."""
        key = ec.generate_private_key(ec.SECP256R1())
        holds = x509.SubjectAlternativeName([_general(name) for name in names])
        files = Certificate(self._folder / "server.pem", self._folder / "server-key.pem")
        files.chain.write_bytes(
            self._signed(_built(x509.Name([]), key).add_extension(holds, critical=True)) + self.pem
        )
        unlocked = serialization.NoEncryption()
        files.key.write_bytes(key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, unlocked))
        return files

    def _signed(self, built: x509.CertificateBuilder) -> bytes:
        return built.issuer_name(self._name).sign(self._key, hashes.SHA256()).public_bytes(_PEM)


def _built(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
