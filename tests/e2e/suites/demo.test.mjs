/* The demo pages in Chromium, as a visitor uses them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openBrowser, openPage, statsOf } from '../lib/browser.mjs';
import { alive, checkNothingLeft, checkSilence } from '../lib/checks.mjs';
import { checkEcho } from '../lib/echo.mjs';
import { startProxy } from '../lib/proxy.mjs';
import { startServer } from '../lib/server.mjs';
import { growth, seconds, until } from '../lib/wait.mjs';

let server;
let browser;

before(async () => {
  server = await startServer({ general: 'reclaim_session_timeout = 20;' });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const echoPage = (address) => `http://127.0.0.1:${server.httpPort}/echo.html?server=${encodeURIComponent(address)}`;
const status = (page) => page.textContent('#status');
const chart = (page, key, way) => page.textContent(`[data-chart=${key}] .${way} dd`);
const fact = (page, key) => page.textContent(`[data-fact=${key}]`);

async function startCall(address = server.ws) {
  const page = await openPage(browser, echoPage(address));
  await page.click('#start');
  await checkEcho(page, 1);
  return page;
}

async function endCall(page) {
  assert.deepEqual(page.problems, []);
  assert.ok(await page.isHidden('#problem'), await page.textContent('#problem'));
  await page.click('#stop');
  await checkNothingLeft(server);
  await page.context().close();
}

/* Of the received picture, 0 to 255. */
const brightness = (page) => page.evaluate(() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 24 });
  const context = canvas.getContext('2d');
  context.drawImage(document.getElementById('remote'), 0, 0, 32, 24);
  const { data } = context.getImageData(0, 0, 32, 24);
  return data.reduce((total, value, i) => total + (i % 4 === 3 ? 0 : value), 0) / (32 * 24 * 3);
});

/* The problem shown, once there is one: title, advice and detail. */
async function shownProblem(page) {
  await page.waitForSelector('#problem:not([hidden])');
  return page.textContent('#problem');
}

describe('the echo page', () => {
  test('shows the echo, the measurements and the facts', async () => {
    const page = await startCall();
    await checkEcho(page);
    assert.match(await status(page), /^Connected/);
    await until('a bitrate', () => chart(page, 'bitrate', 'in'), (text) => /^\d+(\.\d+)? [kM]bit\/s$/.test(text));
    await until('a frame rate', () => chart(page, 'fps', 'in'), (text) => parseInt(text, 10) >= 7);
    await until('a round trip', () => chart(page, 'rtt', 'in'), (text) => /^[\d.]+ ms$/.test(text));
    assert.equal(await chart(page, 'size', 'in'), '320 × 240');
    assert.equal(await chart(page, 'loss', 'in'), '0.0 %');
    assert.match(await page.getAttribute('[data-chart=bitrate] path.in', 'd'), /^M[\d.]+ [\d.]+L/);
    assert.match(await fact(page, 'via'), /^WebSocket, ws:\/\/127\.0\.0\.1:/);
    assert.match(await fact(page, 'path'), /⇄ 127\.0\.0\.1:\d+ \(host\)$/);
    assert.match(await fact(page, 'srtp'), /AES/);
    assert.match(await fact(page, 'video'), /^VP8/);
    assert.match(await fact(page, 'audio'), /^opus/);
    await endCall(page);
  });

  test('works over HTTP long polls', async () => {
    const page = await startCall(server.api);
    await checkEcho(page, 2);
    await until('the facts', () => fact(page, 'via'), (text) => text.startsWith('HTTP long polls'));
    await endCall(page);
  });

  test('takes HTTP when WebSocket is not to be had', async () => {
    const page = await openPage(browser, `${echoPage('ws://127.0.0.1:9/')}&server=${encodeURIComponent(server.api)}`);
    await page.click('#start');
    await checkEcho(page, 1);
    assert.ok(page.problems.every((text) => text.includes('127.0.0.1:9')), page.problems.join('\n'));
    page.problems.length = 0;
    await endCall(page);
  });

  test('mutes the microphone and the camera', async () => {
    const page = await startCall();
    await page.click('#mic');
    assert.equal(await page.getAttribute('#mic', 'aria-pressed'), 'false');
    await checkSilence(page, ['audioEnergy'], 'microphone off');
    await page.click('#mic');
    await checkEcho(page, 1);
    assert.ok(await brightness(page) > 40);
    await page.click('#camera');
    await until('a black picture', () => brightness(page), (level) => level < 10);
    await page.click('#camera');
    await until('a picture again', () => brightness(page), (level) => level > 40);
    await endCall(page);
  });

  test('lets the server drop sound and picture', async () => {
    const page = await startCall();
    await page.click('#echo-audio');
    await page.click('#echo-video');
    await checkSilence(page, ['audioPacketsIn', 'videoBytesIn', 'framesDecoded'], 'echo off');
    await page.click('#echo-audio');
    await page.click('#echo-video');
    await checkEcho(page, 2);
    await endCall(page);
  });

  test('limits the bitrate', async () => {
    const page = await startCall();
    await seconds(3); // let the browser's own estimate rise first
    const before = await growth(() => statsOf(page), ['videoBytesIn'], 3);
    await page.selectOption('#bitrate', '64000');
    await seconds(3);
    const limited = await growth(() => statsOf(page), ['videoBytesIn'], 3);
    assert.ok(limited.videoBytesIn * 8 / 3 < 90000, `${limited.videoBytesIn * 8 / 3} bit/s with a limit of 64000`);
    assert.ok(limited.videoBytesIn < 0.7 * before.videoBytesIn, `${limited.videoBytesIn} after ${before.videoBytesIn} bytes`);
    await endCall(page);
  });

  test('restarts ICE', async () => {
    const page = await startCall();
    const before = await statsOf(page);
    await page.click('#restart');
    await until('new credentials', () => statsOf(page), (s) => s.localUfrag !== before.localUfrag && s.state === 'connected');
    await checkEcho(page, 2);
    await endCall(page);
  });

  test('starts again after hanging up', async () => {
    const page = await startCall();
    await page.click('#stop');
    assert.equal(await status(page), 'Ended');
    await checkNothingLeft(server);
    await page.click('#start');
    await checkEcho(page, 2);
    await endCall(page);
  });

  test('leaves nothing behind when the page goes away', async () => {
    const page = await startCall();
    await page.goto('about:blank');
    await checkNothingLeft(server);
    await page.context().close();
  });
});

