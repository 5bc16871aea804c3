"""Each file's fate: what is taken in, what is kept beside in conflict, what is refused and with which words."""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import msgspec
import pytest
from canvass_desk import Desk, new_desk
from rounds_factory import (
    CLOSED,
    OPENED,
    ROOTS,
    MadeRound,
    envelope_of,
    make_round,
    organisation,
    payload_digest,
    with_payload,
)

from canvass.confirming import confirm_revision
from canvass.importing import Fate, expand, import_files
from canvass.receiving import CAP
from rounds.errors import RuleRefusal, Unreadable
from rounds.rules import Outcome
from rounds.sharing import Holder

IMPORTED, DUPLICATE, CONFLICT, REJECTED = Fate


@pytest.fixture(scope="module")
def made() -> MadeRound:
    return make_round()


def test_the_second_import_is_a_duplicate_and_changes_no_row(desk: Desk, made: MadeRound) -> None:
    result = made.result(3, 1, 1)
    assert desk.fates(result) == [IMPORTED]
    before = desk.dump()
    assert desk.fates(result, result) == [DUPLICATE, DUPLICATE]
    assert desk.dump() == before
    assert desk.summary().totals.branches == 1


def test_the_imported_file_is_kept_byte_for_byte(desk: Desk, made: MadeRound) -> None:
    """Its three layers are stored without their base64; put together again they are the file, signatures and all."""
    files = [made.result(3, 1, 1), made.void(), make_round(supervisor="李督导").result(6, 0, present=6)]
    desk.fates(*files)
    assert desk.files() == sorted(files)
    assert [size for _, size, _ in desk.dump()["envelopes"]] == [len(data) for data in files]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_another_payload_is_a_conflict_in_any_order(desk: Desk, made: MadeRound, order: tuple[int, ...]) -> None:
    files = [made.result(3, 1, 1), made.result(4, 1, 0), made.void()]
    assert desk.fates(*(files[place] for place in order)) == [IMPORTED, CONFLICT, CONFLICT]
    summary = desk.summary()
    assert not summary.rows
    assert not summary.voids
    assert {end.digest for end in summary.conflicts} == {payload_digest(data) for data in files}
    assert len(desk.dump()["envelopes"]) == 3


@pytest.mark.parametrize("order", [1, -1])
def test_two_zero_reports_are_a_conflict_though_the_counts_agree(desk: Desk, made: MadeRound, order: int) -> None:
    files = [made.result(3, 1, 1), made.reopened().result(3, 1, 1)][::order]
    first, second = (desk.take(data) for data in files)
    assert (first.fate, second.fate) == (IMPORTED, CONFLICT)
    assert "两份不同的封箱报告" in second.reason
    assert len(desk.summary().conflicts) == 2
    assert not desk.summary().rows


def test_two_rounds_of_one_branch_are_no_conflict(desk: Desk, made: MadeRound) -> None:
    """The control of the two tests above: it is the round that must be one, not the branch or the counts."""
    other = make_round()
    assert desk.fates(made.result(3, 1, 1), other.result(3, 1, 1)) == [IMPORTED, IMPORTED]
    assert [row.remark for row in desk.summary().rows] == ["同一团支部本年度另有测评结果，须核实"] * 2


def test_a_third_file_cannot_heal_a_conflict(desk: Desk, made: MadeRound) -> None:
    first, second = made.result(3, 1, 1), made.result(4, 1, 0)
    revision = made.result(5, 0, 0, supersedes=payload_digest(first))
    assert desk.fates(first, second, revision, first) == [IMPORTED, CONFLICT, CONFLICT, DUPLICATE]
    assert len(desk.summary().conflicts) == 3


@pytest.mark.parametrize("order", [1, -1])
def test_a_revision_waits_and_is_never_summed_over(desk: Desk, made: MadeRound, order: int) -> None:
    first = made.result(3, 1, 1)
    revision = made.result(4, 1, 0, supersedes=payload_digest(first))
    fates = {data: desk.take(data) for data in [first, revision][::order]}
    assert fates[first].fate == IMPORTED
    assert fates[revision].fate == CONFLICT
    assert "待确认" in fates[revision].reason
    summary = desk.summary()
    assert [(row.satisfied, row.remark) for row in summary.rows] == [(3, "有更正件待确认")]
    assert [end.digest for end in summary.waiting] == [payload_digest(revision)]
    assert not summary.conflicts


