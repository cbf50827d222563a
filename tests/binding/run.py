#!/usr/bin/env python3
"""The first law, judged from outside: for every case, the kernel's table of a namespace made for it
holds exactly the wanted sockets, a connection to the wanted address is taken and to every other
address refused; or the server does not start, says why, and leaves nothing open.

  run.py --probe BINARY               the modules alone (listen_probe)
  run.py --portunus BINARY            the real server
  options: --only TEXT, --list

Exit code 0: all passed; 1: some failed; 77: namespaces are not permitted here (skipped).
"""
import argparse
import os
import shutil
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
import cases  # noqa: E402
import namespace  # noqa: E402
import runners  # noqa: E402

SKIPPED = 77
INSIDE = "--inside"  # set on the second start, in the namespace


def skip(reason):
    print(f"skipped: {reason}", file=sys.stderr)
    sys.exit(SKIPPED)


def enter_namespace():
    """Starts this program again in a namespace of its own."""
    for tool in ("unshare", "nsenter", "ip"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    for options in ("-nm", "-Urnm"):
        if subprocess.run(["unshare", options, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            argv = ["unshare", options, sys.executable, os.path.abspath(__file__), INSIDE]
            os.execvp("unshare", argv + sys.argv[1:])
    skip("no network namespace is permitted here")


def hold(proto, ip, port):
    """A socket that is in the server's way."""
    kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
    sock = socket.socket(namespace.family(ip), kind)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if proto == "tcp":  # connections of earlier cases linger; a listener is in the way all the same
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((ip, port))
    if proto == "tcp":
        sock.listen()
    return sock


class Judge:
    """Puts one case to the server and says what is wrong with the outcome, if anything."""

    def __init__(self, world, runner):
        self.world = world
        self.runner = runner

    def run(self, case):
        self.world.apply(case.layout)
        holders = [hold(*which) for which in case.holders]
        try:
            server = self.runner.start(case)
            try:
                wrong = list(self._judge(case, server))
            finally:
                self.runner.stop(server)
            if case.sockets is not None and server.code != 0:
                wrong.append(f"it ended with code {server.code}")
            left = set(namespace.kernel_sockets()) - set(case.holders)
            if left:
                wrong.append(f"it left open {sorted(left)}")
            if wrong:
                wrong.append("it said:\n" + server.output)
            return wrong
        finally:
            for sock in holders:
                sock.close()

    def _judge(self, case, server):
        if case.sockets is None:
            yield from self._refused(case, server)
        elif not server.is_ready:
            yield f"it did not start (code {server.code})"
        else:
            yield from self._table(case)
            yield from self._reach(case)
        for text in case.says:
            if text not in server.output:
                yield f"it did not say '{text}'"

    @staticmethod
    def _refused(case, server):
        if server.is_ready:
            yield f"it started and has {namespace.kernel_sockets()}"
        elif server.code not in case.exit:
            yield f"it ended with code {server.code}, not {case.exit}"

    def _table(self, case):
        own = getattr(self.runner, "own_sockets", lambda _: set())(case)
        wanted = sorted(case.sockets | set(case.holders) | own)
        found = namespace.kernel_sockets()
        if found != wanted:
            yield f"the kernel has {found}, wanted was {wanted}"

    def _reach(self, case):
        """From the other end of the wire: every address of the host on every port of the case."""
        reachable = case.sockets | set(case.holders)
        for proto, port in sorted({(proto, port) for proto, _, port in case.sockets}):
            for interface, addresses in case.layout.addresses:
                if interface in case.layout.down:
                    continue
                for ip in addresses:
                    yield from self._knock(proto, ip, port, interface, reachable)

    def _knock(self, proto, ip, port, interface, reachable):
        wild = "::" if ":" in ip else "0.0.0.0"
        # A link-local address may be on several links; the table has told them apart by number only.
        expected = (proto, ip, port) in reachable or (proto, wild, port) in reachable
        if ip.startswith("fe80") or (proto == "udp" and expected and not self.runner.answers_udp):
            return
        got = self.world.client.ask(proto, ip, port, interface)
        if (got == namespace.OPEN) != expected or (not expected and got != namespace.REFUSED):
            yield f"{proto} {ip} port {port} is {got}"


def options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", metavar="BINARY")
    parser.add_argument("--portunus", metavar="BINARY")
    parser.add_argument("--only", default="", help="cases whose name has this")
    parser.add_argument("--list", action="store_true")
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def run_all(chosen, runner):
    world = namespace.World()
    judge = Judge(world, runner)
    failed = 0
    for case in chosen:
        wrong = judge.run(case)
        failed += bool(wrong)
        for line in wrong:
            print(f"FAILED {case.name}: {line}", flush=True)
    world.close()
    runner.close()
    print(f"{len(chosen) - failed} passed, {failed} failed ({runner.name})")
    return failed


def main():
    if sys.argv[1:] == ["--client"]:
        return namespace.client_main()
    opts = options()
    name = "portunus" if opts.portunus else "probe"
    chosen = [c for c in cases.everything() if opts.only in c.name and c.is_for(name)]
    if opts.list:
        print("\n".join(c.name for c in chosen))
        return 0
    if not chosen or not (opts.probe or opts.portunus):
        print("nothing to run", file=sys.stderr)
        return 1
    if not opts.inside:
        enter_namespace()
    if opts.portunus:
        runner = runners.PortunusRunner(os.path.abspath(opts.portunus))
    else:
        runner = runners.ProbeRunner(os.path.abspath(opts.probe))
    return 1 if run_all(chosen, runner) else 0


if __name__ == "__main__":
    sys.exit(main())
