"""A server's world and a client's, each a network namespace, joined by three veth pairs.

The server's namespace holds nothing but what a test starts, so the kernel's whole table there is
what the test must compare with: no matching of sockets to processes, no library of ours.
"""
import json
import os
import socket
import subprocess
import sys

# Server's interface, client's end, the client's addresses. eth1 and eth10 set the prefix trap.
LINKS = [
    ("eth0", "c0", ["192.0.2.1/24", "2001:db8:0::1/64", "fe80::1/64"]),
    ("eth1", "c1", ["198.51.100.1/24", "2001:db8:1::1/64", "fe80::1/64"]),
    ("eth10", "c10", ["192.168.0.250/24", "2001:db8:a::1/64", "fe80::1/64"]),
]
REFUSED = "refused"
OPEN = "open"
SILENT = "silent"


def sh(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stdout.strip()}")
    return done.stdout


def sysctl(name, value, optional=False):
    path = "/proc/sys/" + name
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(str(value))
    except OSError:
        if not optional:
            raise


def family(ip):
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


def sockaddr(ip, port, scope=0):
    host = ip.split("%")[0]
    return (host, port, 0, scope) if ":" in host else (host, port)


# -- the client: a process of its own, asked over a pipe -------------------------------------------


def try_tcp(ip, port, scope):
    with socket.socket(family(ip), socket.SOCK_STREAM) as sock:
        sock.settimeout(2)
        try:
            sock.connect(sockaddr(ip, port, scope))
            return OPEN
        except ConnectionRefusedError:
            return REFUSED
        except OSError as error:
            return str(error)


def try_udp(ip, port, scope, patience):
    """OPEN: something answered; SILENT: taken without an answer; REFUSED: nobody has the port."""
    with socket.socket(family(ip), socket.SOCK_DGRAM) as sock:
        sock.settimeout(patience)
        sock.connect(sockaddr(ip, port, scope))
        try:
            sock.send(b"is anybody there?")
            sock.recv(2048)
            return OPEN
        except ConnectionRefusedError:
            return REFUSED
        except socket.timeout:
            return SILENT
        except OSError as error:
            return str(error)


def client_main():
    print("here", flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        scope = socket.if_nametoindex(ask["link"]) if ask["ip"].startswith("fe80") else 0
        if ask["proto"] == "tcp":
            got = try_tcp(ask["ip"], ask["port"], scope)
        else:
            got = try_udp(ask["ip"], ask["port"], scope, ask["patience"])
        print(json.dumps(got), flush=True)


class Client:
    """The other end of every link."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["unshare", "-n", sys.executable, os.path.join(os.path.dirname(__file__), "run.py"),
             "--client"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "here\n":
            raise RuntimeError("the client's namespace did not start")

    def enter(self, *argv):
        sh("nsenter", "-t", str(self.process.pid), "-n", *argv)

    def ask(self, proto, ip, port, interface, patience=0.5):
        link = next(end for ours, end, _ in LINKS if ours == interface)
        question = {"proto": proto, "ip": ip.split("%")[0], "port": port, "link": link,
                    "patience": patience}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


# -- the server's side ---------------------------------------------------------------------------


class World:
    """The namespace this process is in; `apply` gives it the addresses of a layout."""

    def __init__(self):
        self.client = Client()
        self.current = None
        sh("ip", "link", "set", "lo", "up")
        # Each refusal must be told: they are answers here, not noise.
        sysctl("net/ipv4/icmp_ratelimit", 0)
        sysctl("net/ipv6/icmp/ratelimit", 0)
        sysctl("net/ipv4/icmp_msgs_per_sec", 100000, optional=True)
        sysctl("net/ipv4/icmp_msgs_burst", 100000, optional=True)
        for ours, theirs, addresses in LINKS:
            sh("ip", "link", "add", ours, "type", "veth", "peer", "name", theirs, "netns",
               str(self.client.process.pid))
            sh("ip", "link", "set", ours, "addrgenmode", "none")
            self.client.enter("ip", "link", "set", theirs, "addrgenmode", "none", "up")
            for address in addresses:
                nodad = ["nodad"] if ":" in address else []
                self.client.enter("ip", "addr", "add", address, "dev", theirs, *nodad)

    def apply(self, layout):
        """layout: see cases.Layout"""
        if layout == self.current:
            return
        for name in ("all", "lo"):
            sysctl(f"net/ipv6/conf/{name}/disable_ipv6", int(not layout.ipv6))
        for ours, _, _ in LINKS:
            sh("ip", "addr", "flush", "dev", ours)
            sysctl(f"net/ipv6/conf/{ours}/dad_transmits", 100 if layout.tentative else 1)
            sh("ip", "link", "set", ours, "down" if ours in layout.down else "up")
        for interface, addresses in layout.addresses:
            for address in addresses:
                bits = "/64" if ":" in address else "/24"
                bare = address.split("%")[0]
                flags = ["nodad"] if ":" in bare and bare not in layout.tentative else []
                sh("ip", "addr", "add", bare + bits, "dev", interface, *flags)
        self.current = layout

    def close(self):
        self.client.close()


# -- the judge: the kernel's table, read here and not by the server's code -------------------------


def decode(text, is6):
    ip_hex, port_hex = text.split(":")
    raw = b"".join(int(ip_hex[i:i + 8], 16).to_bytes(4, sys.byteorder)
                   for i in range(0, len(ip_hex), 8))
    return socket.inet_ntop(socket.AF_INET6 if is6 else socket.AF_INET, raw), int(port_hex, 16)


def kernel_sockets():
    """Every (proto, ip, port) of this namespace that a stranger could reach."""
    found = []
    for name, state in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07"),
                        ("raw", None), ("raw6", None)):
        try:
            with open("/proc/self/net/" + name, encoding="ascii") as file:
                lines = file.readlines()[1:]
        except FileNotFoundError:
            continue
        for line in lines:
            fields = line.split()
            if state is None or fields[3] == state:
                found.append((name.rstrip("6"), *decode(fields[1], name.endswith("6"))))
    with open("/proc/self/net/packet", encoding="ascii") as file:
        found += [("packet", "", 0)] * (len(file.readlines()) - 1)
    return sorted(found)
