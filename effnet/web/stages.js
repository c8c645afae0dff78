// A button over each stage of the drawing: it names the stage and its cost, and opens its block, over
// the drawing or, where the controls' column has room for it, always open there.
import { make, put, show, write } from './dom.js';
import { stageLayers } from './rows.js';
import { giga, percent } from './words.js';

export function stagesIn(figure, { say, pick, ask }) {
  const places = make('div', figure, { class: 'places' });
  const tip = make('div', figure, { class: 'tip', 'aria-hidden': 'true' });
  const block = make('div', figure, { class: 'block', role: 'group', hidden: '' });
  let hinted = -1, opened = -1, drawn = '';

  const words = (row) => say('stage {stage}: {operator}, {channels} {channels:channel|channels}, {side} x {side} px, {blocks} x; {macs} multiply-adds, {share} of all', {
    stage: row.stage, operator: say(row.operator), channels: row.channels, side: row.out_size,
    blocks: row.repeats, macs: giga(row.macs), share: percent(row.macs_share),
  });

  function hint(number) {
    hinted = number;
    ask();
  }

  function open(number) {
    opened = number;
    if (number > 0) pick(number);
    ask();
  }

  function add() {
    const number = places.children.length, button = make('button', places, { type: 'button' });
    button.addEventListener('click', () => open(opened === number ? -1 : number));
    for (const near of ['mouseenter', 'focus']) button.addEventListener(near, () => hint(number));
    for (const far of ['mouseleave', 'blur']) button.addEventListener(far, () => hint(-1));
  }
  function close() { // to where it was opened from
    places.children[opened]?.focus();
    open(-1);
  }
  figure.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && opened >= 0) close();
  });

  function showBlock({ spec, rows }, colours, stage) {
    const isOpened = opened >= 0 && opened < rows.length, number = isOpened ? opened : stage;
    block.classList.toggle('opened', isOpened);
    show(block, isOpened || block.parentNode !== figure);
    if (block.hidden) return;
    const layers = stageLayers(spec, number), key = JSON.stringify([number, layers, colours.ink]);
    if (drawn === key) return;
    drawn = key;
    block.replaceChildren();
    make('p', block, {}, words(rows[number]));
    const list = make('ol', block), most = Math.max(...layers.map(({ macs }) => Number(macs)));
    for (const layer of layers) {
      const item = make('li', list);
      item.style.setProperty('--kind', colours.kind[layer.kind]);
      item.style.setProperty('--share', Number(layer.macs) / most);
      make('b', item, {}, `${say(layer.kind)} ${layer.kernel}x${layer.kernel}`);
      make('span', item, {}, `${layer.inputs} → ${layer.outputs}, ${layer.out} px`);
      make('span', item, {}, `${giga(layer.macs)} MACs`);
    }
    make('button', block, { type: 'button', class: 'close', 'aria-label': say('Close') }, '×')
      .addEventListener('click', close);
  }

  // What the buttons are called: written once everything rests, as it changes all the time.
  function name({ rows }) {
    [...places.children].forEach((button, i) => rows[i] && put(button, { 'aria-label': words(rows[i]) }));
  }

  return {
    name,
    stand(place) { if (block.parentNode !== place) place.append(block); },
    show(current, { columns, height }, colours, stage) {
      const isNew = places.children.length < columns.length;
      while (places.children.length < columns.length) add();
      if (isNew) name(current);
      [...places.children].forEach((button, i) => {
        show(button, i < columns.length);
        if (i >= columns.length) return;
        const { left, size } = columns[i];
        put(button, { style: `left:${left.toFixed(0)}px;width:${(size + 6).toFixed(0)}px;height:${height}px`,
          'aria-expanded': String(i === opened) });
      });
      show(tip, hinted >= 0 && hinted !== opened && hinted < current.rows.length);
      if (!tip.hidden) write(tip, words(current.rows[hinted]));
      showBlock(current, colours, stage);
    },
  };
}
