// Scaling, counting and what follows from them, as `effnet` does it in Python, to the integer.
// A spec is what `Spec.to_dict()` writes; what families do otherwise stands in it as data. No
// imports and no page: this runs in any browser, worker or node. Where something can't be had, a
// RangeError says so in `refusal`: the catalogue's text and its values.

export const ALPHA = 1.2; // arXiv:1905.11946, section 3.3
export const BETA = 1.1;
export const GAMMA = 1.15;
export const BUDGET = 2;
export const SOLVABLE = ['alpha', 'beta', 'gamma'];
export const PHIS = Array.from({ length: 181 }, (_, i) => Number((i / 20 - 1).toFixed(2)));
const MAX_BLOCKS = 10_000, MAX_CHANNELS = 10_000_000, MAX_RESOLUTION = 2 ** 20;
const NUM_CLASSES = 1000;

function refuse(text, values) {
  throw Object.assign(new RangeError(text), { refusal: { text, values } });
}

// --- powers -------------------------------------------------------------------------------------
// Math.pow may miss the last bit, which decides where 4 * 1.5 ** 2 rounds up. Here powers are
// computed in pairs of doubles (high, low), whose sum is right to some 25 digits, then rounded.

function twoProduct(a, b) {
  const product = a * b;
  let t = 134217729 * a;
  const aHigh = t - (t - a), aLow = a - aHigh;
  t = 134217729 * b;
  const bHigh = t - (t - b), bLow = b - bHigh;
  return [product, aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow];
}

function pair(high, low) {
  const sum = high + low;
  return [sum, low - (sum - high)];
}

function plus([a, aLow], [b, bLow]) {
  const sum = a + b, t = sum - a;
  return pair(sum, a - (sum - t) + (b - t) + aLow + bLow);
}

function times([a, aLow], [b, bLow]) {
  const [product, rest] = twoProduct(a, b);
  return pair(product, rest + a * bLow + aLow * b);
}

function over([a, aLow], n) {
  const quotient = a / n, [product, rest] = twoProduct(quotient, n);
  return pair(quotient, (a - product - rest + aLow) / n);
}

const LN2 = [0.6931471805599453, 2.3190468138462996e-17];

function exponential(value) {
  const twos = Math.round(value[0] / LN2[0]);
  const [high, low] = plus(value, times(LN2, [-twos, 0]));
  const small = [high / 1024, low / 1024];
  let sum = [1, 0];
  for (let n = 7; n; n -= 1) sum = plus([1, 0], over(times(small, sum), n));
  for (let n = 0; n < 10; n += 1) sum = times(sum, sum);
  return [sum[0] * 2 ** twos, sum[1] * 2 ** twos];
}

const logarithms = new Map();
function logarithm(value) {
  if (logarithms.size > 1000) logarithms.clear();
  if (!logarithms.has(value)) {
    const near = Math.log(value);
    const rest = plus(times(exponential([-near, 0]), [value, 0]), [-1, 0]);
    logarithms.set(value, plus([near, 0], rest));
  }
  return logarithms.get(value);
}

export function power(base, exponent) {
  if (base === 1 || exponent === 0) return 1;
  const size = Math.abs(exponent * Math.log(base));
  if (!(base > 0 && size < 700)) return base ** exponent;
  const [high, low] = exponential(times(logarithm(base), [exponent, 0]));
  return high + low;
}

// --- rounding -----------------------------------------------------------------------------------

// Python's round of a number that is not negative: halves go to the even neighbour.
export function round(value) {
  const low = Math.floor(value), rest = value - low;
  return low + Number(rest > 0.5 || (rest === 0.5 && low % 2 === 1));
}

export function roundChannels(exact, divisor = 8, limit = 0.9) {
  const near = Math.floor(Math.floor(exact + divisor / 2) / divisor) * divisor;
  const rounded = Math.max(divisor, near);
  return rounded < limit * exact ? rounded + divisor : rounded;
}

export const outSize = (size, stride) => Math.ceil(size / stride);

// As Python's `:.{places}f`: where the value lies exactly between two, the even last digit.
export function fixed(value, places) {
  const text = value.toFixed(places);
  const rest = value.toFixed(Math.min(100, places + 60)).slice(text.length + (places ? 0 : 1));
  const last = Number(text.at(-1)); // where odd, toFixed has gone up to it
  return last % 2 && /^50*$/.test(rest) ? `${text.slice(0, -1)}${last - 1}` : text;
}

