/* The echo page: one call at a time, from the button to the last chart. */
import { connect } from '../lib/portunus.js';
import { carryQuery, findServers } from '../lib/servers.js';
import { Charts } from './charts.js';
import { LevelMeter } from './level.js';
import { explainClosed, explainError, explainHangup } from './reasons.js';
import { StatsReader } from './stats.js';

const $ = (id) => document.getElementById(id);
const STATS_PERIOD_MS = 1000;
const CONNECTED = 'Connected: you see and hear yourself through the server';
const FACTS = [
  ['via', 'Signalling'],
  ['path', 'Media path'],
  ['transport', 'Transport'],
  ['dtls', 'Key exchange'],
  ['srtp', 'Media encryption'],
  ['audio', 'Sound'],
  ['video', 'Picture'],
  ['repair', 'Repairs'],
];

const charts = new Charts($('charts'));
const localLevel = new LevelMeter($('local-level'));
const remoteLevel = new LevelMeter($('remote-level'));
let call = null;

/* One call: its session, handle, PeerConnection and tracks live and die together. */
class EchoCall {
  #ended = false;

  async start() {
    this.stream = await openDevices();
    this.#throwIfEnded();
    showStream($('local'), this.stream);
    localLevel.start(this.stream);
    setState('starting', 'Connecting…');
    const session = await connect(await findServers());
    this.session = session;
    this.#throwIfEnded();
    session.addEventListener('closed', ({ detail }) => this.fail(explainClosed(detail.reason)));
    session.addEventListener('reconnecting', () => setStatus('Connection to the server lost, trying again…'));
    session.addEventListener('reconnected', () => setStatus('Connected again'));
    this.echo = await session.attach('janus.plugin.echotest');
    this.#listen();
    await this.#negotiateFirst();
  }

  #listen() {
    const on = (type, act) => this.echo.addEventListener(type, ({ detail }) => act(detail));
    on('webrtcup', () => setState('live', CONNECTED));
    on('hangup', ({ reason }) => this.fail(explainHangup(reason)));
    on('ice-failed', () => setStatus('The media path is lost; trying to find another…'));
    on('detached', () => this.fail(explainHangup('the server let go of this call')));
    on('slowlink', ({ uplink, media, lost }) => setStatus(
      `Packets are being lost: ${media}, ${uplink ? 'from the server' : 'to the server'}, ${lost} in a second`));
    on('media', ({ type, receiving }) => setStatus(receiving
      ? CONNECTED
      : `The server receives no ${type} at the moment`));
  }

  async #negotiateFirst() {
    const pc = new RTCPeerConnection();
    this.pc = pc;
    this.stats = new StatsReader(pc);
    const echoed = new MediaStream();
    pc.ontrack = ({ track }) => {
      echoed.addTrack(track);
      showStream($('remote'), echoed);
      if (track.kind === 'audio') {
        remoteLevel.start(echoed);
      }
    };
    this.stream.getTracks().forEach((track) => pc.addTrack(track, this.stream));
    this.timer = setInterval(() => this.#measure(), STATS_PERIOD_MS);
    await this.echo.negotiate(pc, wantedSettings());
  }

  async #measure() {
    const reading = await this.stats.read();
    if (!this.#ended) {
      charts.push(reading);
      showFacts({ ...reading.facts, via: this.session.isOpen ? `${this.session.via.name}, ${this.session.via.url}` : null });
      $('local-size').textContent = reading.frame.out ?? '';
      $('remote-size').textContent = reading.frame.in ?? '';
    }
  }

  restartIce() {
    return this.echo.negotiate(this.pc, {}, { iceRestart: true });
  }

  setTrack(kind, enabled) {
    this.stream?.getTracks().filter((t) => t.kind === kind).forEach((t) => { t.enabled = enabled; });
  }

  tell(body) {
    return this.echo?.request(body);
  }

  /* Ends the call because of `problem`; nothing happens when it has ended already. */
  fail(problem) {
    if (!this.#ended) {
      showProblem(problem);
      this.end('Ended');
    }
  }

  end(text) {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    call = null;
    clearInterval(this.timer);
    this.pc?.close();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.session?.destroy();
    localLevel.stop();
    remoteLevel.stop();
    $('local').srcObject = null;
    $('remote').srcObject = null;
    $('local-size').textContent = '';
    $('remote-size').textContent = '';
    setState('idle', text);
  }

  #throwIfEnded() {
    if (this.#ended) { // hung up while we were waiting for something
      this.stream?.getTracks().forEach((track) => track.stop());
      this.session?.destroy();
      throw new DOMException('The call was ended here', 'AbortError');
    }
  }
}