describe('when something fails, the echo page', () => {
  test('claims its session over a new connection', async () => {
    const proxy = await startProxy(server.wsPort);
    const page = await startCall(proxy.ws);
    proxy.cut();
    await until('the loss is shown', () => status(page), (text) => /trying again/.test(text));
    await checkEcho(page, 1); // media does not need the connection
    proxy.mend();
    await until('the claim', () => status(page), (text) => /^Connected again/.test(text));
    await page.click('#echo-video'); // requests, and their events, work on the new one
    await checkSilence(page, ['framesDecoded'], 'echo off');
    page.problems.length = 0; // the browser reports each refused connection
    assert.equal(alive(server).sessions, 1);
    await endCall(page);
    await proxy.stop();
  });

  test('says that the server does not answer', async () => {
    const page = await openPage(browser, echoPage('ws://127.0.0.1:9/'));
    await page.click('#start');
    const text = await shownProblem(page);
    assert.match(text, /does not answer/);
    assert.match(text, /ws:\/\/127\.0\.0\.1:9\//);
    assert.ok(await page.isEnabled('#start'), 'one can try again');
    await page.context().close();
  });

  test('shows why the server refuses', async () => {
    const guarded = await startServer({ general: 'api_secret = "long-enough-for-a-test";' });
    try {
      const page = await openPage(browser, guarded.page('echo.html'));
      await page.click('#start');
      const text = await shownProblem(page);
      assert.match(text, /wants a secret/);
      assert.match(text, /403: Unauthorized request \(wrong or missing secret\/token\)/);
      await page.goto(`${guarded.page('echo.html')}&apisecret=long-enough-for-a-test`);
      await page.click('#start');
      await checkEcho(page, 1);
      await page.context().close();
    } finally {
      await guarded.stop();
    }
  });

  test('says that the camera is not allowed', async () => {
    const page = await openPage(browser, echoPage(server.ws));
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
    });
    await page.click('#start');
    assert.match(await shownProblem(page), /no permission/);
    await page.context().close();
  });

  test('says that the server has gone', async () => {
    const mortal = await startServer();
    const page = await openPage(browser, mortal.page('echo.html'));
    await page.click('#start');
    await checkEcho(page, 1);
    await mortal.stop();
    await page.waitForSelector('#problem:not([hidden])', { timeout: 30000 });
    assert.equal(await status(page), 'Ended');
    await page.context().close();
  });
});

describe('the pages', () => {
  test('the front page shows what the server is', async () => {
    const page = await openPage(browser, server.page('index.html'));
    await until('the facts', () => page.textContent('#server-facts'), (text) => /echotest/.test(text));
    assert.deepEqual(page.problems, []);
    await page.click('a.go');
    await page.waitForSelector('#start');
    assert.match(page.url(), /server=/, 'links keep the address of the server');
    await page.context().close();
  });

  test('fit a phone', async () => {
    for (const path of ['index.html', 'echo.html']) {
      const page = await openPage(browser, server.page(path), { viewport: { width: 360, height: 740 } });
      const { wide, width } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth, width: window.innerWidth,
      }));
      assert.ok(wide <= width, `${path} is ${wide} px wide`);
      await page.context().close();
    }
  });

  test('follow the system into the dark, and the button out of it', async () => {
    const page = await openPage(browser, server.page('echo.html'), { colorScheme: 'dark' });
    const theme = () => page.getAttribute('html', 'data-theme');
    assert.equal(await theme(), 'dark');
    await page.click('#theme');
    assert.equal(await theme(), 'light');
    await page.reload();
    assert.equal(await theme(), 'light', 'the choice is kept');
    await page.context().close();
  });

  test('name every control', async () => {
    const page = await openPage(browser, server.page('echo.html'));
    const nameless = await page.evaluate(() => [...document.querySelectorAll('button, select, video, a')]
      .filter((e) => !e.textContent.trim() && !e.getAttribute('aria-label') && !e.labels?.length)
      .map((e) => e.outerHTML));
    assert.deepEqual(nameless, []);
    assert.deepEqual(await page.evaluate(() => [...document.images].filter((i) => !i.hasAttribute('alt')).length), 0);
    await page.context().close();
  });
});
