"""One result file checked by programs that share no code with this house: securesystemslib, and openssl by hand."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from rounds_factory import MadeRound, make_round, payload_digest, with_payload
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key  # type: ignore[attr-defined]  # the package marks no name as public

from rounds.documents import RESULT
from rounds.envelope import authentication_encoding

ED25519_DER_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""RFC 8410: what stands before the 32 bytes of an Ed25519 public key in a SubjectPublicKeyInfo."""


@pytest.fixture(scope="module")
def made() -> MadeRound:
    return make_round()


@pytest.fixture(scope="module")
def result(made: MadeRound) -> bytes:
    return made.result(3, 1, 1)


def officers(made: MadeRound) -> list[bytes]:
    """The two officers' public keys, as the zero report states them."""
    return [officer.signing for officer in made.zero_report.record.officers]


def sslib_keys(publics: list[bytes]) -> list[Key]:
    kind = {"keytype": "ed25519", "scheme": "ed25519"}
    return [
        Key.from_dict(hashlib.sha256(public).hexdigest(), kind | {"keyval": {"public": public.hex()}})
        for public in publics
    ]


def test_securesystemslib_verifies_a_result(made: MadeRound, result: bytes) -> None:
    file = json.loads(result)
    verified = Envelope.from_dict(file).verify(sslib_keys(officers(made)), threshold=2)
    assert len(verified) == 2


def test_securesystemslib_refuses_what_we_refuse(made: MadeRound, result: bytes) -> None:
    """The control: another payload, and other people's keys."""
    altered = json.loads(with_payload(result, b'"satisfied":3', b'"satisfied":4'))
    with pytest.raises(VerificationError):
        Envelope.from_dict(altered).verify(sslib_keys(officers(made)), threshold=2)
    file = json.loads(result)
    strangers = sslib_keys(officers(make_round()))
    with pytest.raises(VerificationError):
        Envelope.from_dict(file).verify(strangers, threshold=2)


def test_the_bytes_that_are_signed_are_the_standards(result: bytes) -> None:
    envelope = Envelope.from_dict(json.loads(result))
    assert envelope.pae() == authentication_encoding(RESULT.official, envelope.payload)


def test_every_layer_of_the_chain_is_an_envelope_that_securesystemslib_reads(made: MadeRound, result: bytes) -> None:
    """Result → zero report → authorisation: each from the payload above, each under its own keys."""
    chain = json.loads(base64.b64decode(json.loads(result)["payload"]))["chain"]
    zero_report, authorisation = json.loads(chain["zero_report"]), json.loads(chain["authorisation"])
    three = [made.activation.signing_public, *officers(made)]
    assert len(Envelope.from_dict(zero_report).verify(sslib_keys(three), threshold=3)) == 3
    root = sslib_keys([made.organisation.key.public])
    assert len(Envelope.from_dict(authorisation).verify(root, threshold=1)) == 1


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed here")


def openssl(
    folder: Path, made: MadeRound, result: bytes, name: str = "result"
) -> list[subprocess.CompletedProcess[str]]:
    """The lines of docs/formats.md: the signed bytes, the signature and the public key as files, then pkeyutl."""
    file = json.loads(result)
    payload = base64.b64decode(file["payload"])
    kind = file["payloadType"].encode()
    (folder / name).write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    runs = []
    for public, signature in zip(officers(made), file["signatures"], strict=True):
        (folder / "sig").write_bytes(base64.b64decode(signature["sig"]))
        (folder / "pub.der").write_bytes(ED25519_DER_PREFIX + public)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "pub.der", "-rawin"]
        command += ["-in", name, "-sigfile", "sig"]
        runs.append(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False))
    return runs


@needs_openssl
def test_openssl_verifies_both_signatures(tmp_path: Path, made: MadeRound, result: bytes) -> None:
    for run in openssl(tmp_path, made, result):
        assert run.returncode == 0, run.stderr
        assert "Verified Successfully" in run.stdout


@needs_openssl
def test_openssl_refuses_an_altered_payload(tmp_path: Path, made: MadeRound, result: bytes) -> None:
    for run in openssl(tmp_path, made, with_payload(result, b'"satisfied":3', b'"satisfied":4')):
        assert run.returncode != 0


@needs_openssl
def test_openssl_names_a_file_by_the_digest_that_we_name_it_by(tmp_path: Path, result: bytes) -> None:
    (tmp_path / "payload").write_bytes(base64.b64decode(json.loads(result)["payload"]))
    command = ["openssl", "dgst", "-sha256", "-r", "payload"]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert printed.split()[0] == payload_digest(result)


def lines_of_the_document() -> str:
    """The shell lines under “Checking a result with standard tools”."""
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    return text.split("### Checking a result with standard tools")[1].split("```sh\n")[1].split("```")[0]


@needs_openssl
def test_the_lines_of_the_document_do_as_they_stand(tmp_path: Path, made: MadeRound, result: bytes) -> None:
    """And the control: the same lines refuse an altered file, and another signer's key."""
    (tmp_path / "F.result").write_bytes(result)
    supervisor, teller = (public.hex() for public in officers(made))

    def run(public: str) -> int:
        script = lines_of_the_document().replace("PUBLIC", public)
        return subprocess.run(["sh", "-ec", script], cwd=tmp_path, capture_output=True, check=False).returncode

    assert run(supervisor) == 0
    assert run(teller) != 0  # the lines check the first signature
    (tmp_path / "F.result").write_bytes(with_payload(result, b'"satisfied":3', b'"satisfied":4'))
    assert run(supervisor) != 0