/* Camera and microphone; one of them will do. */
async function openDevices() {
  if (!navigator.mediaDevices) {
    throw new DOMException('navigator.mediaDevices is missing on this page', 'InsecureContext');
  }
  const video = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true, video });
  } catch (error) {
    if (error.name !== 'NotFoundError') {
      throw error;
    }
    return navigator.mediaDevices.getUserMedia({ audio: true })
      .catch(() => navigator.mediaDevices.getUserMedia({ video }))
      .catch(() => { throw error; });
  }
}

function wantedSettings() {
  return {
    audio: isPressed($('echo-audio')),
    video: isPressed($('echo-video')),
    bitrate: Number($('bitrate').value),
  };
}

async function start() {
  const mine = new EchoCall();
  call = mine;
  $('problem').hidden = true;
  charts.clear();
  showFacts({});
  for (const id of ['mic', 'camera']) {
    $(id).setAttribute('aria-pressed', 'true');
  }
  setState('starting', 'Waiting for the camera and microphone…');
  try {
    await mine.start();
  } catch (error) {
    mine.fail(explainError(error));
  }
}

/* A control that asks the server for something; what it refuses is shown, and the call goes on. */
async function ask(act) {
  try {
    await act();
  } catch (error) {
    showProblem(explainError(error));
  }
}

function setState(state, text) {
  const isIdle = state === 'idle';
  document.body.dataset.state = state;
  setStatus(text);
  $('start').disabled = !isIdle;
  for (const element of $('controls').elements) {
    element.disabled = isIdle && element.tagName === 'BUTTON';
  }
  $('restart').disabled = state !== 'live';
}

function setStatus(text) {
  $('status').textContent = text;
}

function showProblem({ title, detail, advice }) {
  $('problem-title').textContent = title;
  $('problem-detail').textContent = detail;
  $('problem-advice').textContent = advice;
  $('problem').hidden = false;
  $('problem').focus();
}

function showFacts(facts) {
  $('facts').replaceChildren(...FACTS.map(([key, name]) => {
    const row = document.createElement('div');
    const term = document.createElement('dt');
    const value = document.createElement('dd');
    term.textContent = name;
    value.textContent = facts[key] ?? '–';
    value.dataset.fact = key;
    row.append(term, value);
    return row;
  }));
}

function showStream(video, stream) {
  if (video.srcObject !== stream) {
    video.srcObject = stream;
  }
}

function isPressed(button) {
  return button.getAttribute('aria-pressed') === 'true';
}

function toggle(button, act) {
  button.addEventListener('click', () => {
    const next = !isPressed(button);
    button.setAttribute('aria-pressed', String(next));
    ask(() => act(next));
  });
}

$('start').addEventListener('click', start);
$('stop').addEventListener('click', () => call?.end('Ended'));
$('restart').addEventListener('click', () => ask(() => call?.restartIce()));
$('bitrate').addEventListener('change', () => ask(() => call?.tell({ bitrate: Number($('bitrate').value) })));
toggle($('mic'), (on) => call?.setTrack('audio', on));
toggle($('camera'), (on) => call?.setTrack('video', on));
toggle($('echo-audio'), (on) => call?.tell({ audio: on }));
toggle($('echo-video'), (on) => call?.tell({ video: on }));
$('controls').addEventListener('submit', (event) => event.preventDefault());
window.addEventListener('pagehide', () => call?.end('Ended'));
carryQuery();
setState('idle', 'Ready');
showFacts({});
