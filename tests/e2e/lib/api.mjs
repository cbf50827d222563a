/* The Janus API by hand: one HTTP request, or a WebSocket with its messages in a row. */
import WebSocket from 'ws';

/* returns {status, headers, text, json}; json is undefined when the body is none */
export async function http(url, { method = 'GET', body, headers = {} } = {}) {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, { method, body: text, headers, redirect: 'manual' });
  const received = await response.text();
  let json;
  try {
    json = JSON.parse(received);
  } catch {
    // an empty body, mostly
  }
  return { status: response.status, headers: response.headers, text: received, json };
}

export async function post(url, body, headers) {
  return (await http(url, { method: 'POST', body, headers })).json;
}

/* A session and a handle over HTTP.  returns {session, handle, url, handleUrl} */
export async function httpEcho(api, extra = {}) {
  const session = (await post(api, { janus: 'create', transaction: 'create', ...extra })).data.id;
  const url = `${api}/${session}`;
  const attach = { janus: 'attach', plugin: 'janus.plugin.echotest', transaction: 'attach', ...extra };
  const handle = (await post(url, attach)).data.id;
  return { session, handle, url, handleUrl: `${url}/${handle}` };
}

export class Socket {
  received = []; // messages nobody has asked for yet
  #waiting = [];

  static async open(url, protocols = ['janus-protocol'], options = {}) {
    const socket = new Socket();
    socket.ws = new WebSocket(url, protocols, options);
    socket.closed = new Promise((done) => { socket.ws.on('close', (code) => done(code)); });
    socket.ws.on('message', (data) => socket.#take(JSON.parse(data)));
    await new Promise((done, fail) => {
      socket.ws.on('open', done);
      socket.ws.on('error', fail);
      socket.ws.on('close', () => fail(new Error('closed before it was open')));
    });
    return socket;
  }

  send(message) {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /* The first message, received already or to come, that `accept` likes. */
  next(accept = () => true, limit = 10) {
    const at = this.received.findIndex(accept);
    if (at >= 0) {
      return Promise.resolve(this.received.splice(at, 1)[0]);
    }
    return new Promise((done, fail) => {
      const entry = { accept, done };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        fail(new Error(`no such message within ${limit} s; others: ${JSON.stringify(this.received)}`));
      }, limit * 1000);
      entry.done = (message) => {
        clearTimeout(timer);
        done(message);
      };
      this.#waiting.push(entry);
    });
  }

  /* Sends a request and resolves with the first reply of its transaction. */
  ask(request) {
    this.send(request);
    return this.next((m) => m.transaction === request.transaction);
  }

  /* A session and a handle.  returns {session_id, handle_id} */
  async echo(extra = {}) {
    const created = await this.ask({ janus: 'create', transaction: 'create', ...extra });
    const session_id = created.data.id;
    const attached = await this.ask({
      janus: 'attach', plugin: 'janus.plugin.echotest', transaction: 'attach', session_id, ...extra,
    });
    return { session_id, handle_id: attached.data.id };
  }

  async close() {
    this.ws.close();
    return this.closed;
  }

  #take(message) {
    const at = this.#waiting.findIndex((entry) => entry.accept(message));
    if (at >= 0) {
      this.#waiting.splice(at, 1)[0].done(message);
    } else {
      this.received.push(message);
    }
  }
}

/* Whether the WebSocket opens; never throws. */
export async function opens(url, protocols, options) {
  try {
    const socket = await Socket.open(url, protocols, options);
    const protocol = socket.ws.protocol;
    await socket.close();
    return protocol;
  } catch {
    return false;
  }
}

export async function waitForSessionEnd(server, reason, after = 0) {
  return server.waitForLog(new RegExp(`ended session=\\d+ reason=${reason}`), { after });
}

