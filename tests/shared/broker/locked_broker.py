"""A broker of its own that asks everybody who they are: TLS by a CA of its own, SCRAM, and the authorizer on."""

import asyncio
import datetime
import ipaddress
import os
import secrets
import shutil
import subprocess
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest, DescribeAclsRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local_runtime import kafka
from local_runtime.acls import Grant
from local_runtime.home import Home
from local_runtime.ports import is_free
from local_runtime.topics import wait_for_kafka
from platform_kit.broker import MECHANISM, broker_connection
from platform_kit.settings import KafkaSettings

ADMIN = "operator"
_FIRST_PORT = 22092
# As the protocol numbers them.
_RESOURCE, _OPERATION, _PATTERN, _ALLOW, _ANY = (
    {"topic": 2, "group": 3},
    {"Read": 3, "Write": 4},
    {False: 3, True: 4},
    3,
    1,
)


@dataclass(frozen=True)
class LockedBroker:
    """`access` is how somebody whom it knows reaches it; `environment` the same for a program."""

    bootstrap: str
    folder: Path

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def access(self, user: str, password_file: Path | None = None) -> KafkaSettings:
        file = password_file or self.folder / f"{user}.password"
        return KafkaSettings(
            LINLI_KAFKA_CA_FILE=self.ca_file, LINLI_KAFKA_USER=user, LINLI_KAFKA_PASSWORD_FILE=file
        )

    def environment(self, user: str) -> dict[str, str]:
        return {
            "LINLI_KAFKA": self.bootstrap,
            "LINLI_KAFKA_CA_FILE": str(self.ca_file),
            "LINLI_KAFKA_USER": user,
            "LINLI_KAFKA_PASSWORD_FILE": str(self.folder / f"{user}.password"),
        }

    async def grant(self, grants: Iterable[Grant]) -> None:
        """As kafka-acls does, which is not among our jars; ends when the broker goes by them.

        The controller answers once they are written down; the broker learns them from it, some time later.
        """
        asked = [_numbered(each) for each in grants]
        admin = AIOKafkaAdminClient(**broker_connection(self.bootstrap, self.access(ADMIN)))
        await admin.start()
        try:
            for kind, name, pattern, principal, operation in asked:
                create = CreateAclsRequest(kind, name, pattern, principal, "*", operation, _ALLOW)
                answer = await admin._send_to_controller(create)
                assert [code for code, _ in answer.creation_responses] == [0], answer
            async with asyncio.timeout(30):
                while not set(asked) <= await _known(admin):
                    await asyncio.sleep(0.05)
        finally:
            await admin.close()


_Right = tuple[int, str, int, str, int]


def _numbered(grant: Grant) -> _Right:
    """(resource type, name, pattern, principal, operation)"""
    kind, pattern, operation = (
        _RESOURCE[grant.resource],
        _PATTERN[grant.prefixed],
        _OPERATION[grant.operation],
    )
    return kind, grant.name, pattern, f"User:{grant.principal}", operation


async def _known(admin: AIOKafkaAdminClient) -> set[_Right]:
    """What the broker itself goes by."""
    everything = DescribeAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ANY)
    answer = await admin._send_request(everything)
    assert answer.error_code == 0, answer
    return {
        (kind, name, pattern, principal, operation)
        for kind, name, pattern, rights in answer.resources
        for principal, _, operation, _ in rights
    }


@contextmanager
def locked_broker(users: Iterable[str]) -> Iterator[LockedBroker]:
    """It knows these users and the operator, who alone may do everything. Ended and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="linli-locked-")).resolve()
    home, process = Home(folder / "home"), None
    free = (port for port in range(_FIRST_PORT, _FIRST_PORT + 400) if is_free(port))
    port, controller_port = next(free), next(free)
    broker = LockedBroker(f"127.0.0.1:{port}", folder)
    try:
        home.kafka.mkdir(parents=True)
        _certificates(folder)
        passwords = {user: secrets.token_urlsafe(24) for user in (ADMIN, *users)}
        for user, password in passwords.items():
            (folder / f"{user}.password").write_text(password + "\n")
        jars = kafka.classpath(lambda _: None)
        _format(home, jars, _settings(home, folder, port, controller_port, passwords[ADMIN]), passwords)
        with (folder / "out.log").open("ab") as out:
            process = subprocess.Popen(
                kafka.program(home, jars).command, stdout=out, stderr=subprocess.STDOUT
            )
        with patch.dict(os.environ, broker.environment(ADMIN)):
            asyncio.run(wait_for_kafka(broker.bootstrap, 90))
        yield broker
    finally:
        if process is not None:
            process.kill()
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _settings(home: Home, folder: Path, port: int, controller_port: int, admin_password: str) -> str:
    """The local broker's own, with nothing in the clear; between its two halves the operator speaks."""
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required"
    plain = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    who = f'username="{ADMIN}" password="{admin_password}"'
    changed = {
        "listeners": f"OUTER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"OUTER://127.0.0.1:{port}",
        "listener.security.protocol.map": "OUTER:SASL_SSL,CONTROLLER:SASL_SSL",
        "inter.broker.listener.name": "OUTER",
        "sasl.mechanism.inter.broker.protocol": MECHANISM,
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.outer.sasl.enabled.mechanisms": MECHANISM,
        f"listener.name.outer.{MECHANISM.lower()}.sasl.jaas.config": f"{scram} {who};",
        # A controller cannot look SCRAM users up before there is a controller.
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": f'{plain} {who} user_{ADMIN}="{admin_password}";',
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "broker.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / "ca.pem"),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{ADMIN}",
    }
    lines = (line.partition("=") for line in kafka._settings(home, port, controller_port).splitlines())
    written = {name: value for name, _, value in lines} | changed
    return "".join(f"{name}={value}\n" for name, value in written.items())


def _format(home: Home, jars: str, settings: str, passwords: dict[str, str]) -> None:
    file = home.kafka / "server.properties"
    file.write_text(settings)
    (home.kafka / "log4j2.properties").write_text(kafka._LOGGING)
    cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "A")
    command = [*kafka._java(home, jars, "-Xmx128m"), "kafka.tools.StorageTool", "format"]
    command += ["--cluster-id", cluster, "--config", str(file)]
    for user, password in passwords.items():
        command += ["--add-scram", f"{MECHANISM}=[name={user},password={password}]"]
    subprocess.run(command, check=True, capture_output=True, text=True)


def _certificates(folder: Path) -> None:
    """`ca.pem`, `other_ca.pem` that signed nothing, and `broker.pem` with the broker's key and certificate."""
    ca_key, ca = _authority("Linli test CA")
    key = ec.generate_private_key(ec.SECP256R1())
    at_home = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    certificate = (
        _begun(name, ca.subject, key)
        .add_extension(at_home, critical=False)
        .add_extension(signed_by, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "broker.pem").write_bytes(private + certificate.public_bytes(pem) + ca.public_bytes(pem))
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    (folder / "other_ca.pem").write_bytes(_authority("Another CA")[1].public_bytes(pem))


def _authority(called: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
    itself = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signs = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    built = (
        _begun(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signs, critical=True)
        .add_extension(itself, critical=False)
    )
    return key, built.sign(key, hashes.SHA256())


def _begun(name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
    )
