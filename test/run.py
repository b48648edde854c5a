#!/usr/bin/python3
"""`./dev test [PATTERN]`: builds every variant, runs unit tests, replays fuzz corpora, then the tests that drive a
running server, and ends with one line that adds all up. Quiet where it succeeds; the log of what fails is printed."""

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
JOBS = os.cpu_count() or 2
UNIT_SECONDS = 180
CMOCKA = re.compile(rb"^\[  (PASSED|FAILED|SKIPPED)  \] (\d+) test", re.M)


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, passed=0, failed=0, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def say(text):
    print(text, flush=True)


def make(what, *arguments):
    """One make call; its output is shown when it fails."""
    start = time.monotonic()
    done = subprocess.run(["make", "-s", "-k", f"-j{JOBS}", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        say(f"-- build {what} FAILED")
        say("\n".join(line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("  CC ")))
    else:
        say(f"-- built {what} ({time.monotonic() - start:.0f} s)")
    return done.returncode == 0


def run_program(command):
    """Exit status, output and seconds; a program that hangs counts as failed."""
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=0", UBSAN_OPTIONS="print_stacktrace=1")
    start = time.monotonic()
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=UNIT_SECONDS, env=environment)
        return done.returncode, done.stdout, time.monotonic() - start
    except subprocess.TimeoutExpired as e:
        return -1, (e.stdout or b"") + b"\n(no end after %d s)\n" % UNIT_SECONDS, UNIT_SECONDS


def run_unit(program):
    """A cmocka program: its cases are counted one by one, and a crash is a failure of its own."""
    status, output, seconds = run_program([program])
    counts = {word: int(number) for word, number in CMOCKA.findall(output)}
    failed = counts.get(b"FAILED", 0)
    if status and not failed:
        failed = 1
    return (program.name, counts.get(b"PASSED", 0), failed, counts.get(b"SKIPPED", 0), seconds, output)


def run_replay(program):
    corpus = sorted(str(folder) for folder in (ROOT / "src").rglob(f"corpus/{program.name}"))
    status, output, seconds = run_program([program, *corpus])
    return (f"replay {program.name}", int(status == 0), int(status != 0), 0, seconds, output)


def run_all(title, runner, programs, tally):
    if not programs:
        return
    start, sub = time.monotonic(), Tally()
    with ThreadPoolExecutor(JOBS) as pool:
        for name, passed, failed, skipped, seconds, output in pool.map(runner, programs):
            sub.add(passed, failed, skipped)
            if failed:
                say(f"FAILED {name} ({seconds:.1f} s)")
                say("\n".join("    " + line for line in output.decode(errors="replace").splitlines()[-60:]))
            elif os.environ.get("VERBOSE"):
                say(f"  {name}: {passed} ({seconds:.1f} s)")
    tally.add(sub.passed, sub.failed, sub.skipped)
    say(f"-- {title}: {sub} ({len(programs)} programs, {time.monotonic() - start:.0f} s)")


def programs_below(folder, pattern, expected):
    """The programs that make should have built for the sources found; what is missing was reported by make."""
    names = sorted(p.stem for p in (ROOT / "src").rglob(expected))
    return [folder / n for n in names if (folder / n).exists() and pattern in n]


def run_pytest(pattern, tally):
    report = ROOT / "build" / "pytest.xml"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(JOBS), "--dist", "loadfile",
               f"--junitxml={report}", "-r", "fEs", "--no-header", "test"]
    if pattern:
        command += ["-k", pattern]
    status = subprocess.run(command, cwd=ROOT).returncode
    if not report.exists():
        tally.add(failed=1)
        return
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        count = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
        failed = count["failures"] + count["errors"]
        tally.add(count["tests"] - failed - count["skipped"], failed, count["skipped"])
    if status not in (0, 1, 5):     # 5: the pattern matched none
        tally.add(failed=1)


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    tally = Tally()
    asan = ROOT / "build" / "asan"
    for what, arguments in (("release", []), ("tests with sanitizers", ["V=asan", "tests", "replays"]),
                            ("server with sanitizers", ["V=asan"]), ("walls", ["V=walls"])):
        if not make(what, *arguments):
            tally.add(failed=1)
    run_all("unit tests", run_unit, programs_below(asan / "test", pattern, "test_*.c"), tally)
    run_all("fuzz corpora", run_replay, programs_below(asan / "replay", pattern, "fuzz_*.c"), tally)
    run_pytest(pattern, tally)
    say(str(tally))
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
