// The controls: way to scale, base, sliders, the budget with its lock, presets. Each shows a value of
// the design and asks for a change of it; `change(values, { done })` hears while dragged and after.
import { BUDGET, SOLVABLE, budget, projectToBudget } from './core.js';
import { DIALS, USUAL, within } from './design.js';
import { make, put, show, write } from './dom.js';
import { changesAlong } from './rows.js';
import { mark, percent, significant } from './words.js';

const MODES = { formula: mark('Formula'), free: mark('Free'), released: mark('Released'), edited: mark('Your own') };
const HELP = {
  phi: mark('How far to scale; 0 is the base network (arXiv:1905.11946, equation 3)'),
  alpha: mark('Depth is alpha to the power phi'),
  beta: mark('Width is beta to the power phi; costs its square'),
  gamma: mark('Resolution is gamma to the power phi; costs its square'),
  depth: mark('Multiplies the blocks of every stage, rounded up'),
  width: mark('Multiplies the channels, rounded to multiples of 8'),
  resolution: mark('Side of the input image in pixels'),
  own_resolution: mark('Side of the input image in pixels'),
};
const WAY = { phi: 'compound', alpha: 'depth', beta: 'width', gamma: 'resolution', depth: 'depth',
  width: 'width', resolution: 'resolution', own_resolution: 'resolution' };
const NAMES = { own_resolution: mark('resolution'), depth: mark('depth'), width: mark('width'), resolution: mark('resolution') };
const GAUGE = [1, 4];
const THUMB = 16; // px: the thumb's middle stops half of it before either end
const MOST_TICKS = 70; // more say nothing

// Where a value stands on the gauge's logarithmic track, from 0 to 1.
function along(value) {
  const [low, high] = GAUGE;
  return Math.log(within({ low, high }, value) / low) / Math.log(high / low);
}

