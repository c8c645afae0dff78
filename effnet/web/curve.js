// Multiply-adds along phi: the formula's promise, what rounding gives, and the released networks.
// A design that no phi gives is a line at its cost, down to the phi that costs as much.
import { PHIS, budget, general, phiCurve } from './core.js';
import { USUAL } from './design.js';
import { make, put, write } from './dom.js';
import { giga, significant } from './words.js';

const MARGIN = { left: 46, right: 14, top: 10, bottom: 34 };
const TICKS = [0.01, 0.1, 1, 10, 100, 1000, 1e4, 1e5, 1e6];
const BETWEEN = [0.02, 0.05, 0.2, 0.5, 2, 5, 20, 50, 200, 500];
const TICKS_APART = 26; // px, at least
const MIDDLE = 3.5; // of the axis

// The design whose curve is shown: its own, or the paper's way from the same base, or from B0.
export function curveOf(design) {
  if (design.mode === 'formula') return design;
  return { ...USUAL, base: design.mode === 'free' ? design.base : USUAL.base, phi: null };
}

export function curveIn(parent, { say, titles, released }) {
  const svg = make('svg', parent, { role: 'img', class: 'curve' });
  const axes = make('g', svg);
  const promise = make('path', svg, { class: 'promise' });
  const stair = make('path', svg, { class: 'stair' });
  const points = make('g', svg);
  const here = make('g', svg);
  const drop = make('path', here, { class: 'drop' });
  const dot = make('circle', here, { class: 'dot' });
  const same = make('text', here);
  let drawn = null;

  function draw({ design, base, start, width, height, colours }) {
    const key = [design.base, design.alpha, design.beta, design.gamma, width, height,
      colours.ink].join();
    if (drawn?.key === key) return drawn;
    const curve = phiCurve(base, design), by = budget(design);
    const macs = curve.map((point) => Number(point.macs) / 1e9);
    const promised = PHIS.map((phi) => Number(start.macs) / 1e9 * by ** phi);
    const printed = design.base === 'b0' ? released : [];
    const all = [...macs, ...promised, ...printed.map((point) => point.macs / 1e9)];
    const low = Math.log10(Math.min(...all)) - 0.1, high = Math.log10(Math.max(...all)) + 0.1;
    const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
    const x = (phi) => MARGIN.left + (phi + 1.1) / 9.2 * inner.width;
    const y = (value) => MARGIN.top + (high - Math.log10(value)) / (high - low) * inner.height;
    put(svg, { viewBox: `0 0 ${width} ${height}`, width, height });
    drawAxes(axes, { x, y, width, height, low, high, say });
    put(promise, { d: `M${promised.map((value, i) => `${x(PHIS[i]).toFixed(1)},${y(value).toFixed(1)}`).join('L')}` });
    put(stair, { d: curve.map((point, i) => (i ? `H${x(point.phi).toFixed(1)}V` : `M${x(point.phi).toFixed(1)},`)
      + y(macs[i]).toFixed(1)).join('') });
    drawReleased(points, printed, { x, y, titles, say });
    drawn = { key, x, y, macs, floor: height - MARGIN.bottom };
    return drawn;
  }

  // The least phi that costs as much; undefined where that is left or right of the curve.
  function phiAt(cost, macs) {
    const found = macs.findIndex((one) => one >= cost);
    return found > 0 ? PHIS[found] : undefined;
  }

  return {
    svg,
    show(values) {
      const { x, y, floor, macs } = draw(values), { base, phi } = values.design, isOnIt = phi !== null;
      const cost = Number(values.total.macs) / 1e9, at = isOnIt ? phi : phiAt(cost, macs);
      put(here, { visibility: at === undefined ? 'hidden' : 'visible' });
      if (at === undefined) return;
      const [across, up] = [x(at), y(cost)].map((one) => one.toFixed(1)), isFar = at > MIDDLE;
      put(dot, { cx: across, cy: up, r: isOnIt ? 6.5 : 0 });
      put(drop, { d: `M${isOnIt ? across : MARGIN.left},${up}H${across}V${floor}` });
      put(same, isFar ? { x: MARGIN.left + 4, y: y(cost) - 6, class: 'begin' } // where the curve is not
        : { x: x(PHIS.at(-1)), y: floor - 6, class: 'end' });
      write(same, isOnIt ? '' : say('costs as {base} at phi {phi:.2f}', { base: titles[base], phi: at }));
    },
    name(text) { put(svg, { 'aria-label': text }); },
  };
}

function drawAxes(axes, { x, y, width, height, low, high, say }) {
  axes.replaceChildren();
  const floor = height - MARGIN.bottom;
  let last = Infinity;
  const tick = (value) => {
    const at = y(value);
    if (at < MARGIN.top || at > floor || Math.abs(at - last) < TICKS_APART) return;
    last = at;
    make('line', axes, { x1: MARGIN.left, x2: width - MARGIN.right, y1: at, y2: at, class: 'grid' });
    make('text', axes, { x: MARGIN.left - 6, y: at + 4, class: 'end' }, general(value));
  };
  const many = (high - low) * TICKS_APART * 3 < height;
  for (const value of many ? [...TICKS, ...BETWEEN].sort((a, b) => a - b) : TICKS) tick(value);
  for (let phi = -1; phi <= 8; phi += 1) {
    make('text', axes, { x: x(phi), y: floor + 15 }, String(phi));
  }
  make('text', axes, { x: x(MIDDLE), y: height - 3, class: 'axis' },
    say('phi; upwards: multiply-adds per image (G, log scale)'));
}

function drawReleased(points, released, { x, y, titles, say }) {
  points.replaceChildren();
  for (const { name, macs, top1, phis } of released) {
    const across = x(phis.reduce((a, b) => a + b) / phis.length), up = y(macs / 1e9);
    const group = make('g', points, { class: 'released' });
    make('line', group, { x1: x(Math.min(...phis)), x2: x(Math.max(...phis)), y1: up, y2: up });
    make('path', group, { d: `M${across - 5},${up}l5,-5l5,5l-5,5Z` });
    make('text', group, { x: across + 7, y: up + 15, class: 'begin' }, name.toUpperCase());
    write(make('title', group), say('{network}: {macs} printed, top-1 {top1} % (arXiv:1905.11946v5 Table 2)',
      { network: titles[name], macs: giga(macs), top1: significant(top1) }));
  }
}
