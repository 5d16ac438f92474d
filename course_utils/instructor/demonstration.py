"""Which cells of a hand-in only demonstrate: released as they are, and nothing that an answer uses comes from them."""

import ast
import re
import symtable

from nbformat import NotebookNode


def demonstrations(nb: NotebookNode, released: NotebookNode) -> set[int]:
    """Indices of the code cells that grading may leave out.

    Kept are answers, what a learner wrote or changed, imports, and whatever binds or changes a name that a kept cell uses.
    Names are read from the source: what is reached in another way shows as a NameError, for which :func:`missed` looks.
    """
    ours = {cell.id: cell.source for cell in released.cells if cell.cell_type == "code" and not _has_role(cell)}
    left_out: dict[int, tuple[set[str], set[str]]] = {}  # index → names that it binds, names that it uses
    wanted: set[str] = set()
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        try:
            imports = any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.parse(cell.source).body)
            binds, uses = _bound(cell.source), _used(cell.source)
        except (SyntaxError, ValueError, RecursionError):  # a line of IPython's own, or a slip
            wanted |= set(re.findall(r"\w+", cell.source))
            continue
        if ours.get(cell.id) == cell.source and not imports:
            left_out[index] = binds, uses
        else:
            wanted |= uses
    while needed := {index for index, (binds, _) in left_out.items() if binds & wanted}:
        for index in needed:
            wanted |= left_out.pop(index)[1]
    return set(left_out)


def missed(message: str, nb: NotebookNode, left_out: set[int]) -> bool:
    """Whether a NameError with this message is about a name that a cell left out would have bound."""
    found = re.search(r"name '(\w+)' is not defined", message)
    return found is None or any(found[1] in _bound(nb.cells[index].source) for index in left_out)


def _has_role(cell: NotebookNode) -> bool:
    role = cell.metadata.get("nbgrader", {})
    return bool(role.get("solution") or role.get("grade"))


def _bound(source: str) -> set[str]:
    """Names that a cell binds at its top level, and names of what it changes in place."""
    found = {symbol.get_name() for symbol in _table(source).get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            while isinstance(node, (ast.Attribute, ast.Subscript)):
                node = node.value
            if isinstance(node, ast.Name):
                found.add(node.id)
    return found


def _used(source: str) -> set[str]:
    """Names of the notebook's that a cell uses: at its top level, or as globals of a function in it."""
    tables, found = [_table(source)], set()
    while tables:
        table = tables.pop()
        top = table.get_type() == "module"
        found |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
        tables += table.get_children()
    return found


def _table(source: str) -> symtable.SymbolTable:
    return symtable.symtable(source, "a cell", "exec")
