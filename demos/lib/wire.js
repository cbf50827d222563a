/* How JSON travels: two wires with one shape.
 *
 *   const wire = await openWire(url)      ws: wss: → WebSocket, http: https: → long polls
 *   wire.send(message)                    one JSON object to the server
 *   wire.onmessage = (message) => …       one JSON object from the server: a reply or an event
 *   wire.onclose = (why) => …             once, when the wire is gone and close() was not called
 *   wire.follow(sessionId)                events of this session, please (long polls need to know)
 *   wire.needsKeepalive                   true: nothing but requests keeps the session alive
 *   wire.close()
 */

const OPEN_TIMEOUT_MS = 5000;
const POLL_MAX_EVENTS = 10;
const POLL_TIMEOUT_MS = 60000; // the server answers a poll after 30 s even when nothing happened

export async function openWire(url) {
  return /^wss?:/.test(url) ? WebSocketWire.open(url) : LongPollWire.open(url);
}

class WebSocketWire {
  name = 'WebSocket';
  needsKeepalive = true;
  onmessage = () => {};
  onclose = () => {};
  #socket;

  static open(url) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, 'janus-protocol');
      const giveUp = setTimeout(() => {
        socket.close();
        reject(new Error('no answer in time'));
      }, OPEN_TIMEOUT_MS);
      socket.onopen = () => {
        clearTimeout(giveUp);
        resolve(new WebSocketWire(url, socket));
      };
      socket.onerror = () => { // the browser does not tell pages why
        clearTimeout(giveUp);
        reject(new Error('refused or unreachable'));
      };
    });
  }

  constructor(url, socket) {
    this.url = url;
    this.#socket = socket;
    socket.onerror = null;
    socket.onmessage = ({ data }) => this.onmessage(JSON.parse(data));
    socket.onclose = ({ code, reason }) => this.onclose(reason || `connection closed (${code})`);
  }

  send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(message));
    }
  }

  follow() {} // a WebSocket gets the events of every session it created or claimed

  close() {
    this.#socket.onclose = null;
    this.#socket.close();
  }
}

class LongPollWire {
  name = 'HTTP long polls';
  needsKeepalive = false; // a poll counts as activity
  onmessage = () => {};
  onclose = () => {};
  #polls = new Map(); // session id → AbortController
  #credentials = '';
  #isClosed = false;
  #line = Promise.resolve(); // requests leave one after the other, as on a WebSocket

  static async open(url) {
    const base = url.replace(/\/$/, '');
    const response = await fetch(`${base}/ping`, { signal: AbortSignal.timeout(OPEN_TIMEOUT_MS) });
    const reply = response.ok ? await response.json() : {};
    if (reply.janus !== 'pong') {
      throw new Error(`HTTP ${response.status}: no Janus API here`);
    }
    return new LongPollWire(base);
  }

  constructor(base) {
    this.url = base;
  }

  send(message) {
    if (message.janus === 'destroy') { // perhaps the page is being closed: no waiting in line
      this.#post(message);
    } else {
      this.#line = this.#line.then(() => this.#post(message));
    }
  }

  async #post(message) {
    try {
      const response = await fetch(pathOf(this.url, message), {
        method: 'POST',
        // Not application/json: this spares a page from elsewhere the preflight request.
        headers: { 'content-type': 'text/plain' },
        body: JSON.stringify(message),
        keepalive: message.janus === 'destroy',
      });
      this.onmessage(await response.json());
    } catch (error) {
      this.#gone(error.message);
    }
  }

  follow(sessionId, credentials = {}) {
    this.#credentials = new URLSearchParams(credentials).toString();
    if (!this.#polls.has(sessionId)) {
      this.#pollForEver(sessionId);
    }
  }

  close() {
    this.#isClosed = true;
    this.#polls.forEach((abort) => abort.abort());
    this.#polls.clear();
  }

  async #pollForEver(sessionId) {
    const abort = new AbortController();
    this.#polls.set(sessionId, abort);
    while (!this.#isClosed) {
      try {
        const events = await this.#poll(sessionId, abort);
        events.forEach((event) => this.onmessage(event));
      } catch (error) {
        this.#gone(error.message);
        return;
      }
    }
  }

  async #poll(sessionId, abort) {
    const giveUp = setTimeout(() => abort.abort(), POLL_TIMEOUT_MS);
    const query = `maxev=${POLL_MAX_EVENTS}&rid=${Date.now()}&${this.#credentials}`;
    try {
      const response = await fetch(`${this.url}/${sessionId}?${query}`, { signal: abort.signal });
      if (!response.ok) {
        throw new Error(response.status === 404 ? 'the session is over' : `HTTP ${response.status}`);
      }
      return [await response.json()].flat();
    } finally {
      clearTimeout(giveUp);
    }
  }

  #gone(why) {
    if (!this.#isClosed) {
      this.close();
      this.onclose(why);
    }
  }
}

function pathOf(base, { session_id: session, handle_id: handle }) {
  return [base, session, handle].filter((part) => part !== undefined).join('/');
}
