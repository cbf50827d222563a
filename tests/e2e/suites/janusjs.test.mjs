/* janus.js, as npm delivers it, in Chromium: one EchoTest call and everything one does with it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { http } from '../lib/api.mjs';
import { openBrowser, statsOf } from '../lib/browser.mjs';
import {
  AUDIO, BOTH, PICTURE, VIDEO, ask, checkEcho, checkFrames, clientLog, closePage, lastAnswer,
  negotiate, offer, openClient,
} from '../lib/echo.mjs';
import { startPages } from '../lib/pages.mjs';
import { withServer } from '../lib/server.mjs';
import { growth, seconds, until } from '../lib/wait.mjs';

let browser;
let pages;
before(async () => {
  [browser, pages] = await Promise.all([openBrowser(), startPages()]);
});
after(async () => {
  await browser?.close();
  await pages?.stop();
});

/* A call that is up: body(page, server). */
const inCall = (body, tracks = BOTH) => () => withServer({}, async (server) => {
  const page = await openClient(browser, pages.url, server.ws);
  await negotiate(page, tracks);
  await until('webrtcup', () => clientLog(page), (log) => log.includes('up'));
  await body(page, server);
  await closePage(page);
});

for (const transport of ['ws', 'api']) {
  const name = transport === 'ws' ? 'WebSocket' : 'HTTP';
  test(`sound and picture for 5 s over ${name}`, () => withServer({}, async (server) => {
    const page = await openClient(browser, pages.url, server[transport]);
    await negotiate(page, BOTH);
    await checkEcho(page);
    const log = await clientLog(page);
    assert.equal(log[0], 'up', `webrtcup comes before media: ${log}`);
    assert.ok(log.includes('media audio 0 true') && log.includes('media video 1 true'), `${log}`);
    const { dtls, srtp } = await statsOf(page);
    assert.equal(dtls, 'connected');
    assert.match(srtp, /GCM/, 'we choose the profile (decisions/0003)');
    await closePage(page);
  }));
}

test('the answer has what the specification says', inCall(async (page) => {
  const sdp = await lastAnswer(page);
  const lines = sdp.split('\r\n');
  const media = sdp.split('\r\nm=').slice(1);
  assert.equal(media.length, 2);
  assert.ok(lines.includes('a=group:BUNDLE 0 1'), sdp);
  assert.equal(new Set(lines.filter((l) => l.startsWith('a=ice-ufrag:'))).size, 1);
  for (const section of media) {
    assert.match(section, /\r\na=setup:passive\r\n/);
    assert.match(section, /\r\na=sendrecv\r\n/);
    assert.match(section, /\r\na=candidate:.* udp .* 127\.0\.0\.1 \d+ typ host\r\na=end-of-candidates/);
  }
  assert.equal((media[0].match(/a=rtpmap:/g) ?? []).length, 1, 'one audio codec');
  assert.match(media[0], /a=rtpmap:\d+ opus\/48000\/2/);
  assert.match(media[1], /a=rtpmap:\d+ VP8\/90000/);
}));

test('a data channel beside sound and picture does not disturb them', () => withServer({}, async (server) => {
  const page = await openClient(browser, pages.url, server.ws);
  await negotiate(page, [...BOTH, { type: 'data' }]);
  assert.match(await lastAnswer(page), /\r\nm=application /);
  await checkEcho(page, 2);
  await page.context().close();
}));

test('audio false stops the sound, true brings it back', inCall(async (page) => {
  await checkEcho(page, 1);
  await ask(page, { audio: false });
  await seconds(0.3); // what is under way already
  const muted = await growth(() => statsOf(page), ['audioPacketsIn', 'framesDecoded'], 2);
  assert.equal(muted.audioPacketsIn, 0);
  assert.ok(muted.framesDecoded > 5, 'the picture goes on');
  await ask(page, { audio: true });
  await checkEcho(page, 1);
}));

test('video false stops the picture, true brings it back', inCall(async (page) => {
  await checkEcho(page, 1);
  await ask(page, { video: false });
  await seconds(0.3);
  const muted = await growth(() => statsOf(page), ['videoBytesIn', 'audioPacketsIn'], 2);
  assert.equal(muted.videoBytesIn, 0);
  assert.ok(muted.audioPacketsIn > 50, 'the sound goes on');
  await ask(page, { video: true });
  await checkFrames(page);
}));

