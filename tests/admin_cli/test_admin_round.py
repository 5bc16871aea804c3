"""Whole rounds through the commands: what scripts rely on, to the letter."""

from __future__ import annotations

import base64
import json
import subprocess
import sys

import pytest
from admin_script import Admin, subprocess_environment
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CLOSE_FIELDS = {
    "registered",
    "present",
    "issued",
    "collected",
    "valid",
    "invalid",
    "satisfied",
    "unsatisfied",
    "rate",
    "rate_percent",
    "quorum_met",
    "outcome",
    "priorities",
}


def test_a_round_from_the_key_to_the_summary(admin: Admin) -> None:
    made = admin.run("keys", "new", "--name", "某市团委", "--out", admin.path("org.key"), "--json")
    assert made.code == 0, made.err
    assert set(made.json) == {"name", "fingerprint", "fingerprint_words", "key", "card"}
    assert {path.name: path.stat().st_mode & 0o777 for path in admin.folder.glob("org.*")}["org.key"] == 0o600

    said = admin.authorise()
    assert {"round_id", "activation_code", "emergency_code"} <= set(said)

    opened = admin.open()
    assert {"round_id", "box_words", "members", "quorum_needed"} <= set(opened)
    assert (opened["members"], opened["quorum_needed"]) == (6, 4)

    before = admin.run("status", "--json").json
    assert before["state"] == "opened"
    assert (before["issued"], before["collected"], before["quorum_met"]) == (0, 0, False)
    assert set(before) >= {
        "round_id",
        "state",
        "registered",
        "issued",
        "collected",
        "quorum_needed",
        "quorum_met",
        "mode",
    }

    admin.vote("满不满空满")
    assert admin.run("status", said["round_id"], "--json").json["state"] == "stopped"

    result = admin.path("r.result")
    closed = admin.run("close", "--present", 5, "--out", result, "--json")
    assert closed.code == 0, closed.err
    assert set(closed.json) >= CLOSE_FIELDS
    counts = {name: closed.json[name] for name in ("collected", "valid", "invalid", "satisfied", "unsatisfied")}
    assert counts == {"collected": 5, "valid": 4, "invalid": 1, "satisfied": 3, "unsatisfied": 1}
    assert (closed.json["rate"], closed.json["rate_percent"]) == ("3/5", "60.00")
    assert (closed.json["outcome"], closed.json["priorities"], closed.json["quorum_met"]) == ("satisfied", [], True)
    assert admin.run("status", "--json").json["state"] == "closed"

    verified = admin.run("verify", result, "--json").json
    assert (verified["kind"], verified["valid"], verified["round_id"]) == ("result", True, said["round_id"])
    assert (verified["issuer"], verified["signers"]) == ("某市团委", ["supervisor", "teller"])
    assert verified["digest"] == closed.json["digest"]
    assert verified["figures"]["rate"] == "3/5"
    assert _hold_alone(result.read_bytes(), verified["signer_keys"])

    first, second = (admin.run("import", result, "--json") for _ in range(2))
    assert (first.code, first.json["imported"], first.json["duplicates"]) == (0, 1, 0)
    assert (second.code, second.json["imported"], second.json["duplicates"]) == (0, 0, 1)
    assert second.json["files"][0]["fate"] == "duplicate"

    summary = admin.run("summary", "--json").json
    assert [(row["branch"], row["satisfied"], row["rate"]) for row in summary["rows"]] == [("第一团支部", 3, "3/5")]


def _hold_alone(data: bytes, keys: list[str]) -> bool:
    """The printed keys check the file's signatures without this product's reader (docs/formats.md)."""
    envelope = json.loads(data)
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    for key, signature in zip(keys, envelope["signatures"], strict=True):
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(base64.b64decode(signature["sig"]), signed)
        with pytest.raises(InvalidSignature):
            public.verify(base64.b64decode(signature["sig"]), signed + b"\n")
    return True


def test_what_people_see_at_the_close(voted: Admin) -> None:
    ran = voted.run("close", "--present", 5, "--out", voted.path("r.result"))
    assert ran.code == 0
    assert "发出测评票5张，收回5张，其中有效4张，无效1张；满意3票，不满意1票，满意度60.00%，测评结果：满意。" in ran.out
    assert "满意票数须高于实际参与测评人数5人的50%（至少3票）" in ran.out


