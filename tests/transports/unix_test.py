#!/usr/bin/env python3
"""A client of the Unix sockets of a whole server.

    unix_test.py PATH_OF_PORTUNUS [names of tests]

Nothing but Python's standard library: one packet is one JSON object, both ways.
"""
import fcntl
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import unittest

PORTUNUS = None
PATIENCE = 15


class Folder:
    """A configuration folder; everything is on loopback or in the folder itself."""

    def __init__(self, case, unix, general="", **files):
        self.dir = tempfile.TemporaryDirectory()
        case.addCleanup(self.dir.cleanup)
        self.path = self.dir.name
        self.socket = os.path.join(self.path, "api.sock")
        self.write("portunus.jcfg", 'general: { debug_colors = false; event_loops = 1; %s }\n'
                   'nat: { ice_enforce_list = "127.0.0.1" }\n' % general)
        self.write("portunus.transport.pfunix.jcfg", unix.replace("SOCKET", self.socket))
        for name, text in files.items():
            self.write("portunus.transport.%s.jcfg" % name, text)

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w") as f:
            f.write(text)

    def command(self):
        return [PORTUNUS, "-F", self.path]

    def run(self):
        """For starts that must fail: exit status and all that was said."""
        done = subprocess.run(self.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=PATIENCE, text=True)
        return done.returncode, done.stdout


class Server:
    def __init__(self, case, folder, **how):
        self.case = case
        self.process = subprocess.Popen(how.pop("command", folder.command()),
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, **how)
        case.addCleanup(self.kill)
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "[server] ready" in line:
                return
        case.fail("did not start:\n" + self.said)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.said += self.process.stdout.read()
        self.case.assertEqual(self.process.wait(PATIENCE), 0, self.said)
        self.case.assertNotIn("Sanitizer", self.said)


class Client:
    def __init__(self, case, folder, kind, name=None):
        self.case, self.count = case, 0
        self.socket = socket.socket(socket.AF_UNIX, kind)
        case.addCleanup(self.socket.close)
        if name:
            self.socket.bind(os.path.join(folder.path, name))
        self.socket.connect(folder.socket)
        self.socket.settimeout(PATIENCE)

    def hear(self):
        """The next message; None: the server has ended the connection."""
        packet = self.socket.recv(1 << 20)
        return json.loads(packet) if packet else None

    def ask(self, **request):
        self.count += 1
        request.setdefault("transaction", "t%d" % self.count)
        self.socket.send(json.dumps(request).encode())
        reply = self.hear()
        self.case.assertEqual(reply.get("transaction"), request["transaction"])
        return reply

    def create(self):
        reply = self.ask(janus="create")
        self.case.assertEqual(reply["janus"], "success")
        return reply["data"]["id"]


SEQPACKET = 'general: { enabled = true; path = "SOCKET" }\n'
DGRAM = 'general: { enabled = true; path = "SOCKET"; type = "sock_dgram"; json = "plain" }\n'
KINDS = (("seqpacket", socket.SOCK_SEQPACKET, SEQPACKET), ("dgram", socket.SOCK_DGRAM, DGRAM))