export function controlsIn(parent, { say, titles, bases, released, ranges, presets, stations, hidden, active, change }) {
  const shows = (name) => !hidden.has(name);
  const box = make('div', parent, { class: 'controls' });
  const choices = make('div', box, { class: 'choices' });
  const modes = shows('mode') ? modePills(choices) : null;
  const base = picker(choices, say('Base network'), bases, (value) => change({ base: value, resolution: 0 }, { done: true }));
  const network = picker(choices, say('Released network'), released, (value) => change({ released: value }, { done: true }));
  const dials = Object.fromEntries(Object.keys(WAY).map((name) => [name, dial(name)]));
  const began = make('p', box, { class: 'note' });
  const money = shows('budget') ? budgetIn() : null;
  const more = make('button', box, { type: 'button', class: 'more', 'aria-expanded': 'false' }, say('All controls'));
  more.addEventListener('click', () => {
    const open = box.classList.toggle('open');
    put(more, { 'aria-expanded': String(open) });
  });
  let chosen = 'phi'; // the one slider that a phone's bar shows
  const chips = make('div', box, { class: 'chips', role: 'group', 'aria-label': say('Slider') });
  box.prepend(chips);

  function modePills(place) {
    const group = make('div', place, { class: 'pills', role: 'group', 'aria-label': say('Way to scale') });
    return Object.entries(MODES).map(([mode, title]) => {
      const button = make('button', group, { type: 'button' }, say(title));
      button.addEventListener('click', () => change({ mode }, { done: true }));
      return [mode, button];
    });
  }

  function picker(place, label, names, chose) {
    const select = make('select', place, { 'aria-label': label });
    for (const name of names) make('option', select, { value: name }, say(titles[name]));
    select.addEventListener('change', () => chose(select.value));
    return select;
  }

  function dial(name) {
    const span = ranges[name], title = say(NAMES[name] ?? name);
    const row = make('div', box, { class: `dial ${WAY[name]}` });
    const label = make('label', row, { title: say(HELP[name]) });
    make('span', label, {}, title);
    if (SOLVABLE.includes(name)) make('small', label, {}, say(WAY[name]));
    const common = { min: span.low, max: span.high };
    const number = make('input', label, { type: 'number', step: 'any', inputmode: 'decimal',
      'aria-label': say('{label}, exact value', { label: title }), ...common });
    const range = make('input', row, { type: 'range', step: span.step, 'aria-label': title,
      'aria-description': say(HELP[name]), ...common });
    const ticks = make('canvas', row, { 'aria-hidden': 'true' });
    const digits = span.step >= 1 ? 0 : 2;
    const hear = (done) => move(name, Number(range.value), done);
    range.addEventListener('input', () => hear(false));
    range.addEventListener('change', () => hear(true));
    number.addEventListener('change', () => {
      const value = number.value === '' ? NaN : Number(number.value);
      if (Number.isFinite(value)) move(name, within(span, value), true);
      number.typed = true;
      change({}, { done: true });
    });
    if (name === 'phi' && stations.length) stationsIn(row);
    return { row, number, range, ticks, digits, span };
  }

  // A slider of the formula that is moved on a released network leaves from where that one stands.
  function move(name, value, done) {
    const left = name === 'phi' ? { mode: 'formula' } : {};
    change({ [name]: value, ...left }, { done });
  }

  function stationsIn(row) {
    const line = make('div', row, { class: 'stations', role: 'group', 'aria-label': say('Released networks') });
    for (const { name } of stations) {
      const button = make('button', line, { type: 'button', 'aria-label': titles[name], title: titles[name] }, name.toUpperCase());
      button.dataset.name = name;
      button.addEventListener('click', () => change({ mode: 'released', released: name }, { done: true }));
    }
  }

  function budgetIn() {
    const place = make('div', box, { class: 'budget' });
    const head = make('div', place, { class: 'gauge-head' });
    make('span', head, {}, 'alpha x beta² x gamma²');
    const value = make('b', head);
    const track = make('div', place, { class: 'gauge', role: 'meter', 'aria-label': 'alpha x beta² x gamma²',
      'aria-valuemin': GAUGE[0], 'aria-valuemax': GAUGE[1] });
    const fill = make('i', track);
    const goal = make('u', track);
    goal.style.left = `${100 * along(BUDGET)}%`;
    const below = make('div', place, { class: 'gauge-head' });
    const note = make('p', below, { class: 'note' });
    const group = (title) => make('div', place, { class: 'buttons', role: 'group', 'aria-label': title });
    const locks = group(say('Hold the budget by solving'));
    make('span', locks, { title: say('This coefficient follows the other two, so that the product stays at 2') }, say('solve'));
    const lockButtons = SOLVABLE.map((name) => {
      const button = make('button', locks, { type: 'button' }, name);
      button.addEventListener('click', () => change({}, { lock: name, done: true }));
      return [name, button];
    });
    const rows = group(say('Presets'));
    const presetButtons = presets.map(({ title, values }) => {
      const button = make('button', rows, { type: 'button' }, say(title));
      button.addEventListener('click', () => change(values, { lock: null, done: true }));
      return [values, button];
    });
    const press = (where, text, title, act) => (
      make('button', where, { type: 'button', title }, text).addEventListener('click', act));
    press(rows, say('Onto the budget'), say('Keeps the three in proportion and sets their product to 2'),
      () => change(projectToBudget, { done: true }));
    press(below, say('Reset'), '', () => change(({ mode, base: from, released: which }) => ({ ...USUAL, mode, base: from, released: which }),
      { lock: null, done: true }));
    return { place, value, track, fill, note, lockButtons, presetButtons };
  }

  function showBudget(design, lock) {
    const value = budget(design), off = value / BUDGET - 1;
    write(money.value, say('{value} of 2', { value: significant(value) }));
    money.fill.style.width = `${(100 * along(value)).toFixed(1)}%`;
    put(money.track, { 'aria-valuenow': value.toFixed(3) });
    const share = percent(Math.abs(off));
    write(money.note, Math.abs(off) < 0.005 ? say('On the budget: each step of phi doubles the promised cost')
      : off > 0 ? say("{share} over the paper's 2", { share }) : say("{share} under the paper's 2", { share }));
    for (const [name, button] of money.lockButtons) put(button, { 'aria-pressed': String(name === lock) });
    for (const [values, button] of money.presetButtons) {
      put(button, { 'aria-pressed': String(Object.keys(values).every((name) => values[name] === design[name])) });
    }
  }

  function showTicks(name, { ticks, span }, { design, start, width, colours, names }) {
    const key = [name, start.name, design.alpha, design.beta, name === 'phi' || design.phi, width, colours.ink, names].join();
    if (ticks.key === key || !width) return;
    ticks.key = key;
    const stops = name === 'phi' && stations.length;
    const marks = stops ? [] : changesAlong(name, start, design, span.low, span.high);
    const height = stops ? 14 : 6, ratio = globalThis.devicePixelRatio || 1;
    const across = ticks.clientWidth || width; // beside its name it is shorter
    ticks.width = across * ratio;
    ticks.height = height * ratio;
    ticks.style.height = `${height}px`;
    const pen = ticks.getContext('2d');
    pen.scale(ratio, ratio);
    const place = (value) => THUMB / 2 + (value - span.low) / (span.high - span.low) * (across - THUMB);
    pen.strokeStyle = colours.ink;
    pen.globalAlpha = 0.4;
    pen.beginPath();
    for (const value of marks.length > MOST_TICKS ? [] : marks) {
      pen.moveTo(place(value), 0);
      pen.lineTo(place(value), height - 1);
    }
    (stops ? stations : []).forEach(({ phi }, i) => {
      pen.moveTo(place(phi), 0);
      pen.lineTo(place(phi), 4);
      pen.lineTo((i + 0.5) * across / stations.length, height);
    });
    pen.stroke();
  }

  function showChips(names) {
    if (!names.includes(chosen)) chosen = names[0] ?? '';
    if (chips.names !== names.join()) {
      chips.names = names.join();
      chips.replaceChildren();
      for (const name of names) {
        const chip = make('button', chips, { type: 'button', class: WAY[name] }, say(NAMES[name] ?? name));
        chip.addEventListener('click', () => {
          chosen = name;
          change({}, { done: true });
        });
      }
    }
    names.forEach((name, i) => put(chips.children[i], { 'aria-pressed': String(name === chosen) }));
  }

  return {
    box,
    show({ design, lock, start, width, colours, began: from }) {
      for (const [mode, button] of modes ?? []) put(button, { 'aria-pressed': String(mode === design.mode) });
      const station = stations.find(({ name }) => name === design.released);
      const scaled = design.mode === 'formula' || design.mode === 'free';
      show(base, scaled && shows('base'));
      show(network, design.mode === 'released' && shows('base'));
      if (base.value !== design.base) base.value = design.base;
      if (network.value !== design.released) network.value = design.released;
      const onStation = design.mode === 'released' && station && shows('mode');
      const names = (onStation ? ['phi'] : DIALS[design.mode]).filter((name) => shows(name.replace('own_', '')));
      showChips(names);
      for (const [name, one] of Object.entries(dials)) {
        show(one.row, names.includes(name));
        if (one.row.hidden) continue;
        put(one.row, { 'data-chosen': String(name === chosen) });
        const value = onStation ? station.phi : design[name] || (name === 'resolution' || name === 'own_resolution' ? start.resolution : 0);
        if (Number(one.range.value) !== value) one.range.value = value;
        const text = value.toFixed(one.digits);
        if ((active() !== one.number || one.number.typed) && one.number.value !== text) one.number.value = text;
        one.number.typed = false;
        const locked = design.mode === 'formula' && lock === name;
        one.range.disabled = one.number.disabled = locked;
        showTicks(name, one, { design, start, width, colours, names });
        if (name === 'phi') for (const button of one.row.querySelectorAll('.stations button')) {
          put(button, { 'aria-pressed': String(design.mode === 'released' && button.dataset.name === design.released) });
        }
      }
      write(began, design.mode === 'edited' ? say('Began from {start}. Its stages are edited under What if.', { start: from }) : '');
      if (money) {
        show(money.place, design.mode === 'formula');
        if (design.mode === 'formula') showBudget(design, lock);
      }
      show(more, Boolean(modes || money || shows('base')));
    },
  };
}