def test_a_confirmed_revision_counts_and_what_it_replaces_stays_visible(desk: Desk, made: MadeRound) -> None:
    first = made.result(3, 1, 1)
    revisions = [made.result(n, 5 - n, 0, supersedes=payload_digest(first)) for n in (4, 5)]
    desk.fates(first, *revisions)
    with pytest.raises(RuleRefusal, match="没有这一份"):
        confirm_revision(desk.registry, payload_digest(first), now=CLOSED)
    confirm_revision(desk.registry, payload_digest(revisions[0]), now=CLOSED)
    assert [row.satisfied for row in desk.summary().rows] == [4]
    assert len(desk.summary().waiting) == 1
    with pytest.raises(RuleRefusal, match="已不计入"):
        confirm_revision(desk.registry, payload_digest(revisions[1]), now=CLOSED)
    assert len(desk.files()) == 3
    further = made.result(0, 5, 0, supersedes=payload_digest(revisions[0]))
    assert desk.fates(further) == [CONFLICT]
    confirm_revision(desk.registry, payload_digest(further), now=CLOSED)
    assert [row.satisfied for row in desk.summary().rows] == [0]
    desk.rolled_up()


def test_a_revision_without_its_original_cannot_be_confirmed(desk: Desk, made: MadeRound) -> None:
    revision = made.result(4, 1, 0, supersedes=payload_digest(made.result(3, 1, 1)))
    desk.fates(revision)
    with pytest.raises(RuleRefusal, match="尚未导入"):
        confirm_revision(desk.registry, payload_digest(revision), now=CLOSED)


def test_a_revision_of_something_else_is_a_conflict(desk: Desk, made: MadeRound) -> None:
    stray = made.result(4, 1, 0, supersedes="ab" * 32)
    assert desk.fates(stray, made.result(3, 1, 1)) == [CONFLICT, CONFLICT]
    assert len(desk.summary().conflicts) == 2


@pytest.mark.parametrize("ending", ["void", "below quorum"])
def test_attempt_two_needs_the_registered_end_of_attempt_one(desk: Desk, made: MadeRound, ending: str) -> None:
    end = made.void() if ending == "void" else made.result(1, 1, 1)
    second = made.next_attempt(payload_digest(end)).result(5, 0)
    refused = desk.take(second)
    assert refused.fate == REJECTED
    assert "第2次测评" in refused.reason
    assert desk.dump()["ends"] == []
    assert desk.fates(end, second) == [IMPORTED, IMPORTED]
    summary = desk.summary()
    assert [row.remark for row in summary.rows] == ["第2次测评"]
    assert [entry.rerun for entry in (*summary.voids, *summary.invalid)] == [False]


def test_a_folder_is_imported_whole_whatever_its_files_are_called(desk: Desk, made: MadeRound) -> None:
    first = made.void()
    second = made.next_attempt(payload_digest(first))
    third = second.next_attempt(payload_digest(invalid := second.result(0, 0)))
    for name, data in (("c.void", first), ("b.result", invalid), ("a.result", third.result(6, 0))):
        desk.put(name, data)
    fates = desk.take_in()
    assert [(Path(fate.path).name, fate.fate) for fate in fates] == [
        ("c.void", IMPORTED),
        ("b.result", IMPORTED),
        ("a.result", IMPORTED),
    ]


def test_attempt_two_on_a_valid_result_is_refused(desk: Desk, made: MadeRound) -> None:
    valid = made.result(3, 1, 1)
    desk.take(valid)
    refused = desk.take(made.next_attempt(payload_digest(valid)).result(5, 0))
    assert refused.fate == REJECTED
    assert "有效" in refused.reason


def test_attempt_two_on_another_branchs_end_is_refused(desk: Desk, made: MadeRound) -> None:
    other = make_round(branch_name="机电学院2016级二班团支部").void()
    desk.take(other)
    refused = desk.take(made.next_attempt(payload_digest(other)).result(5, 0))
    assert refused.fate == REJECTED
    assert "同一团支部" in refused.reason


def test_attempt_three_cannot_stand_on_attempt_one(desk: Desk, made: MadeRound) -> None:
    first = made.void()
    desk.take(first)
    skipped = make_round(attempt=3, previous_end=payload_digest(first))
    assert desk.fates(skipped.result(5, 0)) == [REJECTED]
    second = make_round(attempt=2, previous_end=payload_digest(first))
    assert desk.fates(second.result(5, 0)) == [IMPORTED]


def test_a_branch_code_decides_over_its_name(desk: Desk) -> None:
    first = make_round(branch_name="旧名团支部", branch_code="TM-01").void()
    desk.take(first)
    renamed = make_round(branch_name="新名团支部", branch_code="TM-01", attempt=2, previous_end=payload_digest(first))
    other = make_round(branch_name="旧名团支部", branch_code="TM-02", attempt=2, previous_end=payload_digest(first))
    assert desk.fates(renamed.result(5, 0), other.result(5, 0)) == [IMPORTED, REJECTED]


