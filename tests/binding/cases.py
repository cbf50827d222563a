"""What is asked of a server and what must come of it. Data only: no server, no sockets."""
import itertools
from dataclasses import dataclass, field

CONFIG_ERROR = 78


@dataclass(frozen=True)
class Layout:
    """Addresses in the order in which they are given to their interface."""
    addresses: tuple  # ((interface, (address, ...)), ...)
    ipv6: bool = True
    down: tuple = ()       # interfaces
    tentative: tuple = ()  # addresses under duplicate address detection

    def interface_of(self, ip):
        return next(i for i, list_ in self.addresses for a in list_ if a.split("%")[0] == ip)

    def all(self):
        return [a.split("%")[0] for _, list_ in self.addresses for a in list_]


@dataclass
class Listener:
    kind: str  # HTTP, HTTPS, WS, WSS
    port: int
    ip: str = None
    interface: str = None


@dataclass
class Media:
    allow: tuple = ()
    deny: tuple = ()
    ipv6: bool = True
    linklocal: bool = False
    loops: int = 1
    port: int = 0
    range: tuple = None


@dataclass
class Case:
    name: str
    layout: Layout
    listeners: list = field(default_factory=list)
    media: Media = None
    sockets: set = None     # {(proto, ip, port)}: exactly these; None: it must not start
    exit: tuple = ()        # when it must not start: the allowed exit codes
    says: tuple = ()        # texts that must be in its output
    holders: tuple = ()     # (proto, ip, port) that the test itself holds meanwhile
    shared_port: bool = False
    extra: dict = field(default_factory=dict)  # for one runner only: {"probe": ..., "portunus": ...}

    def is_for(self, runner):
        return not self.extra or runner in self.extra


PORTS = {"HTTP": 8088, "HTTPS": 8443, "WS": 8188, "WSS": 443}
MEDIA_PORT = 10000

A, B = "192.0.2.222", "192.0.2.223"
A6, B6 = "2001:db8::222", "2001:db8::223"
C, D = "198.51.100.222", "198.51.100.223"
C6, D6 = "2001:db8:1::222", "2001:db8:1::223"
T1, T10 = "192.168.0.1", "192.168.0.10"
LINK = "fe80::222"


def on(*pairs, **more):
    return Layout(tuple((interface, tuple(list_)) for interface, list_ in pairs), **more)


def tcp(ip, *ports):
    return {("tcp", ip, port) for port in ports}


def udp(ip, *ports):
    return {("udp", ip, port) for port in ports}


def on_all(ip=None, interface=None, kinds=PORTS):
    return [Listener(kind, PORTS[kind], ip, interface) for kind in kinds]


# -- every order of addresses, every wanted address, every listener ---------------------------------


def one_interface():
    for addresses in ([A, B], [A, B, A6], [A, B, A6, B6]):
        for order in itertools.permutations(addresses):
            yield on(("eth0", order))


def two_interfaces():
    splits = (([A], [C]), ([A, B], [C]), ([A, A6], [C, C6]), ([A, B], [C, D]))
    for left, right in splits:
        for x, y in itertools.product(itertools.permutations(left), itertools.permutations(right)):
            yield on(("eth0", x), ("eth1", y))
            yield on(("eth1", y), ("eth0", x))  # the other one first


def label(layout):
    return " ".join(f"{i}:{','.join(list_)}" for i, list_ in layout.addresses)


def matrix():
    for layout in itertools.chain(one_interface(), two_interfaces()):
        for wanted in layout.all():
            yield Case(f"all on {wanted} of {label(layout)}", layout, on_all(wanted),
                       Media((wanted,), loops=2, port=MEDIA_PORT),
                       tcp(wanted, *PORTS.values()) | udp(wanted, MEDIA_PORT, MEDIA_PORT + 1))
        # HTTPS on one address, secure WebSocket on another: where it all began
        for https, wss in itertools.permutations(layout.all()[:2], 2):
            yield Case(f"HTTPS on {https}, WSS on {wss} of {label(layout)}", layout,
                       [Listener("HTTPS", 8443, https), Listener("WSS", 443, wss)],
                       Media((wss,), port=MEDIA_PORT),
                       tcp(https, 8443) | tcp(wss, 443) | udp(wss, MEDIA_PORT))


