"""`authorize --letter --envelope`: the codes on paper, each on its own; all files or none."""

from __future__ import annotations

import re

import pytest
from admin_script import Admin
from paper_samples import text


@pytest.fixture
def office(admin: Admin) -> Admin:
    admin.make_organisation()
    return admin


def test_the_codes_go_onto_two_papers(office: Admin) -> None:
    letter, envelope = office.path("letter.docx"), office.path("envelope.docx")
    answer = office.authorise("--supervisor", "李四", "--letter", letter, "--envelope", envelope)
    papers = [text(path.read_bytes()) for path in (letter, envelope)]
    assert [answer["activation_code"] in said for said in papers] == [True, False]
    assert [answer["emergency_code"] in said for said in papers] == [False, True]
    assert "李四同志：" in papers[0]
    shown = office.run("keys", "show", office.path("org.key"), "--json").json
    assert shown["fingerprint_words"] in papers[0]
    assert [path.stat().st_mode & 0o777 for path in (letter, envelope)] == [0o600, 0o600]


def test_an_existing_paper_stops_everything(office: Admin) -> None:
    office.path("letter.docx").write_bytes(b"mine")
    before = office.files()
    words = ("authorize", "--org-key", office.path("org.key"), "--branch-name", "第一团支部", "--secretary", "张三")
    more = ("--year", 2016, "--members", 6, "--out", office.path("r.auth"), "--letter", office.path("letter.docx"))
    ran = office.run(*words, *more)
    assert (ran.code, office.files()) == (4, before)
    assert "已存在，不予覆盖" in ran.error
    assert ran.out == ""


def test_without_papers_nothing_but_the_authorisation_is_written(office: Admin) -> None:
    before = set(office.files())
    office.authorise()
    assert set(office.files()) - before == {"r.auth"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--letter", "a.docx", "--envelope", "a.docx"), "两个文件都叫“.*a.docx”"),
        (("--letter", "a.docx", "--envelope", "./x/../a.docx"), "两个文件都叫“.*a.docx”"),
        (("--letter", "r.docx", "--out", "r.docx"), "两个文件都叫“.*r.docx”"),
        (("--letter", "a.txt"), "“a.txt”须以 .docx 结尾"),
        (("--envelope", "a.pdf"), "“a.pdf”须以 .docx 结尾"),
    ],
)
def test_two_files_of_one_name_or_a_name_that_says_something_else(
    admin: Admin, more: tuple[str, ...], said: str
) -> None:
    """One of two papers would be lost without a word, the one with the 启用码."""
    admin.make_organisation()
    admin.path("x").mkdir()
    before = admin.files()
    line = ("authorize", "--org-key", admin.path("org.key"), "--branch-name", "一", "--secretary", "张三")
    figures = ("--year", 2016, "--members", 6, "--out", admin.path("r.auth"))
    placed = [word if word.startswith("--") else f"{admin.folder}/{word}" for word in more]
    ran = admin.run(*line, *figures, *placed)
    assert ran.code == 2
    assert re.search(said, ran.error)
    assert admin.files() == before
    papers = ("--letter", admin.path("a.docx"), "--envelope", admin.path("x/a.docx"))
    assert admin.run(*line, *figures, *papers).code == 0  # the control
