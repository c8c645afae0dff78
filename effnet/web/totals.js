// Parameters, multiply-adds, activations, resolution and blocks, beside the base network.
import { blockCount } from './core.js';
import { make, put, write } from './dom.js';
import { factor, giga, integer, mark, millions } from './words.js';

const TITLES = [mark('Parameters'), mark('Multiply-adds'), mark('Activations'), mark('Resolution'), mark('Blocks')];

export function totalsIn(parent, say) {
  const list = make('dl', parent, { class: 'totals' });
  const cards = TITLES.map((title) => {
    const card = make('div', list);
    make('dt', card, {}, say(title));
    return { card, value: make('dd', card, { class: 'value' }), below: make('dd', card) };
  });

  function shown({ spec, base, total, start, short }) {
    const by = (name) => Number(total[name]) / Number(start[name]);
    const entries = [
      [millions(total.params), by('params'), integer(total.params)],
      [giga(total.macs), by('macs'),
        say("{macs:,} MACs: the paper's FLOPS. Counted singly, {flops:,} FLOPs", { macs: total.macs, flops: total.macs + total.macs })],
      [millions(total.activations), by('activations'),
        say('{n:,} elements written by convolutions and fully connected layers', { n: total.activations })],
      [`${spec.resolution} px`, spec.resolution / base.resolution, say('Side of the square input')],
      [String(blockCount(spec)), blockCount(spec) / blockCount(base), say('Stem and head not counted')],
    ];
    entries.forEach(([value, times, title], i) => {
      write(cards[i].value, value);
      write(cards[i].below, say('{times} {network}', { times: factor(times, say), network: short }));
      put(cards[i].card, { title });
    });
  }

  return { list, show: shown };
}