def test_what_is_read_aloud_at_the_opening(admin: Admin) -> None:
    admin.make_organisation()
    admin.authorise()
    ran = admin.run("open", admin.path("r.auth"), "--teller", "王五", "--supervisor", "李四")
    assert ran.code == 0, ran.err
    assert "票箱为空，现在封箱，开始投票" in ran.out
    assert "箱号" in ran.out
    assert "登记注册团员只有6名" in ran.err
    assert "同在本机磁盘" in ran.err


def test_too_few_voters_in_a_script_leaves_the_box_open(admin: Admin) -> None:
    admin.hold("满满不")
    before = admin.files()
    ran = admin.run("close", "--present", 3, "--out", admin.path("r.result"))
    assert ran.code == 1
    assert "还差1人" in ran.error
    assert admin.files() == before
    assert admin.run("status", "--json").json["state"] == "stopped"


def test_too_few_voters_ended_with_a_reason_show_no_count_of_either_choice(admin: Admin) -> None:
    admin.hold("满满不")
    words = ("close", "--present", 3, "--out", admin.path("r.result"), "--below-quorum", "多数团员外出实习")
    ran = admin.run(*words, "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["outcome"], ran.json["quorum_met"]) == ("invalid", False)
    hidden = ("valid", "invalid", "satisfied", "unsatisfied", "rate", "rate_percent")
    assert {name: ran.json[name] for name in hidden} == dict.fromkeys(hidden)

    again = admin.run(*words[:4], admin.path("again.result"))
    assert again.code == 0
    assert admin.path("again.result").read_bytes() == admin.path("r.result").read_bytes()
    shown = again.out + admin.run("verify", admin.path("r.result")).out
    assert "测评结果" in shown
    assert "不满意" not in shown.replace("满意度测评", "")
    assert "满意2票" not in shown


def test_a_closed_round_is_exported_again_without_any_code(closed: Admin) -> None:
    without = dict.fromkeys(closed.codes)
    ran = closed.run("close", "--present", 5, "--out", closed.path("second.result"), **without)
    assert ran.code == 0, ran.err
    assert "再次导出" in ran.err
    assert closed.path("second.result").read_bytes() == closed.path("r.result").read_bytes()


@pytest.mark.parametrize("missing", ["BEIKAOBEI_SUPERVISOR_CODE", "BEIKAOBEI_TELLER_CODE"])
def test_the_emergency_code_stands_in_for_one_officer(voted: Admin, missing: str) -> None:
    words = ("close", "--present", 5, "--out", voted.path("r.result"), "--json")
    without = voted.run(*words, **{missing: None})
    assert without.code == 2
    assert missing in without.error
    ran = voted.run(*words, "--emergency", **{missing: None})
    assert ran.code == 0, ran.err
    assert ran.json["emergency_used"]
    assert "emergency" in ran.json["signers"]


def test_more_ballots_than_people_present_are_not_counted(voted: Admin) -> None:
    before = voted.files()
    ran = voted.run("close", "--present", 4, "--out", voted.path("r.result"))
    assert ran.code == 1
    assert "收回5张，实到4人" in ran.error
    assert voted.files() == before
    assert voted.run("close", "--present", 5, "--out", voted.path("r.result")).code == 0


def test_a_void_round_is_authorised_again_on_its_report(voted: Admin) -> None:
    report = voted.path("r.void")
    ran = voted.run("void", "--reason", "团员人数有误", "--out", report, "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["reason"], ran.json["issued"], ran.json["collected"]) == ("团员人数有误", 5, 5)
    assert voted.run("status", "--json").json["state"] == "void"
    assert voted.run("verify", report, "--json").json["kind"] == "void"
    assert voted.run("import", report, "--json").json["imported"] == 1
    assert voted.run("close", "--present", 5, "--out", voted.path("no.result")).code == 1

    said = voted.authorise("--previous", report, out="second.auth")
    assert said["attempt"] == 2
    verified = voted.run("verify", voted.path("second.auth"), "--json").json
    assert verified["attempt"] == 2


def test_a_valid_result_is_no_ground_for_another_attempt(closed: Admin) -> None:
    words = ("authorize", "--org-key", closed.path("org.key"), "--branch-name", "第一团支部", "--secretary", "张三")
    more = ("--year", 2016, "--members", 6, "--out", closed.path("second.auth"), "--previous", closed.path("r.result"))
    ran = closed.run(*words, *more)
    assert ran.code == 1
    assert "有效" in ran.error
    assert not closed.path("second.auth").exists()


def test_a_closed_round_is_not_voided(closed: Admin) -> None:
    ran = closed.run("void", "--reason", "后悔", "--out", closed.path("r.void"))
    assert ran.code == 1
    assert "已计票" in ran.error
    assert not closed.path("r.void").exists()


def test_another_home_believes_nothing_until_the_card_is_enrolled(closed: Admin) -> None:
    other = {"BEIKAOBEI_HOME": str(closed.path("other"))}
    result, card = closed.path("r.result"), closed.path("org.pub")
    unknown = closed.run("verify", result, **other)
    assert unknown.code == 3
    assert "未验证" in unknown.error
    assert "未通过的检查：root" in unknown.error
    assert closed.run("import", result, **other).code == 3
    assert closed.run("verify", result, "--trust", card, **other).code == 0
    assert closed.run("verify", result, **other).code == 3
    assert closed.run("trust", "add", card, **other).code == 2
    assert closed.run("trust", "add", card, "--yes", **other).code == 0
    listed = closed.run("trust", "list", "--json", **other).json["organisations"]
    assert [organisation["name"] for organisation in listed] == ["某市团委"]
    assert closed.run("verify", result, **other).code == 0


def test_keys_on_a_stick_are_needed_to_close(admin: Admin) -> None:
    stick = admin.path("stick")
    stick.mkdir()
    admin.make_organisation()
    admin.authorise()
    assert admin.open("--token", stick)["key_storage"] == "token"
    admin.vote("满满满满不", token=stick)
    words = ("close", "--present", 5, "--out", admin.path("r.result"), "--json")
    moved = admin.path("moved")
    stick.rename(moved)
    without = admin.run(*words)
    assert without.code == 4
    assert without.error
    assert not admin.path("r.result").exists()
    assert admin.run(*words, "--token", moved).json["satisfied"] == 4


def test_a_roster_is_bound_by_its_digest(admin: Admin) -> None:
    roster, other = admin.path("名册.txt"), admin.path("another.csv")
    roster.write_text("\n".join(f"团员{number}" for number in range(1, 4)), encoding="utf-8")
    other.write_text("姓名,编号\n团员1,a\n团员2,b\n团员9,c\n", encoding="utf-8")
    admin.make_organisation()
    admin.authorise("--roster", roster, members=3)
    assert "团员1" not in admin.path("r.auth").read_text(encoding="utf-8")
    words = ("open", admin.path("r.auth"), "--teller", "王五", "--supervisor", "李四")
    assert admin.run(*words).code == 1
    assert admin.run(*words, "--roster", other).code == 1
    assert admin.run(*words, "--roster", roster).code == 0


def test_a_rehearsal_and_an_official_round_do_not_mix(admin: Admin) -> None:
    admin.make_organisation()
    admin.authorise("--rehearsal")
    official = ("open", admin.path("r.auth"), "--teller", "王五", "--supervisor", "李四")
    ran = admin.run(*official)
    assert ran.code == 1
    assert "演练" in ran.error
    assert admin.run(*official, "--rehearsal").code == 0
    assert admin.run("status", "--json").json["mode"] == "rehearsal"


HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ballots_store.box import BallotBox
from ballots_store.home import Home
from rounds.sharing import Holder
home = Home(Path(sys.argv[1]))
codes = {Holder.SUPERVISOR: sys.argv[2], Holder.TELLER: sys.argv[3]}
box = BallotBox.start(home, home.pick(None), codes, clock=lambda: datetime.now(UTC))
print("held", flush=True)
sys.stdin.read()
"""


def test_while_the_box_is_held_status_says_so_and_close_refuses(admin: Admin) -> None:
    admin.begin()
    codes = (admin.codes["BEIKAOBEI_SUPERVISOR_CODE"], admin.codes["BEIKAOBEI_TELLER_CODE"])
    words = [sys.executable, "-c", HOLDER, str(admin.home.path), *codes]
    environment = subprocess_environment(admin)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        found = admin.run("status", "--json")
        refused = admin.run("close", "--present", 0, "--out", admin.path("r.result"))
        holder.communicate()
    assert (found.code, found.json["state"]) == (0, "in_use")
    assert (found.json["issued"], found.json["collected"], found.json["quorum_met"]) == (None, None, None)
    assert refused.code == 1
    assert "正在使用" in refused.error
    assert not admin.path("r.result").exists()
    assert admin.run("status", "--json").json["state"] == "opened"
