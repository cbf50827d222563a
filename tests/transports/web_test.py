#!/usr/bin/env python3
"""Talks to web_server over real sockets, byte by byte where it matters.

    web_test.py PATH_OF_WEB_SERVER [names of tests]

Nothing but Python's standard library, so that what is sent is exactly what is written here.
"""
import base64
import hashlib
import json
import os
import resource
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest

SERVER = None


class Server:
    def __init__(self, exe, **more):
        self.dir = tempfile.TemporaryDirectory()
        root = self.dir.name
        self.folder = os.path.join(root, "folder")
        os.makedirs(os.path.join(self.folder, "sub"))
        os.makedirs(os.path.join(self.folder, "bare"))
        self.put("index.html", b"<!doctype html>index")
        self.put("app.js", b"export {};")
        self.put("sub/index.html", b"sub index")
        self.put("big.bin", bytes(range(256)) * 8192)
        self.put("empty.txt", b"")
        self.put("with space.txt", b"space")
        with open(os.path.join(root, "secret.txt"), "wb") as f:
            f.write(b"secret")
        os.makedirs(os.path.join(root, "folder2"))
        with open(os.path.join(root, "folder2", "x.txt"), "wb") as f:
            f.write(b"sibling")
        os.symlink("../secret.txt", os.path.join(self.folder, "link.txt"))
        os.symlink("app.js", os.path.join(self.folder, "inner.js"))
        os.mkfifo(os.path.join(self.folder, "fifo"))
        cert, key = os.path.join(root, "cert.pem"), os.path.join(root, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert,
                        "-days", "2", "-subj", "/CN=localhost"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # a sanitizer shall keep little of what was freed, or memory says nothing
        env = dict(os.environ, **more)
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"
        self.process = subprocess.Popen([exe, self.folder, cert, key], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=env)
        self.ports = json.loads(self.process.stdout.readline())
        self.tls = ssl.create_default_context()
        self.tls.check_hostname = False
        self.tls.verify_mode = ssl.CERT_NONE

    def put(self, name, data):
        with open(os.path.join(self.folder, name), "wb") as f:
            f.write(data)

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self):
        self.process.stdin.close()
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.dir.cleanup()
        return code


class Closed(Exception):
    pass


class Conn:
    """A socket with a read buffer."""

    def __init__(self, name, sni=None, rcvbuf=None):
        self.sock = socket.socket()
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.settimeout(5)
        self.sock.connect(("127.0.0.1", SERVER.ports[name]))
        if name in ("https", "wss", "tls_shared"):
            self.sock = SERVER.tls.wrap_socket(self.sock, server_hostname=sni)
        self.buf = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)
        return self

    def more(self):
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            data = b""
        if not data:
            raise Closed()
        self.buf += data

    def take(self, n):
        while len(self.buf) < n:
            self.more()
        data, self.buf = self.buf[:n], self.buf[n:]
        return data

    def until(self, mark):
        while mark not in self.buf:
            self.more()
        data, self.buf = self.buf.split(mark, 1)
        return data + mark

    def closed(self, timeout=5.0):
        """Whether the server closes without another byte."""
        self.sock.settimeout(timeout)
        try:
            self.more()
            return False
        except Closed:
            return self.buf == b""
        except (TimeoutError, socket.timeout):
            return False