// As Python's `:.{digits}g`: the fewest digits, an exponent for very large and small numbers.
export function general(value, digits = 6) {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
  const shift = Number(exponent);
  if (shift >= -4 && shift < digits) return String(Number(fixed(value, digits - 1 - shift)));
  return `${Number(mantissa)}e${shift < 0 ? '-' : '+'}${String(Math.abs(shift)).padStart(2, '0')}`;
}

// --- scaling ------------------------------------------------------------------------------------

export function scaledEnds(spec, width) {
  let { stem_channels: stem, head_channels: head } = spec;
  if (spec.stem_scales) stem = roundChannels(stem * width, 8, spec.round_limit);
  if (head && spec.head_scaling !== 'fixed') {
    const by = spec.head_scaling === 'widen_only' ? Math.max(1, width) : width;
    head = roundChannels(head * by, 8, spec.round_limit);
  }
  return [stem, head];
}

function checkResolution(resolution) {
  if (!(Number.isInteger(resolution) && resolution >= 1 && resolution <= MAX_RESOLUTION)) {
    refuse('resolution {resolution!r}; expected whole pixels, 1 to {most:,}',
      { resolution, most: MAX_RESOLUTION });
  }
  return resolution;
}

export function blockCount(spec) {
  return spec.stages.reduce((sum, stage) => sum + stage.repeats, 0);
}

function checkMultipliers(base, depth, width) {
  const positive = (value) => Number.isFinite(value) && value > 0;
  if (!positive(depth)) {
    refuse('depth multiplier {value!r}; expected a finite number above 0', { value: depth });
  }
  if (!positive(width)) {
    refuse('width multiplier {value!r}; expected a finite number above 0', { value: width });
  }
  if (Math.max(...base.stages.map((stage) => stage.repeats)) * depth > MAX_BLOCKS) {
    refuse('depth multiplier {depth:.4g} gives over {most:,} blocks; use less',
      { depth, most: MAX_BLOCKS });
  }
  const widest = Math.max(base.head_channels, ...base.stages.map((stage) => stage.channels));
  if (widest * width > MAX_CHANNELS / 10) {
    refuse('width multiplier {width:.4g} gives over a million channels; use less', { width });
  }
}

export function scale(base, { depth = 1, width = 1, resolution = base.resolution } = {}) {
  if (depth === 1 && width === 1 && resolution === base.resolution) return base;
  checkMultipliers(base, depth, width);
  checkResolution(resolution);
  const stages = base.stages.map((stage) => {
    const repeats = stage.scales_depth ? stage.repeats * depth : stage.repeats;
    const channels = stage.channels * width;
    return {
      ...stage,
      channels: roundChannels(channels, stage.divisor, base.round_limit),
      repeats: Math.ceil(repeats),
      exact_channels: channels,
      exact_repeats: repeats,
    };
  });
  const [stem, head] = scaledEnds(base, width);
  const scaled = {
    ...base, stages, stem_channels: stem, head_channels: head, resolution,
    depth: base.depth * depth, width: base.width * width,
  };
  const blocks = blockCount(scaled);
  if (blocks > MAX_BLOCKS) {
    refuse('{name!r} has {blocks:,} blocks; the limit is {most:,}',
      { name: base.name, blocks, most: MAX_BLOCKS });
  }
  scaled.name = `${base.name} d${general(depth, 4)} w${general(width, 4)} r${resolution}`;
  return scaled;
}

function multiplier(name, coefficient, phi) {
  if (!Number.isFinite(phi)) refuse('phi {phi}; expected a finite number', { phi });
  if (!(Number.isFinite(coefficient) && coefficient > 0)) {
    refuse('{name} {value}; expected a finite number above 0', { name, value: coefficient });
  }
  const value = power(coefficient, phi);
  if (!Number.isFinite(value)) {
    refuse('{name}**phi = {coefficient:g}**{phi:g} is too large; use less',
      { name, coefficient, phi });
  }
  return value;
}

function sized(base, factor) {
  return checkResolution(Math.max(1, round(base.resolution * factor)));
}

export function compoundScale(base, { phi, alpha = ALPHA, beta = BETA, gamma = GAMMA }) {
  const depth = multiplier('alpha', alpha, phi);
  const width = multiplier('beta', beta, phi);
  const factor = multiplier('gamma', gamma, phi);
  return scale(base, { depth, width, resolution: sized(base, factor) });
}