def test_rehearsal_documents_are_refused_by_name(desk: Desk) -> None:
    rehearsal = make_round(rehearsal=True)
    for data in (rehearsal.result(3, 1, 1), rehearsal.void()):
        refused = desk.take(data)
        assert refused.fate == REJECTED
        assert "演练" in refused.reason
    assert desk.dump()["envelopes"] == []


def test_a_rehearsal_dressed_as_official_is_refused(desk: Desk, made: MadeRound) -> None:
    rehearsal = envelope_of(make_round(rehearsal=True).result(3, 1, 1))
    official = envelope_of(made.result(3, 1, 1)).payload_type
    dressed = msgspec.json.encode(msgspec.structs.replace(rehearsal, payload_type=official), order="sorted")
    assert desk.take(dressed).fate == REJECTED


def test_other_documents_are_refused_by_name(desk: Desk, made: MadeRound) -> None:
    named = {
        made.authorisation.data: "批复文件",
        made.zero_report.data: "封箱报告",
        made.organisation.card: "组织名片",
        made.organisation.key_file: "无法识别",
        b"": "无法识别",
        bytes(CAP + 1): "过大",
    }
    for data, word in named.items():
        refused = desk.take(data)
        assert refused.fate == REJECTED
        assert word in refused.reason


def test_an_unknown_root_is_refused_and_enrolling_it_is_all_that_was_missing(desk: Desk) -> None:
    stranger = organisation("共青团另一所大学委员会")
    result = make_round(by=stranger).result(3, 1, 1)
    refused = desk.take(result)
    assert refused.fate == REJECTED
    assert refused.reason.startswith("未验证")
    assert desk.take(result, roots=ROOTS | stranger.roots).fate == IMPORTED


def test_any_altered_byte_is_refused(desk: Desk, made: MadeRound) -> None:
    """Every 97th byte here; the reader's own tests change every one. The unaltered file is the control."""
    result = made.result(3, 1, 1)
    paths = [
        desk.put(f"{place:05}.result", result[:place] + bytes([result[place] ^ 1]) + result[place + 1 :])
        for place in range(0, len(result), 97)
    ]
    fates = desk.take_in(*paths)
    assert {fate.fate for fate in fates} == {REJECTED}
    assert all(fate.reason for fate in fates)
    assert desk.dump()["ends"] == []
    assert desk.take(result).fate == IMPORTED


@pytest.mark.parametrize(
    ("change", "into"),
    [
        (b'"satisfied":3', b'"satisfied":4'),
        (b'"outcome":"satisfied"', b'"outcome":"unsatisfied"'),
        (b'"supersedes":""', b'"supersedes":"' + b"a" * 64 + b'"'),
    ],
)
def test_an_altered_payload_under_old_signatures_is_refused(
    desk: Desk, made: MadeRound, change: bytes, into: bytes
) -> None:
    assert desk.take(with_payload(made.result(3, 1, 1), change, into)).fate == REJECTED


@pytest.mark.parametrize(
    "lie",
    [
        {"outcome": Outcome.UNSATISFIED},
        {"satisfied": 4},
        {"priorities": ()},
        {"rate_percent": "99.99"},
        {"outcome": Outcome.INVALID, "below_quorum_reason": "无"},
    ],
)
def test_a_well_signed_lie_is_recomputed_and_refused(desk: Desk, made: MadeRound, lie: dict[str, object]) -> None:
    honest = made.result_record(5, 0, 0)
    assert desk.take(made.sign_end(msgspec.structs.replace(honest, **lie))).fate == REJECTED
    assert desk.take(made.sign_end(honest)).fate == IMPORTED


def test_below_quorum_no_count_of_either_choice_is_stored(desk: Desk, made: MadeRound) -> None:
    assert desk.take(made.result(1, 1, 1)).fate == IMPORTED
    summary = desk.summary()
    assert not summary.rows
    assert [entry.rerun for entry in summary.invalid] == [True]
    with desk.registry.reading() as connection:
        row = connection.exec_driver_sql("SELECT satisfied, invalid, collected FROM ends").one()
    assert tuple(row) == (None, None, 3)


def test_counts_below_quorum_are_refused_though_well_signed(desk: Desk, made: MadeRound) -> None:
    """And the control: above the quorum the same counts are demanded."""
    below = msgspec.structs.replace(made.result_record(1, 1, 1), satisfied=1, unsatisfied=1, valid=2, invalid=1)
    above = msgspec.structs.replace(made.result_record(3, 1, 1), satisfied=None)
    assert desk.take(made.sign_end(below)).fate == REJECTED
    assert desk.take(made.sign_end(above)).fate == REJECTED


