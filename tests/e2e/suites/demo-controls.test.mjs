/* The echo page's controls, and how the pages look: what demo.test.mjs does not touch. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, openPage, statsOf } from '../lib/browser.mjs';
import { checkEcho, closePage } from '../lib/echo.mjs';
import { withServer } from '../lib/server.mjs';
import { growth, seconds, until } from '../lib/wait.mjs';

const PHONE = { viewport: { width: 360, height: 740 } };
const SILENCE = 0.0005; // its energy is not quite zero

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());

/* The echo page in a call: body(page, server). */
const onEchoPage = (body) => () => withServer({}, async (server) => {
  const page = await openPage(browser, server.page('echo.html'));
  await page.click('#start');
  await checkEcho(page, 1);
  await body(page, server);
  await closePage(page);
});

/* A page that is only looked at. */
const onPage = (path, body, context) => () => withServer({}, async (server) => {
  const page = await openPage(browser, server.page(path), context);
  await body(page);
  await closePage(page);
});

/* Of the received picture, 0 to 255. */
const brightness = (page) => page.evaluate(() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 24 });
  const context = canvas.getContext('2d');
  context.drawImage(document.getElementById('remote'), 0, 0, 32, 24);
  const { data } = context.getImageData(0, 0, 32, 24);
  return data.reduce((total, value, i) => total + (i % 4 === 3 ? 0 : value), 0) / (32 * 24 * 3);
});

const chart = (page, key, way) => page.textContent(`[data-chart=${key}] .${way} dd`);

test('the microphone off: silence comes back', onEchoPage(async (page) => {
  await page.click('#mic');
  assert.equal(await page.getAttribute('#mic', 'aria-pressed'), 'false');
  await until('silence', () => growth(() => statsOf(page), ['audioEnergy'], 2), (g) => g.audioEnergy < SILENCE);
  await page.click('#mic');
  await checkEcho(page, 2);
}));

test('the camera off: a black picture comes back', onEchoPage(async (page) => {
  await until('a picture', () => brightness(page), (level) => level > 40);
  await page.click('#camera');
  await until('a black picture', () => brightness(page), (level) => level < 10);
  await page.click('#camera');
  await until('a picture again', () => brightness(page), (level) => level > 40);
}));

test('the bitrate limit holds', onEchoPage(async (page) => {
  const bits = async () => 4 * (await growth(() => statsOf(page), ['videoBytesIn'], 2)).videoBytesIn;
  await until('more than 120 kbit/s without a limit', bits, (b) => b > 120000, 30);
  await page.selectOption('#bitrate', '64000');
  await until('less than 90 kbit/s', bits, (b) => b < 90000, 30);
}));

test('a second call after hanging up', onEchoPage(async (page, server) => {
  await page.click('#stop');
  assert.equal(await page.textContent('#status'), 'Ended');
  await server.waitForLog(/ended session=\d+ reason=destroyed/);
  await page.click('#start');
  await checkEcho(page, 2);
}));

test('charts show the last minute, numbers the last second', onEchoPage(async (page) => {
  await until('a bitrate', () => chart(page, 'bitrate', 'in'), (text) => /^\d+(\.\d+)? [kM]bit\/s$/.test(text));
  await until('a frame rate', () => chart(page, 'fps', 'in'), (text) => parseInt(text, 10) >= 4);
  await until('a round trip', () => chart(page, 'rtt', 'in'), (text) => /^[\d.]+ ms$/.test(text));
  assert.equal(await chart(page, 'size', 'in'), '320 × 240');
  await seconds(3);
  for (const way of ['in', 'out']) {
    assert.match(await page.getAttribute(`[data-chart=bitrate] path.${way}`, 'd'), /^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)+$/);
  }
}));

test('links between the pages keep the address of the server', onPage('index.html', async (page) => {
  await page.click('a.go');
  await page.waitForSelector('#start');
  assert.match(page.url(), /echo\.html\?server=ws:/);
}));

for (const path of ['index.html', 'echo.html']) {
  test(`${path} fits a phone`, onPage(path, async (page) => {
    const { wide, width } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth, width: window.innerWidth,
    }));
    assert.ok(wide <= width, `${wide} px wide on a screen of ${width} px`);
  }, PHONE));

  test(`${path}: every control has a name`, onPage(path, async (page) => {
    const nameless = await page.evaluate(() => [...document.querySelectorAll('button, select, video, a, img')]
      .filter((e) => !e.textContent.trim() && !e.getAttribute('aria-label') && !e.labels?.length && e.alt === undefined)
      .map((e) => e.outerHTML));
    assert.deepEqual(nameless, []);
  }));
}

test('dark when the system is, until the button says otherwise', onPage('echo.html', async (page) => {
  const theme = () => page.getAttribute('html', 'data-theme');
  assert.equal(await theme(), 'dark');
  await page.click('#theme');
  assert.equal(await theme(), 'light');
  await page.reload();
  assert.equal(await theme(), 'light', 'the choice is kept');
}, { colorScheme: 'dark' }));