# -- interfaces and wildcards -----------------------------------------------------------------------

BOTH = on(("eth0", [A, A6, B]), ("eth1", [C, C6]))
WILD4, WILD6 = "0.0.0.0", "::"


def interfaces():
    for interface, own, others in (("eth0", [A, B, A6], [C, C6]), ("eth1", [C, C6], [A, B])):
        want = set().union(*(tcp(ip, *PORTS.values()) for ip in own))
        yield Case(f"interface {interface} alone", BOTH, on_all(interface=interface), None, want)
        for ip in own:
            yield Case(f"{ip} and its interface", BOTH, on_all(ip, interface), None,
                       tcp(ip, *PORTS.values()))
        for ip in others:
            yield Case(f"{ip} and the wrong interface {interface}", BOTH, on_all(ip, interface),
                       None, None, (CONFIG_ERROR,),
                       (f"{ip} is on ", f"not on {interface}"))
    yield Case("no such interface", BOTH, on_all(interface="eth2"), None, None, (CONFIG_ERROR,),
               ("no interface 'eth2'", "did you mean 'eth"))
    yield Case("interface without an address", BOTH, on_all(interface="eth10"), None, None,
               (CONFIG_ERROR,), ("eth10 has no address",))
    trap = on(("eth1", [C]), ("eth10", [T10]))
    yield Case("eth1 is not eth10", trap, on_all(interface="eth1"), None, tcp(C, *PORTS.values()))
    yield Case("eth10 is not eth1", trap, on_all(interface="eth10"), None,
               tcp(T10, *PORTS.values()))
    linklocal = on(("eth0", [A, LINK]), ("eth1", [C, LINK]))
    yield Case("interface with a link-local address", linklocal, on_all(interface="eth0"), None,
               tcp(A, *PORTS.values()) | tcp(LINK, *PORTS.values()))
    yield Case("link-local with its link", linklocal, on_all(LINK + "%eth1"), None,
               tcp(LINK, *PORTS.values()))
    yield Case("link-local without a link", linklocal, on_all(LINK), None, None, (CONFIG_ERROR,),
               (f"write {LINK}%eth0",))


def wildcards():
    ports = PORTS.values()
    yield Case("neither ip nor interface", BOTH, on_all(), None,
               tcp(WILD4, *ports) | tcp(WILD6, *ports))
    yield Case("0.0.0.0", BOTH, on_all(WILD4), None, tcp(WILD4, *ports))
    yield Case("::", BOTH, on_all(WILD6), None, tcp(WILD6, *ports))
    yield Case("0.0.0.0 and an interface", BOTH, on_all(WILD4, "eth0"), None, None,
               (CONFIG_ERROR,), ("is every interface",))
    yield Case("an IPv4-mapped address", BOTH, on_all("::ffff:" + B), None, tcp(B, *ports))
    only4 = on(("eth0", [A, B]), ipv6=False)
    yield Case("IPv6 disabled, no key", only4, on_all(), Media(port=MEDIA_PORT),
               tcp(WILD4, *ports) | udp(A, MEDIA_PORT) | udp(B, MEDIA_PORT))
    yield Case("IPv6 disabled, ::", only4, on_all(WILD6), None, None, (CONFIG_ERROR,),
               ("no IPv6 address",))
    yield Case("IPv6 disabled, an IPv6 address", only4, on_all(A6), None, None, (CONFIG_ERROR,),
               (f"{A6} is not an address of this host",))
    yield Case("IPv6 disabled, an interface", only4, on_all(interface="eth0"), None,
               tcp(A, *ports) | tcp(B, *ports))


