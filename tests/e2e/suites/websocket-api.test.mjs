/* The Janus API over WebSocket: the conversations of the protocol's specification. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { http, httpEcho, opens, Socket } from '../lib/api.mjs';
import { startServer, withServer } from '../lib/server.mjs';

const OFFER = await readFile(new URL('../pages/offer.sdp', import.meta.url), 'utf8');
let server;
let socket;
before(async () => {
  server = await startServer();
  socket = await Socket.open(server.ws);
});
after(async () => {
  await socket?.close();
  await server?.stop();
});

const failure = (reply) => [reply.error?.code, reply.error?.reason];

test('the sub-protocol', async () => {
  assert.equal(await opens(server.ws, []), false);
  assert.equal(await opens(server.ws, ['foo']), false);
  assert.equal(await opens(server.ws, ['janus-admin-protocol']), false);
  assert.equal(await opens(server.ws, ['foo', 'janus-protocol']), 'janus-protocol');
  assert.equal(await opens(`${server.ws}any/path`, ['janus-protocol']), 'janus-protocol');
  assert.equal((await http(server.ws.replace('ws:', 'http:'))).status, 403);
});

test('several objects in one message: all in order, or none', async () => {
  socket.send('{"janus":"ping","transaction":"1"} {"janus":"ping","transaction":"2"}');
  assert.deepEqual([await socket.next(), await socket.next()],
    [{ janus: 'pong', transaction: '1' }, { janus: 'pong', transaction: '2' }]);
  socket.send('{"janus":"ping","transaction":"1"} x');
  assert.equal(failure(await socket.next())[0], 454);
  assert.equal((await socket.ask({ janus: 'ping', transaction: '3' })).janus, 'pong');
  assert.deepEqual(socket.received, []);
});

test('binary frames, and a message in fragments', async () => {
  socket.ws.send(Buffer.from('{"janus":"ping","transaction":"bin"}'), { binary: true });
  assert.equal((await socket.next((m) => m.transaction === 'bin')).janus, 'pong');
  socket.ws.send('{"janus":"ping",', { fin: false });
  socket.ws.send('"transaction":"parts"}', { fin: true });
  assert.equal((await socket.next((m) => m.transaction === 'parts')).janus, 'pong');
});

test('elements that are missing or wrong', async () => {
  socket.send({ transaction: 'a2' });
  assert.deepEqual(await socket.next(),
    { janus: 'error', error: { code: 456, reason: 'Missing mandatory element (janus)' } });
  socket.send({ janus: 'keepalive', transaction: 5, session_id: 77 });
  assert.deepEqual(await socket.next(), {
    janus: 'error', session_id: 77,
    error: { code: 467, reason: 'Invalid element type (transaction should be a string)' },
  });
});

test('sessions and handles by id', async () => {
  const ask = (request) => socket.ask(request);
  assert.deepEqual(await ask({ janus: 'create', id: 4242, transaction: 'c1' }),
    { janus: 'success', transaction: 'c1', data: { id: 4242 } });
  assert.deepEqual(failure(await ask({ janus: 'create', id: 4242, transaction: 'c2' })), [468, 'Session ID already in use']);
  assert.deepEqual(failure(await ask({ janus: 'keepalive', session_id: '4242', transaction: 'k0' })),
    [457, "Unhandled request 'keepalive' at this path"]);
  assert.deepEqual(await ask({ janus: 'KeepAlive', session_id: 4242, transaction: 'k1' }),
    { janus: 'ack', session_id: 4242, transaction: 'k1' });
  assert.deepEqual(failure(await ask({ janus: 'attach', plugin: 'janus.plugin.nope', session_id: 4242, transaction: 'p1' })),
    [460, "No such plugin 'janus.plugin.nope'"]);
  const { data: { id: handle_id } } = await ask({
    janus: 'attach', plugin: 'janus.plugin.echotest', opaque_id: 'demo', session_id: 4242, transaction: 'p2',
  });
  const message = { janus: 'message', session_id: 4242, transaction: 'm0', body: {} };
  assert.deepEqual(failure(await ask({ ...message, handle_id: 1 })), [459, 'No such handle 1 in session 4242']);
  assert.deepEqual(failure(await ask({ ...message, handle_id: '1' })), [459, 'Handle not found']);
  assert.deepEqual(failure(await ask({ ...message, handle_id, body: { audio: true }, jsep: null })), [455, 'Invalid jsep object']);
  assert.equal((await ask({ janus: 'destroy', session_id: 4242, transaction: 'd' })).janus, 'success');
  assert.equal(failure(await ask({ janus: 'keepalive', session_id: 4242, transaction: 'k2' }))[0], 458);
});

test('a plugin message: ack, then event', async () => {
  const ids = await socket.echo();
  const ack = await socket.ask({ janus: 'message', ...ids, transaction: 'm2', body: { audio: true } });
  assert.equal(ack.janus, 'ack');
  assert.deepEqual(await socket.next(), {
    janus: 'event', session_id: ids.session_id, transaction: 'm2', sender: ids.handle_id,
    plugindata: { plugin: 'janus.plugin.echotest', data: { echotest: 'event', result: 'ok' } },
  });
});

test('what EchoTest refuses', async () => {
  const ids = await socket.echo();
  const cases = [
    [{}, 413], [{ audiocodec: 'opus' }, 413], [{ svc: true }, 413], [{ videocodec: 'vp8' }, 'ok'],
    [{ audio: 'x' }, 413], [{ audio: null }, 413], [{ substream: 3 }, 413], [{ substream: -1 }, 413],
    [{ temporal_layer: 3 }, 413], [{ bitrate: -1 }, 413], [{ audio: true, video: true }, 'ok'],
    [{ request: 'anything', min_delay: 100 }, 'ok'],
  ];
  for (const [body, expected] of cases) {
    assert.equal((await socket.ask({ janus: 'message', ...ids, transaction: 'e', body })).janus, 'ack');
    const { plugindata: { data } } = await socket.next((m) => m.janus === 'event');
    assert.equal(data.error_code ?? data.result, expected, JSON.stringify(body));
  }
});

test('descriptions that are refused', async () => {
  const ids = await socket.echo();
  const cases = [
    [{ type: 'pranswer', sdp: 'v=0' }, [464, "JSEP error: unknown message type 'pranswer'"]],
    [{ type: 'offer', sdp: 'hello' }, [465, "Invalid SDP (doesn't start with v=)"]],
    [{ type: 'answer', sdp: OFFER }, [469, 'Unexpected ANSWER (did we offer?)']],
  ];
  for (const [jsep, expected] of cases) {
    const reply = await socket.ask({ janus: 'message', ...ids, transaction: 'j', body: { audio: true }, jsep });
    assert.deepEqual(failure(reply), expected);
  }
});

test('trickle before any offer, the end of candidates, too little and too much', async () => {
  const trickle = { janus: 'trickle', ...await socket.echo(), transaction: 't1' };
  const candidate = {
    sdpMid: '0', sdpMLineIndex: 0,
    candidate: 'candidate:1 1 udp 2122260223 198.51.100.7 50000 typ host',
  };
  for (const accepted of [{ candidate }, { candidate: null }, { candidate: { completed: true } }, { candidates: [candidate] }]) {
    assert.equal((await socket.ask({ ...trickle, ...accepted })).janus, 'ack', JSON.stringify(accepted));
  }
  assert.equal(failure(await socket.ask({ ...trickle, candidate, candidates: [candidate] }))[0], 454);
  assert.deepEqual(failure(await socket.ask(trickle)), [456, 'Missing mandatory element (candidate|candidates)']);
});

test('an offer is answered; hangup, and another offer', async () => {
  const ids = await socket.echo();
  const call = async (transaction) => {
    const offer = { janus: 'message', ...ids, transaction, body: { audio: true, video: true }, jsep: { type: 'offer', sdp: OFFER } };
    assert.equal((await socket.ask(offer)).janus, 'ack');
    const event = await socket.next((m) => m.janus === 'event');
    assert.equal(event.transaction, transaction);
    assert.equal(event.jsep.type, 'answer');
    assert.match(event.jsep.sdp, /^v=0\r\n[^]*\r\nm=audio [1-9]\d* UDP\/TLS\/RTP\/SAVPF \d+\r\n[^]*\r\nm=video [1-9]/);
  };
  await call('o1');
  const hangup = await socket.ask({ janus: 'hangup', ...ids, transaction: 'h1' });
  assert.deepEqual(hangup, { janus: 'success', session_id: ids.session_id, transaction: 'h1' });
  const done = await socket.next((m) => m.sender === ids.handle_id);
  assert.equal(done.plugindata.data.result, 'done');
  assert.deepEqual(await socket.next((m) => m.janus === 'hangup'),
    { janus: 'hangup', session_id: ids.session_id, sender: ids.handle_id, reason: 'Janus API' });
  await call('o2');
  assert.equal((await socket.ask({ janus: 'detach', ...ids, transaction: 'x' })).janus, 'success');
  await socket.next((m) => m.janus === 'detached' && m.sender === ids.handle_id);
  assert.equal(failure(await socket.ask({ janus: 'message', ...ids, transaction: 'y', body: {} }))[0], 459);
});

test('a claim moves the events to the new connection', async () => {
  const ids = await socket.echo();
  const second = await Socket.open(server.ws);
  assert.deepEqual(await second.ask({ janus: 'claim', session_id: ids.session_id, transaction: 'x' }),
    { janus: 'success', session_id: ids.session_id, transaction: 'x' });
  const ack = await socket.ask({ janus: 'message', ...ids, transaction: 'm', body: { audio: true } });
  assert.equal(ack.janus, 'ack');
  assert.equal((await second.next()).transaction, 'm');
  await second.close();
});

test('HTTP claims a session of a WebSocket', async () => {
  const { session_id } = await socket.echo();
  const url = `${server.api}/${session_id}`;
  const claimed = await http(url, { method: 'POST', body: { janus: 'claim', transaction: 'x' } });
  assert.equal(claimed.json.janus, 'success');
  const poll = http(url);
  const attach = { janus: 'attach', plugin: 'janus.plugin.echotest', transaction: 'a' };
  const { data } = (await http(url, { method: 'POST', body: attach })).json;
  await http(`${url}/${data.id}`, { method: 'POST', body: { janus: 'message', body: { audio: true }, transaction: 'm' } });
  assert.equal((await poll).json.transaction, 'm');
});

test('a session of its own transport only ends with its connection', async () => {
  const other = await Socket.open(server.ws);
  const { session_id } = await other.echo();
  await other.close();
  await server.waitForLog(new RegExp(`ended session=${session_id} reason=destroyed`));
  assert.equal(failure(await socket.ask({ janus: 'keepalive', session_id, transaction: 'k' }))[0], 458);
});

test('reclaim: a lost connection keeps its session for a while', () => withServer({ general: 'reclaim_session_timeout = 3;' }, async (kept) => {
  const first = await Socket.open(kept.ws);
  const { session_id } = await first.echo();
  const { session_id: lost } = await first.echo();
  first.ws.terminate();
  await first.closed;
  const second = await Socket.open(kept.ws);
  assert.equal((await second.ask({ janus: 'claim', session_id, transaction: 'x' })).janus, 'success');
  await kept.waitForLog(new RegExp(`ended session=${lost} reason=timeout`));
  assert.equal(failure(await second.ask({ janus: 'claim', session_id: lost, transaction: 'y' }))[0], 458);
  assert.equal((await second.ask({ janus: 'keepalive', session_id, transaction: 'z' })).janus, 'ack');
  await second.close();
}));

test('a silent session times out; the connection stays', () => withServer({ general: 'session_timeout = 4;' }, async (quick) => {
  const silent = await Socket.open(quick.ws);
  const created = await silent.ask({ janus: 'create', transaction: 'c' });
  const started = Date.now();
  assert.deepEqual(await silent.next(), { janus: 'timeout', session_id: created.data.id });
  const waited = (Date.now() - started) / 1000;
  assert.ok(waited > 3.5 && waited < 8, `after ${waited} s`);
  const late = await silent.ask({ janus: 'keepalive', session_id: created.data.id, transaction: 'k' });
  assert.deepEqual(failure(late), [458, `No such session ${created.data.id}`]);
  await silent.close();
}));

test('the API secret', () => withServer({ general: 'api_secret = "s";' }, async (guarded) => {
  const client = await Socket.open(guarded.ws);
  assert.deepEqual(await client.ask({ janus: 'ping', transaction: 'a1' }), { janus: 'pong', transaction: 'a1' });
  assert.equal(failure(await client.ask({ janus: 'create', transaction: 'c' }))[0], 403);
  assert.ok((await client.echo({ apisecret: 's' })).handle_id);
  await client.close();
}));

test('an address that is not in the list is not served', () => withServer({ websockets: 'ws_acl = "192.0.2.";', http: 'acl = "192.0.2.";' }, async (closed) => {
  assert.equal(await opens(closed.ws, ['janus-protocol']), false);
  await assert.rejects(httpEcho(closed.api));
}));

test('wss connections stay open, idle or busy', () => withServer({ tls: true, general: 'session_timeout = 8;' }, async (secure) => {
  const options = { rejectUnauthorized: false };
  const [idle, busy] = await Promise.all(Array.from({ length: 2 }, () => Socket.open(secure.ws, ['janus-protocol'], options)));
  const chatter = setInterval(() => busy.send({ janus: 'ping', transaction: 'p' }), 500);
  const created = await idle.ask({ janus: 'create', transaction: 'c' });
  const ended = Promise.race([idle.closed, busy.closed]);
  const timeout = idle.next((m) => m.janus === 'timeout', 15); // longer than any deadline of a handshake
  const first = await Promise.race([timeout, ended]);
  clearInterval(chatter);
  assert.deepEqual(first, { janus: 'timeout', session_id: created.data.id });
  for (const socket of [idle, busy]) {
    assert.equal((await socket.ask({ janus: 'ping', transaction: 'last' })).janus, 'pong');
    await socket.close();
  }
}));
