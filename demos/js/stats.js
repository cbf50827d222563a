/* One reading per second from RTCPeerConnection.getStats(): what the charts draw, and the facts
 * beside them. `in` is what the browser receives, `out` what it sends; null where nothing is known. */

export class StatsReader {
  #pc;
  #before = new Map(); // counter name → {value, at}

  constructor(pc) {
    this.#pc = pc;
  }

  async read() {
    const report = [...(await this.#pc.getStats()).values()];
    const now = performance.now();
    const of = (type, kind) => report.filter((s) => s.type === type && (!kind || s.kind === kind));
    const inbound = of('inbound-rtp');
    const outbound = of('outbound-rtp');
    const remote = of('remote-inbound-rtp');
    const videoIn = inbound.find((s) => s.kind === 'video');
    const videoOut = outbound.find((s) => s.kind === 'video');
    const pair = selectedPair(report);
    return {
      bitrate: {
        in: this.#rate('bytes in', sum(inbound, 'bytesReceived'), now, 8),
        out: this.#rate('bytes out', sum(outbound, 'bytesSent'), now, 8),
      },
      loss: { in: this.#lossIn(inbound), out: worst(remote, 'fractionLost', 100) },
      jitter: { in: worst(inbound, 'jitter', 1000), out: worst(remote, 'jitter', 1000) },
      rtt: { in: scaled(pair?.currentRoundTripTime, 1000), out: worst(remote, 'roundTripTime', 1000) },
      size: { in: videoIn?.frameHeight ?? null, out: videoOut?.frameHeight ?? null },
      fps: {
        in: videoIn ? this.#rate('frames in', videoIn.framesDecoded, now) : null,
        out: videoOut ? this.#rate('frames out', videoOut.framesEncoded, now) : null,
      },
      frame: { in: sizeText(videoIn), out: sizeText(videoOut) },
      facts: connectionFacts(report, pair),
    };
  }

  /* Growth of a counter per second. */
  #rate(name, value, now, factor = 1) {
    const before = this.#before.get(name);
    this.#before.set(name, { value, at: now });
    return before && now > before.at ? Math.max(0, (value - before.value) * factor * 1000 / (now - before.at)) : null;
  }

  /* Per cent of what was expected since the last reading. */
  #lossIn(inbound) {
    const lost = this.#growth('lost', sum(inbound, 'packetsLost'));
    const received = this.#growth('received', sum(inbound, 'packetsReceived'));
    return received === null || lost + received <= 0 ? null : Math.max(0, 100 * lost / (lost + received));
  }

  #growth(name, value) {
    const before = this.#before.get(name);
    this.#before.set(name, { value });
    return before ? value - before.value : null;
  }
}

function connectionFacts(report, pair) {
  const byId = new Map(report.map((s) => [s.id, s]));
  const transport = report.find((s) => s.type === 'transport') ?? {};
  const local = byId.get(pair?.localCandidateId);
  const remote = byId.get(pair?.remoteCandidateId);
  const repairs = report.filter((s) => s.type === 'outbound-rtp' || s.type === 'inbound-rtp');
  return {
    path: local && remote ? `${endpoint(local)} ⇄ ${endpoint(remote)}` : null,
    transport: local ? `${(local.protocol ?? 'udp').toUpperCase()}, ICE role ${transport.iceRole ?? 'unknown'}` : null,
    dtls: transport.dtlsCipher ? `${tlsName(transport.tlsVersion)}, ${transport.dtlsCipher}` : null,
    srtp: transport.srtpCipher ?? null,
    audio: codecName(report, byId, 'audio'),
    video: codecName(report, byId, 'video'),
    repair: `${sum(repairs, 'nackCount')} NACK, ${sum(repairs, 'pliCount')} PLI, ${sum(repairs, 'retransmittedPacketsSent')} packets sent again`,
  };
}

function selectedPair(report) {
  const transport = report.find((s) => s.type === 'transport' && s.selectedCandidatePairId);
  return report.find((s) => s.id === transport?.selectedCandidatePairId)
    ?? report.find((s) => s.type === 'candidate-pair' && s.nominated && s.state === 'succeeded');
}

function endpoint({ candidateType, address, ip, port }) {
  const host = address || ip || 'hidden'; // mDNS: the browser hides its own address
  return `${host.includes(':') ? `[${host}]` : host}:${port} (${candidateType})`;
}

function codecName(report, byId, kind) {
  const stream = report.find((s) => s.type === 'outbound-rtp' && s.kind === kind && s.codecId);
  const codec = byId.get(stream?.codecId);
  return codec ? `${codec.mimeType.split('/')[1]}, payload type ${codec.payloadType}` : null;
}

function tlsName(version) {
  return { FEFD: 'DTLS 1.2', FEFC: 'DTLS 1.3' }[version] ?? 'DTLS';
}

function sizeText(stream) {
  return stream?.frameWidth ? `${stream.frameWidth} × ${stream.frameHeight}` : null;
}

function sum(list, key) {
  return list.reduce((total, s) => total + (s[key] ?? 0), 0);
}

function worst(list, key, factor) {
  const values = list.map((s) => s[key]).filter((v) => v !== undefined);
  return values.length ? Math.max(...values) * factor : null;
}

function scaled(value, factor) {
  return value === undefined ? null : value * factor;
}
