/* Small line charts of the last minute, two lines each, drawn as SVG. The numbers stand beside them
 * as text, so nothing is told by the picture or by colour alone. */

const SECONDS = 60;
const WIDTH = 300;
const HEIGHT = 76;
const SVG = 'http://www.w3.org/2000/svg';

const kilo = (v) => (v >= 999500 ? `${(v / 1e6).toFixed(2)} Mbit/s` : `${Math.round(v / 1000)} kbit/s`);
const ms = (v) => `${v < 10 ? v.toFixed(1) : Math.round(v)} ms`;

/* `least` is the smallest top of the scale: a chart of zeros should look like zero. `tops` are the
 * scales of a measure that does not grow in round numbers. */
export const CHARTS = [
  { key: 'bitrate', title: 'Bitrate', least: 100000, format: kilo },
  { key: 'loss', title: 'Packet loss', least: 2, format: (v) => `${v.toFixed(1)} %` },
  { key: 'jitter', title: 'Jitter', least: 10, format: ms },
  { key: 'rtt', title: 'Round trip', least: 10, format: ms, names: ['ICE', 'RTCP'] },
  { key: 'size', title: 'Frame size', least: 180, format: (v) => `${v} lines`, exact: 'frame', tops: [180, 360, 720, 1080, 2160] },
  { key: 'fps', title: 'Frame rate', least: 15, format: (v) => `${Math.round(v)} fps` },
];

export class Charts {
  #charts;

  constructor(parent) {
    this.#charts = CHARTS.map((kind) => new Chart(parent, kind));
  }

  push(reading) {
    this.#charts.forEach((chart) => chart.push(reading));
  }

  clear() {
    this.#charts.forEach((chart) => chart.clear());
  }
}

class Chart {
  #kind;
  #values = { in: [], out: [] };
  #lines = {};
  #texts = {};
  #top;

  constructor(parent, kind) {
    this.#kind = kind;
    const [inName, outName] = kind.names ?? ['in', 'out'];
    const box = make('article', parent, { class: 'chart', 'data-chart': kind.key });
    make('h3', box, {}, kind.title);
    const values = make('dl', box, { class: 'chart-values' });
    this.#texts.in = valueRow(values, inName, 'in');
    this.#texts.out = valueRow(values, outName, 'out');
    const plot = make('div', box, { class: 'plot' });
    this.#top = make('span', plot, { class: 'plot-top' });
    const svg = makeSvg('svg', plot, { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    for (const part of [0.5, 1]) {
      const y = HEIGHT - part * (HEIGHT - 2);
      makeSvg('line', svg, { class: 'grid', x1: 0, x2: WIDTH, y1: y, y2: y });
    }
    makeSvg('line', svg, { class: 'axis', x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 });
    this.#lines.in = makeSvg('path', svg, { class: 'line in' });
    this.#lines.out = makeSvg('path', svg, { class: 'line out' }); // dashed: both show when equal
    this.clear();
  }

  push(reading) {
    for (const way of ['in', 'out']) {
      const value = reading[this.#kind.key][way];
      this.#values[way].push(value);
      this.#values[way].splice(0, this.#values[way].length - SECONDS);
      const exact = this.#kind.exact && reading[this.#kind.exact][way];
      this.#texts[way].textContent = value === null ? '–' : exact || this.#kind.format(value);
    }
    this.#draw();
  }

  clear() {
    this.#values = { in: [], out: [] };
    this.#texts.in.textContent = '–';
    this.#texts.out.textContent = '–';
    this.#draw();
  }

  #draw() {
    const known = [...this.#values.in, ...this.#values.out].filter((v) => v !== null);
    const most = Math.max(this.#kind.least, ...known);
    const top = this.#kind.tops?.find((t) => t >= most) ?? niceTop(most);
    this.#top.textContent = this.#kind.format(top);
    for (const way of ['in', 'out']) {
      this.#lines[way].setAttribute('d', pathOf(this.#values[way], top));
    }
  }
}

/* The newest value stands at the right edge; where nothing is known the line has a gap. */
function pathOf(values, top) {
  const step = WIDTH / (SECONDS - 1);
  let pen = 'M';
  return values.map((value, i) => {
    if (value === null) {
      pen = 'M';
      return '';
    }
    const x = WIDTH - (values.length - 1 - i) * step;
    const y = HEIGHT - 1 - (value / top) * (HEIGHT - 4);
    const point = `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = 'L';
    return point;
  }).join('');
}

/* 1, 2 or 5 times a power of ten, not below `value`. */
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= value);
}

function valueRow(parent, name, way) {
  const row = make('div', parent, { class: way });
  make('dt', row, {}, name);
  return make('dd', row);
}

function make(tag, parent, attributes = {}, text = '') {
  const element = document.createElement(tag);
  Object.entries(attributes).forEach(([k, v]) => element.setAttribute(k, v));
  element.textContent = text;
  parent.append(element);
  return element;
}

function makeSvg(tag, parent, attributes) {
  const element = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([k, v]) => element.setAttribute(k, v));
  parent.append(element);
  return element;
}
