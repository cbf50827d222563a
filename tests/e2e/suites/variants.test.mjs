/* The same echo under other settings: of the server, of the browser, of the call. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, statsOf } from '../lib/browser.mjs';
import {
  BOTH, PICTURE, TONE, checkEcho, checkFrames, clientLog, closePage, lastAnswer, negotiate,
  openClient,
} from '../lib/echo.mjs';
import { startPages } from '../lib/pages.mjs';
import { withServer } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';

let browser;
let pages;
before(async () => {
  [browser, pages] = await Promise.all([openBrowser(), startPages()]);
});
after(async () => {
  await browser?.close();
  await pages?.stop();
});

async function call(options, body, { tracks = BOTH, message, transport = 'ws', ...client } = {}) {
  await withServer(options, async (server) => {
    const page = await openClient(client.browser ?? browser, pages.url, server[transport], client);
    await negotiate(page, tracks, message);
    await body(page, server);
    await closePage(page);
  });
}

for (const loops of [1, 2, 4]) {
  test(`echo with ${loops} media loop${loops > 1 ? 's' : ''}`,
    () => call({ loops }, (page) => checkEcho(page, 3)));
}

test('four calls at once on four loops', () => withServer({ loops: 4 }, async (server) => {
  const page = await openClient(browser, pages.url, server.ws);
  await page.evaluate(async (ws) => {
    window.clients = [];
    for (let i = 0; i < 4; i += 1) {
      const client = window.newClient();
      await client.open({ server: ws });
      await client.negotiate([{ type: 'audio', capture: 'tone', recv: true }], { audio: true });
      window.clients.push(client);
    }
  }, server.ws);
  await until('sound in every call', () => page.evaluate(() => Promise.all(window.clients.map(async (client) => {
    const stats = [...(await client.handle.webrtcStuff.pc.getStats()).values()];
    return stats.find((s) => s.type === 'inbound-rtp')?.packetsReceived ?? 0;
  }))), (packets) => packets.every((n) => n > 50));
  const used = new Set([...server.log().matchAll(/started handle=\d+ loop=(\d+)/g)].map((m) => m[1]));
  assert.ok(used.size >= 2, `loops used: ${[...used]}`);
  await closePage(page);
}));

test('addresses hidden behind mDNS names', () => call({}, async (page) => {
  const hosts = await until('host candidates', async () => {
    const sdp = await page.evaluate(() => window.testing.pc().localDescription.sdp);
    return sdp.match(/a=candidate:.* typ host.*/g);
  });
  assert.ok(hosts.every((line) => / [-0-9a-f]+\.local /.test(line)), hosts.join('\n'));
  await checkEcho(page, 3);
}, { tracks: [TONE, PICTURE], context: { permissions: [] } }));

test('addresses in plain sight, mDNS off', async () => {
  const plain = await openBrowser({ mdns: false });
  try {
    await call({}, async (page) => {
      await checkEcho(page, 3);
      const sdp = await page.evaluate(() => window.testing.pc().localDescription.sdp);
      assert.doesNotMatch(sdp, /\.local /);
      assert.match(sdp, /a=candidate:.* typ host/);
    }, { browser: plain, tracks: [TONE, PICTURE], context: { permissions: [] } });
  } finally {
    await plain.close();
  }
});

for (const transport of ['ws', 'api']) {
  test(`full trickle over ${transport === 'ws' ? 'WebSocket' : 'HTTP'}`,
    () => call({ nat: 'full_trickle = true;' }, async (page) => {
      await checkEcho(page, 2);
      assert.doesNotMatch(await lastAnswer(page), /a=candidate/);
    }, { transport }));
}

test('the server is ICE lite', () => call({ nat: 'ice_lite = true;' }, async (page) => {
  assert.match(await lastAnswer(page), /a=ice-lite\r\n/);
  await checkEcho(page, 2);
}));

test('hidden addresses and ICE lite together', () => call({ nat: 'ice_lite = true;' },
  (page) => checkEcho(page, 1), { tracks: [TONE, PICTURE], context: { permissions: [] } }));

for (const codec of ['vp8', 'vp9', 'h264', 'av1']) {
  test(`picture in ${codec}`, async (t) => {
    const page = await openClientless();
    const offered = await page.evaluate(() => RTCRtpSender.getCapabilities('video').codecs.map((c) => c.mimeType.toLowerCase()));
    await page.context().close();
    if (!offered.includes(`video/${codec}`)) {
      t.skip(`this Chromium does not send ${codec}`);
      return;
    }
    await call({}, async (called) => {
      await checkFrames(called, 15);
      assert.equal((await statsOf(called)).videoCodec.toLowerCase(), `video/${codec}`);
    }, { message: { audio: true, video: true, videocodec: codec } });
  });
}

async function openClientless() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${pages.url}blank`);
  return page;
}

test('a codec that is not offered: no picture, the sound works', () => call({}, async (page) => {
  assert.match(await lastAnswer(page), /\r\nm=video 0 /);
  await until('sound', () => statsOf(page), (s) => s.audioPacketsIn > 50 && s.framesDecoded === 0);
}, { message: { audio: true, video: true, videocodec: 'h265', videoprofile: 'none-such' } }));

for (const transport of ['ws', 'api']) {
  test(`TLS: ${transport === 'ws' ? 'wss' : 'https'} with a self-signed certificate`,
    () => call({ tls: true }, (page) => checkEcho(page, 2),
      { transport, context: { ignoreHTTPSErrors: true } }));
}

test('with an API secret', () => call({ general: 'api_secret = "open sesame";' },
  (page) => checkEcho(page, 1), { apisecret: 'open sesame' }));

test('without the API secret nothing opens', () => withServer({ general: 'api_secret = "open sesame";' }, async (server) => {
  await assert.rejects(openClient(browser, pages.url, server.ws, { apisecret: 'guess' }), /Unauthorized/i);
}));

test('a call outlives the loss of its WebSocket while it can be claimed',
  () => call({ general: 'reclaim_session_timeout = 10;' }, async (page, server) => {
    await checkEcho(page, 1);
    const mark = server.log().length;
    const reconnected = await page.evaluate(() => new Promise((done) => {
      const { janus } = window.client;
      janus.reconnect({ success: () => done('claimed'), error: (why) => done(String(why)) });
    }));
    assert.equal(reconnected, 'claimed');
    await server.waitForLog(/claimed session=\d+/, { after: mark });
    await checkEcho(page, 1);
    assert.deepEqual((await clientLog(page)).filter((line) => line.startsWith('down')), []);
  }));
