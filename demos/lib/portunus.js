/* A small client of the Janus API, written to be read: it shows what goes over the wire.
 *
 *   import { connect } from './lib/portunus.js';
 *
 *   const session = await connect({ servers: ['ws://127.0.0.1:8188/', 'http://127.0.0.1:8088/janus'] });
 *   const echo = await session.attach('janus.plugin.echotest');
 *
 *   const pc = new RTCPeerConnection();
 *   pc.ontrack = ({ streams }) => { video.srcObject = streams[0]; };
 *   stream.getTracks().forEach((track) => pc.addTrack(track, stream));
 *
 *   await echo.negotiate(pc, { audio: true, video: true });  // offer → answer, candidates both ways
 *   await echo.request({ bitrate: 256000 });                 // a plugin request, and its result
 *   await session.destroy();
 *
 * What the server says on its own arrives as DOM events with a `detail`:
 *   on a handle   event webrtcup media slowlink hangup ice-failed detached
 *   on a session  reconnecting reconnected closed
 *
 * Every request carries a random `transaction`; its reply carries the same one. A plugin may answer
 * later: first comes an `ack`, then an `event` with that transaction. Both ways end in one promise.
 */
import { openWire } from './wire.js';

const REPLY_TIMEOUT_MS = 10000;
const EVENT_TIMEOUT_MS = 20000; // from the request to the plugin's answer
const KEEPALIVE_MS = 25000; // a session ends after 60 s without a request
const RECONNECT_DELAYS_MS = [0, 500, 1000, 2000, 4000, 8000];
const SESSION_NOT_FOUND = 458;

/* The server refused: `code` is its error code, the message its reason. */
export class PortunusError extends Error {
  constructor(message, code, plugin) {
    super(message);
    this.name = 'PortunusError';
    this.code = code;
    this.plugin = plugin; // set when the plugin refused, not the core
  }
}

/* No server could be reached: `attempts` lists what was tried, [{url, why}]. */
export class UnreachableError extends Error {
  constructor(attempts) {
    super(`no server reachable: ${attempts.map(({ url, why }) => `${url} (${why})`).join(', ')}`);
    this.name = 'UnreachableError';
    this.attempts = attempts;
  }
}

/* Opens a session with the first of `servers` that answers.
 *  options.servers    addresses, best first: ws: wss: http: https:
 *  options.apisecret, options.token   sent with every request, when the server asks for them */
export async function connect({ servers, apisecret, token }) {
  const session = new Session(servers, { ...(apisecret && { apisecret }), ...(token && { token }) });
  await session.open();
  return session;
}

/* One look at a server without a session: the reply to `info`. */
export async function serverInfo({ servers }) {
  const line = new Line({});
  await line.open(servers);
  try {
    return { ...(await line.call({ janus: 'info' })), url: line.wire.url };
  } finally {
    line.close();
  }
}

class DetailEvent extends Event {
  constructor(type, detail) {
    super(type);
    this.detail = detail;
  }
}

/* Pairs requests with replies on whichever wire is open. */
class Line {
  onevent = () => {};
  onlost = () => {};
  #pending = new Map(); // transaction → {settle, fail, wantsEvent}

  constructor(credentials) {
    this.credentials = credentials;
  }

  async open(servers) {
    const attempts = [];
    for (const url of servers) {
      try {
        this.wire = await openWire(url);
        this.wire.onmessage = (message) => this.#receive(message);
        this.wire.onclose = (why) => this.#lost(why);
        return;
      } catch (error) {
        attempts.push({ url, why: error.message });
      }
    }
    throw new UnreachableError(attempts);
  }

  /* Sends a request. Resolves with its reply, or, for plugin messages, with the event behind the ack. */
  call(request) {
    const transaction = crypto.getRandomValues(new Uint32Array(3)).join('');
    return new Promise((resolve, reject) => {
      const end = (act) => (value) => {
        clearTimeout(entry.timer);
        this.#pending.delete(transaction);
        act(value);
      };
      const entry = { settle: end(resolve), fail: end(reject), wantsEvent: request.janus === 'message' };
      entry.timer = setTimeout(
        () => entry.fail(new PortunusError(`no reply to '${request.janus}' in time`)),
        entry.wantsEvent ? EVENT_TIMEOUT_MS : REPLY_TIMEOUT_MS,
      );
      this.#pending.set(transaction, entry);
      this.wire.send({ ...request, ...this.credentials, transaction });
    });
  }

  close() {
    this.#failAll('the session was closed');
    this.wire?.close();
  }

  #receive(message) {
    const entry = this.#pending.get(message.transaction);
    if (!entry) {
      this.onevent(message);
    } else if (message.janus === 'error') {
      entry.fail(new PortunusError(message.error.reason, message.error.code));
    } else if (message.janus !== 'ack' || !entry.wantsEvent) {
      entry.settle(message);
    }
  }

  #lost(why) {
    this.#failAll(`the connection was lost: ${why}`);
    this.onlost(why);
  }

  #failAll(why) {
    this.#pending.forEach((entry) => entry.fail(new PortunusError(why)));
  }
}

/* A session: what a client is to the server. It owns handles, and outlives a lost connection if
 * the server keeps it (general.reclaim_session_timeout). */
export class Session extends EventTarget {
  id = 0;
  isOpen = false;
  #line;
  #servers;
  #handles = new Map();
  #keepalive;

  constructor(servers, credentials) {
    super();
    this.#servers = servers;
    this.#line = new Line(credentials);
    this.#line.onevent = (message) => this.#dispatch(message);
    this.#line.onlost = (why) => this.#reconnect(why);
  }

