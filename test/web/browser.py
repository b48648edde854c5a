"""A browser without scripts: cookies as browsers keep them, forms by their labels, redirects one step at a time."""

import http.client
import re
import ssl
import urllib.parse
from html.parser import HTMLParser

HOST = "mail.example.test"
SECONDS = 20


class Forms(HTMLParser):
    """The forms of a page: [{"action": ..., "fields": {name: value}, "buttons": [(name, value, text)], "labels": {...}}]"""

    def __init__(self, text):
        super().__init__()
        self.forms, self.form, self.button, self.alerts, self.in_alert = [], None, None, [], False
        self.labels, self.ids = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.form = {"action": a.get("action"), "method": a.get("method"), "fields": {}, "buttons": []}
            self.forms.append(self.form)
        elif tag == "input" and self.form is not None:
            self.form["fields"][a["name"]] = a.get("value", "")
            if a.get("type") != "hidden":
                self.ids.add(a.get("id"))
        elif tag == "label":
            self.labels.add(a.get("for"))
        elif tag == "button" and self.form is not None:
            self.button = [a.get("name"), a.get("value"), ""]
        if a.get("role") == "alert":
            self.in_alert = True
            self.alerts.append("")

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "button" and self.button and self.form is not None:
            self.form["buttons"].append(tuple(self.button))
            self.button = None
        elif tag == "p":
            self.in_alert = False

    def handle_data(self, data):
        if self.button:
            self.button[2] += data
        if self.in_alert:
            self.alerts[-1] += data


class Answer:
    def __init__(self, response, path):
        self.status, self.headers, self.path = response.status, response.headers, path
        self.text = response.read().decode()
        self.location = response.headers.get("Location")

    @property
    def forms(self):
        return Forms(self.text).forms

    @property
    def alerts(self):
        return Forms(self.text).alerts

    def parameters(self):
        """Of the query of a redirect."""
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.location).query, keep_blank_values=True))


class Browser:
    def __init__(self, server, language="en", source=None):
        self.port, self.cookies, self.language, self.source = server.ports.https, {}, language, source
        self.origin = f"https://{HOST}:{self.port}"

    def request(self, method, path, body=None, headers=None):
        if path.startswith(self.origin):
            path = path[len(self.origin):]
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=SECONDS, context=context,
                                             source_address=(self.source, 0) if self.source else None)
        fields = {"Host": f"{HOST}:{self.port}", "Accept": "text/html", "Accept-Language": self.language, **(headers or {})}
        if self.cookies:
            fields["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        client.request(method, path, body=body, headers=fields)
        response = client.getresponse()
        answer = Answer(response, path)
        for cookie in response.headers.get_all("Set-Cookie") or []:
            self._keep(cookie)
        client.close()
        return answer

    def _keep(self, cookie):
        assert "; Secure" in cookie and "; HttpOnly" in cookie and "; SameSite=" in cookie and "; Path=/" in cookie and "Domain" not in cookie
        name, value = cookie.split(";")[0].split("=", 1)
        assert name.startswith("__Host-")
        if re.search(r"Max-Age=0\b", cookie):
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def post(self, path, fields, headers=None):
        return self.request("POST", path, urllib.parse.urlencode(fields),
                            {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin, "Sec-Fetch-Site": "same-origin", **(headers or {})})

    def submit(self, answer, fields=None, button=None, form=0, headers=None):
        """Fills in a form of a page and presses a button of it (by its value)."""
        f = answer.forms[form]
        assert f["method"] == "post"
        sent = {**f["fields"], **(fields or {})}
        unknown = set(fields or {}) - set(f["fields"])
        assert not unknown, f"the form has no {unknown}"
        if button is not None:
            pressed = [b for b in f["buttons"] if b[1] == button]
            assert pressed, f"no button {button} among {f['buttons']}"
            sent[pressed[0][0]] = button
        return self.post(f["action"] or answer.path, sent, headers)