test('a bitrate limit holds, and can be lifted', inCall(async (page) => {
  await checkEcho(page, 1);
  const bits = async (period) => 8 * (await growth(() => statsOf(page), ['videoBytesIn'], period)).videoBytesIn / period;
  await until('more than 150 kbit/s without a limit', () => bits(1), (b) => b > 150000, 25);
  await ask(page, { bitrate: 60000 });
  await until('less than 100 kbit/s', () => bits(1), (b) => b < 100000);
  await ask(page, { bitrate: 0 });
  await until('more than 150 kbit/s again', () => bits(1), (b) => b > 150000, 25);
}));

test('a request with nothing in it is an error', inCall(async (page) => {
  const result = await page.evaluate(() => window.client.ask({}));
  assert.equal(result.error_code, 413);
  await checkEcho(page, 1);
}));

test('renegotiation: a second picture comes and goes, the first stays', inCall(async (page) => {
  await checkEcho(page, 1);
  await negotiate(page, [{ ...PICTURE, add: true }]);
  assert.match(await lastAnswer(page), /a=group:BUNDLE 0 1 2\r\n/);
  await until('frames of both', () => statsOf(page),
    ({ framesByMid }) => framesByMid[1] > 15 && framesByMid[2] > 15);
  await negotiate(page, [{ type: 'video', mid: '2', remove: true }]);
  const { framesByMid } = await statsOf(page);
  await until('more frames of the first', () => statsOf(page), (s) => s.framesByMid[1] > framesByMid[1] + 15);
}));

test('renegotiation: from sound alone to sound and picture', inCall(async (page) => {
  await until('sound', () => statsOf(page), (s) => s.audioPacketsIn > 20);
  await negotiate(page, [{ ...VIDEO, add: true }]);
  await checkEcho(page, 1);
  await until('the media event', () => clientLog(page), (log) => log.includes('media video 1 true'));
}, [AUDIO]));

test('another track in place of the camera', inCall(async (page) => {
  await checkEcho(page, 1);
  await page.evaluate((tracks) => window.client.replace(tracks), [{ ...PICTURE, mid: '1' }]);
  await checkFrames(page, 20);
}));

test('ICE restart: new credentials, the call goes on', inCall(async (page) => {
  await checkEcho(page, 1);
  const ufrags = async () => [await offer(page), await lastAnswer(page)].map((sdp) => /a=ice-ufrag:(.+)\r/.exec(sdp)[1]);
  const before = await ufrags();
  await negotiate(page, [], { audio: true, video: true }, { iceRestart: true });
  const now = await ufrags();
  assert.notEqual(now[0], before[0]);
  assert.notEqual(now[1], before[1]);
  await until('the new pair', () => statsOf(page), (s) => s.localUfrag === now[0] && s.state === 'connected');
  await checkEcho(page, 2);
  assert.equal((await clientLog(page)).filter((line) => line === 'up').length, 1);
}));

test('hangup, then a new call on the same handle with default settings', inCall(async (page) => {
  await checkEcho(page, 1);
  await ask(page, { audio: false });
  await page.evaluate(() => window.client.hangup());
  await until('the end', () => clientLog(page), (log) => log.includes('done') && log.includes('cleanup'));
  await negotiate(page, BOTH, { video: true });
  await checkEcho(page, 1);
}));

for (const transport of ['ws', 'api']) {
  test(`closing the page ends its session (${transport})`, () => withServer({}, async (server) => {
    const page = await openClient(browser, pages.url, server[transport]);
    await negotiate(page, BOTH);
    await checkEcho(page, 1);
    await page.close({ runBeforeUnload: true });
    await server.waitForLog(/detached session=\d+ handle=\d+/);
    await server.waitForLog(/ended session=\d+ reason=destroyed/);
    const info = await http(`${server.api}/info`);
    assert.equal(info.json.janus, 'server_info');
    await page.context().close();
  }));
}

test('losing the page without a farewell ends its session', () => withServer({}, async (server) => {
  const page = await openClient(browser, pages.url, server.ws);
  await negotiate(page, BOTH);
  await checkEcho(page, 1);
  await page.context().close();
  await server.waitForLog(/ended session=\d+/);
}));