  /* How we are connected: {name: 'WebSocket', url: 'ws://…'} */
  get via() {
    return { name: this.#line.wire.name, url: this.#line.wire.url };
  }

  async open() {
    await this.#line.open(this.#servers);
    try {
      const reply = await this.#line.call({ janus: 'create' });
      this.id = reply.data.id;
    } catch (error) {
      this.#line.close();
      throw error;
    }
    this.#settleIn();
  }

  /* A handle talks to one plugin and has at most one PeerConnection. */
  async attach(plugin, { opaqueId } = {}) {
    const reply = await this.call({ janus: 'attach', plugin, ...(opaqueId && { opaque_id: opaqueId }) });
    const handle = new Handle(this, reply.data.id, plugin);
    this.#handles.set(handle.id, handle);
    return handle;
  }

  info() {
    return this.#line.call({ janus: 'info' });
  }

  /* Any request of this session; handles add their handle_id. */
  call(request) {
    if (!this.isOpen) {
      return Promise.reject(new PortunusError('there is no session'));
    }
    return this.#line.call({ ...request, session_id: this.id });
  }

  /* The request leaves before this returns, so it also serves when the page is being closed. */
  async destroy() {
    if (this.isOpen) {
      await this.call({ janus: 'destroy' }).catch(() => {}); // gone already: just as well
      this.#end('destroyed here');
    }
  }

  #settleIn() {
    const { wire, credentials } = this.#line;
    this.isOpen = true;
    wire.follow(this.id, credentials);
    clearInterval(this.#keepalive);
    if (wire.needsKeepalive) {
      this.#keepalive = setInterval(() => this.call({ janus: 'keepalive' }).catch(() => {}), KEEPALIVE_MS);
    }
  }

  #dispatch(message) {
    if (message.janus === 'timeout') {
      this.#end('the server ended the session: it had heard nothing for too long');
    } else {
      this.#handles.get(message.sender)?.dispatch(message); // unknown sender: detached meanwhile
    }
  }

  /* A new connection and `claim`: events of the session come to us again. */
  async #reconnect(why) {
    if (!this.isOpen) {
      return;
    }
    clearInterval(this.#keepalive);
    this.isOpen = false;
    this.dispatchEvent(new DetailEvent('reconnecting', { reason: why }));
    for (const delay of RECONNECT_DELAYS_MS) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      try {
        await this.#line.open(this.#servers);
        await this.#line.call({ janus: 'claim', session_id: this.id });
        this.#settleIn();
        this.dispatchEvent(new DetailEvent('reconnected', this.via));
        return;
      } catch (error) {
        if (error.code === SESSION_NOT_FOUND) {
          break; // the server did not keep it
        }
      }
    }
    this.#end(why);
  }

  #end(reason) {
    this.isOpen = false;
    clearInterval(this.#keepalive);
    this.#line.close();
    this.#handles.clear();
    this.dispatchEvent(new DetailEvent('closed', { reason }));
  }
}

export class Handle extends EventTarget {
  #session;
  #pc;
  #early = []; // the server's candidates that came before its description

  constructor(session, id, plugin) {
    super();
    this.#session = session;
    this.id = id;
    this.plugin = plugin;
  }

  /* A plugin request. Resolves with {data, jsep}; rejects when the plugin says `error`. */
  async request(body, jsep) {
    const reply = await this.#call({ janus: 'message', body, ...(jsep && { jsep }) });
    const data = reply.plugindata?.data ?? {};
    if (data.error_code) {
      throw new PortunusError(data.error, data.error_code, this.plugin);
    }
    return { data, jsep: reply.jsep };
  }

  /* Offers `pc` to the plugin along with `body`, and takes the answer: the first time, or again
   * after tracks came or went, or with {iceRestart: true} to find a new path. */
  async negotiate(pc, body, { iceRestart = false } = {}) {
    this.#follow(pc);
    await pc.setLocalDescription(await pc.createOffer({ iceRestart }));
    const { type, sdp } = pc.localDescription;
    const { data, jsep } = await this.request(body, { type, sdp });
    await pc.setRemoteDescription(jsep);
    await Promise.all(this.#early.splice(0).map((candidate) => pc.addIceCandidate(candidate)));
    return data;
  }

  /* Closes the PeerConnection; the handle stays. The server answers with a `hangup` event, too. */
  hangup() {
    return this.#call({ janus: 'hangup' });
  }

  detach() {
    return this.#call({ janus: 'detach' });
  }

  dispatch(message) {
    if (message.janus === 'trickle') {
      this.#addCandidate(message.candidate);
      return;
    }
    const { plugindata, jsep, ...rest } = message;
    const detail = message.janus === 'event' ? { data: plugindata.data, jsep } : rest;
    this.dispatchEvent(new DetailEvent(message.janus, detail));
  }

  #call(request) {
    return this.#session.call({ ...request, handle_id: this.id });
  }

  /* Our candidates go to the server as they are found; `completed` says that was all. */
  #follow(pc) {
    if (this.#pc === pc) {
      return;
    }
    this.#pc = pc;
    this.#early = [];
    pc.addEventListener('icecandidate', ({ candidate }) => {
      if (pc === this.#pc && pc.signalingState !== 'closed') {
        const told = candidate?.candidate ? candidate.toJSON() : { completed: true };
        this.#call({ janus: 'trickle', candidate: told }).catch(() => {}); // its loss ends the call
      }
    });
  }

  #addCandidate(candidate) {
    const told = candidate.completed ? undefined : candidate;
    const isAnswered = this.#pc?.remoteDescription && this.#pc.signalingState === 'stable';
    if (isAnswered) {
      this.#pc.addIceCandidate(told).catch(() => {}); // one we cannot use: others will do
    } else {
      this.#early.push(told);
    }
  }
}
