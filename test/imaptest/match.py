"""Responses as trees, and templates with $variables that they are held against (the suite's scripted_test.md)."""

import re

VARIABLE = re.compile(rb"\$\{case:([^}]*)\}|\$\{(\w+)\}|\$(\w+)|\$(\$)|\$")


class Text(bytes):
    """A string or an atom."""


class Octets(Text):
    """A ~{{{ }}} of a template: line ends are as written; whether the last one counts is not."""


def parse(data, template=False):
    """A list of Text and lists. In a template, {{{ }}} are literals and $! words may begin a list."""
    value, at = _items(data, 0, None, template)
    return value


def _items(data, at, close, template):
    items = []
    while at < len(data):
        c = data[at:at + 1]
        if c in b" ":
            at += 1
        elif close and c == close:
            return items, at + 1
        elif c == b"(":
            value, at = _items(data, at + 1, b")", template)
            items.append(value)
        elif c == b"[" and len(items) == 1 and items[0].lower() in (b"ok", b"no", b"bad", b"bye", b"preauth"):
            value, at = _items(data, at + 1, b"]", template)
            items.append(value)
            if not template:
                return items, len(data)      # the rest is text for people
        else:
            value, at = _text(data, at, template)
            items.append(value)
    return items, at


def _text(data, at, template):
    if template and (data.startswith(b"{{{\n", at) or data.startswith(b"~{{{\n", at)):
        start = data.index(b"\n", at) + 1
        end = data.index(b"\n}}}", start - 1)
        octets = data[at:at + 1] == b"~"
        return Octets(data[start:end]) if octets else Text(re.sub(rb"(?<!\r)\n", b"\r\n", data[start:end])), end + 4
    if not template:
        match = re.compile(rb"~?\{(\d+)\+?\}\r\n").match(data, at)
        if match:
            end = match.end() + int(match.group(1))
            return Text(data[match.end():end]), end
    if data[at:at + 1] == b'"':
        match = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL).match(data, at)
        return Text(re.sub(rb"\\(.)", rb"\1", match.group(1))), match.end()
    end = at
    while end < len(data) and data[end:end + 1] not in b" ()]":
        if data[end:end + 1] == b"[" and end > at:
            end = data.index(b"]", end)
        end += 1
    end = max(end, at + 1)
    return Text(data[at:end]), end


class Unmatched(Exception):
    pass


class Matcher:
    """variables: of one run of a script. numbers: sequence number at the start of the command -> now, 0 for gone."""

    def __init__(self, variables):
        self.variables = variables
        self.numbers = None
        self.modseq = {}

    def expand(self, text):
        """The text of a command, variables in place."""
        def value(match):
            name = match.group(2) or match.group(3)
            if match.group(4) or not name:
                return b"$"
            if name.isdigit():
                return b"%d" % self.number(int(name))
            return self.variables[name]
        return VARIABLE.sub(value, text)

    def number(self, n):
        return self.numbers.get(n, n) if self.numbers is not None else n

    def matches(self, template, response):
        """True and the variables bound, or False and nothing changed."""
        kept, modseq = dict(self.variables), dict(self.modseq)
        try:
            self._response(template, response)
            return True
        except Unmatched:
            self.variables.clear()
            self.variables.update(kept)
            self.modseq = modseq
            return False

    def _response(self, template, response):
        names = [t.lower() if isinstance(t, Text) else b"" for t in template[:2]]
        status = names[:1] in ([b"ok"], [b"no"], [b"bad"], [b"bye"])
        if status or (names[:1] == [b"list"] and len(response) > len(template)):
            response = response[:len(template)]      # text for people; extension data of LIST
        if len(template) != len(response):
            raise Unmatched
        fetch = names[1:] == [b"fetch"]
        free = {1: (1, True)} if names[0] in (b"list", b"lsub") else {2: (2, True)} if fetch or names[0] == b"status" else {}
        for i, (t, r) in enumerate(zip(template, response)):
            self._value(t, r, free.get(i), fetch)

    def _value(self, t, r, default=None, fetch=False):
        if t == b"$":
            return
        if isinstance(t, list) != isinstance(r, list):
            raise Unmatched
        if isinstance(t, list):
            self._list(t, r, default, fetch)
        else:
            self._text(t, r)

    def _list(self, t, r, default, fetch):
        directives = [x for x in t if isinstance(x, Text) and x.startswith(b"$!")]
        t = t[len(directives):]
        chain, extra = (1, False) if default == "flags" else default or (0, False)
        ignore, ban = [b"\\recent"] if default == "flags" else [], []
        for d in directives:
            name, _, value = d[2:].lower().partition(b"=")
            if name == b"unordered":
                chain, extra = int(value or 1), True
            elif name == b"ordered":
                chain = 0
            elif name in (b"noextra", b"extra"):
                extra = name == b"extra"
            else:
                (ignore if name == b"ignore" else ban).append(value)
        if any(isinstance(x, Text) and x.lower() in ban for x in r):
            raise Unmatched
        if not chain:
            if len(t) != len(r):
                raise Unmatched
            for a, b in zip(t, r):
                self._value(a, b)
            return
        self._unordered(t, list(r), chain, extra, ignore, fetch)

    def _unordered(self, t, r, chain, extra, ignore, fetch):
        links = [r[i:i + chain] for i in range(0, len(r), chain)]
        for i in range(0, len(t), chain):
            want = t[i:i + chain]
            for link in links:
                if self._link(want, link, fetch):
                    links.remove(link)
                    break
            else:
                raise Unmatched
        left = [x for x in links if not (isinstance(x[0], Text) and x[0].lower() in ignore)]
        if left and not extra:
            raise Unmatched

    def _link(self, want, link, fetch):
        kept = dict(self.variables)
        flags = fetch and isinstance(want[0], Text) and want[0].lower() == b"flags"
        try:
            if len(want) != len(link):
                raise Unmatched
            for i, (t, r) in enumerate(zip(want, link)):
                self._value(t, r, "flags" if flags and i == 1 else None)
            return True
        except Unmatched:
            self.variables.clear()
            self.variables.update(kept)
            return False

    def _text(self, t, r):
        if isinstance(t, Octets):
            if r not in (t, t + b"\n"):
                raise Unmatched
            return
        pattern, names, at = b"", [], 0
        for match in VARIABLE.finditer(t):
            pattern += re.escape(t[at:match.start()])
            at = match.end()
            pattern += self._piece(match, names)
        pattern += re.escape(t[at:])
        found = re.fullmatch(pattern, r, re.IGNORECASE | re.DOTALL)
        if not found:
            raise Unmatched
        for name, value in zip(names, found.groups()):
            self._bind(name, value)

    def _piece(self, match, names):
        name = match.group(2) or match.group(3)
        if match.group(1) is not None:
            return rb"(?-i:%s)" % re.escape(match.group(1))
        if match.group(4):
            return rb"\$"
        if not name:
            return rb".*"
        if name.isdigit():
            return b"%d" % self.number(int(name))
        if name in self.variables:
            return re.escape(self.variables[name])
        names.append(name)
        return rb"(.*)"

    def _bind(self, name, value):
        ordered = re.fullmatch(rb"modseq(\d+)", name)
        if ordered:
            self._modseq(int(ordered.group(1)), int(value))
        self.variables[name] = value

    def _modseq(self, index, value):
        for other, known in self.modseq.items():
            if (index > other and value < known + index - other) or (index < other and value > known - (other - index)):
                raise Unmatched
        if value < index:
            raise Unmatched
        self.modseq[index] = value
