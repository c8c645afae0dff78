// The stage table, which holds all that the drawing shows.
import { fixed } from './core.js';
import { make, put, show, write } from './dom.js';
import { integer, mark, percent, significant } from './words.js';

const COLUMNS = [ // with what they mean
  [mark('stage')], [mark('operator')], [mark('kernel')], [mark('stride')],
  [mark('channels'), mark('Output channels; exact value before rounding to multiples of 8 in brackets')],
  [mark('blocks'), mark('Exact value before rounding up in brackets')],
  [mark('map (px)'), mark('Side of the input and output maps')],
  [mark('MACs share')], ['MACs', mark('Multiply-adds for one image')], [mark('parameters')], [mark('activations')],
  [mark('sees (px)'), mark('Receptive field of its convolutions, in input pixels')],
  [mark('drop'), mark('Stochastic-depth rate of its last block')], [mark('SE ratio')],
];
const WIDTHS = [4, 11, 5, 5, 8, 7, 10, 8, 10, 8, 8, 6, 4, 6]; // %: numbers that change move nothing
const BAR = COLUMNS.findIndex(([title]) => title === 'MACs share');

export function tableIn(parent, { say, pick }) {
  const scroll = make('div', parent, { class: 'scroll', tabindex: '0', role: 'region',
    'aria-label': say('Stage table: operator, channels, blocks, sizes and costs of every stage') });
  const table = make('table', scroll);
  make('caption', table, {}, say('Stages (• differs from the base; exact values in brackets)'));
  const head = make('tr', make('thead', table));
  COLUMNS.forEach(([title, help], i) => {
    make('th', head, { scope: 'col', style: `width:${WIDTHS[i]}%`, ...(help && { title: say(help) }) }, say(title));
  });
  const body = make('tbody', table), lines = [];

  function line() {
    const row = make('tr', body);
    const cells = COLUMNS.map((_, i) => make(i ? 'td' : 'th', row, i ? {} : { scope: 'row' }));
    cells[BAR].className = 'share';
    const number = lines.length;
    row.addEventListener('click', () => pick(number));
    lines.push({ row, cells, bar: make('i', cells[BAR]), share: make('span', cells[BAR]) });
  }

  return (rows, picked) => {
    while (lines.length < rows.length) line();
    lines.forEach(({ row, cells, bar, share }, i) => {
      show(row, i < rows.length);
      if (i >= rows.length) return;
      const values = rows[i];
      const marked = (name, text) => (values.changed.includes(name) ? `${text} •` : text);
      const exact = (value, whole, digits) => (
        Math.abs(value - whole) > 1e-6 ? `${whole} (${significant(value, digits)})` : String(whole));
      const texts = [
        String(values.stage), marked('operator', say(values.operator)),
        marked('kernel', `${values.kernel}x${values.kernel}`), marked('stride', String(values.stride)),
        marked('channels', exact(values.exact_channels, values.channels, 4)),
        marked('repeats', exact(values.exact_repeats, values.repeats, 3)),
        marked('out_size', say('{side} to {out}', { side: values.in_size, out: values.out_size })),
        null, integer(values.macs), integer(values.params), integer(values.activations),
        integer(values.receptive_field), fixed(values.drop_rate, 3), String(values.se_ratio),
      ];
      texts.forEach((text, j) => { if (text !== null) write(cells[j], text); });
      write(share, percent(values.macs_share));
      const grown = `scaleX(${values.macs_share.toFixed(4)})`;
      if (bar.grown !== grown) bar.style.transform = bar.grown = grown;
      put(row, { 'aria-current': i === picked ? 'true' : null });
    });
  };
}
