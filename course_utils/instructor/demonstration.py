"""Which cells of a hand-in only demonstrate: released as they are, and of no use to an answer but to be looked at."""

from __future__ import annotations

import ast

from nbformat import NotebookNode

_DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)


def demonstrations(nb: NotebookNode, released: NotebookNode) -> set[int]:
    """Indices of the code cells that grading may leave out: the release's own, unchanged, without a role in an answer.

    A released cell is kept if it imports or defines something, or only sets names to literals; a learner's own cell, or
    one that they changed, is always kept. What a kept cell is missing shows as a NameError, and then all cells are run.
    """
    ours = {cell.id: cell.source for cell in released.cells if cell.cell_type == "code" and not _answers(cell)}
    return {
        index for index, cell in enumerate(nb.cells)
        if cell.cell_type == "code" and ours.get(cell.id) == cell.source and not _defines(cell.source)
    }  # fmt: skip


def _answers(cell: NotebookNode) -> bool:
    role = cell.metadata.get("nbgrader", {})
    return bool(role.get("solution") or role.get("grade"))


def _defines(source: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a line of IPython's own
        return True
    if all(isinstance(node, ast.Assign) and _literal(node.value) for node in body):
        return True
    return any(isinstance(node, _DEFINES) for node in body)


def _literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError):
        return False
    return True