class Test(unittest.TestCase):
    def each_kind(self, general=""):
        for name, kind, config in KINDS:
            with self.subTest(name):
                folder = Folder(self, config, general)
                yield name, kind, folder, Server(self, folder)

    def test_a_whole_session(self):
        for name, kind, folder, server in self.each_kind():
            where = "unix-%s" % name, folder.socket, "Unix", "portunus.transport.pfunix.jcfg:1"
            row = next(line for line in server.said.splitlines() if folder.socket in line)
            self.assertEqual((*row.split()[:3], os.path.basename(row.split()[3])), where)
            self.assertTrue(stat.S_ISSOCK(os.stat(folder.socket).st_mode))

            client = Client(self, folder, kind, "client" if name == "dgram" else None)
            info = client.ask(janus="info")
            self.assertEqual(info["janus"], "server_info")
            self.assertEqual(info["transports"]["janus.transport.pfunix"],
                             {"name": "JANUS Unix Sockets transport plugin", "author": "Portunus",
                              "description": "The API over Unix sockets.",
                              "version_string": "0.0.1", "version": 1})
            self.assertEqual(list(info["transports"]), ["janus.transport.pfunix"])

            session = client.create()
            reply = client.ask(janus="attach", plugin="janus.plugin.echotest", session_id=session)
            self.assertEqual((reply["janus"], reply["session_id"]), ("success", session))
            handle = reply["data"]["id"]
            ids = {"session_id": session, "handle_id": handle}
            ack = client.ask(janus="message", body={"audio": True, "video": False}, **ids)
            self.assertEqual(ack["janus"], "ack")
            event = client.hear()
            self.assertEqual((event["janus"], event["sender"], event["transaction"]),
                             ("event", handle, ack["transaction"]))
            self.assertEqual(event["plugindata"]["data"], {"echotest": "event", "result": "ok"})
            self.assertEqual(client.ask(janus="keepalive", session_id=session)["janus"], "ack")
            self.assertEqual(client.ask(janus="destroy", session_id=session)["janus"], "success")
            lost = client.ask(janus="keepalive", session_id=session)
            self.assertEqual(lost["error"]["code"], 458)

            client.socket.send(b'{"janus":')
            broken = client.hear()
            self.assertEqual(broken["error"]["code"], 454)
            self.assertTrue(broken["error"]["reason"].startswith(
                "Invalid Janus API request - <string>(1,"))
            self.assertEqual(client.ask(janus="list_sessions")["error"]["code"], 457)

            server.stop()
            self.assertFalse(os.path.exists(folder.socket))
            self.assertNotIn("differs", server.said)

    def test_a_request_longer_than_8191_bytes(self):
        for name, kind, folder, server in self.each_kind():
            client = Client(self, folder, kind, "client" if name == "dgram" else None)
            session = client.create()
            handle = client.ask(janus="attach", plugin="janus.plugin.echotest",
                                session_id=session)["data"]["id"]
            reply = client.ask(janus="message", session_id=session, handle_id=handle,
                               body={"audio": True, "padding": "x" * 50000})
            self.assertEqual(reply["janus"], "ack")
            self.assertEqual(client.hear()["janus"], "event")
            server.stop()

    def test_a_claim_moves_the_events(self):
        for name, kind, folder, server in self.each_kind():
            a = Client(self, folder, kind, "a" if name == "dgram" else None)
            b = Client(self, folder, kind, "b" if name == "dgram" else None)
            session = a.create()
            handle = a.ask(janus="attach", plugin="janus.plugin.echotest",
                           session_id=session)["data"]["id"]
            self.assertEqual(b.ask(janus="claim", session_id=session)["janus"], "success")
            ack = a.ask(janus="message", body={"audio": True}, session_id=session,
                        handle_id=handle)
            self.assertEqual(ack["janus"], "ack")
            self.assertEqual(b.hear()["transaction"], ack["transaction"])
            server.stop()

    def test_a_lost_connection_and_its_session(self):
        for reclaim, kept in ((0, False), (30, True)):
            folder = Folder(self, SEQPACKET, "reclaim_session_timeout = %d;" % reclaim)
            server = Server(self, folder)
            a, b = (Client(self, folder, socket.SOCK_SEQPACKET) for _ in range(2))
            session = a.create()
            a.socket.close()
            claim = b.ask(janus="claim", session_id=session)
            self.assertEqual(claim["janus"], "success" if kept else "error", claim)
            server.stop()

    def test_a_session_timeout(self):
        for name, kind, folder, server in self.each_kind("session_timeout = 1;"):
            client = Client(self, folder, kind, "client" if name == "dgram" else None)
            session = client.create()
            self.assertEqual(client.hear(), {"janus": "timeout", "session_id": session})
            if name == "seqpacket":
                self.assertIsNone(client.hear())
            else:
                self.assertEqual(client.ask(janus="ping")["janus"], "pong")
            server.stop()

    def test_a_dead_socket_is_replaced_and_a_live_one_is_not(self):
        for name, kind, folder, server in self.each_kind():
            status, said = folder.run()
            self.assertEqual(status, 1, said)
            self.assertIn("portunus.transport.pfunix.jcfg:1: error: general.path: cannot listen "
                          "on %s: somebody listens there already" % folder.socket, said)
            self.assertIn("pid %d)" % server.process.pid, said)
            client = Client(self, folder, kind, "client" if name == "dgram" else None)
            self.assertEqual(client.ask(janus="ping")["janus"], "pong")
            server.kill()
            self.assertTrue(os.path.exists(folder.socket))
            again = Server(self, folder)
            client = Client(self, folder, kind, "again" if name == "dgram" else None)
            self.assertEqual(client.ask(janus="ping")["janus"], "pong")
            again.stop()

    def test_a_socket_of_the_service_manager(self):
        for name, kind, config in KINDS:
            with self.subTest(name), socket.socket(socket.AF_UNIX, kind) as passed:
                folder = Folder(self, config)
                passed.bind(folder.socket)
                if name == "seqpacket":
                    passed.listen()
                client = Client(self, folder, kind, "client" if name == "dgram" else None)
                client.socket.send(b'{"janus":"ping","transaction":"early"}')
                high = fcntl.fcntl(passed, fcntl.F_DUPFD, 10)
                self.addCleanup(os.close, high)
                shell = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&%d %d<&-' % (high, high)
                server = Server(self, folder, pass_fds=(high,),
                                command=["bash", "-c", shell, "bash", *folder.command()])
                self.assertEqual(client.hear(), {"janus": "pong", "transaction": "early"})
                server.stop()
                self.assertTrue(os.path.exists(folder.socket))

    def test_what_is_refused_opens_and_deletes_nothing(self):
        file = Folder(self, SEQPACKET)
        with open(file.socket, "w") as f:
            f.write("precious")
        status, said = file.run()
        self.assertEqual(status, 78, said)
        self.assertIn("exists and is not a socket", said)
        with open(file.socket) as f:
            self.assertEqual(f.read(), "precious")

        long = 'general: { enabled = true; path = "/tmp/%s" }' % ("x" * 103)
        status, said = Folder(self, long).run()
        self.assertEqual(status, 78, said)
        self.assertIn("error: general.path: a path of 108 bytes; allowed are at most 107", said)

        admin = SEQPACKET + 'admin: { admin_enabled = true; admin_path = "SOCKET-admin" }'
        status, said = Folder(self, admin).run()
        self.assertEqual(status, 78, said)
        self.assertIn("pfunix.jcfg:2: error: admin.admin_enabled: not supported yet", said)

    def test_one_listener_that_fails_closes_all(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            http = ('general: { http = true; ip = "127.0.0.1"; port = %d }'
                    % holder.getsockname()[1])
            folder = Folder(self, SEQPACKET, http=http)
            status, said = folder.run()
        self.assertEqual(status, 1, said)
        self.assertFalse(os.path.exists(folder.socket))
        # and the other way round
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as holder:
            holder.bind(folder.socket)
            status, said = folder.run()
        self.assertEqual(status, 1, said)
        self.assertIn("somebody listens there already", said)
        self.assertTrue(os.path.exists(folder.socket))


if __name__ == "__main__":
    PORTUNUS = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
