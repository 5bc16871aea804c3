"""The ledger's tables (台账): lines, organisations as a tree with a materialised path, branches.

A path is the codes from the root down, each between slashes: `/50/5001/`. Whatever lies below an organisation has a
path that begins with its own, so a report on it is one range of an index; the closing slash keeps /1/2/ and /1/20/
apart.

Without a ledger, organisations and branches come into being with the first result that names them (`known` false);
a ledger imported later takes them over.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from canvass.schema import MAX_LINE, metadata
from rounds.encoding import MAX_NAME

MAX_PATH = 400

lines = Table(
    "lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(MAX_NAME), nullable=False),
    UniqueConstraint("name", name="lines_name"),
)
"""战线; one row with the empty name stands for 未分战线."""

organisations = Table(
    "organisations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(MAX_NAME)),
    Column("name", String(MAX_NAME), nullable=False),
    Column("parent", ForeignKey("organisations.id")),
    Column("path", String(MAX_PATH), nullable=False),
    Column("line", ForeignKey("lines.id"), nullable=False),
    Column("own_line", Boolean, nullable=False),
    Column("administrator", String(MAX_NAME), nullable=False),
    Column("telephone", String(MAX_NAME), nullable=False),
    Column("known", Boolean, nullable=False),
    UniqueConstraint("code", name="organisations_code"),
    UniqueConstraint("path", name="organisations_path"),
    Index("organisations_parent", "parent"),
    Index("organisations_name", "name"),
)
"""`line`: its own 战线 (`own_line`) or that of the nearest organisation above that has one."""

branches = Table(
    "branches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(MAX_NAME)),
    Column("name", String(MAX_NAME), nullable=False),
    Column("organisation", ForeignKey("organisations.id"), nullable=False),
    Column("secretary", String(MAX_NAME), nullable=False),
    Column("post", String(MAX_LINE), nullable=False),
    Column("since", String(MAX_NAME), nullable=False),
    Column("registered", Integer),
    Column("affiliated", Boolean, nullable=False),
    Column("supervisor", String(MAX_NAME), nullable=False),
    Column("grade", String(MAX_NAME), nullable=False, server_default=""),
    Column("known", Boolean, nullable=False),
    UniqueConstraint("code", name="branches_code"),
    Index("branches_organisation", "organisation", "name"),
    Index(
        "branches_nameless",
        "organisation",
        "name",
        unique=True,
        sqlite_where=text("code IS NULL"),
        postgresql_where=text("code IS NULL"),
    ),
)
"""`registered`: 登记注册团员, None while unknown; `affiliated`: 挂靠确认; `grade`: 年级, 3 or 2015级 (`supervision`),
or empty; `known`: it stands in the ledger."""