// --- layers -------------------------------------------------------------------------------------

function conv(kind, inputs, outputs, size, kernel = 1, stride = 1, groups = 1) {
  const out = outSize(size, stride);
  return { kind, inputs, outputs, kernel, stride, groups, size, out, norm: 2 };
}

// A fully connected layer: a 1x1 convolution of a 1x1 map, with a bias and no BatchNorm.
function linear(kind, inputs, outputs) {
  return { kind, inputs, outputs, kernel: 1, stride: 1, groups: 1, size: 1, out: 1, norm: 1 };
}

export function blockLayers(stage, inputs, size, stride) {
  const { operator, channels: outputs, kernel, expand_ratio: ratio, se_ratio: squeezed } = stage;
  const after = outSize(size, stride);
  if (operator === 'bottleneck') {
    const hidden = Math.max(1, Math.trunc(outputs / ratio));
    const layers = [
      conv('reduce', inputs, hidden, size),
      conv('spatial', hidden, hidden, size, kernel, stride),
      conv('expand', hidden, outputs, after),
    ];
    if (stride === 1 && inputs === outputs) return layers;
    return [...layers, conv('shortcut', inputs, outputs, size, 1, stride)];
  }
  if (operator === 'separable') {
    const depthwise = conv('depthwise', inputs, inputs, size, kernel, stride, inputs);
    return [depthwise, conv('project', inputs, outputs, after)];
  }
  const fused = operator === 'fused_mbconv';
  const exact = (stage.expands_output ? outputs : inputs) * ratio;
  let hidden = operator === 'inverted_residual' ? Math.max(1, round(exact)) : roundChannels(exact);
  if (exact === inputs) hidden = inputs;
  const expands = hidden !== inputs, wide = fused && !expands ? outputs : hidden;
  const layers = [];
  if (fused) {
    layers.push(conv('fused', inputs, wide, size, kernel, stride));
  } else {
    if (expands) layers.push(conv('expand', inputs, hidden, size));
    layers.push(conv('depthwise', hidden, hidden, size, kernel, stride, hidden));
  }
  if (squeezed) {
    const squeeze = Math.max(1, Math.trunc(inputs * squeezed));
    layers.push(linear('squeeze-and-excitation', wide, squeeze));
    layers.push(linear('squeeze-and-excitation', squeeze, wide));
  }
  if (expands || !fused) layers.push(conv('project', hidden, outputs, after));
  return layers;
}

// Blocks in order, equal neighbours once with how often they stand: { stage, size, layers, repeats }
export function blocksOf(spec, resolution = spec.resolution) {
  const stem = conv('stem', 3, spec.stem_channels, resolution, spec.stem_kernel, 2);
  const blocks = [{ stage: 0, size: resolution, repeats: 1, layers: [stem] }];
  let channels = spec.stem_channels, size = outSize(resolution, spec.stem_pool ? 4 : 2);
  spec.stages.forEach((stage, i) => {
    const add = (stride, repeats) => {
      const layers = blockLayers(stage, channels, size, stride);
      blocks.push({ stage: i + 1, size, repeats, layers });
      size = outSize(size, stride);
      channels = stage.channels;
    };
    add(stage.stride, 1);
    if (stage.repeats > 1) add(1, stage.repeats - 1);
  });
  const last = spec.stages.length + 1;
  if (spec.head_channels) {
    const head = conv('head', channels, spec.head_channels, size);
    blocks.push({ stage: last, size, repeats: 1, layers: [head] });
    channels = spec.head_channels;
  }
  const classifier = linear('classifier', channels, NUM_CLASSES);
  blocks.push({ stage: last, size: 1, repeats: 1, layers: [classifier] });
  return blocks;
}

// --- counts -------------------------------------------------------------------------------------
// Doubles hold whole numbers up to 2**53. Sums only grow, so where a total is within, so was all
// that led to it; past that the same sums are made again with BigInt.

const isSafe = (total) => QUANTITIES.every((name) => total[name] <= Number.MAX_SAFE_INTEGER);
export const QUANTITIES = ['params', 'macs', 'activations'];

function weightsOf(layer, whole) {
  const inputs = whole(layer.inputs / layer.groups);
  return whole(layer.kernel * layer.kernel) * inputs * whole(layer.outputs);
}

