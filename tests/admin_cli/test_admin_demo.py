"""`demo` holds a whole rehearsal round through the real code and leaves nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from admin_script import Admin


def test_demo_tells_every_step_and_leaves_nothing(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = admin.path("scratch")
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    ran = admin.run("demo", **dict.fromkeys(admin.codes))
    assert (ran.code, ran.err) == (0, "")
    at = [
        ran.out.index(word)
        for word in ("批复】", "验箱封箱】", "投票】", "停止投票】", "开箱计票】", "核验】", "报送】")
    ]
    assert at == sorted(at)
    for text in ("收回5张，其中有效4张，无效1张；满意3票，不满意1票，满意度60.00%，测评结果：满意。", "演练不得计入"):
        assert text in ran.out
    assert list(scratch.iterdir()) == []
    assert not Path(admin.home.path).exists()


def test_demo_json(admin: Admin) -> None:
    found = admin.run("demo", "--json").json
    assert found["result"]["rate"] == "3/5"
    assert found["result"]["mode"] == "rehearsal"
    assert found["import"]["fate"] == "rejected"
    assert len(found["steps"]) == 8
