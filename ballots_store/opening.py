"""验箱封箱: from an authorisation to an empty, sealed box with its zero report; all of it or nothing.

Everything is made in a folder whose name no command looks at, and renamed into place at the end.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ballots_store import leftovers, log
from ballots_store.attested import sign_parts
from ballots_store.brought_slips import open_slips, read_brought
from ballots_store.errors import StorageFailure
from ballots_store.files import make_folders, sync_folder, write_synced
from ballots_store.heading import check_window
from ballots_store.held import ROUND_SECRET, START_SECRET, part_name, slots_path
from ballots_store.home import Home, RoundFolder
from ballots_store.hooks import Hook, no_hook, step
from ballots_store.reasons import reason
from ballots_store.sealing import binding, seal_share, seal_state, state_cipher
from ballots_store.slip_making import slip_book
from ballots_store.slots import create_slots
from ballots_store.state import BoxState, PinVerifier, empty_state, encode_public, encode_state
from ballots_store.store import create_store
from rounds.chain import Roots, check_names, read_authorisation, read_zero_report
from rounds.codes import read_officer_code, read_pin, read_printed_code
from rounds.documents import ZERO_REPORT, Authorisation, KeyStorage, Officer, RoundKeys, ZeroReport
from rounds.encoding import MAX_NAME, encode, is_fit, plain, stamp
from rounds.envelope import Verified, sign
from rounds.errors import BadInput, RuleRefusal, VerificationFailure
from rounds.issuing import Draw, check_method, make_round_keys, open_round_keys, roster_digest
from rounds.keyfile import STANDARD_KDF, KdfParameters, derive
from rounds.keys import KEY_SIZE, SecretKeys
from rounds.lifecycle import Event, Stage, advance
from rounds.rules import quorum_needed
from rounds.sharing import HOLDER_NAMES, Holder, split
from rounds.slip_file import PrintedSlips
from rounds.version import VERSION
from rounds.words import box_words

FEW_MEMBERS = 10
"""Below this many registered members a count may reveal somebody: warn before opening."""


_MOST_LINES, _LONGEST_LINE = 40, 200  # rounds.documents.ZeroReport.readiness


@dataclass(frozen=True)
class OpenRequest:
    """What supervisor and teller bring to the opening; codes as typed."""

    authorisation: bytes
    activation_code: str
    teller_name: str
    supervisor_code: str
    teller_code: str
    pin: str
    supervisor_name: str = ""
    """Only where the authorisation names none."""
    rehearsal: bool = False
    roster: tuple[str, ...] = ()
    laptop: str = ""
    """Whose laptop it is."""
    token: Path | None = None
    """The folder of the 票箱U盘; None keeps the keys on the same disk."""
    readiness: tuple[str, ...] = ()
    slips: bytes | None = field(default=None, repr=False)
    """The `.slips` file, where slips were printed with the authorisation."""


@dataclass(frozen=True)
class Opened:
    """What is read aloud once the box is sealed."""

    round_id: str
    title: str
    box_words: str
    members: int
    quorum_needed: int
    zero_report: bytes
    key_storage: KeyStorage
    few_members: bool
    slips: int
    """How many 投票凭条 came with the authorisation and are in the box now."""
    left: tuple[Path, ...] = ()
    """Folders of earlier openings that were cut off and could not be cleared away."""


@dataclass(frozen=True)
class _Officers:
    """Names and fresh keys of both officers: the private halves and their sealed records."""

    names: Mapping[Holder, str]
    keys: Mapping[Holder, SecretKeys]
    records: Mapping[Holder, RoundKeys]


def open_round(
    home: Home,
    request: OpenRequest,
    *,
    roots: Roots,
    now: datetime,
    draw: Draw = secrets.token_bytes,
    kdf: KdfParameters = STANDARD_KDF,
    hook: Hook = no_hook,
) -> Opened:
    """Open a round on this laptop: keys, zero report and an empty box.

    Raises:
        RuleRefusal: opened here already, rehearsal mixed with official, outside the window, an officer is the assessed,
            slips beside a roster.
        BadInput: a code or PIN that is none, a roster that does not fit.
        VerificationFailure: the authorisation or the slips' file does not hold, or a wrong 启用码.
        StorageFailure: something can't be written; no half-opened round is left.
    """
    authorisation = read_authorisation(request.authorisation, roots)
    folder = home.folder(authorisation.record.round_id)
    _check_request(request, authorisation, folder, now)
    pin = read_pin(request.pin)
    activation = open_round_keys(
        authorisation.record.activation, read_printed_code(request.activation_code, "启用码"), "启用码"
    )
    printed = None if request.slips is None else open_slips(request.slips, authorisation, activation)
    officers = _make_officers(request, authorisation.record, draw, kdf)
    round_secret, start_key = draw(KEY_SIZE), draw(KEY_SIZE)
    round_key = X25519PrivateKey.from_private_bytes(round_secret).public_key().public_bytes_raw()
    zero_report = _sign_zero_report(
        replace(request, readiness=(*request.readiness, *_told(printed))),
        authorisation,
        officers,
        activation,
        round_key,
        now,
    )
    bound_to = binding(authorisation.digest, zero_report.digest)
    salt = draw(16)
    verifier = PinVerifier(salt, derive(pin.encode(), salt, kdf), kdf)
    parts = {
        **_sealed_shares(ROUND_SECRET, round_secret, officers, authorisation.record, round_key, draw),
        **_sealed_shares(START_SECRET, start_key, officers, authorisation.record, round_key, draw),
    }
    meta = {
        "authorisation": request.authorisation,
        "issuer": authorisation.signer_keys[0],
        "issuer_name": authorisation.signers[0].encode(),
        "token": str(request.token.resolve()).encode() if request.token else b"",
        "zero_report": zero_report.data,
        **{f"officer {holder.value}": encode(record) for holder, record in officers.records.items()},
        **parts,
        **sign_parts(parts, bound_to, officers.keys),
    }
    state = _first_state(authorisation.record, verifier, printed, bound_to, draw)
    builder = _Builder(home, folder, request, draw, hook)
    left = builder.build(authorisation, zero_report, meta, state, start_key, now)
    return _opened(authorisation, zero_report, state, left)


def _told(printed: PrintedSlips | None) -> tuple[str, ...]:
    """The line of the zero report: whoever printed these slips could read their numbers before there was a box."""
    if printed is None:
        return ()
    return (f"投票凭条：{len(printed.numbers)}张，由签发批复的单位事先印制，封箱时载入票箱。",)


def _first_state(
    basis: Authorisation, verifier: PinVerifier, printed: PrintedSlips | None, bound_to: bytes, draw: Draw
) -> BoxState:
    """No ballot, no mark; the slips that were printed before, as `slips` would have put them in."""
    empty = empty_state(basis.registered, verifier)
    if printed is None:
        return empty
    return replace(empty, slips=slip_book(printed.numbers, printed.paper, bound_to, draw))


def _opened(
    authorisation: Verified[Authorisation], zero_report: Verified[ZeroReport], state: BoxState, left: tuple[Path, ...]
) -> Opened:
    basis = authorisation.record
    return Opened(
        round_id=basis.round_id,
        title=basis.title,
        box_words=box_words(zero_report.record.round_key),
        members=basis.registered,
        quorum_needed=quorum_needed(basis.registered),
        zero_report=zero_report.data,
        key_storage=zero_report.record.key_storage,
        few_members=basis.registered < FEW_MEMBERS,
        slips=state.slips.made,
        left=left,
    )


def _check_request(
    request: OpenRequest, authorisation: Verified[Authorisation], folder: RoundFolder, now: datetime
) -> None:
    """Everything that can be refused before a code is tried."""
    basis = authorisation.record
    stage = Stage.OPENED if folder.path.exists() else Stage.AUTHORISED
    if folder.destroyed.exists():
        raise RuleRefusal("本次测评的票箱已在本机销毁，不能再次封箱：另行测评须由上级团组织重新批复。")
    if stage is not Stage.AUTHORISED:
        raise RuleRefusal("本次测评已在本机封箱，不能再次封箱：请用 status 查看，或由 beikaobei-kiosk 继续投票。")
    advance(stage, Event.OPEN)
    if authorisation.rehearsal and not request.rehearsal:
        raise RuleRefusal("这是演练批复，不能用于正式测评：演练请加 --rehearsal。")
    if request.rehearsal and not authorisation.rehearsal:
        raise RuleRefusal("这是正式批复，不能用于演练：请去掉 --rehearsal，或另行申请演练批复。")
    check_method(basis)
    check_window(basis, now, early=basis.method == "stationed")
    log.check_clock(now)
    _check_officers(request, basis)
    _check_roster(request.roster, basis)
    if request.slips is not None:
        read_brought(request.slips, authorisation)
    if request.token is not None and not request.token.is_dir():
        raise StorageFailure(f"票箱U盘文件夹“{request.token}”不存在：请插好U盘并核对路径。")


def _check_officers(request: OpenRequest, basis: Authorisation) -> None:
    supervisor, teller = _officer_names(request, basis).values()
    if basis.supervisor and request.supervisor_name and plain(request.supervisor_name) != basis.supervisor:
        raise RuleRefusal("指导监督人员与批复所载不符：请由批复所载人员到场，或由上级团组织重新批复。")
    if not supervisor or not teller:
        raise BadInput("缺少姓名：批复未载指导监督人员的，用 --supervisor 写明；计票人用 --teller 写明。")
    _check_texts(request)
    try:
        check_names(basis.assessed.name, supervisor, teller)
    except VerificationFailure as failure:
        raise RuleRefusal(str(failure)) from None
    codes = [read_officer_code(code, name) for code, name in (
        (request.supervisor_code, "指导监督人员口令"), (request.teller_code, "计票人口令"))]  # fmt: skip
    if codes[0] == codes[1]:
        raise BadInput("指导监督人员与计票人的口令不得相同：请各自另设。")


def _check_texts(request: OpenRequest) -> None:
    """What people typed and the zero report will hold; a record refuses the rest without saying which field."""
    names = (request.teller_name, request.supervisor_name, request.laptop)
    lines = request.readiness
    most = _MOST_LINES - (request.slips is not None)
    if not all(len(plain(name)) <= MAX_NAME and is_fit(plain(name)) for name in names):
        raise BadInput(f"姓名和电脑归属须为不超过{MAX_NAME}个可见字符，写成一行：请重新填写。")
    if len(lines) > most or not all(1 <= len(line) <= _LONGEST_LINE and is_fit(line) for line in lines):
        raise BadInput("验箱检查的记录有不合规的文字或过长：请重新填写。")


def _check_roster(roster: tuple[str, ...], basis: Authorisation) -> None:
    if bool(roster) != bool(basis.roster_digest):
        raise RuleRefusal("批复载明须用名册的，用 --roster 给出；未载明的不得使用名册。")
    if roster and roster_digest(roster) != basis.roster_digest:
        raise RuleRefusal("名册与批复时的名册不一致：请使用上级团组织批复时的同一份名册。")
    if len(set(roster)) != len(roster):
        raise RuleRefusal("名册中有重复的团员：请由上级团组织核对后重新批复。")
    if roster and len(roster) != basis.registered:
        raise RuleRefusal(f"名册有{len(roster)}人，批复的登记注册团员为{basis.registered}名：请核对。")


def _officer_names(request: OpenRequest, basis: Authorisation) -> dict[Holder, str]:
    return {
        Holder.SUPERVISOR: basis.supervisor or plain(request.supervisor_name),
        Holder.TELLER: plain(request.teller_name),
    }


def _make_officers(request: OpenRequest, basis: Authorisation, draw: Draw, kdf: KdfParameters) -> _Officers:
    names = _officer_names(request, basis)
    codes = {Holder.SUPERVISOR: request.supervisor_code, Holder.TELLER: request.teller_code}
    made = {
        holder: make_round_keys(names[holder], read_officer_code(code, f"{HOLDER_NAMES[holder]}口令"), draw, kdf)
        for holder, code in codes.items()
    }
    return _Officers(
        names,
        {holder: keys for holder, (keys, _) in made.items()},
        {holder: record for holder, (_, record) in made.items()},
    )


def _sign_zero_report(
    request: OpenRequest,
    authorisation: Verified[Authorisation],
    officers: _Officers,
    activation: SecretKeys,
    round_key: bytes,
    now: datetime,
) -> Verified[ZeroReport]:
    record = ZeroReport(
        authorisation_digest=authorisation.digest,
        key_storage="token" if request.token else "same_disk",
        laptop=plain(request.laptop),
        mode=authorisation.record.mode,
        officers=tuple(
            Officer(name=name, role=holder, sealing=keys.sealing_public, signing=keys.signing_public)
            for (holder, name), keys in zip(officers.names.items(), officers.keys.values(), strict=True)
        ),
        opened=stamp(now),
        readiness=request.readiness,
        roster_used=bool(request.roster),
        round_id=authorisation.record.round_id,
        round_key=round_key,
        software=VERSION,
    )
    signers = [activation.signing, *(keys.signing for keys in officers.keys.values())]
    data = sign(record, ZERO_REPORT.payload_type(rehearsal=authorisation.rehearsal), signers)
    return read_zero_report(data, authorisation)


def _sealed_shares(
    purpose: bytes, secret: bytes, officers: _Officers, basis: Authorisation, round_key: bytes, draw: Draw
) -> dict[str, bytes]:
    """The secret's three shares, each sealed to its holder: any two of them open it."""
    to = {holder: keys.sealing_public for holder, keys in officers.keys.items()}
    to[Holder.EMERGENCY] = basis.emergency.sealing
    shares = split(secret, draw(2 * len(secret)))
    return {part_name(purpose, holder): seal_share(shares[holder], purpose, to[holder], round_key) for holder in Holder}