def absent():
    yield Case("address missing", BOTH, on_all("192.0.2.224"), None, None, (CONFIG_ERROR,),
               ("192.0.2.224 is not an address of this host; it has 127.0.0.1 (lo)",
                f"{A} (eth0)", f"{B} (eth0)", f"{C6} (eth1)"))
    yield Case("one of two addresses missing", BOTH,
               [Listener("HTTP", 8088, A), Listener("WS", 8188, "192.0.2.22")], None, None,
               (CONFIG_ERROR,), ("192.0.2.22 is not an address of this host",))
    yield Case("address that begins like another", BOTH, on_all("192.0.2.22"), None, None,
               (CONFIG_ERROR,), ("192.0.2.22 is not an address of this host",))
    yield Case("no address at all", BOTH, on_all("banana"), None, None, (CONFIG_ERROR,),
               ("banana",))
    yield Case("address of an interface that is down",
               on(("eth0", [A]), ("eth1", [C]), down=("eth1",)), on_all(C), None, None,
               (CONFIG_ERROR,), (f"{C} is on eth1, which is down",))
    yield Case("address under duplicate address detection",
               on(("eth0", [A, A6]), tentative=(A6,)), on_all(A6), None, None, (CONFIG_ERROR,),
               (f"{A6} on eth0 is not usable",))


# -- ports ------------------------------------------------------------------------------------------


def ports():
    both = [Listener("HTTP", 8088, A), Listener("WS", 8188, B)]
    want = tcp(A, 8088) | tcp(B, 8188)
    for holder in (B, WILD4):
        yield Case(f"port taken on {holder}", BOTH, both, Media((A,), port=MEDIA_PORT), None,
                   (1,), (f"cannot listen on {B}:8188: Address already in use (held by ",),
                   (("tcp", holder, 8188),))
    yield Case("port taken on another address", BOTH, both, None, want, holders=(("tcp", A, 8188),))
    yield Case("port taken in the other family", BOTH, both, None, want,
               holders=(("tcp", WILD6, 8188),))
    yield Case("wildcard wanted, port taken on one address", BOTH, [Listener("HTTP", 8088)], None,
               None, (1,), ("cannot listen on 0.0.0.0:8088: Address already in use (held by ",),
               (("tcp", C, 8088),))
    yield Case("media port taken", BOTH, both, Media((A, B), loops=2, port=MEDIA_PORT), None, (1,),
               (f"{B}:10001: Address already in use (held by ",), (("udp", B, 10001),))
    yield Case("media port taken by a wildcard", BOTH, both, Media((A,), port=MEDIA_PORT), None,
               (1,), (f"{A}:10000: Address already in use (held by ",), (("udp", WILD4, 10000),))
    yield Case("port out of range", BOTH, [Listener("HTTP", 99999, A)], None, None,
               (CONFIG_ERROR,), ("99999",))
    yield Case("port zero", BOTH, [Listener("HTTP", 0, A)], None, None, (CONFIG_ERROR,), ("0 ",))
    yield Case("two listeners on one port", BOTH,
               [Listener("HTTP", 8088, A), Listener("WS", 8088, A)], None, None, (CONFIG_ERROR,),
               (f"8088 on {A} is also wanted by", "web.shared_port = true"))
    yield Case("a wildcard and an address on one port", BOTH,
               [Listener("HTTP", 8088, WILD4), Listener("WS", 8088, A)], None, None,
               (CONFIG_ERROR,), ("overlaps 0.0.0.0:8088",))
    yield Case("one port shared", BOTH, [Listener("HTTP", 8088, A), Listener("WS", 8088, A)], None,
               tcp(A, 8088), shared_port=True)
    yield Case("one port on two addresses", BOTH,
               [Listener("HTTP", 8088, A), Listener("WS", 8088, B)], None,
               tcp(A, 8088) | tcp(B, 8088))


# -- media ------------------------------------------------------------------------------------------


