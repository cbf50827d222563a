/* The Janus API over HTTP, request by request. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { http, httpEcho, post } from '../lib/api.mjs';
import { startServer, withServer } from '../lib/server.mjs';

let server;
let idlePolls; // the longest wait begins first, the other tests pass it
before(async () => {
  server = await startServer();
  const { url } = await httpEcho(server.api);
  const started = Date.now();
  const timed = async (address) => ({ ...await http(address), seconds: (Date.now() - started) / 1000 });
  idlePolls = Promise.all([timed(url), timed(`${url}?maxev=5`)]);
});
after(() => server?.stop());

const errorCode = (reply) => reply.error?.code;

test('info and ping', async () => {
  const info = await http(`${server.api}/info`);
  assert.equal(info.status, 200);
  assert.match(info.headers.get('content-type'), /^application\/json/);
  assert.equal(info.json.janus, 'server_info');
  assert.equal(info.json.name, 'Janus WebRTC Server');
  assert.ok(info.json.plugins['janus.plugin.echotest']);
  assert.ok(info.json.transports['janus.transport.http']);
  assert.equal((await http(`${server.api}/info`, { method: 'POST', body: '{}' })).status, 400);
  const ping = await http(`${server.api}/ping`);
  assert.equal(ping.json.janus, 'pong');
  assert.match(ping.json.transaction, /^\w{11}$/);
});

test('paths and methods that are none', async () => {
  for (const path of ['/nope', '/janus', '/janus/999']) {
    const reply = await http(`${server.origin}${path}`);
    assert.deepEqual([reply.status, path === '/nope' ? '' : reply.text], [404, ''], path);
  }
  const deleted = await http(server.api, { method: 'DELETE' });
  assert.deepEqual([deleted.status, deleted.json],
    [200, { janus: 'error', error: { code: 450, reason: 'Unsupported method DELETE' } }]);
});

test('bodies that are no request', async () => {
  const broken = await http(server.api, { method: 'POST', body: '{"janus":' });
  assert.equal(broken.status, 200);
  assert.equal(errorCode(broken.json), 454);
  assert.match(broken.json.error.reason, /^JSON error: on line/);
  assert.deepEqual((await post(server.api, '[1]')).error, { code: 455, reason: 'JSON error: not an object' });
  assert.deepEqual(await post(server.api, { transaction: 'a2' }),
    { janus: 'error', error: { code: 456, reason: 'Missing mandatory element (janus)' } });
});

test('create, attach, message, poll', async () => {
  const { session, handle, url, handleUrl } = await httpEcho(server.api);
  const ack = await post(handleUrl, { janus: 'message', body: { video: false }, transaction: 'c' });
  assert.equal(ack.janus, 'ack');
  const { json } = await http(`${url}?maxev=5`);
  assert.deepEqual(json, [{
    janus: 'event', session_id: session, transaction: 'c', sender: handle,
    plugindata: { plugin: 'janus.plugin.echotest', data: { echotest: 'event', result: 'ok' } },
  }]);
});

test('a poll waits for its event; without maxev it is one object', async () => {
  const { url, handleUrl } = await httpEcho(server.api);
  const poll = http(`${url}?rid=1`);
  await post(handleUrl, { janus: 'message', body: { audio: true }, transaction: 'late' });
  const { json } = await poll;
  assert.equal(json.transaction, 'late');
});

test('events queue up in order until polled, at most maxev at a time', async () => {
  const { url, handleUrl } = await httpEcho(server.api);
  for (const transaction of ['1', '2', '3']) {
    await post(handleUrl, { janus: 'message', body: { audio: true }, transaction });
  }
  const seen = [];
  while (seen.length < 3) {
    const { json } = await http(`${url}?maxev=2`);
    assert.ok(json.length <= 2);
    seen.push(...json.map((event) => event.transaction));
  }
  assert.deepEqual(seen, ['1', '2', '3']);
});

test('ids in path and body', async () => {
  const { session, handle, url } = await httpEcho(server.api);
  const moved = await http(`${url}/${handle}`);
  assert.deepEqual([moved.status, moved.headers.get('location')], [302, `/janus/${session}`]);
  const conflict = await http(url, { method: 'POST', body: { janus: 'keepalive', transaction: 'k', session_id: session + 1 } });
  assert.deepEqual([conflict.status, conflict.json.error],
    [200, { code: 457, reason: 'Conflicting session ID (payload and path)' }]);
  const inBody = await post(server.api, { janus: 'keepalive', transaction: 'k', session_id: session });
  assert.equal(inBody.janus, 'ack');
});

test('a farewell as a beacon sends it, text/plain', async () => {
  const { url } = await httpEcho(server.api);
  const reply = await post(url, JSON.stringify({ janus: 'destroy', transaction: 'd' }), { 'content-type': 'text/plain' });
  assert.equal(reply.janus, 'success');
  assert.equal((await http(url)).status, 404);
});

test('CORS preflight', async () => {
  const { status, headers } = await http(server.api, {
    method: 'OPTIONS',
    headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  });
  assert.equal(status, 200);
  assert.equal(headers.get('access-control-allow-origin'), '*');
  assert.equal(headers.get('access-control-max-age'), '86400');
  assert.equal(headers.get('access-control-allow-methods'), 'POST');
  assert.equal(headers.get('access-control-allow-headers'), 'content-type');
});

test('the API secret', () => withServer({ general: 'api_secret = "s3cret";' }, async (guarded) => {
  const apisecret = 's3cret';
  assert.equal((await post(guarded.api, { janus: 'ping', transaction: 'a1' })).janus, 'pong');
  assert.equal(errorCode(await post(guarded.api, { janus: 'create', transaction: 'c' })), 403);
  assert.equal(errorCode(await post(guarded.api, { janus: 'create', transaction: 'c', apisecret: 'x' })), 403);
  const { url, handleUrl } = await httpEcho(guarded.api, { apisecret });
  assert.deepEqual([(await http(url)).status, (await http(url)).text], [403, '']);
  assert.equal(errorCode(await post(handleUrl, { janus: 'message', body: {}, transaction: 'm' })), 403);
  await post(handleUrl, { janus: 'message', body: { audio: true }, transaction: 'm', apisecret });
  assert.equal((await http(`${url}?apisecret=${apisecret}`)).json.transaction, 'm');
}));

test('a silent session times out: the waiting poll hears it', () => withServer({ general: 'session_timeout = 3;' }, async (quick) => {
  const session = (await post(quick.api, { janus: 'create', transaction: 'c' })).data.id;
  const url = `${quick.api}/${session}`;
  const started = Date.now();
  // with a handle: its end must not take the poll's one event
  await post(url, { janus: 'attach', plugin: 'janus.plugin.echotest', transaction: 'a' });
  const { json } = await http(url);
  assert.deepEqual(json, { janus: 'timeout', session_id: session });
  const waited = (Date.now() - started) / 1000;
  assert.ok(waited > 2.5 && waited < 7, `after ${waited} s`);
  assert.equal((await http(url)).status, 404);
  await quick.waitForLog(/ended session=\d+ reason=timeout/);
}));

test('an idle poll ends after 30 s with a keepalive', async () => {
  const [one, many] = await idlePolls;
  assert.deepEqual(one.json, { janus: 'keepalive' });
  assert.deepEqual(many.json, [{ janus: 'keepalive' }]);
  for (const { seconds } of [one, many]) {
    assert.ok(seconds > 28 && seconds < 34, `after ${seconds} s`);
  }
});
