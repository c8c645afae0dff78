// How numbers and sentences are written: as `units` and `claims` write them in Python. Texts stand
// here in English as the literal of `say` or `mark`; a host hands in the reader's translations.
import { blockCount, fixed, general } from './core.js';

export const mark = (text) => text;

// --- numbers ------------------------------------------------------------------------------------

const grouped = (text) => text.replace(/^-?\d+/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ','));

export function significant(value, digits = 3) {
  if (value === 0 || !Number.isFinite(value)) return value === 0 ? '0' : String(value);
  const order = (x) => Number(x.toExponential(15).split('e')[1]);
  const first = digits - 1 - order(value);
  const unit = 10 ** -first;
  const rounded = first >= 0 ? Number(fixed(value, first)) : Number(fixed(value / unit, 0)) * unit;
  return grouped(rounded.toFixed(Math.max(digits - 1 - order(rounded), 0)));
}

export function millions(number) {
  const value = Number(number);
  if (value < 1000) return String(value);
  return value < 1e5 ? `${significant(value / 1e3)} K` : `${significant(value / 1e6)} M`;
}

export function giga(number) {
  const value = Number(number);
  if (value < 1e8) return millions(value);
  return value >= 1e13 ? `${significant(value / 1e12)} T` : `${significant(value / 1e9)} G`;
}

export const factor = (value, say) => say('{times} x', { times: significant(value) });
export const integer = (value) => grouped(String(value));
export const percent = (share) => `${fixed(100 * share, 1)} %`;

// --- texts --------------------------------------------------------------------------------------

const FIELD = /\{(\w+)(!r)?(?::([^}]*))?\}/g;

function written(value, form) {
  const [one, many] = form.split('|'); // {n:block|blocks}
  if (many !== undefined) return String(value) === '1' ? one : many;
  if (form === ',') return integer(value);
  const [, digits, kind] = /^(?:\.(\d+))?([fg])?$/.exec(form) ?? [];
  if (kind === 'f') return fixed(value, Number(digits));
  return kind === 'g' ? general(value, Number(digits ?? 6)) : String(value);
}

// Around a value in its text; and the space between a text and a value that are both Chinese.
const EDGE = '\0';
const LOOSE = /(?<=[一-鿿]) \0(?=[一-鿿])|(?<=[一-鿿])\0 (?=[一-鿿])/g;

// A function that says a text in the reader's language, with values in its braces.
export function speaker(words = {}) {
  return (text, values = null) => {
    const told = words[text] ?? text;
    if (!values) return told;
    return told.replace(FIELD, (_, name, quoted, form) => {
      const value = values[name];
      if (form?.includes('|')) return written(value, form);
      const said = quoted && typeof value === 'string' ? `'${value}'` : written(value, form ?? '');
      return `${EDGE}${said}${EDGE}`;
    }).replace(LOOSE, '').replaceAll(EDGE, '');
  };
}

// --- the page's sentence ------------------------------------------------------------------------

const SAME = ['operator', 'channels', 'repeats', 'kernel', 'stride', 'expand_ratio', 'se_ratio',
  'scales_depth', 'divisor', 'skip', 'expands_output'];
const stagesKey = (spec) => spec.stages.map((stage) => SAME.map((name) => stage[name])).join(';');

// A function that finds the released network with a spec's stages, whatever its resolution and ends.
export function twinFinder(specs) {
  const known = new Map();
  for (const spec of Object.values(specs)) {
    const key = `${spec.family};${stagesKey(spec)}`;
    if (!known.has(key)) known.set(key, spec);
  }
  return (spec) => known.get(`${spec.family};${stagesKey(spec)}`) ?? null;
}

// What the design costs, and which released network it is. `edit` is what an edit changed, in words.
export function designClaim(say, { design, spec, total, titles, twin, edit = '' }) {
  const totals = say('{params} parameters and {macs} multiply-adds at {side} px', {
    params: millions(total.params), macs: giga(total.macs), side: spec.resolution,
  });
  if (design.mode === 'released') {
    return say('{network} has {totals}.', { network: titles[spec.name], totals });
  }
  if (design.mode === 'edited') {
    return say('Your own network has {totals}: {edit}.', { totals, edit });
  }
  const which = twin ? twinWords(say, { design, spec, titles, twin })
    : say('no released network has these stages');
  if (design.mode === 'free') {
    const { depth, width } = design;
    return say('Depth {depth:g} and width {width:g} give {totals}: {which}.',
      { depth, width, totals, which });
  }
  return say('phi = {phi:.2f} gives {totals}: {which}.', { phi: design.phi, totals, which });
}

function twinWords(say, { design, spec, titles, twin }) {
  if (twin.name === design.base) {
    return say('{network} itself, stage by stage', { network: titles[twin.name] });
  }
  let which = say("the released {network}'s widths and depths", { network: titles[twin.name] });
  if (twin.name === 'b2' && design.mode === 'formula' && fixed(design.phi, 2) === '1.00') {
    which += say(", not B1's");
  }
  if (spec.head_channels !== twin.head_channels) {
    which += say(' with {mine} instead of {its} in the head',
      { mine: spec.head_channels, its: twin.head_channels });
  }
  return which;
}

// A network in one line, for those who do not see it drawn.
export function networkWords(say, title, spec, total) {
  return say('{network}: {blocks} {blocks:block|blocks}, {side} px, {macs} multiply-adds; stages drawn to scale', {
    network: title, blocks: blockCount(spec), side: spec.resolution, macs: giga(total.macs),
  });
}