class Answer:
    def __init__(self, conn, head_only=False):
        lines = conn.until(b"\r\n\r\n").decode("latin1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {}
        for line in lines[1:]:
            if line:
                name, value = line.split(": ", 1)
                assert name.lower() not in self.headers, name
                self.headers[name.lower()] = value
        self.body = b""
        if not head_only and self.status >= 200 and self.status != 304:
            self.body = conn.take(int(self.headers.get("content-length", "0")))

    @property
    def json(self):
        return json.loads(self.body)


def request(method, target, body=None, headers=None):
    lines = [f"{method} {target} HTTP/1.1", "Host: here"]
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{k}: {v}" for k, v in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def ask(method, target, body=None, headers=None, name="http"):
    with Conn(name) as c:
        c.send(request(method, target, body, headers))
        return Answer(c, head_only=method == "HEAD")


def raw(data, name="http"):
    with Conn(name) as c:
        c.send(data)
        return Answer(c)


def stats():
    return ask("POST", "/janus", {"janus": "stats"}).json


def create(**more):
    return ask("POST", "/janus", {"janus": "create", "transaction": "c", **more}).json["data"]["id"]


def error_of(answer):
    error = answer.json["error"]
    return error["code"], error["reason"]


def wait_for(what, timeout=5.0):
    end = time.monotonic() + timeout
    while not what():
        if time.monotonic() > end:
            raise AssertionError("did not happen")
        time.sleep(0.01)


class WebSocket(Conn):
    def __init__(self, name, protocol="janus-protocol", headers="", key=None, path="/", host="here",
                 open=True, **more):
        super().__init__(name, **more)
        key = key if key is not None else base64.b64encode(os.urandom(16)).decode()
        offer = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        self.send((f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
                   f"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                   f"Sec-WebSocket-Version: 13\r\n{offer}{headers}\r\n").encode())
        if not open:
            return
        self.answer = Answer(self, head_only=True)
        if self.answer.status == 101:
            accept = base64.b64encode(hashlib.sha1(
                (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
            assert self.answer.headers["sec-websocket-accept"] == accept

    @staticmethod
    def frame(opcode, payload=b"", fin=True, masked=True, length=None, rsv=0):
        n = len(payload)
        bit = 0x80 if masked else 0
        head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
        if length == 2 or (length is None and 126 <= n < 65536):
            head += bytes([bit | 126]) + struct.pack(">H", n)
        elif length == 8 or n >= 65536:
            head += bytes([bit | 127]) + struct.pack(">Q", n)
        else:
            head += bytes([bit | n])
        if not masked:
            return head + payload
        mask = os.urandom(4)
        return head + mask + bytes(b ^ mask[i & 3] for i, b in enumerate(payload))

    def text(self, message):
        if not isinstance(message, (str, bytes)):
            message = json.dumps(message)
        if isinstance(message, str):
            message = message.encode()
        return self.send(self.frame(1, message))

    def receive(self):
        """One frame: (opcode, payload)."""
        head = self.take(2)
        assert head[0] & 0x80 and not head[1] & 0x80, head
        n = head[1]
        if n == 126:
            n = struct.unpack(">H", self.take(2))[0]
        elif n == 127:
            n = struct.unpack(">Q", self.take(8))[0]
        return head[0] & 15, self.take(n)

    def json(self):
        opcode, payload = self.receive()
        assert opcode == 1, (opcode, payload)
        return json.loads(payload)

    def close_code(self):
        while True:
            opcode, payload = self.receive()
            if opcode == 8:
                return struct.unpack(">H", payload[:2])[0]


class Rest(unittest.TestCase):
    def test_info_and_ping(self):
        a = ask("GET", "/janus/info")
        self.assertEqual(a.status, 200)
        self.assertEqual(a.headers["content-type"], "application/json")
        self.assertEqual(a.json["janus"], "server_info")
        pong = ask("GET", "/janus/ping").json
        self.assertEqual(pong["janus"], "pong")
        self.assertEqual(len(pong["transaction"]), 11)
        self.assertNotEqual(pong["transaction"], ask("GET", "/janus/ping/").json["transaction"])
        for path in ("/janus/info", "/janus/ping"):
            for body in (None, b"", {"janus": "info"}):
                a = ask("POST", path, body)
                self.assertEqual((a.status, a.body), (400, b""))

    def test_paths_that_are_nothing(self):
        for method, path in (("GET", "/nope"), ("GET", "/janus"), ("GET", "/janus/"),
                             ("GET", "/janus/1/2/3"), ("GET", "/janus/abc"), ("GET", "/janusx"),
                             ("GET", "/janus/info/1"), ("GET", "/janus/-1"), ("GET", "/janus//1"),
                             ("GET", "/Janus/info"), ("GET", "/janus/99999999999999999999"),
                             ("POST", "/nope"), ("POST", "/janus/1/2/3"), ("GET", "/janus/%00")):
            a = ask(method, path, {"janus": "ping"} if method == "POST" else None)
            self.assertEqual((a.status, a.body), (404, b""), path)
        self.assertEqual(ask("POST", "/JANUS/", {"janus": "ping"}).json["janus"], "pong")

    def test_methods(self):
        for method, path, body in (("DELETE", "/janus", None), ("PUT", "/janus", b"{}"),
                                   ("PATCH", "/nope", b"x"), ("PROPFIND", "/janus/1", None),
                                   ("TRACE", "/janus", None), ("get", "/janus/info", None),
                                   ("M-SEARCH", "*", None), ("CONNECT", "here:1", None)):
            a = ask(method, path, body)
            self.assertEqual(a.status, 200)
            self.assertEqual(error_of(a), (450, f"Unsupported method {method}"))
        a = ask("HEAD", "/janus/info")
        self.assertEqual(a.status, 200)
        for path in ("/janus", "/nope", "*", "/janus/1/2/3"):
            a = ask("OPTIONS", path)
            self.assertEqual((a.status, a.body), (200, b""))
            self.assertEqual(a.headers["access-control-allow-origin"], "*")

    def test_bad_json(self):
        a = ask("POST", "/janus", '{"janus":')
        self.assertEqual(a.status, 200)
        code, reason = error_of(a)
        self.assertEqual(code, 454)
        self.assertTrue(reason.startswith("JSON error: on line 1: "), reason)
        self.assertNotIn("transaction", a.json)
        self.assertIn("on line 3", error_of(ask("POST", "/janus", "{\n\n]"))[1])
        for body in ("[1]", '"x"', "7", "null"):
            self.assertEqual(error_of(ask("POST", "/janus", body)),
                             (455, "JSON error: not an object"))
        for body in ("{} {}", "{}x", b"\xff", b'{"a":"\xff"}', "[" * 65 + "]" * 65,
                     '{"a":' * 65 + "1" + "}" * 65, "{" * 60000):
            self.assertEqual(error_of(ask("POST", "/janus", body))[0], 454, body[:20])
        deep = '{"janus":"echo","a":' + "[" * 63 + "]" * 63 + "}"
        self.assertEqual(ask("POST", "/janus", deep).json["janus"], "echo")

    def test_post_without_body_is_dropped(self):
        for data in (b"POST /janus HTTP/1.1\r\nHost: a\r\n\r\n", request("POST", "/janus", b"")):
            with Conn("http") as c:
                self.assertTrue(c.send(data).closed())

    def test_ids_of_the_path(self):
        a = ask("POST", "/janus/5/6", {"janus": "echo"}).json
        self.assertEqual((a["session_id"], a["handle_id"]), (5, 6))
        a = ask("POST", "/janus/5", {"janus": "echo", "session_id": 5}).json
        self.assertEqual(a["session_id"], 5)
        self.assertNotIn("handle_id", a)
        a = ask("POST", "/janus/5/6/", {"janus": "echo", "session_id": None, "handle_id": "6"}).json
        self.assertEqual((a["session_id"], a["handle_id"]), (5, 6))
        a = ask("POST", "/janus/5", {"janus": "echo", "session_id": 6, "transaction": "t"})
        self.assertEqual(a.status, 200)
        self.assertEqual(error_of(a), (457, "Conflicting session ID (payload and path)"))
        self.assertNotIn("transaction", a.json)
        a = ask("POST", "/janus/5/6", {"janus": "echo", "handle_id": 7})
        self.assertEqual(error_of(a), (457, "Conflicting handle ID (payload and path)"))

    def test_content_type_does_not_matter(self):
        sid = create()
        a = ask("POST", f"/janus/{sid}", {"janus": "destroy", "transaction": "d"},
                {"Content-Type": "text/plain"})
        self.assertEqual(a.json, {"janus": "success", "transaction": "d"})

    def test_handle_path_redirects(self):
        a = ask("GET", "/janus/7/8?rid=1")
        self.assertEqual((a.status, a.headers["location"]), (302, "/janus/7"))

    def test_cors(self):
        a = ask("OPTIONS", "/janus", None, {"Access-Control-Request-Method": "POST",
                                            "Access-Control-Request-Headers": "content-type"})
        self.assertEqual(a.headers["access-control-allow-methods"], "POST")
        self.assertEqual(a.headers["access-control-allow-headers"], "content-type")
        self.assertEqual(a.headers["access-control-max-age"], "86400")
        self.assertNotIn("access-control-allow-credentials", a.headers)
        good = {"Origin": "https://good.example"}
        a = ask("GET", "/janus/info", None, good, "cors")
        self.assertEqual(a.status, 200)
        self.assertEqual(a.headers["access-control-allow-origin"], "https://good.example")
        self.assertEqual(a.headers["access-control-allow-credentials"], "true")
        self.assertEqual(a.headers["vary"], "Origin")
        for headers in (None, {"Origin": "https://evil.example"}, {"Referer": "https://x/"},
                        {"Origin": "https://good.example.evil.net"},
                        {"Origin": "https://x", "Referer": "https://good.example/"}):
            a = ask("GET", "/janus/info", None, headers, "cors")
            self.assertEqual((a.status, a.body), (403, b""), headers)
        a = ask("GET", "/janus/info", None, {"Referer": "https://good.example/page"}, "cors")
        self.assertEqual(a.status, 200)

    def test_styles(self):
        body = {"janus": "echo", "a": [1]}
        self.assertEqual(ask("POST", "/janus", body).body, b'{"janus":"echo","a":[1]}')
        self.assertEqual(ask("POST", "/", body, None, "root").body, b'{"janus": "echo", "a": [1]}')
        a = ask("POST", "/janus", body, {"Origin": "https://good.example"}, "cors")
        self.assertEqual(a.body, b'{\n   "janus": "echo",\n   "a": [\n      1\n   ]\n}')

    def test_late_reply(self):
        self.assertEqual(ask("POST", "/janus", {"janus": "later", "ms": 200}).json["janus"], "late")

    def test_no_reply_in_time(self):
        before = stats()
        with Conn("http") as c:
            start = time.monotonic()
            self.assertTrue(c.send(request("POST", "/janus", {"janus": "never"})).closed())
            self.assertGreater(time.monotonic() - start, 0.5)
        with Conn("http") as c:
            c.send(request("POST", "/janus", {"janus": "later", "ms": 900}))
            self.assertTrue(c.closed())
        wait_for(lambda: stats()["late_replies"] == before["late_replies"] + 1)
        self.assertEqual(stats()["timeouts"], before["timeouts"] + 2)

    def test_other_base_paths(self):
        self.assertEqual(ask("GET", "/a/b/info", name="deep").json["janus"], "server_info")
        self.assertEqual(ask("GET", "/a/b", name="deep").status, 404)
        self.assertEqual(ask("GET", "/A/B/info", name="deep").status, 404)
        self.assertEqual(ask("GET", "/a/b/7/8", name="deep").headers["location"], "/a/b/7")
        self.assertEqual(ask("GET", "/info", name="root").json["janus"], "server_info")
        self.assertEqual(ask("GET", "/7/8", name="root").headers["location"], "/7")
        self.assertEqual(ask("POST", "/", {"janus": "ping"}, name="root").json["janus"], "pong")
        self.assertEqual(ask("GET", "/app.js", name="root").body, b"export {};")
        self.assertEqual(ask("GET", "/", name="root").body, b"<!doctype html>index")


class Poll(unittest.TestCase):
    def events(self, sid, count, size=0):
        a = ask("POST", f"/janus/{sid}", {"janus": "events", "count": count, "bytes": size,
                                          "transaction": "e"})
        self.assertEqual(a.json["janus"], "ack")

    def test_keepalive(self):
        sid = create()
        start = time.monotonic()
        self.assertEqual(ask("GET", f"/janus/{sid}").json, {"janus": "keepalive"})
        self.assertGreater(time.monotonic() - start, 0.6)
        a = ask("GET", f"/janus/{sid}?maxev=5&rid=17")
        self.assertEqual(a.json, [{"janus": "keepalive"}])

    def test_queue_between_polls(self):
        sid = create()
        self.events(sid, 7)
        self.assertEqual(ask("GET", f"/janus/{sid}").json["n"], 0)
        for bad in ("maxev=1", "maxev=0", "maxev=x", "maxev=-3", "maxev=", "max=5"):
            self.assertIsInstance(ask("GET", f"/janus/{sid}?{bad}").json, dict)
            self.events(sid, 1)
        got = ask("GET", f"/janus/{sid}?rid=1&maxev=9999").json
        self.assertEqual([e["n"] for e in got], [0] * 6)
        self.assertEqual(ask("GET", f"/janus/{sid}?maxev=2").json, [{"janus": "keepalive"}])

    def test_batches_in_order(self):
        sid = create()
        self.events(sid, 5)
        self.assertEqual([e["n"] for e in ask("GET", f"/janus/{sid}?maxev=3").json], [0, 1, 2])
        self.assertEqual([e["n"] for e in ask("GET", f"/janus/{sid}?maxev=3").json], [3, 4])

    def test_event_wakes(self):
        sid = create()
        with Conn("http") as c:
            c.send(request("GET", f"/janus/{sid}?maxev=5"))
            time.sleep(0.05)
            start = time.monotonic()
            self.events(sid, 3)
            self.assertEqual([e["n"] for e in Answer(c).json], [0, 1, 2])
            self.assertLess(time.monotonic() - start, 0.4)

    def test_all_polls_wake(self):
        sid = create()
        with Conn("http") as a, Conn("http") as b, Conn("http") as c:
            for conn in (a, b, c):
                conn.send(request("GET", f"/janus/{sid}"))
            time.sleep(0.1)
            start = time.monotonic()
            self.events(sid, 1)
            kinds = sorted(Answer(conn).json["janus"] for conn in (a, b, c))
            self.assertEqual(kinds, ["event", "keepalive", "keepalive"])
            self.assertLess(time.monotonic() - start, 0.4)

    def test_secret(self):
        sid = create(locked=True)
        for query in ("", "?apisecret=wrong", "?apisecret=", "?apisecret=s3cre", "?token=s3cret"):
            a = ask("GET", f"/janus/{sid}{query}")
            self.assertEqual((a.status, a.body), (403, b""), query)
        self.assertEqual(ask("GET", f"/janus/{sid}?apisecret=s%33cret").status, 200)

    def test_unknown_and_over(self):
        self.assertEqual(ask("GET", "/janus/999").status, 404)
        sid = create()
        with Conn("http") as c:
            c.send(request("GET", f"/janus/{sid}"))
            time.sleep(0.05)
            ask("POST", f"/janus/{sid}", {"janus": "destroy"})
            self.assertEqual(Answer(c).json, {"janus": "keepalive"})
        a = ask("GET", f"/janus/{sid}")
        self.assertEqual((a.status, a.body), (404, b""))

    def test_timeout_event(self):
        sid = create()
        with Conn("http") as c:
            c.send(request("GET", f"/janus/{sid}"))
            time.sleep(0.05)
            ask("POST", f"/janus/{sid}", {"janus": "timeout"})
            self.assertEqual(Answer(c).json, {"janus": "timeout", "session_id": sid})
        self.assertEqual(ask("GET", f"/janus/{sid}").status, 404)

    def test_claim(self):
        sid = create()
        self.events(sid, 2)
        with WebSocket("ws") as ws:
            ws.text({"janus": "steal", "session_id": sid})
            self.assertEqual(ws.json()["janus"], "success")
        self.assertEqual(ask("GET", f"/janus/{sid}").status, 404)
        with WebSocket("ws") as ws:
            ws.text({"janus": "create"})
            sid = ws.json()["data"]["id"]
            self.assertEqual(ask("GET", f"/janus/{sid}").status, 404)
            ask("POST", f"/janus/{sid}", {"janus": "claim"})
            self.events(sid, 1)
            self.assertEqual(ask("GET", f"/janus/{sid}").json["n"], 0)

    def test_polls_count_as_activity(self):
        sid = create()
        before = stats()["touched"]
        ask("GET", f"/janus/{sid}")
        ask("GET", f"/janus/{sid}")
        self.assertEqual(stats()["touched"], before + 2)

    def test_overflow_gives_the_queue_up_whole(self):
        for count, size in ((51, 0), (3, 40000)):
            before = stats()["poll_overflows"]
            sid = create()
            self.events(sid, count, size)
            self.assertEqual(stats()["poll_overflows"], before + 1)
            self.assertEqual(ask("GET", f"/janus/{sid}").status, 404)
            self.events(sid, 1)  # the session works on
            self.assertEqual(ask("GET", f"/janus/{sid}").status, 404)
            ask("POST", f"/janus/{sid}", {"janus": "claim"})
            self.events(sid, 1)
            self.assertEqual(ask("GET", f"/janus/{sid}").json["n"], 0)
        sid = create()
        self.events(sid, 50)
        self.assertEqual(len(ask("GET", f"/janus/{sid}?maxev=60").json), 50)

    def test_abandoned_poll_takes_no_events(self):
        sid = create()
        c = Conn("http")
        c.send(request("GET", f"/janus/{sid}"))
        time.sleep(0.05)
        c.sock.close()
        time.sleep(0.05)
        self.events(sid, 1)
        self.assertEqual(ask("GET", f"/janus/{sid}").json["n"], 0)

    def test_poll_after_poll_on_one_connection(self):
        sid = create()
        with Conn("http") as c:
            for _ in range(3):
                c.send(request("GET", f"/janus/{sid}?maxev=2"))
                self.events(sid, 1)
                self.assertEqual(Answer(c).json[0]["janus"], "event")


class Bytes(unittest.TestCase):
    """What arrives on the wire, whole, in pieces, too much, too slowly."""

    def test_pipelined(self):
        post = request("POST", "/janus", {"janus": "echo", "x": 1})
        get = request("GET", "/janus/ping")
        late = request("POST", "/janus", {"janus": "later", "ms": 150})
        chunked = (b"POST /janus HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                   b"10\r\n{\"janus\":\"echo\"}\r\n0\r\n\r\n")
        for name in ("http", "https", "shared"):
            with Conn(name) as c:
                c.send(post + get + late + chunked + post + get + post)
                kinds = [Answer(c).json["janus"] for _ in range(7)]
                self.assertEqual(kinds, ["echo", "pong", "late", "echo", "echo", "pong", "echo"])
        with Conn("http") as c:
            c.send(get * 500)
            for _ in range(500):
                self.assertEqual(Answer(c).json["janus"], "pong")

    def test_pipelining_behind_a_wait_costs_nothing(self):
        sid = create()
        with Conn("http") as c, Conn("https") as d:
            for conn in (c, d):
                conn.send(request("GET", f"/janus/{sid}") + request("GET", "/janus/ping") * 1000)
            before = SERVER.cpu()
            time.sleep(0.5)
            self.assertLess(SERVER.cpu() - before, 0.3)
            for conn in (c, d):
                self.assertEqual(Answer(conn).json["janus"], "keepalive")
                for _ in range(1000):
                    self.assertEqual(Answer(conn).json["janus"], "pong")

    def test_byte_by_byte(self):
        data = request("POST", "/janus", {"janus": "echo", "x": "y"})
        for name in ("http", "https"):
            with Conn(name) as c:
                for i in range(len(data)):
                    c.send(data[i:i + 1])
                self.assertEqual(Answer(c).json, {"janus": "echo", "x": "y"})

    def test_every_split(self):
        data = (b"POST /janus HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"4;x=y\r\n{\"ja\r\nc\r\nnus\":\"echo\"}\r\n0\r\nTrailer: 1\r\n\r\n")
        with Conn("http") as c:
            c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(1, len(data)):
                c.send(data[:i])
                c.send(data[i:])
                self.assertEqual(Answer(c).json, {"janus": "echo"})

    def test_bad_chunks(self):
        head = b"POST /janus HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        for body in (b"x\r\n", b"\r\n", b"-1\r\n", b"2\r\n{}x\r\n", b"2\n{}\r\n",
                     b"2\r\n{}\n0\r\n\r\n", b"ffffffffffffffffff\r\n", b"1" + b"0" * 300 + b"\r\n",
                     b"2;" + b"e" * 300 + b"\r\n", b"2\r\n{}\r\n0\r\n" + b"a: b\r\n" * 1000):
            self.assertEqual(raw(head + body).status, 400, body[:20])

    def test_too_large(self):
        before = stats()
        a = raw(b"POST /janus HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n")
        self.assertEqual(a.status, 413)
        self.assertEqual(a.json["janus"], "error")
        self.assertEqual(a.headers["connection"], "close")
        for length in (b"9007199254740993", b"99999999999999999999999"):
            a = raw(b"POST /janus HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + b"\r\n\r\n")
            self.assertEqual(a.status, 413)
        for name in ("http", "https"):
            with Conn(name) as c:  # sends all of it, and still gets to read the answer
                c.send(request("POST", "/janus", b" " * 200000))
                self.assertEqual(Answer(c).status, 413)
                self.assertTrue(c.closed())
            with Conn(name) as c:
                c.send(b"POST /janus HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                c.send(b"8000\r\n" + b" " * 0x8000 + b"\r\n" + b"8001\r\n" + b" " * 0x8001)
                self.assertEqual(Answer(c).status, 413)
        self.assertEqual(stats()["too_large"], before["too_large"] + 7)
        body = json.dumps({"janus": "echo", "x": "y" * 65000}).encode()
        body += b" " * (65536 - len(body))
        self.assertEqual(ask("POST", "/janus", body).json["janus"], "echo")
        self.assertLess(len(ask("POST", "/janus", body).body), 65536)

    def test_head_limits(self):
        many = "".join(f"H{i}: x\r\n" for i in range(64))
        for data, status in (
                (f"GET /janus/info HTTP/1.1\r\nHost: a\r\n{many}\r\n", 431),
                ("GET /janus/info HTTP/1.1\r\nHost: a\r\nX: " + "y" * 17000 + "\r\n\r\n", 431),
                ("GET /" + "y" * 17000 + " HTTP/1.1\r\nHost: a\r\n\r\n", 431),
                ("GET /" + "y" * 15000 + " HTTP/1.1\r\nHost: a\r\n\r\n", 404),
                ("GET /janus/info HTTP/1.1\r\nHost: a\r\nX: " + "y" * 15000 + "\r\n\r\n", 200)):
            self.assertEqual(raw(data.encode()).status, status)

    def test_malformed_heads(self):
        ok = b"GET /janus/info HTTP/1.1\r\nHost: a\r\n\r\n"
        for data, status in (
                (b"GET  /janus/info HTTP/1.1\r\nHost: a\r\n\r\n", 400),
                (b"GET /janus/info\r\nHost: a\r\n\r\n", 400),
                (b"GET /janus/info HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
                (b"GET /janus/info HTTP/1.1\r\n\r\n", 400),
                (b"GET /janus/info HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
                (b"GET /janus/info HTTP/1.1\r\nHost : a\r\n\r\n", 400),
                (b"GET /janus/info HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
                (b"GET /janus/info HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n", 400),
                (b"GET /janus/info HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400),
                (b"GET /janus/info HTTP/1.1\nHost: a\n\n", 400),
                (b"GET /janus/info HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
                (b"GET /janus/info HTTP/1.1\r\nHost: a\0\r\n\r\n", 400),
                (b"GET /janus/info HTTP/1.1\r\nHost: a\x01\r\n\r\n", 400),
                (b"GET /janus\xff/info HTTP/1.1\r\nHost: a\r\n\r\n", 400),
                (b"G\xc3T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
                (b"X" * 33 + b" / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
                (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
                (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
                (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
                (b"GET / http/1.1\r\nHost: a\r\n\r\n", 400),
                (b"\x16\x03\x01\x02\x00\x01\x00", 400),
                (b"garbage\r\n\r\n", 400)):
            a = raw(data)
            self.assertEqual(a.status, status, data)
            self.assertEqual(a.headers["connection"], "close")
        self.assertEqual(raw(b"\r\n\r\n" + ok).status, 200)
        self.assertEqual(raw(ok.replace(b"/janus", b"http://elsewhere:8088/janus")).status, 200)

    def test_two_ways_to_end_a_request(self):
        for headers in (b"Content-Length: 2\r\nContent-Length: 2",
                        b"Content-Length: 2\r\nContent-Length: 4",
                        b"Content-Length: 2\r\nTransfer-Encoding: chunked",
                        b"Content-Length: -2", b"Content-Length: +2", b"Content-Length: 2, 2",
                        b"Content-Length: 0x2", b"Content-Length:",
                        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"):
            a = raw(b"POST /janus HTTP/1.1\r\nHost: a\r\n" + headers + b"\r\n\r\n{}")
            self.assertEqual(a.status, 400, headers)
        for coding in (b"gzip", b"gzip, chunked", b"chunked, identity", b"xchunked", b"identity"):
            a = raw(b"POST /janus HTTP/1.1\r\nHost: a\r\n"
                    b"Transfer-Encoding: " + coding + b"\r\n\r\n")
            self.assertEqual(a.status, 501, coding)
        a = raw(b"POST /janus HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.assertEqual(a.status, 400)

    def test_keeping_alive(self):
        with Conn("http") as c:
            for _ in range(3):
                c.send(request("GET", "/janus/ping"))
                self.assertNotIn("connection", Answer(c).headers)
            c.send(request("GET", "/janus/ping", None, {"Connection": "x, Close"}))
            self.assertEqual(Answer(c).headers["connection"], "close")
            self.assertTrue(c.closed())
        with Conn("http") as c:
            c.send(b"GET /janus/ping HTTP/1.0\r\n\r\n")
            self.assertEqual(Answer(c).status, 200)
            self.assertTrue(c.closed())

    def test_expect(self):
        with Conn("http") as c:
            c.send(b"POST /janus HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n"
                   b"Expect: 100-continue\r\n\r\n")
            self.assertEqual(Answer(c).status, 100)
            c.send(b'{"janus":"echo"}')
            self.assertEqual(Answer(c).json, {"janus": "echo"})
        a = raw(b"POST /janus HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n"
                b"Expect: 100-continue\r\n\r\n")
        self.assertEqual(a.status, 413)

    def test_body_where_none_belongs(self):
        with Conn("http") as c:
            c.send(request("GET", "/janus/ping", b"GET /evil HTTP/1.1\r\n\r\n"))
            c.send(request("OPTIONS", "/janus", b"x") + request("GET", "/janus/ping"))
            self.assertEqual([Answer(c).status for _ in range(3)], [200, 200, 200])

    def test_wrong_length(self):
        with Conn("http") as c:  # too short: the body never comes
            c.send(b'POST /janus HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n{"janus":"ping"}')
            start = time.monotonic()
            self.assertTrue(c.closed())
            self.assertGreater(time.monotonic() - start, 0.7)
        with Conn("http") as c:  # too long: the rest is no request
            c.send(b'POST /janus HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n'
                   b'{"janus":"ping"}{"janus":"ping"}\r\n\r\n')
            self.assertEqual(Answer(c).json["janus"], "pong")
            self.assertEqual(Answer(c).status, 400)

    def slow(self, name, data, step):
        with Conn(name) as c:
            start = time.monotonic()
            try:
                for i in range(len(data)):
                    c.send(data[i:i + 1])
                    c.sock.settimeout(step)
                    try:
                        c.more()
                    except (TimeoutError, socket.timeout):
                        pass
            except (Closed, OSError):
                return time.monotonic() - start
            return None

    def test_a_byte_now_and_then(self):
        before = stats()["timeouts"]
        head = b"GET /janus/info HTTP/1.1\r\nHost: a\r\n\r\n"
        for name in ("http", "https", "ws"):
            took = self.slow(name, head, 0.1)
            self.assertIsNotNone(took)
            self.assertTrue(0.6 < took < 2, took)
        body = b"POST /janus HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
        with Conn("http") as c:
            c.send(body)
            start = time.monotonic()
            with self.assertRaises((Closed, OSError)):
                for _ in range(40):
                    c.send(b" ")
                    c.sock.settimeout(0.1)
                    try:
                        c.more()
                    except (TimeoutError, socket.timeout):
                        pass
            self.assertTrue(0.7 < time.monotonic() - start < 2.5)
        self.assertEqual(stats()["timeouts"], before + 4)

    def test_silence(self):
        for name in ("http", "https", "ws"):
            with Conn(name) as c:
                start = time.monotonic()
                self.assertTrue(c.closed())
                self.assertTrue(0.6 < time.monotonic() - start < 2)
        with socket.create_connection(("127.0.0.1", SERVER.ports["https"])) as s:
            s.settimeout(3)  # not even a TLS hello
            self.assertEqual(s.recv(1), b"")
        with Conn("http") as c:
            c.send(request("GET", "/janus/ping"))
            Answer(c)
            start = time.monotonic()
            self.assertTrue(c.closed())
            self.assertGreater(time.monotonic() - start, 1.3)

    def test_slow_second_request(self):
        with Conn("http") as c:
            c.send(request("GET", "/janus/ping"))
            Answer(c)
            time.sleep(0.5)
            c.send(b"GET ")
            start = time.monotonic()
            self.assertTrue(c.closed())
            self.assertTrue(0.6 < time.monotonic() - start < 1.4)

    def test_connection_limit(self):
        before = stats()["refused_limit"]
        conns = [Conn("deep") for _ in range(40)]
        try:
            with Conn("deep") as c:
                self.assertTrue(c.closed())
            self.assertEqual(stats()["refused_limit"], before + 1)
            self.assertEqual(ask("GET", "/janus/ping").status, 200)
        finally:
            for c in conns:
                c.sock.close()
        wait_for(lambda: self.alive("deep"))

    def alive(self, name):
        try:
            return ask("GET", "/a/b/ping", name=name).status == 200
        except Closed:
            return False

    def test_reader_that_stops(self):
        before = stats()["timeouts"]
        with Conn("http", rcvbuf=4096) as c:
            memory = SERVER.memory()
            c.send(request("GET", "/big.bin") * 3)
            wait_for(lambda: stats()["timeouts"] == before + 1, 6)
            self.assertLess(SERVER.memory() - memory, 8 << 20)


class Access(unittest.TestCase):
    def test_lists(self):
        before = stats()["refused_acl"]
        for name in ("denied", "ws_denied"):
            with Conn(name) as c:
                self.assertTrue(c.closed())
        self.assertEqual(stats()["refused_acl"], before + 2)

    def test_shared_port_with_two_lists(self):
        self.assertEqual(ask("GET", "/janus/ping", name="half_denied").status, 200)
        with WebSocket("half_denied", open=False) as ws:
            self.assertTrue(ws.closed())

    def test_forwarded(self):
        ok = (None, {"X-Forwarded-For": "127.0.0.9"}, {"X-Forwarded-For": "127.0.0.9, 127.0.0.1"})
        for headers in ok:
            self.assertEqual(ask("GET", "/janus/ping", None, headers, "forwarded").status, 200)
        for value in ("10.0.0.1", "127.0.0.1, 10.0.0.1", "unknown", ""):
            with Conn("forwarded") as c:
                c.send(request("GET", "/janus/ping", None, {"X-Forwarded-For": value}))
                self.assertTrue(c.closed(), value)
        with Conn("forwarded") as c:
            c.send(b"GET /janus/ping HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 127.0.0.1\r\n"
                   b"x-forwarded-for: 10.0.0.1\r\n\r\n")
            self.assertTrue(c.closed())

    def test_names_decide_nothing(self):
        """Every listener, with Host and SNI naming each of the others."""
        what = {"http": 200, "https": 200, "shared": 200, "tls_shared": 200, "ws": 403, "wss": 403,
                "cors": 403, "deep": 404, "root": 404, "ping": 403, "half_denied": 200,
                "forwarded": 200}
        for name, status in what.items():
            for other, port in SERVER.ports.items():
                for host in (other, f"127.0.0.1:{port}", "default"):
                    sni = other.replace("_", "-")
                    with Conn(name, sni=sni) as c:
                        c.send(f"GET /janus/info HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                        self.assertEqual(Answer(c).status, status, (name, host))
                    target = f"http://{host}/janus/info"
                    with Conn(name, sni=sni) as c:
                        c.send(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                        self.assertEqual(Answer(c).status, status, (name, target))

    def test_plain_on_tls_and_tls_on_plain(self):
        with socket.create_connection(("127.0.0.1", SERVER.ports["https"])) as s:
            s.settimeout(5)
            s.sendall(request("GET", "/janus/info"))
            try:
                self.assertNotIn(b"HTTP", s.recv(100))
            except ConnectionResetError:
                pass

    def test_old_tls(self):
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            ctx.check_hostname = False
            ctx.verify_mode = ssl.CERT_NONE
            ctx.set_ciphers("ALL:@SECLEVEL=0")
            ctx.minimum_version = ctx.maximum_version = version
            with socket.create_connection(("127.0.0.1", SERVER.ports["https"])) as s:
                with self.assertRaises((ssl.SSLError, OSError)):
                    ctx.wrap_socket(s)

    def test_alpn(self):
        ctx = ssl.create_default_context()
        ctx.check_hostname = False
        ctx.verify_mode = ssl.CERT_NONE
        ctx.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", SERVER.ports["https"])) as s:
            with ctx.wrap_socket(s) as t:
                self.assertEqual(t.selected_alpn_protocol(), "http/1.1")


class Files(unittest.TestCase):
    def test_files(self):
        a = ask("GET", "/app.js")
        self.assertEqual((a.status, a.body), (200, b"export {};"))
        self.assertEqual(a.headers["content-type"], "text/javascript; charset=utf-8")
        self.assertIn("default-src 'self'", a.headers["content-security-policy"])
        self.assertEqual(a.headers["x-content-type-options"], "nosniff")
        self.assertEqual(ask("GET", "/").body, b"<!doctype html>index")
        self.assertEqual(ask("GET", "/sub/").body, b"sub index")
        self.assertEqual(ask("GET", "/empty.txt").body, b"")
        self.assertEqual(ask("GET", "/with%20space.txt?x=1").body, b"space")
        self.assertEqual(ask("GET", "/inner.js").body, b"export {};")
        self.assertEqual(ask("GET", "/demos/app.js", name="deep").body, b"export {};")
        self.assertEqual(ask("GET", "/app.js", name="deep").status, 404)
        self.assertEqual(ask("GET", "/demosapp.js", name="deep").status, 404)

    def test_big_file(self):
        whole = bytes(range(256)) * 8192
        for name in ("http", "https"):
            with Conn(name) as c:
                c.send(request("GET", "/big.bin") + request("GET", "/app.js"))
                self.assertEqual(Answer(c).body, whole)
                self.assertEqual(Answer(c).body, b"export {};")

    def test_head(self):
        with Conn("http") as c:
            c.send(request("HEAD", "/big.bin") + request("GET", "/app.js"))
            a = Answer(c, head_only=True)
            self.assertEqual((a.status, a.headers["content-length"]), (200, "2097152"))
            self.assertEqual(Answer(c).body, b"export {};")

    def test_etag(self):
        a = ask("GET", "/app.js")
        with Conn("http") as c:
            c.send(request("GET", "/app.js", None, {"If-None-Match": a.headers["etag"]}))
            c.send(request("GET", "/app.js", None, {"If-None-Match": '"other"'}))
            self.assertEqual(Answer(c).status, 304)
            self.assertEqual(Answer(c).status, 200)

    def test_no_way_out(self):
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub/../app.js",
                     "/sub/%2e%2e/%2e%2e/secret.txt", "/./app.js", "/%5c..%5csecret.txt",
                     "/link.txt", "/app.js%00.html", "/../folder2/x.txt", "//etc/passwd",
                     "/..", "/.", "/sub/..", "/fifo", "/app.js/", "/bare/", "/missing",
                     "/app.js%0a", "/%", "/%zz", "/.%2e/secret.txt", "/" + "a/" * 3000):
            a = ask("GET", path)
            self.assertEqual((a.status, a.body), (404, b""), path)
        a = ask("GET", "/demos/../../secret.txt", name="deep")
        self.assertEqual(a.status, 404)
        self.assertEqual(ask("GET", "/demos2", name="deep").status, 404)

    def test_folders(self):
        a = ask("GET", "/sub?x=1")
        self.assertEqual((a.status, a.headers["location"]), (301, "/sub/"))
        self.assertEqual(ask("GET", "/demos", name="deep").headers["location"], "/demos/")
        self.assertEqual(ask("GET", "//sub").status, 404)

    def test_only_reading(self):
        self.assertEqual(ask("POST", "/app.js", b"x").status, 404)
        self.assertEqual(error_of(ask("PUT", "/app.js", b"x"))[0], 450)
        self.assertEqual(error_of(ask("DELETE", "/app.js"))[0], 450)


class Ws(unittest.TestCase):
    ping = {"janus": "ping", "transaction": "1"}

    def test_open(self):
        for name in ("ws", "wss", "shared", "tls_shared"):
            for offer in ("janus-protocol", "foo, janus-protocol", "janus-protocol ,x"):
                with WebSocket(name, offer, path="/any/path?x") as ws:
                    self.assertEqual(ws.answer.status, 101)
                    self.assertEqual(ws.answer.headers["sec-websocket-protocol"], "janus-protocol")
                    self.assertEqual(ws.answer.headers["access-control-allow-origin"], "*")
                    ws.text(self.ping)
                    self.assertEqual(ws.json(), {"janus": "pong", "transaction": "1"})

    def test_refused(self):
        before = stats()["ws_refused"]
        for name, more, status in (
                ("ws", {"protocol": None}, 400), ("ws", {"protocol": "foo"}, 400),
                ("ws", {"protocol": "janus-admin-protocol"}, 400),
                ("ws", {"protocol": "janus-protocolx"}, 400), ("ws", {"key": ""}, 400),
                ("ws", {"key": "short=="}, 400), ("ws", {"key": "a" * 24}, 400),
                ("http", {}, 403), ("https", {}, 403), ("cors", {}, 403),
                ("cors", {"headers": "Origin: https://evil.example\r\n"}, 403)):
            with WebSocket(name, **more) as ws:
                self.assertEqual(ws.answer.status, status, more)
                self.assertTrue(ws.closed())
        a = raw(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 8\r\n\r\n", "ws")
        self.assertEqual((a.status, a.headers["sec-websocket-version"]), (426, "13"))
        self.assertEqual(stats()["ws_refused"], before + 12)
        with WebSocket("cors", headers="Origin: https://good.example\r\n") as ws:
            self.assertEqual(ws.answer.status, 101)
            self.assertEqual(ws.answer.headers["access-control-allow-origin"],
                             "https://good.example")

    def test_plain_requests(self):
        for method, body in (("GET", None), ("POST", b"{}"), ("OPTIONS", None)):
            a = ask(method, "/janus/info", body, None, "ws")
            self.assertEqual((a.status, a.body), (403, b""))
        self.assertEqual(ask("GET", "/janus/info", name="shared").status, 200)

    def test_early_data(self):
        ws = WebSocket("ws", open=False)
        ws.send(ws.frame(1, b'{"janus":"ping"}'))
        self.assertEqual(Answer(ws, head_only=True).status, 101)
        self.assertEqual(ws.json(), {"janus": "pong"})
        ws.sock.close()

    def test_several_objects(self):
        with WebSocket("ws") as ws:
            ws.text('{"janus":"ping","transaction":"1"} {"janus":"ping","transaction":"2"}\n')
            self.assertEqual([ws.json()["transaction"] for _ in range(2)], ["1", "2"])
            ws.text('{"janus":"ping"}{"janus":"echo"}')
            self.assertEqual([ws.json()["janus"] for _ in range(2)], ["pong", "echo"])
            for bad in ('{"janus":"ping","transaction":"1"} x', "", " ", "{", '{"a":1}}',
                        "{} " * 300, "[" * 60000):
                ws.text(bad)
                a = ws.json()
                self.assertEqual(a["error"]["code"], 454, bad[:20])
                self.assertIn("Invalid Janus API request - <string>(", a["error"]["reason"])
            ws.text(self.ping)  # and nothing else had come
            self.assertEqual(ws.json()["janus"], "pong")

    def test_fragments_and_controls(self):
        text = json.dumps({"janus": "echo", "x": "ä€𝄞" * 100}).encode()
        with WebSocket("ws") as ws:
            for size in (1, 7, 1000):
                parts = [text[i:i + size] for i in range(0, len(text), size)] + [b""]
                for i, part in enumerate(parts):
                    ws.send(ws.frame(1 if i == 0 else 0, part, fin=i == len(parts) - 1))
                    if i % 100 == 0:
                        ws.send(ws.frame(9, b"p%d" % i) + ws.frame(10, b"stray"))
                        self.assertEqual(ws.receive(), (10, b"p%d" % i))
                self.assertEqual(ws.json()["x"], "ä€𝄞" * 100)
            ws.send(ws.frame(2, b'{"janus":"echo"}'))  # binary is like text
            self.assertEqual(ws.json(), {"janus": "echo"})
            data = ws.frame(1, b'{"janus":"ping"}')
            for i in range(len(data)):
                ws.send(data[i:i + 1])
            self.assertEqual(ws.json(), {"janus": "pong"})
            ws.send(ws.frame(9, b"x" * 125))
            self.assertEqual(ws.receive(), (10, b"x" * 125))

    def test_large(self):
        for name in ("ws", "wss"):
            with WebSocket(name) as ws:
                for n in (100, 126, 65000):
                    ws.text({"janus": "echo", "x": "y" * n})
                    self.assertEqual(len(ws.json()["x"]), n)
                ws.text({"janus": "fill", "bytes": 300000})
                self.assertEqual(len(ws.json()["text"]), 300000)

    def test_close_codes(self):
        f = WebSocket.frame
        cases = (
            (f(1, b"x" * 65537), 1009), (f(1, b"x" * 40000, fin=False) + f(0, b"x" * 40000), 1009),
            (f(1, b"{}", masked=False), 1002), (f(1, b"{}", rsv=4), 1002), (f(3, b""), 1002),
            (f(11, b""), 1002), (f(0, b"x"), 1002), (f(1, b"{", fin=False) + f(1, b"}"), 1002),
            (f(9, b"", fin=False), 1002), (f(9, b"x" * 126), 1002), (f(1, b"x", length=2), 1002),
            (f(1, b"x" * 200, length=8), 1002), (f(1, b"\xff\xfe"), 1007),
            (f(1, b"\xed\xa0\x80"), 1007), (f(8, b"\x03"), 1002),
            (f(8, struct.pack(">H", 999)), 1002),
            (f(8, struct.pack(">H", 1005)), 1002), (f(8, struct.pack(">H", 1000) + b"\xff"), 1002),
            (f(8, struct.pack(">H", 1000) + b"bye"), 1000), (f(8, b""), 1000),
            (f(8, struct.pack(">H", 3456)), 3456),
            (b"\x81\xff" + b"\xff" * 8 + b"mask", 1002),
            (b"\x81\xff" + struct.pack(">Q", 1 << 40) + b"mask", 1009),
        )
        for data, code in cases:
            with WebSocket("ws") as ws:
                ws.send(data)
                self.assertEqual(ws.close_code(), code, data[:20])
                self.assertTrue(ws.closed(1.5))

    def test_gone(self):
        before = stats()["gone"]
        with WebSocket("ws") as ws:
            ws.text({"janus": "create"})
            ws.json()
            self.assertEqual(stats()["ws_connections"], 1)
        wait_for(lambda: stats()["gone"] == before + 1)
        with WebSocket("wss") as ws:
            ws.text({"janus": "later", "ms": 100})
            ws.send(ws.frame(8, b""))
            ws.close_code()
        wait_for(lambda: stats()["gone"] == before + 2)
        self.assertEqual(stats()["ws_connections"], 0)

    def test_events(self):
        with WebSocket("ws") as a, WebSocket("ws") as b:
            a.text({"janus": "create"})
            sid = a.json()["data"]["id"]
            b.text({"janus": "events", "session_id": sid, "count": 3})
            self.assertEqual(b.json()["janus"], "ack")
            self.assertEqual([a.json()["n"] for _ in range(3)], [0, 1, 2])
            a.text({"janus": "timeout", "session_id": sid})
            self.assertEqual([a.json()["janus"] for _ in range(2)], ["ack", "timeout"])
            a.text(self.ping)  # stays open
            self.assertEqual(a.json()["janus"], "pong")

    def test_many_waiting_requests(self):
        with WebSocket("ws") as ws:
            for i in range(100):
                ws.text({"janus": "later", "ms": 1, "transaction": str(i)})
            got = {ws.json()["transaction"] for _ in range(100)}
            self.assertEqual(len(got), 100)

    def flood(self, ws, message, total):
        """Sends without reading, until it blocks; returns whether it did."""
        ws.sock.settimeout(0.6)
        frame = ws.frame(1, json.dumps(message).encode())
        try:
            for _ in range(total // 1000):
                ws.send(frame * 1000)
        except (OSError, socket.timeout):
            return True
        return False

    def test_reader_that_stops(self):
        before = stats()
        memory = SERVER.memory()
        for name in ("ws", "wss"):
            with WebSocket(name, rcvbuf=4096) as ws:
                self.flood(ws, {"janus": "fill", "bytes": 100000}, 20000)
                wait_for(lambda: stats()["ws_connections"] == 0)
            with WebSocket(name, rcvbuf=4096) as ws:  # small ones: it is not read from any more
                self.assertTrue(self.flood(ws, {"janus": "fill", "bytes": 400}, 1000000))
                cpu = SERVER.cpu()
                time.sleep(0.3)
                self.assertLess(SERVER.cpu() - cpu, 0.15)
                wait_for(lambda: stats()["ws_connections"] == 0)
        after = stats()
        self.assertEqual(after["slow_clients"], before["slow_clients"] + 2)
        self.assertGreaterEqual(after["timeouts"], before["timeouts"] + 2)
        self.assertLess(after["held_bytes"], 10000)  # the body of the question itself
        self.assertLess(SERVER.memory() - memory, 30 << 20)

    def test_events_for_a_reader_that_stops(self):
        for count, size in ((1000, 0), (500, 1000)):  # messages, bytes
            before = stats()
            with WebSocket("ws", rcvbuf=4096) as ws:
                ws.text({"janus": "create"})
                sid = ws.json()["data"]["id"]
                for _ in range(200):
                    ask("POST", "/janus", {"janus": "events", "session_id": sid, "count": count,
                                           "bytes": size})
                    if stats()["slow_clients"] > before["slow_clients"]:
                        break
                wait_for(lambda: stats()["gone"] == before["gone"] + 1)
            self.assertEqual(stats()["slow_clients"], before["slow_clients"] + 1)

    def test_pings(self):
        with WebSocket("ping") as ws:
            for _ in range(2):
                opcode, payload = ws.receive()
                self.assertEqual(opcode, 9)
                ws.send(ws.frame(10, payload))
            self.assertEqual(ws.receive()[0], 9)
            before = stats()["timeouts"]
            self.assertTrue(ws.closed())
            self.assertEqual(stats()["timeouts"], before + 1)
        with WebSocket("ws") as ws:
            self.assertFalse(ws.closed(1.3))  # no pings unless both are configured


class Scarcity(unittest.TestCase):
    def test_out_of_descriptors(self):
        pid = SERVER.process.pid
        old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir(f"/proc/{pid}/fd"))
        with Conn("http") as first:
            first.send(request("GET", "/janus/ping"))
            Answer(first)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, old[1]))
            try:
                with Conn("http") as c:  # the kernel accepts it, the server cannot
                    c.send(request("GET", "/janus/ping"))
                    cpu = SERVER.cpu()
                    time.sleep(0.3)
                    self.assertLess(SERVER.cpu() - cpu, 0.15)
                    first.send(request("GET", "/janus/ping"))
                    self.assertEqual(Answer(first).status, 200)
                    resource.prlimit(pid, resource.RLIMIT_NOFILE, old)
                    self.assertEqual(Answer(c).status, 200)
            finally:
                resource.prlimit(pid, resource.RLIMIT_NOFILE, old)

    def test_out_of_memory_budget(self):
        global SERVER
        main_server, SERVER = SERVER, Server(sys.argv[1], WEB_TEST_MEMORY="200000")
        try:
            part = b"POST /janus HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"
            part += b" " * 40000
            conns = [Conn("http").send(part) for _ in range(3)]
            time.sleep(0.1)
            with Conn("http") as c:
                c.send(part)
                self.assertEqual(Answer(c).status, 503)
            with WebSocket("ws") as ws:
                ws.send(ws.frame(1, b" " * 60000))
                self.assertEqual(ws.close_code(), 1013)
            for c in conns:
                c.sock.close()
            wait_for(lambda: stats()["held_bytes"] < 10000)
            self.assertEqual(ask("POST", "/janus", b" " * 40000 + b'{"janus":"ping"}').status, 200)
            self.assertEqual(SERVER.stop(), 0)
        finally:
            SERVER = main_server


class Zz(unittest.TestCase):
    def test_stop_with_open_connections(self):
        """Last: everything open at once when the server is told to stop."""
        sid = create()
        poll, idle, half = Conn("http"), Conn("https"), Conn("http")
        sockets = [WebSocket(name) for name in ("ws", "wss", "shared")]
        poll.send(request("GET", f"/janus/{sid}"))
        idle.send(request("GET", "/janus/ping"))
        Answer(idle)
        half.send(b"POST /janus HTTP/1.1\r\n")
        slow = WebSocket("ws", rcvbuf=4096)
        slow.text({"janus": "fill", "bytes": 300000})
        waiting = Conn("http").send(request("POST", "/janus", {"janus": "later", "ms": 500}))
        time.sleep(0.1)
        SERVER.process.stdin.close()
        self.assertEqual(Answer(poll).json, {"janus": "keepalive"})
        for ws in sockets:
            self.assertEqual(ws.close_code(), 1001)
        self.assertEqual(SERVER.process.wait(timeout=10), 0)
        for c in [poll, idle, half, slow, waiting] + sockets:
            c.sock.close()


def main():
    global SERVER
    SERVER = Server(sys.argv[1])
    try:
        program = unittest.main(argv=[sys.argv[0]] + sys.argv[2:], exit=False, verbosity=1)
    finally:
        code = SERVER.stop()
    if code != 0:
        print(f"server ended with {code}")
    sys.exit(not program.result.wasSuccessful() or code != 0)


if __name__ == "__main__":
    main()
