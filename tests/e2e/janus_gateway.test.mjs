/* The unmodified npm client janus-gateway in Chromium, over WebSocket and over HTTP. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openBrowser, openPage, statsOf } from './lib/browser.mjs';
import { checkEcho, checkNothingLeft, checkSilence } from './lib/checks.mjs';
import { startServer } from './lib/server.mjs';
import { serveFolder } from './lib/static.mjs';
import { until } from './lib/wait.mjs';

let server;
let pages;
let browser;

before(async () => {
  server = await startServer();
  pages = await serveFolder();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await pages?.stop();
  await server?.stop();
});

/* Opens the test page with a session and a handle, runs `act`, and looks for leftovers. */
async function withJanus(address, act, { closes = true, permissions } = {}) {
  const page = await openPage(browser, pages.url('pages/janus.html'), permissions && { permissions });
  try {
    await page.waitForFunction(() => window.janusPage);
    await page.evaluate((url) => window.janusPage.open(url), address);
    await act(page);
    assert.deepEqual(page.problems, []);
    if (closes) {
      await page.evaluate(() => window.janusPage.destroy());
    }
  } finally {
    await page.context().close();
  }
  await checkNothingLeft(server);
}

const offer = (page, kinds, options) => page.evaluate(([k, o]) => window.janusPage.offer(k, o), [kinds, options]);
const send = (page, body) => page.evaluate((b) => window.janusPage.send(b), body);

for (const [name, address] of [['WebSocket', () => server.ws], ['HTTP', () => server.api]]) {
  describe(`janus-gateway over ${name}`, () => {
    test('echoes sound and picture', () => withJanus(address(), async (page) => {
      assert.equal((await offer(page, ['audio', 'video'])).result, 'ok');
      const stats = await checkEcho(page);
      assert.equal(stats.dtls, 'connected');
      const { log } = await page.evaluate(() => ({ log: window.janusPage.log }));
      assert.deepEqual(log.webrtcStates, [true]);
      for (const medium of ['audio', 'video']) {
        assert.ok(log.media.some((m) => m.medium === medium && m.receiving), `media event for ${medium}`);
      }
    }));

    test('restarts ICE', () => withJanus(address(), async (page) => {
      await offer(page, ['audio', 'video']);
      const before = await checkEcho(page, { period: 1 });
      await offer(page, [], { iceRestart: true, body: {} });
      const changed = await until('a new pair', () => statsOf(page),
        (s) => s.localUfrag !== before.localUfrag
          && s.remoteCandidate?.usernameFragment !== before.remoteCandidate.usernameFragment);
      assert.equal(changed.state, 'connected');
      await checkEcho(page, { period: 2 });
      assert.deepEqual(await page.evaluate(() => window.janusPage.log.webrtcStates), [true]);
    }));

    test('leaves nothing behind when the page is closed', () => withJanus(address(), async (page) => {
      await offer(page, ['audio', 'video']);
      await checkEcho(page, { period: 1 });
      assert.deepEqual(server.alive(), { sessions: 1, handles: 1, peers: 1 });
      await page.close({ runBeforeUnload: true });
    }, { closes: false }));
  });
}

describe('janus-gateway', () => {
  test('mutes here and at the server', () => withJanus(server.ws, async (page) => {
    await offer(page, ['audio', 'video']);
    await checkEcho(page, { period: 1 });
    await page.evaluate(() => window.janusPage.muteAudio());
    await checkSilence(page, ['audioEnergy'], 'muted here');
    await page.evaluate(() => window.janusPage.unmuteAudio());
    await checkEcho(page, { period: 1, video: false });
    assert.equal((await send(page, { audio: false, video: false })).result, 'ok');
    await checkSilence(page, ['framesDecoded', 'videoBytesIn', 'audioPacketsIn'], 'muted at the server');
    await send(page, { audio: true, video: true });
    await checkEcho(page, { period: 2 });
  }));

  test('adds, removes and adds video again', () => withJanus(server.ws, async (page) => {
    await offer(page, ['audio']);
    const early = await checkEcho(page, { period: 1, video: false });
    assert.equal(early.framesDecoded, 0);
    await offer(page, ['video']);
    await checkEcho(page, { period: 2 });
    await page.evaluate(() => window.janusPage.remove('video'));
    await checkSilence(page, ['videoBytesIn'], 'video removed');
    await checkEcho(page, { period: 1, video: false });
    await offer(page, ['video']);
    const before = await statsOf(page);
    await until('frames again', () => statsOf(page), (s) => s.framesDecoded > before.framesDecoded + 20);
  }));

  test('hangs up and calls again on the same handle', () => withJanus(server.ws, async (page) => {
    await offer(page, ['audio', 'video']);
    await checkEcho(page, { period: 1 });
    await page.evaluate(() => window.janusPage.hangup());
    await until('no PeerConnection', () => server.alive().peers, (n) => n === 0);
    assert.equal(server.alive().handles, 1);
    await until('done', () => page.evaluate(() => window.janusPage.log.results.at(-1)), (m) => m.result === 'done');
    await offer(page, ['audio', 'video']);
    await checkEcho(page, { period: 2 });
  }));

  test('is told why a request is refused', () => withJanus(server.ws, async (page) => {
    const refused = await send(page, { substream: 3 });
    assert.equal(refused.error_code, 413);
    assert.equal(typeof refused.error, 'string');
    assert.equal((await send(page, { audio: true })).result, 'ok');
  }));

  test('keeps two clients apart', async () => {
    const [one, two] = await Promise.all([0, 1].map(() => openPage(browser, pages.url('pages/janus.html'))));
    for (const page of [one, two]) {
      await page.waitForFunction(() => window.janusPage);
      await page.evaluate((url) => window.janusPage.open(url), server.ws);
      await offer(page, ['audio', 'video']);
    }
    await Promise.all([one, two].map((page) => checkEcho(page, { period: 2 })));
    await one.context().close();
    await checkEcho(two, { period: 2 });
    await two.context().close();
    await checkNothingLeft(server);
  });
});

describe('candidates', () => {
  /* Without camera permission Chromium offers .local names only: nothing the server could reach. */
  test('with mDNS names only, the server learns the address from the checks', () => withJanus(server.ws, async (page) => {
    await offer(page, ['audio', 'video'], { synthetic: true });
    await checkEcho(page, { period: 5 });
    const { offer: sdp } = await page.evaluate(() => window.janusPage.sdp);
    const hosts = sdp.match(/^a=candidate:.* typ host.*$/gm) ?? [];
    assert.ok(hosts.length > 0, 'there are candidates');
    assert.ok(hosts.every((line) => / [0-9a-f-]+\.local /.test(line)), hosts.join('\n'));
  }, { permissions: [] }));

  test('with plain addresses', async () => {
    const hiding = browser;
    browser = await openBrowser({ mdns: false });
    try {
      await withJanus(server.ws, async (page) => {
        await offer(page, ['audio', 'video'], { synthetic: true });
        await checkEcho(page, { period: 5 });
        const { offer: sdp, answer } = await page.evaluate(() => window.janusPage.sdp);
        assert.doesNotMatch(sdp, /\.local /);
        const served = answer.match(/^a=candidate:.*$/gm);
        assert.ok(served.every((line) => / 127\.0\.0\.1 \d+ typ host/.test(line)), served.join('\n'));
      }, { permissions: [] });
    } finally {
      await browser.close();
      browser = hiding;
    }
  });
});
