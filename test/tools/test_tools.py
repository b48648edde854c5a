"""The check tools find what they look for, and only that."""

import subprocess
import sys

import pytest

from lib.server import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import csource  # noqa: E402

pytestmark = pytest.mark.ours

SAMPLE = """#include "base/base.h"
#define OPEN { \\
	{
static const char *const words[] = { "a } b", "/* no comment */" };

/* A17: a comment with { */
static int first(struct str s,
                 int n)
{
	if (n) {
		while (n--) {
			n = n / 2;
		}
	}
	return '}' + s.n;
}

struct point { int x, y; };
int second(void) { return 1; }
"""


def test_functions_are_found_with_their_lengths():
    found = {f.name: (f.lines, f.depth) for f in csource.functions(SAMPLE)}
    assert found == {"first": (10, 2), "second": (1, 0)}


def test_comments_and_strings_are_told_apart():
    code, comments = csource.code_only(SAMPLE), csource.comments_only(SAMPLE)
    assert len(code) == len(comments) == len(SAMPLE)
    assert "A17" not in code and "A17" in comments and "no comment" not in comments and "no comment" not in code


@pytest.fixture
def tree(tmp_path):
    """A project of a few files, with the tools beside it."""
    (tmp_path / "tools").mkdir()
    for name in ("csource.py", "check-includes", "check-length", "check-banned", "check-threats", "threats"):
        (tmp_path / "tools" / name).write_bytes((ROOT / "tools" / name).read_bytes())
    for path, text in {"src/base/base.h": "", "src/role/smtp/smtp.h": "", "src/role/imap/imap.h": "", "test/test_x.py": ""}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    def run(tool, files, *arguments):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        done = subprocess.run([sys.executable, tmp_path / "tools" / tool, *arguments], capture_output=True, text=True)
        return done.returncode, done.stdout
    return run


@pytest.mark.parametrize("path,include,good", [
    ("src/role/smtp/a.c", "base/base.h", True), ("src/role/smtp/a.c", "role/smtp/smtp.h", True), ("src/role/smtp/a.c", "role/imap/imap.h", False),
    ("src/base/a.c", "role/smtp/smtp.h", False), ("src/proto/smtp/a.c", "base/base.h", True), ("src/role/smtp/a.c", "smtp.h", False),
])
def test_include_rule(tree, path, include, good):
    status, _ = tree("check-includes", {path: f'#include "{include}"\n'})
    assert (status == 0) == good


@pytest.mark.parametrize("text,good", [
    ("int f(void) { return strcpy(a, b) != 0; }\n", False), ("/* strcpy(a, b) */\n", True), ('const char *s = "system(x)";\n', True),
    ("void f(void) { x->free(x); str_free(x); }\n", True), ("void f(void) { free(x); }\n", False), ("/* TODO */\n", False),
])
def test_banned(tree, text, good):
    status, _ = tree("check-banned", {"src/base/a.c": text})
    assert (status == 0) == good


@pytest.mark.parametrize("lines,good", [(100, True), (149, False)])
def test_length(tree, lines, good):
    status, _ = tree("check-length", {"src/base/a.c": "void f(void)\n{\n" + "\tx++;\n" * lines + "}\n"})
    assert (status == 0) == good


def test_threats(tree):
    files = {"src/base/test_a.c": 'static void a17_floods(void **s)\n{\n\tcheck("A18 in a string");\n\t/* B33 */\n}\n'}
    assert tree("check-threats", files, "--check")[0] == 1
    assert tree("check-threats", {})[0] == 0
    status, text = tree("check-threats", {}, "--check")
    assert status == 0 and "2 of 153" in text
