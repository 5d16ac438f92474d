"""What an instructor should look at: answers that use the course's own. A flag is a sentence; it never changes a mark."""

import ast
from collections.abc import Iterator, Sequence

from nbformat import NotebookNode

from course_utils.exercises.core import Exercise

_OFFERED = {"check", "grade"}  # what notebooks import of course_utils.exercises


def flags(nb: NotebookNode, released: NotebookNode, exercises: Sequence[Exercise]) -> list[str]:
    """One sentence for every place of the hand-in's own code that reaches for a reference or for the checks' inside."""
    known = {cell.source for cell in released.cells if cell.cell_type == "code"}
    references = {exercise.reference.__name__: exercise.id for exercise in exercises}
    trees = {id(cell): _parsed(cell.source) for cell in nb.cells if cell.cell_type == "code"}
    course = {name for nodes in trees.values() for name in _names_of_the_course(nodes)}
    found = []
    for number, cell in enumerate(nb.cells):
        if cell.cell_type == "code" and cell.source not in known:
            where = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell {number + 1}")
            found += [f"{where} {what}" for what in _reached(trees[id(cell)], references, course)]
    return list(dict.fromkeys(found))


def _parsed(source: str) -> list[ast.AST]:
    """All nodes of a cell; lines of IPython's own are left out."""
    plain = "\n".join(line for line in source.split("\n") if not line.lstrip().startswith(("%", "!")))
    try:
        return list(ast.walk(ast.parse(plain)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # it does not run either
        return []


def _names_of_the_course(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (n.asname or n.name.split(".")[0] for n in node.names if n.name.startswith("course_utils"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_utils"):
            yield from (n.asname or n.name for n in node.names)


def _reached(nodes: list[ast.AST], references: dict[str, str], course: set[str]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (f"imports {n.name}" for n in node.names if n.name.startswith("course_utils.exercises"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_utils"):
            for name in (n.name for n in node.names):
                if name in references:
                    yield f"imports the course's own {name} ({references[name]})"
                elif f"{node.module}.{name}".startswith("course_utils.exercises") and name not in _OFFERED:
                    yield f"imports {node.module}.{name}"
        elif isinstance(node, ast.Attribute) and node.attr == "reference":
            yield "uses an exercise's reference"
        elif isinstance(node, ast.Attribute) and node.attr in references and _root(node) in course:
            yield f"uses the course's own {node.attr} ({references[node.attr]})"


def _root(node: ast.expr) -> str:
    """``a`` of ``a.b(c).d``."""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
