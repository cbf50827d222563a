/* The unmodified npm client janode, in Node; the media is a browser's, its signalling goes through
 * janode as in a real back end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Janode from 'janode';
import EchoTest from 'janode/plugins/echotest';
import { openBrowser, openPage } from '../lib/browser.mjs';
import { alive, checkNothingLeft, checkSilence } from '../lib/checks.mjs';
import { checkEcho } from '../lib/echo.mjs';
import { startPages } from '../lib/pages.mjs';
import { startServer } from '../lib/server.mjs';

const PEER = fileURLToPath(new URL('../pages/peer.js', import.meta.url));

let server;
let pages;
let browser;

before(async () => {
  Janode.Logger.setLevel('none');
  server = await startServer();
  pages = await startPages();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await pages?.stop();
  await server?.stop();
});

async function openEcho() {
  const connection = await Janode.connect({ address: { url: server.ws }, max_retries: 1 });
  const session = await connection.create();
  const echo = await session.attach(EchoTest);
  return { connection, session, echo };
}

async function openPeer() {
  const page = await openPage(browser, `${pages.url}blank`);
  await page.addScriptTag({ path: PEER });
  return page;
}

describe('janode', () => {
  test('reads the server’s info', async () => {
    const connection = await Janode.connect({ address: { url: server.ws } });
    const info = await connection.getInfo();
    assert.equal(info.janus, 'server_info');
    assert.ok(info.plugins['janus.plugin.echotest']);
    await connection.close();
  });

  test('runs an echo, with all candidates in the offer', async () => {
    const { connection, session, echo } = await openEcho();
    const page = await openPeer();
    const up = once(echo, Janode.EVENT.HANDLE_WEBRTCUP);
    const offer = await page.evaluate(() => window.peer.offer());
    const { jsep, result } = await echo.start({ audio: true, video: true, jsep: { ...offer, trickle: false } });
    assert.equal(result, 'ok');
    assert.equal(jsep.type, 'answer');
    await page.evaluate((answer) => window.peer.answer(answer), jsep);
    await up;
    await checkEcho(page);
    await session.destroy();
    await connection.close();
    await page.context().close();
    await checkNothingLeft(server);
  });

  test('trickles, changes settings and hangs up', async () => {
    const { connection, session, echo } = await openEcho();
    const page = await openPeer();
    const offer = await page.evaluate(() => window.peer.offer({ trickle: true }));
    assert.doesNotMatch(offer.sdp, /^a=candidate/m);
    const { jsep } = await echo.start({ audio: true, video: true, jsep: offer });
    await page.evaluate((answer) => window.peer.answer(answer), jsep);
    for (const candidate of await page.evaluate(() => window.peer.candidates)) {
      await echo.trickle(candidate);
    }
    await echo.trickleComplete();
    await checkEcho(page, 2);

    await echo.message({ video: false });
    await checkSilence(page, ['framesDecoded', 'videoBytesIn'], 'video off');

    const hungUp = once(echo, Janode.EVENT.HANDLE_HANGUP);
    await echo.hangup();
    const [{ reason }] = await hungUp;
    assert.equal(reason, 'Janus API');
    await echo.detach();
    await session.destroy();
    await connection.close();
    await page.context().close();
    await checkNothingLeft(server);
  });

  test('a lost connection ends the session', async () => {
    const { connection } = await openEcho();
    assert.equal(alive(server).sessions, 1);
    await connection.close();
    await checkNothingLeft(server);
  });

  test('is refused what does not exist', async () => {
    const connection = await Janode.connect({ address: { url: server.ws } });
    const session = await connection.create();
    await assert.rejects(session.attach({ id: 'janus.plugin.nope' }), /460 No such plugin 'janus\.plugin\.nope'/);
    const echo = await session.attach(EchoTest);
    await assert.rejects(echo.message({ audio: true }, { type: 'offer', sdp: 'hello' }), /465 Invalid SDP/);
    await session.destroy();
    await connection.close();
    await checkNothingLeft(server);
  });
});
