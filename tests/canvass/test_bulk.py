"""Statements written once a shape say what SQLAlchemy's own would, on either back end."""

from __future__ import annotations

import pytest
from canvass_desk import Desk
from rounds_factory import make_round
from sqlalchemy import Column, LargeBinary, MetaData, SmallInteger, Table, select

from canvass.bulk import CHUNK, Among, insert_many
from canvass.importing import Fate
from canvass.schema import OUTCOMES, ends, envelopes, words
from rounds.errors import Unreadable
from rounds.rules import Outcome

ODD = ("'); DROP TABLE words; --", "%s", "%(id)s", "?", ":some", "100%", '"', "\\", "第一团支部")
MANY = tuple(f"词{number}" for number in range(CHUNK + 1))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_among_finds_what_an_in_list_finds_and_nothing_twice(desk: Desk, size: int) -> None:
    wanted = MANY[:size]
    among = Among(select(words.c.id, words.c.word), words.c.word)
    with desk.registry.writing() as connection:
        insert_many(connection, words, ("id", "word"), list(enumerate(MANY[::2], 1)))
        plain = connection.execute(select(words.c.id, words.c.word).where(words.c.word.in_(wanted))).all()
        found = [tuple(row) for row in among.rows(connection, wanted)]
    assert sorted(found) == sorted(tuple(row) for row in plain)
    assert len(found) == len(set(wanted) & set(MANY[::2]))


def test_a_value_is_never_a_part_of_a_statement(desk: Desk) -> None:
    among = Among(select(words.c.word, words.c.id), words.c.word)
    with desk.registry.writing() as connection:
        insert_many(connection, words, ("id", "word"), list(enumerate(ODD)))
        assert {row[0] for row in among.rows(connection, ODD)} == set(ODD)
        assert list(among.rows(connection, ["' OR 1=1 --"])) == []
        assert connection.scalars(select(words.c.word).order_by(words.c.id)).all() == list(ODD)


def test_the_order_of_the_names_and_not_the_tables_decides_where_a_value_goes(desk: Desk) -> None:
    with desk.registry.writing() as connection:
        insert_many(connection, envelopes, ("packed", "id", "size"), [(b"\x00%s", 7, 9), (b"", 8, 1)])
        rows = connection.execute(select(envelopes).order_by(envelopes.c.id)).all()
    assert [(row.id, row.size, bytes(row.packed)) for row in rows] == [(7, 9, b"\x00%s"), (8, 1, b"")]


def test_a_name_that_is_no_column_is_refused_before_anything_is_sent(desk: Desk) -> None:
    other = Table("words", MetaData(), Column("id", SmallInteger), Column("word", LargeBinary))
    with desk.registry.writing() as connection, pytest.raises(KeyError):
        insert_many(connection, other, ("id", "word) VALUES (1, 'x'); --"), [(1, "x")])


def test_what_a_check_of_the_table_refuses_is_refused_and_nothing_is_in(desk: Desk) -> None:
    """An envelope of no bytes; the control before it goes in."""
    with desk.registry.writing() as connection:
        insert_many(connection, envelopes, ("id", "size", "packed"), [(1, 1, b"x")])
    with pytest.raises(Unreadable), desk.registry.writing() as connection:
        insert_many(connection, envelopes, ("id", "size", "packed"), [(2, 1, b"x"), (3, 0, b"x")])
    with desk.registry.reading() as connection:
        assert connection.scalars(select(envelopes.c.id)).all() == [1]


def test_a_row_that_an_import_wrote_reads_back_as_it_was_signed(desk: Desk) -> None:
    """Its columns lie in the order of `Columns` in one place and of the table in another."""
    made = make_round()
    assert desk.fates(made.result(3, 1, 1)) == [Fate.IMPORTED]
    basis = made.authorisation.record
    with desk.registry.reading() as connection:
        row = connection.execute(select(ends)).one()
    assert (row.registered, row.year, row.attempt) == (basis.registered, basis.year, basis.attempt)
    assert (row.satisfied, row.invalid, row.collected, OUTCOMES[row.outcome]) == (3, 1, 5, Outcome.SATISFIED)
    assert (row.secretary_votes, row.stationed, row.emergency_used) == (basis.secretary_votes, False, False)
    assert (row.authorised < row.opened <= row.closed, row.utc_offset) == (True, 480)