def test_odd_times_are_remarked_on_and_reject_nothing(desk: Desk) -> None:
    backwards = make_round(branch_name="甲团支部").result(5, 0, closed=OPENED - timedelta(hours=1))
    future = make_round(branch_name="乙团支部").result(5, 0, closed=CLOSED + timedelta(days=400))
    early = make_round(branch_name="丙团支部", opened=OPENED - timedelta(days=60)).result(5, 0)
    fine = make_round(branch_name="丁团支部").result(5, 0)
    assert desk.fates(backwards, future, early, fine) == [IMPORTED] * 4
    assert {row.branch: row.remark for row in desk.summary().rows} == {
        "甲团支部": "所载计票时间早于封箱时间",
        "乙团支部": "所载时间晚于导入时间",
        "丙团支部": "所载封箱时间早于批复时间",
        "丁团支部": "",
    }


def test_the_emergency_holder_stands_in_the_remarks(desk: Desk, made: MadeRound) -> None:
    desk.take(made.result(3, 1, 1, signers=(Holder.TELLER, Holder.EMERGENCY)))
    assert [row.remark for row in desk.summary().rows] == ["启用应急码：是"]


def test_folders_yield_their_results_sorted_and_nothing_else(desk: Desk) -> None:
    wanted = ["一/a.result", "一/b.VOID", "二/c.result"]
    for name in (*wanted, "readme.txt", "二/._c.result", ".trash/d.result", "x.auth"):
        desk.put(name, b"")
    found = expand([desk.incoming, desk.incoming / "一" / "a.result"])
    assert [path.relative_to(desk.incoming).as_posix() for path in found] == wanted
    assert expand([desk.incoming / "readme.txt"]) == [desk.incoming / "readme.txt"]


def test_a_missing_path_is_one_line(desk: Desk) -> None:
    with pytest.raises(Unreadable, match="路径不存在"):
        expand([desk.incoming, desk.incoming / "nowhere"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_a_pipe_or_a_vanished_file_is_refused_and_hangs_nothing(desk: Desk, made: MadeRound) -> None:
    pipe = desk.incoming / "a.result"
    os.mkfifo(pipe)
    gone = desk.incoming / "b.result"
    good = desk.put("c.result", made.result(3, 1, 1))
    fates = list(import_files(desk.registry, [pipe, gone, desk.incoming, good], roots=ROOTS, now=CLOSED))
    assert [fate.fate for fate in fates] == [REJECTED, REJECTED, REJECTED, IMPORTED]
    assert ["普通文件" in fate.reason for fate in fates] == [True, False, True, False]


def test_a_hostile_file_name_becomes_printable_text(desk: Desk) -> None:
    path = Path(os.fsdecode(bytes(desk.incoming) + b"/\xff\x1b[31m.result"))
    path.write_bytes(b"")
    ((fate),) = desk.take_in(path)
    assert fate.path.isprintable()
    fate.path.encode()


def test_fates_come_one_by_one_so_that_progress_can_be_shown(desk: Desk, made: MadeRound) -> None:
    paths = [desk.put("a.result", made.result(3, 1, 1)), desk.put("b.result", b"")]
    fates = import_files(desk.registry, paths, roots=ROOTS, now=CLOSED)
    assert next(fates).fate == IMPORTED
    assert len(desk.dump()["ends"]) == 1
    assert next(fates).fate == REJECTED


def test_any_order_of_a_whole_desk_gives_the_same_standings(tmp_path: Path, made: MadeRound) -> None:
    first = made.result(3, 1, 1)
    other = make_round(branch_name="机电学院2016级二班团支部")
    files = [
        first,
        made.result(4, 1, 0, supersedes=payload_digest(first)),
        end := other.void(),
        other.reopened().void(),
        other.next_attempt(payload_digest(end)).result(6, 0),
    ]
    seen = set()
    for number, order in enumerate(permutations(files)):
        if number % 12:
            continue  # ten of the 120 orders, spread over all first files
        with new_desk(tmp_path / str(number)) as desk:
            for place, data in enumerate(order):
                desk.put(f"{place}.result", data)
            desk.take_in()
            summary = desk.summary()
            seen.add((summary.rows, summary.conflicts, summary.waiting, summary.voids))
    assert len(seen) == 1
    ((rows, conflicts, waiting, _),) = seen
    assert (len(rows), len(conflicts), len(waiting)) == (2, 2, 1)
