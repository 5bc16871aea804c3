"""`trust delegate|rotate|revoke|import` as a clerk calls them, from one home to another."""

from __future__ import annotations

import pytest
from admin_script import Admin

TERM = ("--from", "2017-01-01T00:00:00+08:00", "--until", "2099-12-31T00:00:00+08:00")


@pytest.fixture
def city(admin: Admin) -> Admin:
    """A home with the root's key enrolled, and a child's key and card beside it."""
    for name, file in (("市团委", "city"), ("大学团委", "uni"), ("市团委", "new")):
        ran = admin.run(
            "keys", "new", "--name", name, "--out", admin.path(f"{file}.key"), BEIKAOBEI_HOME=str(admin.path(file))
        )
        assert ran.code == 0, ran.err
    assert admin.run("trust", "add", admin.path("city.pub"), "--yes").code == 0
    return admin


def test_a_child_is_trusted_for_a_path_and_then_no_more(city: Admin) -> None:
    key, card, out = city.path("city.key"), city.path("uni.pub"), city.path("uni.delegation")
    given = ("trust", "delegate", card, "--org-key", key, *TERM, "--out", out)
    assert "路径" in city.run(*given, "--scope", "/50").error or "范围" in city.run(*given, "--scope", "/50").error
    assert not out.exists()
    assert city.run(*given, "--scope", "/50/", "--json").json["child"] == "大学团委"
    other = {"BEIKAOBEI_HOME": str(city.path("other"))}
    assert city.run("trust", "import", out, **other).code == 3  # the root is not enrolled there
    assert city.run("trust", "add", city.path("city.pub"), "--yes", **other).code == 0
    taken = [city.run("trust", "import", out, "--json", **other).json["files"][0]["new"] for _ in range(2)]
    assert taken == [True, False]
    revocation = city.path("1.revocation")
    honoured = ("--honour", out)
    assert city.run("trust", "revoke", card, "--org-key", key, *honoured, "--out", revocation).code == 0
    assert city.run("trust", "import", revocation, **other).code == 0
    assert "密钥吊销书" in city.run("verify", revocation).error


def test_a_key_is_changed_for_a_new_one_of_the_same_name(city: Admin) -> None:
    out = city.path("city.rotation")
    given = ("trust", "rotate", "--org-key", city.path("city.key"), "--out", out)
    codes = {"BEIKAOBEI_NEW_ORG_PASSPHRASE": city.codes["BEIKAOBEI_ORG_PASSPHRASE"]}
    assert city.run(*given, "--new-key", city.path("uni.key"), **codes).code == 2
    assert not out.exists()
    assert city.run(*given, "--new-key", city.path("new.key"), **codes).code == 0
    after = ("trust", "delegate", city.path("uni.pub"), "--org-key", city.path("new.key"), *TERM, "--scope", "/50/")
    assert city.run(*after, "--out", city.path("uni.delegation")).code == 0