def media():
    http = [Listener("HTTP", 8088, A)]
    base = tcp(A, 8088)

    def case(name, layout, wants, *sockets, says=()):
        return Case("media: " + name, layout, http, wants, base.union(*sockets), says=says)

    def refused(name, layout, wants, *says):
        return Case("media: " + name, layout, http, wants, None, (CONFIG_ERROR,), says)

    trap = on(("eth0", [A]), ("eth1", [C]), ("eth10", [T10]))
    two = on(("eth0", [A]), ("eth10", [T1, T10]))
    p = MEDIA_PORT
    yield case("no list is all but loopback", BOTH, Media(port=p),
               *(udp(ip, p) for ip in (A, A6, B, C, C6)))
    yield case("no list, IPv4 only", BOTH, Media(port=p, ipv6=False),
               *(udp(ip, p) for ip in (A, B, C)))
    yield case("loopback by name", BOTH, Media(("lo",), port=p), udp("127.0.0.1", p), udp("::1", p))
    yield case("loopback by address", BOTH, Media(("127.0.0.1",), port=p), udp("127.0.0.1", p))
    yield case("eth1 does not admit eth10", trap, Media(("eth1",), port=p), udp(C, p))
    yield case("192.168.0.1 does not admit 192.168.0.10", two, Media((T1,), port=p), udp(T1, p))
    yield case("192.168.0.10", two, Media((T10,), port=p), udp(T10, p))
    yield case("a block", two, Media(("192.168.0.0/29",), port=p), udp(T1, p))
    yield case("a prefix at a dot", two, Media(("192.168.0.",), port=p), udp(T1, p), udp(T10, p))
    yield case("an interface", BOTH, Media(("eth1",), port=p), udp(C, p), udp(C6, p))
    yield case("two entries, two loops", BOTH, Media((B, C6), loops=2, port=p), udp(B, p, p + 1),
               udp(C6, p, p + 1))
    yield case("link-local when wanted", on(("eth0", [A, LINK])),
               Media((LINK + "%eth0",), linklocal=True, port=p), udp(LINK, p))
    yield case("ignored interface, by prefix", trap, Media(deny=("eth1",), port=p), udp(A, p))
    yield case("ignored address", BOTH, Media(deny=(A,), port=p, ipv6=False), udp(B, p), udp(C, p))
    yield case("ignored nothing", trap, Media(deny=("vmnet",), port=p), udp(A, p), udp(C, p),
               udp(T10, p))
    yield case("a range", BOTH, Media((A, B), loops=3, range=(20000, 20010)),
               udp(A, 20000, 20001, 20002), udp(B, 20000, 20001, 20002))
    skipped = case("a range with a port in use", BOTH,
                   Media((A, B), loops=2, range=(20000, 20010)), udp(A, 20000, 20002),
                   udp(B, 20000, 20002), says=(f"{B}:20001",))
    skipped.holders = (("udp", B, 20001),)
    yield skipped
    yield refused("a range too small", BOTH, Media((A,), loops=4, range=(20000, 20002)),
                  "4 media loops need 4")
    yield refused("allow-list with a typo", trap, Media(("eht1",), port=p), "eht1")
    yield refused("allow-list with an absent address", trap, Media((D,), port=p), D)
    yield refused("allow-list with one absent address of two", trap, Media((A, D), port=p), D)
    yield refused("allow-list entry that is half an address", two, Media(("192.168.0",), port=p),
                  "192.168.0")
    yield refused("IPv6 address with IPv6 off", BOTH, Media((A6,), ipv6=False, port=p), A6)
    yield refused("everything ignored", on(("eth0", [A])), Media(deny=("eth",), port=p), "")


# -- for one kind of server only ----------------------------------------------------------------------


def special():
    http = [Listener("HTTP", 8088, A)]
    for what, says in (("tcp", "undeclared: tcp 0.0.0.0:9999"), ("udp", "undeclared: udp 0.0.0.0:9999")):
        yield Case(f"a library opens {what} behind our back", BOTH, http, None, None, (1,), (says,),
                   extra={"probe": ["--leak", what]})
    for file, key in (("janus.transport.websockets.jcfg", "ws_ipp"),
                      ("janus.transport.http.jcfg", "interfase")):
        yield Case(f"misspelt key {key}", BOTH, on_all(A), None, None, (CONFIG_ERROR,),
                   (key, "did you mean"), extra={"portunus": {file: f'general: {{ {key} = "{A}" }}'}})


def everything():
    for part in (matrix, interfaces, wildcards, absent, ports, media, special):
        yield from part()
