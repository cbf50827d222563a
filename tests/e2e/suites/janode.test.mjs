/* janode, the server-side client, from Node: without media, and with those of a browser. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import Janode from 'janode';
import EchoTestPlugin from 'janode/plugins/echotest';
import { openBrowser, openPage, statsOf } from '../lib/browser.mjs';
import { checkEcho } from '../lib/echo.mjs';
import { startPages } from '../lib/pages.mjs';
import { withServer } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';

Janode.Logger.setLevel('none');
const OFFER = await readFile(new URL('../pages/offer.sdp', import.meta.url), 'utf8');

async function withHandle(server, apisecret, body) {
  const connection = await Janode.connect({
    is_admin: false,
    address: { url: server.ws, ...(apisecret && { apisecret }) },
  });
  try {
    const session = await connection.create();
    const handle = await session.attach(EchoTestPlugin);
    await body({ connection, session, handle });
  } finally {
    await connection.close();
  }
}

const happens = (emitter, event) => new Promise((done) => { emitter.once(event, done); });

test('info, offer, answer, settings, hangup, detach, destroy',
  () => withServer({ general: 'api_secret = "s";' }, (server) => withHandle(server, 's', async ({ connection, session, handle }) => {
    const info = await connection.getInfo();
    assert.equal(info.name, 'Janus WebRTC Server');
    const result = await handle.start({ audio: true, video: true, jsep: { type: 'offer', sdp: OFFER } });
    assert.equal(result.result, 'ok');
    assert.equal(result.jsep.type, 'answer');
    assert.match(result.jsep.sdp, /^v=0\r\n[^]*m=audio [1-9][^]*m=video [1-9]/);
    await handle.trickle({ sdpMid: '0', sdpMLineIndex: 0, candidate: 'candidate:1 1 udp 2122260223 127.0.0.1 9 typ host' });
    await handle.trickleComplete();
    const ended = happens(handle, Janode.EVENT.HANDLE_HANGUP);
    await handle.hangup();
    await ended;
    const detached = happens(handle, Janode.EVENT.HANDLE_DETACHED);
    await handle.detach();
    await detached;
    await session.destroy();
    await server.waitForLog(/ended session=\d+ reason=destroyed/);
  })));

test('a wrong secret and a wrong setting are errors', () => withServer({ general: 'api_secret = "s";' }, async (server) => {
  await assert.rejects(withHandle(server, 'guess', () => assert.fail('attached')), /403|[Uu]nauthorized/);
  await withHandle(server, 's', async ({ handle }) => {
    await assert.rejects(handle.start({ audio: true, bitrate: -1, jsep: { type: 'offer', sdp: OFFER } }));
  });
}));

test('a browser whose signalling goes through janode sees and hears itself', () => withServer({}, async (server) => {
  const [browser, pages] = await Promise.all([openBrowser(), startPages()]);
  try {
    const page = await openPage(browser, `${pages.url}blank`);
    const offer = await page.evaluate(async () => {
      const { pictureTrack, toneTrack } = await import('/sources.js');
      const pc = new RTCPeerConnection();
      pc.ontrack = ({ track }) => {
        const element = document.createElement(track.kind);
        Object.assign(element, { autoplay: true, muted: track.kind === 'video', srcObject: new MediaStream([track]) });
        document.body.append(element);
      };
      pc.addTrack(toneTrack());
      pc.addTrack(pictureTrack());
      await pc.setLocalDescription();
      await new Promise((done) => {
        pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done();
      });
      return pc.localDescription.toJSON();
    });
    await withHandle(server, undefined, async ({ handle }) => {
      const up = happens(handle, Janode.EVENT.HANDLE_WEBRTCUP);
      const { jsep } = await handle.start({ audio: true, video: true, jsep: { ...offer, trickle: false } });
      await page.evaluate((answer) => window.testing.pc().setRemoteDescription(answer), { type: jsep.type, sdp: jsep.sdp });
      await up;
      await checkEcho(page, 3);
      await handle.hangup();
      await until('the end of the connection', () => statsOf(page), (s) => s.dtls !== 'connected');
    });
    await page.context().close();
  } finally {
    await browser.close();
    await pages.stop();
  }
}));
