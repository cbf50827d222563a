#!/usr/bin/env python3
"""Many echo peers on a real server, several times: nothing is lost, and nothing stays behind.

    echo_load.py PORTUNUS PORTUNUS-LOAD [--peers N] [--duration S] [--rounds N] [--lossy]

The server gets a configuration and a port of its own on loopback. After the last peer of each round
has left, every session and every peer that the log has seen begin has ended, and descriptors and
threads are those of the beginning; memory does not grow from round to round; and the server, asked
to stop, holds no session, handle or peer. A second server is stopped in the middle of its calls.
Both exit with 0, under a sanitizer without a report.

PTN_LONG=1 makes the first round 20 s long, PTN_LOOPS sets the number of media loops.
"""
import argparse
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

DEADLINE = 60  # seconds for anything that only has to happen
LOG_TAIL = 4000
SETTLED = 2  # rounds after which the server holds all the memory that this load needs
GROWTH = 1.1  # more than that between then and the last round is a leak
SANITIZER_REPORT = re.compile(r"(?:Address|Leak|Thread)Sanitizer|runtime error:")
BEGINNINGS_AND_ENDS = [("created session=", "ended session="),
                       ("started handle=", "closed handle="),
                       ("attached session=", "detached session=")]


class Failure(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write_config(folder, port):
    loops = os.environ.get("PTN_LOOPS")
    files = {
        "portunus.jcfg": 'general: { debug_colors = false; %s }\n'
                         'nat: { ice_enforce_list = "127.0.0.1" }\n'
                         % (f"event_loops = {int(loops)}" if loops else ""),
        "portunus.transport.http.jcfg": "general: { http = false }\n",
        "portunus.transport.websockets.jcfg":
            'general: { ws = true; ws_ip = "127.0.0.1"; ws_port = %d }\n' % port,
    }
    for name, text in files.items():
        pathlib.Path(folder, name).write_text(text)


def wait_for(what, probe, wanted):
    end = time.monotonic() + DEADLINE
    while (seen := probe()) != wanted:
        if time.monotonic() > end:
            raise Failure(f"{what}: {seen} after {DEADLINE} s, not {wanted}")
        time.sleep(0.05)


def kernel_drops():
    """Datagrams that the kernel had no room for: then a loss is the machine's fault."""
    head, values = [line.split() for line in pathlib.Path("/proc/net/snmp").read_text().splitlines()
                    if line.startswith("Udp:")]
    return int(values[head.index("RcvbufErrors")])


class Server:
    def __init__(self, binary):
        self.binary = os.path.abspath(binary)

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="portunus-load-")
        self.port = free_port()
        write_config(self.folder.name, self.port)
        self.log_path = pathlib.Path(self.folder.name, "log")
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen([self.binary, "-F", self.folder.name], stdout=log,
                                            stderr=log)
        self.proc = pathlib.Path("/proc", str(self.process.pid))
        try:
            wait_for("the server's start", self.is_ready, True)
        except Failure:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def is_ready(self):
        if self.process.poll() is not None:
            raise Failure(f"the server ended with {self.process.returncode}:\n{self.log()}")
        return "[server] ready" in self.log()

    def held(self):
        return {"threads": len(os.listdir(self.proc / "task")),
                "descriptors": len(os.listdir(self.proc / "fd"))}

    def alive(self):
        """What has begun and not ended."""
        log = self.log()
        return [log.count(begin) - log.count(end) for begin, end in BEGINNINGS_AND_ENDS]

    def memory_kb(self):
        return int(re.search(r"^RssAnon:\s+(\d+)", (self.proc / "status").read_text(), re.M)[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(DEADLINE)
        log = self.log()
        if status != 0 or SANITIZER_REPORT.search(log):
            raise Failure(f"the server ended with {status}:\n{log[-LOG_TAIL:]}")
        if not log.rstrip().endswith("[server] stopped"):
            raise Failure(f"the server did not say that it has stopped:\n{log[-LOG_TAIL:]}")
        return re.search(r"\[server\] stopping: (.*)", log)[1]


def load_command(args, port, duration):
    command = [args.load, "--url", f"ws://127.0.0.1:{port}/", "--peers", args.peers, "--ramp",
               args.ramp, "--settle", 1, "--duration", duration, "--join-timeout", 30, "--max-loss",
               100 if args.lossy else 0, "--video-pps", args.video_pps, "--audio-pps", 20]
    return [str(c) for c in command]


def run_load(args, port, duration):
    drops = kernel_drops()
    result = subprocess.run(load_command(args, port, duration), stdout=subprocess.PIPE, text=True,
                            check=False)
    print(*(line for line in result.stdout.splitlines() if line.startswith("peers ")), flush=True)
    if result.returncode != 0:
        raise Failure(f"peers failed or packets were lost (exit status {result.returncode}; the "
                      f"kernel has dropped {kernel_drops() - drops} datagrams):\n{result.stdout}")


def check_rounds(args):
    with Server(args.portunus) as server:
        before, memory = server.held(), []
        for number in range(args.rounds):
            run_load(args, server.port, args.duration if number == 0 else 1)
            wait_for("sessions, peers, handles alive", server.alive, [0, 0, 0])
            wait_for("what the server holds", server.held, before)
            memory.append(server.memory_kb())
        left = server.stop()
    print("kB after each round:", *memory)
    if left != "0 sessions, 0 handles, 0 peers":
        raise Failure(f"something stayed behind: {left}")
    if args.rounds > SETTLED and memory[-1] > memory[SETTLED - 1] * GROWTH:
        raise Failure("memory grows from round to round")


def check_end_amid_calls(args):
    with Server(args.portunus) as server:
        tool = subprocess.Popen(load_command(args, server.port, 30), stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True)
        try:
            for line in tool.stdout:
                if line.startswith("phase=measure "):
                    break
            left = server.stop()
        finally:
            tool.kill()
            tool.wait()
            tool.stdout.close()
    print("stopped amid", left)
    if not left.endswith(f" {args.peers} peers"):
        raise Failure(f"not all peers were there: {left}")


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("portunus")
    p.add_argument("load")
    p.add_argument("--peers", type=int, default=200)
    p.add_argument("--duration", type=float, default=4)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--ramp", type=int, default=100)
    p.add_argument("--video-pps", type=int, default=50)
    p.add_argument("--lossy", action="store_true", help="peers must connect, packets may be lost")
    args = p.parse_args()
    if os.environ.get("PTN_LONG"):
        args.duration = 20
    return args


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers end with us
    try:
        check_rounds(args)
        check_end_amid_calls(args)
    except Failure as failure:
        sys.exit(f"echo_load: {failure}")


if __name__ == "__main__":
    main()
