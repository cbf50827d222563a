/* The demo pages, as the server itself delivers them. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser, openPage, statsOf } from '../lib/browser.mjs';
import { checkEcho, checkFrames, closePage } from '../lib/echo.mjs';
import { ROOT, withServer } from '../lib/server.mjs';
import { growth, until } from '../lib/wait.mjs';

const skip = !existsSync(join(ROOT, 'demos/echo.html')) && 'demos/echo.html does not exist yet';
let browser;
before(async () => { browser = skip ? undefined : await openBrowser(); });
after(() => browser?.close());

/* The echo page in a call: body(page, server). */
const onEchoPage = (body, options = {}) => () => withServer(options, async (server) => {
  const page = await openPage(browser, server.page('echo.html'), { ignoreHTTPSErrors: options.tls });
  await page.click('#start');
  await page.waitForSelector('body[data-state="live"]');
  await body(page, server);
  await closePage(page);
});
const isPressed = (page, id) => page.getAttribute(id, 'aria-pressed');

test('the first page shows the server', { skip }, () => withServer({}, async (server) => {
  const page = await openPage(browser, server.page('index.html'));
  await until('facts of the server', () => page.textContent('#server-facts'), (text) => text.trim() !== '');
  await closePage(page);
}));

test('echo: 5 s of picture and sound, measurements, hanging up', { skip }, onEchoPage(async (page, server) => {
  await checkEcho(page);
  await until('the cipher', () => page.textContent('[data-fact="srtp"]'), (text) => /AES/.test(text));
  assert.match(await page.textContent('[data-fact="via"]'), /WebSocket/);
  await page.click('#stop');
  await page.waitForSelector('body[data-state="idle"]');
  assert.equal(await page.isHidden('#problem'), true);
  await server.waitForLog(/ended session=\d+ reason=destroyed/);
}));

test('echo: sound and picture off and on at the server', { skip }, onEchoPage(async (page) => {
  await checkEcho(page, 1);
  await page.click('#echo-audio');
  await until('silence', () => growth(() => statsOf(page), ['audioPacketsIn'], 0.5), (g) => g.audioPacketsIn === 0);
  assert.equal(await isPressed(page, '#echo-audio'), 'false');
  await page.click('#echo-audio');
  await until('sound', () => growth(() => statsOf(page), ['audioPacketsIn'], 0.5), (g) => g.audioPacketsIn > 15);
  await page.click('#echo-video');
  await until('no picture', () => growth(() => statsOf(page), ['videoBytesIn'], 0.5), (g) => g.videoBytesIn === 0);
  await page.click('#echo-video');
  await checkFrames(page);
}));

test('echo: ICE restart', { skip }, onEchoPage(async (page) => {
  await checkEcho(page, 1);
  const { localUfrag } = await statsOf(page);
  await page.click('#restart');
  await until('new credentials', () => statsOf(page), (s) => s.localUfrag !== localUfrag);
  await checkEcho(page, 1);
}));

test('echo: leaving the page ends the session', { skip }, onEchoPage(async (page, server) => {
  await checkEcho(page, 1);
  await page.goto('about:blank');
  await server.waitForLog(/ended session=\d+ reason=destroyed/);
}));

test('echo over https and wss', { skip }, onEchoPage((page) => checkEcho(page, 2), { tls: true }));

test('echo over HTTP when there is no WebSocket', { skip }, () => withServer({}, async (server) => {
  const page = await openPage(browser, `${server.origin}/echo.html?server=${server.api}`);
  await page.click('#start');
  await page.waitForSelector('body[data-state="live"]');
  await checkEcho(page, 2);
  assert.match(await page.textContent('[data-fact="via"]'), /HTTP/);
  await closePage(page);
}));

test('the page says plainly that no server answers', { skip }, () => withServer({}, async (server) => {
  const page = await openPage(browser, `${server.origin}/echo.html?server=ws://127.0.0.1:9/`);
  await page.click('#start');
  await page.waitForSelector('#problem:not([hidden])');
  assert.match(await page.textContent('#problem-detail'), /127\.0\.0\.1:9/);
  await page.context().close();
}));

test('the server ends during a call: the page says so', { skip }, () => withServer({}, async (server) => {
  const page = await openPage(browser, server.page('echo.html'));
  await page.click('#start');
  await page.waitForSelector('body[data-state="live"]');
  await checkEcho(page, 1);
  await server.stop();
  await page.waitForSelector('#problem:not([hidden]), #status:has-text("lost")', { timeout: 15000 });
  await page.context().close();
}));
