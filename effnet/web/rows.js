// What follows from a spec besides its totals: the stage table, and where a slider moves nothing.
import { blockCount, blocksOf, countStages, outSize, roundChannels } from './core.js';

export const OPERATORS = {
  mbconv: 'MBConv', fused_mbconv: 'Fused-MBConv', inverted_residual: 'Inverted residual',
  separable: 'Depthwise separable', bottleneck: 'Bottleneck',
};
const COMPARED = ['operator', 'kernel', 'stride', 'se_ratio', 'channels', 'repeats', 'out_size'];
const ASIDE = new Set(['squeeze-and-excitation', 'shortcut', 'classifier']);

export function operatorLabel({ operator, expand_ratio: ratio }) {
  return OPERATORS[operator] + (operator.endsWith('mbconv') ? String(ratio) : '');
}

function endLabel(spec, number) {
  if (number === 0) return spec.stem_pool ? 'Conv, max pooling' : 'Conv';
  return spec.head_channels ? 'Conv, pooling, FC' : 'Pooling, FC';
}

// Stem and head as stages of one block.
function endStage(spec, number, base) {
  const isStem = number === 0;
  const channels = isStem ? spec.stem_channels
    : spec.head_channels || spec.stages.at(-1).channels;
  let exact = channels;
  const scales = isStem ? spec.stem_scales : spec.head_scaling === 'width' && spec.head_channels;
  if (base && scales) {
    const scaled = (isStem ? base.stem_channels : base.head_channels) * spec.width / base.width;
    if (roundChannels(scaled, 8, spec.round_limit) === channels) exact = scaled;
  }
  return {
    channels, repeats: 1, exact_channels: exact, exact_repeats: 1, se_ratio: 0,
    kernel: isStem ? spec.stem_kernel : 1, stride: isStem ? 2 : 1,
  };
}

// One row a stage, from the stem to the head, with what differs from `base` where it has as many.
export function stageRows(spec, base = null, counted = countStages(spec)) {
  const { total, stages } = counted;
  const others = base && base.stages.length === spec.stages.length ? stageRows(base) : null;
  const blocks = blocksOf(spec), last = spec.stages.length + 1, all = blockCount(spec);
  let field = 1, jump = 1, before = 0;
  const grow = ({ layers, repeats }) => {
    for (const layer of layers) {
      if (ASIDE.has(layer.kind)) continue;
      field += repeats * (layer.kernel - 1) * jump; // only a block that stands once has a stride
      jump *= layer.stride;
    }
  };
  return stages.map((sums, number) => {
    const members = blocks.filter((block) => block.stage === number);
    members.forEach(grow);
    const pooled = number === 0 && spec.stem_pool;
    if (pooled) [field, jump] = [field + 2 * jump, 2 * jump];
    const inner = number > 0 && number < last;
    const stage = inner ? spec.stages[number - 1] : endStage(spec, number, base);
    if (inner) before += stage.repeats;
    const row = {
      stage: number,
      operator: inner ? operatorLabel(stage) : endLabel(spec, number),
      kernel: stage.kernel, stride: stage.stride, se_ratio: stage.se_ratio,
      exact_channels: stage.exact_channels, channels: stage.channels,
      exact_repeats: stage.exact_repeats, repeats: stage.repeats,
      in_size: members[0].size, out_size: outSize(members[0].size, pooled ? 4 : stage.stride),
      receptive_field: field,
      drop_rate: inner ? spec.stochastic_depth * (before - 1) / all : 0,
      ...sums,
      macs_share: Number(sums.macs) / Number(total.macs),
    };
    row.changed = others ? COMPARED.filter((name) => row[name] !== others[number][name]) : [];
    return row;
  });
}

// --- where a slider changes the stages ----------------------------------------------------------

function between(values, low, high) {
  const kept = [...new Set(values)].filter((value) => value >= low && value <= high);
  return kept.sort((a, b) => a - b);
}

function depthChanges(base, low, high) {
  const edges = [];
  for (const { repeats } of base.stages.filter((stage) => stage.scales_depth)) {
    const most = Math.ceil(high * repeats);
    for (let n = Math.floor(low * repeats); n <= most; n += 1) edges.push(n / repeats);
  }
  return between(edges, low, high);
}

function widthChanges(base, low, high) {
  const edges = [], limit = base.round_limit;
  for (const { channels, divisor } of base.stages) {
    const end = Math.ceil(high * channels) + divisor;
    for (let multiple = divisor; multiple < end; multiple += divisor) {
      const middle = multiple + divisor / 2;
      edges.push((limit ? Math.min(middle, multiple / limit) : middle) / channels);
    }
  }
  return between(edges, low, high);
}

// Positions of a slider between `low` and `high` past which some stage changes.
export function changesAlong(name, base, { phi, alpha, beta }, low, high) {
  if (name === 'depth') return depthChanges(base, low, high);
  if (name === 'width') return widthChanges(base, low, high);
  if (name === 'phi') {
    const places = [[alpha, depthChanges], [beta, widthChanges]].flatMap(([by, changes]) => (
      by > 1 ? changes(base, by ** low, by ** high).map((f) => Math.log(f) / Math.log(by)) : []
    ));
    return [...new Set(places)].sort((a, b) => a - b);
  }
  if ((name !== 'alpha' && name !== 'beta') || phi === 0) return [];
  const changes = name === 'alpha' ? depthChanges : widthChanges;
  const [first, last] = [low ** phi, high ** phi].sort((a, b) => a - b);
  const factors = changes(base, first, Math.min(last, 64));
  return factors.map((factor) => factor ** (1 / phi)).sort((a, b) => a - b);
}

// The layers of a stage's first block in order, with the multiply-adds of each.
export function stageLayers(spec, number) {
  const members = blocksOf(spec).filter((block) => block.stage === number);
  const shown = number > 0 && number <= spec.stages.length ? members.slice(0, 1) : members;
  return shown.flatMap(({ layers }) => layers).map((layer) => ({
    kind: layer.kind, inputs: layer.inputs, outputs: layer.outputs, kernel: layer.kernel, out: layer.out,
    macs: layer.kernel ** 2 * (layer.inputs / layer.groups) * layer.outputs * layer.out ** 2,
  }));
}
