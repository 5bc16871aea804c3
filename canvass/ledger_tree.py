"""The organisations as a tree in memory: the ledger's, and those of an import on top of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from canvass.ledger_rows import OrganisationRow
from canvass.ledger_schema import lines, organisations


@dataclass(frozen=True)
class Node:
    """One organisation; `path`, `line` (its own or inherited) and `parent_id` follow from the tree."""

    id: int
    code: str
    name: str
    parent: str
    administrator: str
    telephone: str
    own_line: str
    parent_id: int | None = None
    path: str = ""
    line: str = ""
    was: tuple[str, str] | None = None
    """Path and line before the import; None for a new one."""
    touched: bool = False

    @classmethod
    def begun(cls, number: int, row: OrganisationRow) -> Node:
        """As a row of the table says."""
        return cls(number, row.code, row.name, row.parent, row.administrator, row.telephone, row.line, touched=True)

    def fields(self) -> dict[str, str]:
        """What the table says of it."""
        return {
            "name": self.name,
            "parent": self.parent,
            "administrator": self.administrator,
            "telephone": self.telephone,
            "line": self.own_line,
        }


class Tree:
    """The ledger's organisations by code."""

    def __init__(self, connection: Connection) -> None:
        """Read the ledger's organisations, not those that only a result has named."""
        above = organisations.alias("above")
        query = select(organisations, lines.c.name.label("line_name"), above.c.code.label("parent_code"))
        query = query.join_from(organisations, lines).outerjoin(above, above.c.id == organisations.c.parent)
        self.by_code: dict[str, Node] = {}
        for row in connection.execute(query.where(organisations.c.known)):
            self.by_code[row.code] = Node(
                id=row.id,
                code=row.code,
                name=row.name,
                parent=row.parent_code or "",
                administrator=row.administrator,
                telephone=row.telephone,
                own_line=row.line_name if row.own_line else "",
                parent_id=row.parent,
                path=row.path,
                line=row.line_name,
                was=(row.path, row.line_name),
            )
        self._codes = {node.id: node.code for node in self.by_code.values()}

    def add(self, node: Node) -> None:
        """A new organisation, or new values for one that is there."""
        known = self.by_code.get(node.code)
        self.by_code[node.code] = replace(node, was=known.was if known else None)
        self._codes[node.id] = node.code

    def code_of(self, number: int) -> str:
        """The code of an organisation by its id, '' for one outside of the ledger."""
        return self._codes.get(number, "")

    def named(self, name: str) -> Node | None:
        """The one organisation of that name."""
        found = [node for node in self.by_code.values() if node.name == name]
        return found[0] if len(found) == 1 else None

    def problems(self, longest_path: int) -> Iterator[tuple[str, str]]:
        """What keeps the organisations from being a tree: code and reason."""
        for node in self.by_code.values():
            if node.parent and node.parent not in self.by_code:
                yield node.code, f"上级团组织代码“{node.parent}”在台账中没有。"
            elif node.touched and self._above(node) is None:
                yield node.code, "上级团组织代码绕成了圈：自己成了自己的上级。"
            elif len(self._path(node)) > longest_path:
                yield node.code, "层级过深：各级代码连起来过长。"

    def in_order(self) -> list[Node]:
        """Every organisation after the one above it, with what follows from the tree."""
        return sorted((self._placed(node) for node in self.by_code.values()), key=lambda node: node.path)

    def _placed(self, node: Node) -> Node:
        chain = self._above(node) or [node]
        lines_above = [one.own_line for one in chain if one.own_line]
        parent_id = self.by_code[node.parent].id if node.parent else None
        return replace(node, path=self._path(node), line=lines_above[0] if lines_above else "", parent_id=parent_id)

    def _path(self, node: Node) -> str:
        chain = self._above(node) or [node]
        return "".join(f"/{one.code}" for one in reversed(chain)) + "/"

    def _above(self, node: Node) -> list[Node] | None:
        """The organisation and all above it, upwards; None where they go round in a circle."""
        chain = [node]
        while chain[-1].parent in self.by_code:
            chain.append(self.by_code[chain[-1].parent])
            if len(chain) > len(self.by_code):
                return None
        return chain