class _Builder:
    """Puts the made values on the medium: key slots, box, copies of the documents, then the name that makes it real."""

    def __init__(self, home: Home, folder: RoundFolder, request: OpenRequest, draw: Draw, hook: Hook) -> None:
        self._home = home
        self._folder = folder
        self._request = request
        self._draw = draw
        self._hook = hook

    def build(
        self,
        authorisation: Verified[Authorisation],
        zero_report: Verified[ZeroReport],
        meta: Mapping[str, bytes],
        state: BoxState,
        start_key: bytes,
        now: datetime,
    ) -> tuple[Path, ...]:
        """Build it; return what `leftovers.clear` left of others."""
        bound_to = binding(authorisation.digest, zero_report.digest)
        slot_key = self._draw(KEY_SIZE)
        encoded = encode_state(state, authorisation.record.registered)
        sealed = seal_state(encoded, state_cipher(slot_key, start_key, bound_to), bound_to, self._draw)
        try:
            make_folders(self._home.rounds_path)
            with leftovers.alone(self._home):
                left = leftovers.clear(self._home)
                half = leftovers.begin(self._home, self._request.token, bound_to)
                try:
                    with step(self._hook, "slots"):
                        create_slots(slots_path(half, self._request.token, bound_to), bound_to, slot_key)
                    with step(self._hook, "box"):
                        create_store(half.box, meta, sorted(self._request.roster), encode_public(state), sealed)
                    with step(self._hook, "copies"):
                        self._copy(half, authorisation, zero_report, state, now)
                    self._publish(half)
                except BaseException:
                    leftovers.undo(half.path)
                    raise
        except OSError as error:
            raise StorageFailure(f"无法建立票箱（{reason(error)}）：请检查磁盘空间和权限。") from None
        return left

    def _copy(
        self,
        half: RoundFolder,
        authorisation: Verified[Authorisation],
        zero_report: Verified[ZeroReport],
        state: BoxState,
        now: datetime,
    ) -> None:
        write_synced(half.authorisation, authorisation.data)
        write_synced(half.zero_report, zero_report.data)
        log.append(half.log, "opened", now)
        if state.slips.made:
            log.append(half.log, "slips_made", now)

    def _publish(self, half: RoundFolder) -> None:
        with step(self._hook, "publish"):
            half.path.rename(self._folder.path)
            sync_folder(self._home.rounds_path)
        leftovers.finished(self._folder)
