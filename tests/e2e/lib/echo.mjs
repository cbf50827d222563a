/* Steps that several suites take with pages/janus.html. */
import assert from 'node:assert/strict';
import { openPage, statsOf } from './browser.mjs';
import { growth, until } from './wait.mjs';

export const AUDIO = { type: 'audio', capture: 'microphone', recv: true };
export const VIDEO = { type: 'video', capture: 'camera', recv: true };
export const TONE = { type: 'audio', capture: 'tone', recv: true };
export const PICTURE = { type: 'video', capture: 'picture', recv: true };
export const BOTH = [AUDIO, VIDEO];

/* A page whose client has a session at `server` (an address). */
export async function openClient(browser, pagesUrl, server, options = {}) {
  const page = await openPage(browser, pagesUrl, options.context);
  await page.waitForFunction(() => window.client);
  await page.evaluate((wish) => window.client.open(wish), { server, apisecret: options.apisecret });
  return page;
}

/* Negotiates; fails when the plugin does not say ok.  returns the plugin's message */
export async function negotiate(page, tracks, message = { audio: true, video: true }, options = {}) {
  const result = await page.evaluate(
    ([t, m, o]) => window.client.negotiate(t, m, o), [tracks, message, options]);
  assert.equal(result.result, 'ok', JSON.stringify(result));
  return result;
}

export async function ask(page, message) {
  const result = await page.evaluate((m) => window.client.ask(m), message);
  assert.equal(result.result, 'ok', JSON.stringify(result));
}

export const clientLog = (page) => page.evaluate(() => window.client.log);
export const lastAnswer = (page) => page.evaluate(() => window.client.answers.at(-1));
export const offer = (page) => page.evaluate(() => window.client.offer);

/* Picture and sound come back, and still do at the end of `period` seconds. */
export async function checkEcho(page, period = 5) {
  await until('the first decoded frame', () => statsOf(page), (s) => s.framesDecoded > 0 && s.audioPacketsIn > 0);
  const grown = await growth(() => statsOf(page),
    ['framesDecoded', 'audioPacketsIn', 'audioEnergy', 'framesEncoded'], period);
  assert.ok(grown.framesDecoded >= 0.6 * grown.framesEncoded && grown.framesDecoded >= 2 * period,
    `decoded ${grown.framesDecoded} of ${grown.framesEncoded} frames in ${period} s`);
  assert.ok(grown.audioPacketsIn >= 40 * period, `${grown.audioPacketsIn} audio packets in ${period} s`);
  assert.ok(grown.audioEnergy > 0, 'the sound is silence');
}

/* Video only: frames go on being decoded. */
export async function checkFrames(page, count = 10) {
  const first = (await statsOf(page)).framesDecoded;
  await until(`${count} more frames`, () => statsOf(page), (s) => s.framesDecoded >= first + count);
}

export async function closePage(page) {
  assert.deepEqual(page.problems, []);
  await page.context().close();
}