// Totals, and the same by stage: the stem first, head and classifier last.
export function countStages(spec, whole = Number) {
  const none = () => ({ params: whole(0), macs: whole(0), activations: whole(0) });
  const total = none();
  const stages = Array.from({ length: spec.stages.length + 2 }, none);
  for (const { stage, layers, repeats } of blocksOf(spec)) {
    const row = stages[stage], times_ = whole(repeats);
    for (const layer of layers) {
      const weights = weightsOf(layer, whole), area = whole(layer.out * layer.out);
      row.params += times_ * (weights + whole(layer.outputs) * whole(layer.norm));
      row.macs += times_ * weights * area;
      row.activations += times_ * whole(layer.outputs) * area;
    }
  }
  for (const row of stages) for (const name of QUANTITIES) total[name] += row[name];
  return whole === Number && !isSafe(total) ? countStages(spec, BigInt) : { total, stages };
}

// Parameters, multiply-adds and activations of one image; BigInt where a double holds no total.
export function count(spec) {
  return countStages(spec).total;
}

// Cost at any resolution from one walk: a layer at step s writes maps of side ceil(R / s).
export function costCurve(spec) {
  const sums = (whole) => {
    const fixed = { params: whole(0), macs: whole(0), activations: whole(0) }, levels = new Map();
    for (const { layers, repeats } of blocksOf(spec, MAX_RESOLUTION)) {
      for (const layer of layers) {
        const weights = weightsOf(layer, whole), n = whole(repeats), outputs = whole(layer.outputs);
        fixed.params += n * (weights + outputs * whole(layer.norm));
        const step = layer.norm === 1 ? 0 : MAX_RESOLUTION / layer.out;
        const level = levels.get(step) ?? [whole(0), whole(0)];
        levels.set(step, [level[0] + n * weights, level[1] + n * outputs]);
      }
    }
    return { fixed, levels };
  };
  const added = ({ fixed, levels }, resolution, whole) => {
    const total = { ...fixed };
    for (const [step, [weights, outputs]] of levels) {
      const area = whole(step ? outSize(resolution, step) ** 2 : 1);
      total.macs += weights * area;
      total.activations += outputs * area;
    }
    return total;
  };
  const quick = sums(Number);
  let exact = null;
  return (resolution) => {
    const total = added(quick, resolution, Number);
    return isSafe(total) ? total : added(exact ??= sums(BigInt), resolution, BigInt);
  };
}

// What the formula gives along phi, as far as it can be shown.
const curves = new Map(); // by the numbers that rounding gives: many designs share a network
export function phiCurve(base, { alpha, beta, gamma }, phis = PHIS) {
  if (curves.size > 5000) curves.clear();
  const at = (phi) => {
    const depth = power(alpha, phi), width = power(beta, phi);
    const rounded = base.stages.map((stage) => [
      stage.scales_depth ? Math.ceil(stage.repeats * depth) : stage.repeats,
      roundChannels(stage.channels * width, stage.divisor, base.round_limit),
    ]);
    const key = [base.name, rounded, scaledEnds(base, width)].join();
    if (!curves.has(key)) curves.set(key, costCurve(scale(base, { depth, width })));
    const resolution = sized(base, power(gamma, phi));
    return { phi, resolution, ...curves.get(key)(resolution) };
  };
  return phis.flatMap((phi) => {
    try {
      return [at(phi)];
    } catch (error) {
      if (error.refusal) return [];
      throw error;
    }
  });
}

// --- the budget ---------------------------------------------------------------------------------

export const budget = ({ alpha, beta, gamma }) => alpha * beta ** 2 * gamma ** 2;

// The coefficient's value that puts the product with the other two on 2.
export function solveBudget(name, { alpha, beta, gamma }) {
  if (name === 'alpha') return BUDGET / (beta ** 2 * gamma ** 2);
  return Math.sqrt(BUDGET / (name === 'beta' ? alpha * gamma ** 2 : alpha * beta ** 2));
}

// All three raised to one power, which keeps their balance; the paper's where none reaches 2.
export function projectToBudget({ alpha, beta, gamma }) {
  const usable = budget({ alpha, beta, gamma }) > 1 && Math.min(alpha, beta, gamma) > 0;
  const start = usable ? { alpha, beta, gamma } : { alpha: ALPHA, beta: BETA, gamma: GAMMA };
  const exponent = Math.log(BUDGET) / Math.log(budget(start));
  return Object.fromEntries(SOLVABLE.map((name) => [name, start[name] ** exponent]));
}
