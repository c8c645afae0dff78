// What the controls say, as a value: `effnet.design.Design` with the same names and defaults.
import {
  ALPHA, BETA, GAMMA, SOLVABLE, compoundScale, general, scale, solveBudget,
} from './core.js';

export const USUAL = {
  mode: 'formula', base: 'b0', phi: 1, alpha: ALPHA, beta: BETA, gamma: GAMMA,
  depth: 1, width: 1, resolution: 0, released: 'b0',
  origin: 'b0', blocks: '', own_resolution: 0, own_head: 0,
};
export const DIALS = {
  formula: ['phi', 'alpha', 'beta', 'gamma'], free: ['depth', 'width', 'resolution'],
  released: [], edited: ['own_resolution'],
};
const USED = {
  formula: ['base', 'phi', 'alpha', 'beta', 'gamma'],
  free: ['mode', 'base', 'depth', 'width', 'resolution'],
  released: ['mode', 'released'],
  edited: ['mode', 'origin', 'blocks', 'own_resolution', 'own_head'],
};
const FLOATS = new Set(['phi', 'alpha', 'beta', 'gamma', 'depth', 'width']);
const LETTERS = { p: 'phi', a: 'alpha', b: 'beta', g: 'gamma', d: 'depth', w: 'width', r: 'resolution' };

const four = (value) => Number(value.toFixed(4));
export const within = ({ low, high }, value) => Math.min(high, Math.max(low, value));

// What of a design differs from the usual and matters in its mode, for a link.
export function queryOf(design) {
  return Object.fromEntries(USED[design.mode]
    .filter((name) => name === 'mode' || design[name] !== USUAL[name])
    .map((name) => [name, FLOATS.has(name) ? general(design[name]) : String(design[name])]));
}

// A design from a link's query; what can't be used is left out, what is too far is clamped.
export function designOf(query, { ranges, specs, bases }) {
  const design = { ...USUAL };
  const allowed = { mode: Object.keys(USED).slice(0, 3), base: bases, released: Object.keys(specs) };
  for (const [name, text] of Object.entries(query)) {
    const value = Number(text);
    if (name in allowed) {
      if (allowed[name].includes(text)) design[name] = text;
    } else if (name in ranges && name in USUAL && text !== '' && !Number.isNaN(value)) {
      const clamped = name === 'resolution' && value === 0 ? 0 : within(ranges[name], value);
      design[name] = FLOATS.has(name) ? four(clamped) : Math.round(clamped);
    }
  }
  return design;
}

// The coefficient that is locked follows the other two, as far as its slider goes.
export function held(design, lock, ranges) {
  if (!lock || design.mode !== 'formula') return design;
  return { ...design, [lock]: four(within(ranges[lock], solveBudget(lock, design))) };
}

// A design after some of its values change; the slider's numbers are kept to four places.
export function changed(design, values, lock, ranges) {
  const next = { ...design };
  for (const [name, value] of Object.entries(values)) {
    next[name] = typeof value === 'number' && FLOATS.has(name) ? four(value) : value;
  }
  return SOLVABLE.some((name) => name in values) ? held(next, lock, ranges) : next;
}

// The network of a design and what it is compared with: { spec, base, title of the base }.
export function networkOf(design, { specs, families, own }) {
  if (design.mode === 'edited') {
    const resolution = design.own_resolution || own.start.resolution;
    return { spec: { ...own.spec, resolution }, base: own.start, against: own.title };
  }
  if (design.mode === 'released') {
    const spec = specs[design.released], first = families[spec.family];
    return { spec, base: specs[first], against: first };
  }
  const base = specs[design.base];
  const spec = design.mode === 'formula' ? compoundScale(base, design) : scale(base, {
    depth: design.depth, width: design.width, resolution: design.resolution || base.resolution,
  });
  return { spec, base, against: design.base };
}

// What an edit begins from, in one word: `b4`, `b0~p1.5~a1.3`, `v2_s~d1.2~w1.1~r256`.
export function originOf(design) {
  if (design.mode === 'edited') return design.origin;
  if (design.mode === 'released') return design.released;
  const words = Object.entries(LETTERS)
    .filter(([, name]) => DIALS[design.mode].includes(name))
    .filter(([, name]) => name === 'phi' || name === 'depth' || design[name] !== USUAL[name])
    .map(([letter, name]) => letter + general(design[name]));
  return [design.base, ...words].join('~');
}

export const hasEdit = (design) => Boolean(design.blocks || design.own_resolution || design.own_head);

// A short name: `EfficientNet-B0 at phi 1.00`, `EfficientNet-B4`.
export function titleOf(say, design, { titles, specs, own }) {
  const base = titles[design.base];
  if (design.mode === 'edited') return say('Your own, from {start}', { start: own.title });
  if (design.mode === 'released') return titles[design.released];
  if (design.mode === 'formula') return say('{base} at phi {phi:.2f}', { base, phi: design.phi });
  const { depth, width, resolution } = design, size = resolution || specs[design.base].resolution;
  return say('{base}, depth {depth:g}, width {width:g}, {size} px', { base, depth, width, size });
}
