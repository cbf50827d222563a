"""How a case is put to a server. A runner starts one and tells when it serves, or how it ended."""
import os
import re
import selectors
import shutil
import subprocess
import tempfile
import time

READY = r"\bready\b"  # but not "already in use"
PATIENCE = 20  # seconds; a server that needs longer to start or stop has failed


class Server:
    """A started process: `is_ready`, or over with `code`; `output` is all it said."""

    def __init__(self, argv):
        self.output = ""
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.is_ready = self._read_until(READY)

    @property
    def code(self):
        return self.process.returncode

    def _read_until(self, pattern):
        """Reads until the pattern was said, or (None) to the end; kills it when that takes long."""
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as waiter:
            waiter.register(self.process.stdout, selectors.EVENT_READ)
            while pattern is None or not re.search(pattern, self.output):
                if not waiter.select(max(0, deadline - time.monotonic())):
                    self.process.kill()
                    break
                chunk = os.read(self.process.stdout.fileno(), 65536)
                if not chunk:
                    break
                self.output += chunk.decode(errors="replace")
            else:
                return True
        self.process.wait()
        return False

    def stop(self, signal=None):
        """Ends it politely; its exit code is then in `code`."""
        if self.process.poll() is None:
            if signal is not None:
                self.process.send_signal(signal)
            self.process.stdin.close()
            self._read_until(None)
        self.process.stdout.close()
        self.process.wait()


class ProbeRunner:
    """tests/binding/listen_probe.c: the modules alone."""
    name = "probe"
    answers_udp = True

    def __init__(self, binary):
        self.binary = binary

    def _argv(self, case):
        for listener in case.listeners:
            text = f"name={listener.kind},port={listener.port}"
            text += f",ip={listener.ip}" if listener.ip else ""
            text += f",interface={listener.interface}" if listener.interface else ""
            text += ",share=1" if case.shared_port else ""
            yield from ("--listen", text)
        if case.media:
            yield from self._media(case.media)
        yield from case.extra.get(self.name, ())

    @staticmethod
    def _media(media):
        yield from ("--loops", str(media.loops))
        for entry in media.allow:
            yield from ("--allow", entry)
        for entry in media.deny:
            yield from ("--deny", entry)
        if media.ipv6:
            yield "--ipv6"
        if media.linklocal:
            yield "--linklocal"
        if media.port:
            yield from ("--media-port", str(media.port))
        if media.range:
            yield from ("--media-range", f"{media.range[0]}-{media.range[1]}")

    def start(self, case):
        return Server([self.binary, *self._argv(case)])

    def stop(self, server):
        server.stop()

    def close(self):
        pass


class PortunusRunner:
    """The real server, with a configuration folder per case."""
    name = "portunus"
    answers_udp = False
    KEYS = {  # enable, port, ip, interface
        "HTTP": ("http", "port", "ip", "interface"),
        "HTTPS": ("https", "secure_port", "secure_ip", "secure_interface"),
        "WS": ("ws", "ws_port", "ws_ip", "ws_interface"),
        "WSS": ("wss", "wss_port", "wss_ip", "wss_interface"),
    }

    def __init__(self, binary):
        self.binary = binary
        self.work = tempfile.mkdtemp(prefix="ptn-binding-")
        self.folder = os.path.join(self.work, "conf")
        self.cert, self.key = (os.path.join(self.work, name) for name in ("cert.pem", "key.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=binding test", "-keyout", self.key, "-out", self.cert],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @classmethod
    def _listener(cls, listener):
        enable, port, ip, interface = cls.KEYS[listener.kind]
        yield f"{enable} = true"
        yield f"{port} = {listener.port}"
        if listener.ip:
            yield f'{ip} = "{listener.ip}"'
        if listener.interface:
            yield f'{interface} = "{listener.interface}"'

    def _transport(self, case, kinds):
        enabled = {listener.kind: listener for listener in case.listeners}
        lines = []
        for kind in kinds:
            off = f"{self.KEYS[kind][0]} = false"
            lines += self._listener(enabled[kind]) if kind in enabled else [off]
        general = "\n    ".join(lines)
        return (f"general: {{\n    {general}\n}}\n"
                f'certificates: {{\n    cert_pem = "{self.cert}"\n    cert_key = "{self.key}"\n}}\n')

    @staticmethod
    def _core(case):
        media, nat, general = [], [], []
        if case.media:
            m = case.media
            general.append(f"event_loops = {m.loops}")
            media.append(f"ipv6 = {str(m.ipv6).lower()}")
            if m.linklocal:
                media.append("ipv6_linklocal = true")
            if m.port:
                media.append(f"port = {m.port}")
            if m.range:
                media.append(f'rtp_port_range = "{m.range[0]}-{m.range[1]}"')
            if m.allow:
                nat.append(f'ice_enforce_list = "{",".join(m.allow)}"')
            if m.deny:
                nat.append(f'ice_ignore_list = "{",".join(m.deny)}"')
        else:  # it has media sockets in any case; loopback keeps them out of the comparison
            general.append("event_loops = 1")
            media.append(f"port = {PortunusRunner.OWN_MEDIA_PORT}")
            nat.append('ice_enforce_list = "127.0.0.1"')
        sections = {"general": general, "media": media, "nat": nat}
        if case.shared_port:
            sections["web"] = ["shared_port = true"]
        return "".join(f"{name}: {{\n    " + "\n    ".join(lines) + "\n}\n"
                       for name, lines in sections.items() if lines)

    OWN_MEDIA_PORT = 61000

    def own_sockets(self, case):
        """What the server has besides what the case asks for."""
        return set() if case.media else {("udp", "127.0.0.1", self.OWN_MEDIA_PORT)}

    def _write(self, case):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder)
        files = {
            "janus.jcfg": self._core(case),
            "janus.transport.http.jcfg": self._transport(case, ("HTTP", "HTTPS")),
            "janus.transport.websockets.jcfg": self._transport(case, ("WS", "WSS")),
        }
        files.update(case.extra.get(self.name, {}))
        for name, text in files.items():
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)

    def start(self, case):
        self._write(case)
        return Server([self.binary, "-F", self.folder])

    def stop(self, server):
        server.stop(subprocess.signal.SIGTERM)

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)
