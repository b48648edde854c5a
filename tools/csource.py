"""Just enough C: comments and strings apart from code, and where functions begin and end. Shared by the check tools."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("src", "test/bench", "tools")
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(*suffixes):
    """The project's own C files, relative to its root."""
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path.relative_to(ROOT)


def read(path):
    return (ROOT / path).read_text(errors="replace")


def blank(text):
    """The same shape without letters: line numbers and columns stay."""
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """Comments and the insides of strings replaced by blanks."""
    def replace(match):
        token = match.group()
        if token[0] == "/":
            return blank(token)
        return token[0] + blank(token[1:-1]) + token[-1]
    return TOKEN.sub(replace, text)


def comments_only(text):
    """Everything but comments replaced by blanks."""
    out, at = [], 0
    for match in TOKEN.finditer(text):
        out.append(blank(text[at:match.start()]))
        out.append(match.group() if match.group()[0] == "/" else blank(match.group()))
        at = match.end()
    return "".join(out) + blank(text[at:])


class Function:
    def __init__(self, name, first, last, depth):
        self.name, self.first, self.last, self.depth = name, first, last, depth

    @property
    def lines(self):
        return self.last - self.first + 1


def without_preprocessor(code):
    """Directives blanked (with their continuation lines), so that braces of macros do not count."""
    return re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: blank(m.group()), code)


def functions(text):
    """Function definitions with their first and last line and the depth of nesting inside."""
    code = without_preprocessor(code_only(text))
    found, depth, start, deepest, head = [], 0, 0, 0, 0
    for match in re.finditer(r"[{};]", code):
        c = match.group()
        if c == "{":
            if depth == 0:
                start, deepest = match.start(), 0
            depth += 1
            deepest = max(deepest, depth)
        elif c == "}":
            depth = max(depth - 1, 0)
            if depth == 0:
                name = function_name(code[head:start])
                if name:
                    first = code.count("\n", 0, head + len(code[head:start]) - len(code[head:start].lstrip())) + 1
                    found.append(Function(name, first, code.count("\n", 0, match.end()) + 1, deepest - 1))
                head = match.end()
        elif depth == 0:
            head = match.end()
    return found


def function_name(head):
    """The name in "static int f(struct x *y) " or None when it is no function."""
    text = head.strip()
    if not text.endswith(")") or "=" in text.split("(")[0]:
        return None
    match = re.search(r"([A-Za-z_]\w*)\s*\(", text)
    return match.group(1) if match and match.group(1) not in ("if", "while", "for", "switch") else None
