// The first thirty seconds: phi glides once from 0 to 3, three ways to spend the same, a guess.
import { make, put, show, write } from './dom.js';
import { giga, mark, percent } from './words.js';

const GLIDE_MS = 4200, FROM = 0, TO = 3;
const TITLES = { depth: mark('Deeper'), width: mark('Wider'), resolution: mark('Larger pictures'), compound: mark('All three') };
const GUESSES = ['b1', 'b2', 'b3'], RIGHT = 'b2';

// `change` sets values of the design; `frame` runs a function each frame until it gives false.
export function introIn(parent, { say, ways, titles, links, change, frame, still }) {
  const box = make('section', parent, { class: 'intro', 'aria-label': say('First steps') });
  make('h3', box, {}, say('Make a network bigger: deeper, wider, or with larger pictures?'));
  const parts = make('div', box, { class: 'parts' });
  const panels = [watching(), spending(), guessing(), leaving()];
  const close = make('button', box, { type: 'button', class: 'close', 'aria-label': say('Close the first steps') }, '×');
  close.addEventListener('click', end);
  let gliding = false;
  turn(0);

  function turn(number) {
    panels.forEach((panel, i) => show(panel, i === number));
  }

  function next(panel, text, number) {
    make('button', panel, { type: 'button', class: 'next' }, text).addEventListener('click', () => {
      stop();
      turn(number);
    });
  }

  function watching() {
    const panel = make('p', parts);
    make('span', panel, {}, say('One number, phi, grows all three at once. Drag it.'));
    next(panel, say('And one at a time?'), 1);
    return panel;
  }

  function spending() {
    const panel = make('div', parts, { class: 'ways' });
    const low = Math.min(...ways.map((way) => way.macs)), high = Math.max(...ways.map((way) => way.macs));
    for (const { way, design, top1, source } of ways) {
      const button = make('button', panel, { type: 'button', class: way, title: say(source) });
      make('b', button, {}, say(TITLES[way]));
      make('span', button, {}, `◇ ${percent(top1 / 100)}`);
      button.addEventListener('click', () => {
        for (const other of panel.querySelectorAll('button[aria-pressed]')) put(other, { 'aria-pressed': 'false' });
        put(button, { 'aria-pressed': 'true' });
        change(design, { done: true });
      });
      put(button, { 'aria-pressed': 'false' });
    }
    make('small', panel, {}, say('ImageNet top-1, published (Figure 8); each costs {low} to {high} multiply-adds.',
      { low: giga(low), high: giga(high) }));
    next(panel, say('A guess'), 2);
    return panel;
  }

  function guessing() {
    const panel = make('p', parts);
    make('span', panel, {}, say('Which B does phi = 1 give?'));
    const answer = make('span', null, { class: 'answer', 'aria-live': 'polite' });
    for (const name of GUESSES) {
      const button = make('button', panel, { type: 'button' }, name.toUpperCase());
      button.addEventListener('click', () => {
        const right = name === RIGHT;
        write(answer, right ? say("Right: B2's widths and depths. The released networks do not lie on the formula.")
          : say("No: B2's widths and depths. The released networks do not lie on the formula."));
        change({ mode: 'formula', base: 'b0', phi: 1 }, { done: true });
      });
    }
    panel.append(answer);
    next(panel, say('Go on'), 3);
    return panel;
  }

  function leaving() {
    const panel = make('p', parts);
    make('span', panel, {}, say('Now it is yours: drag, press, or go on with'));
    for (const [name, text] of [['photo', say('your photo')], ['lesson', say('lesson 1')]]) {
      if (links[name]) make('a', panel, { href: links[name], target: '_self' }, text);
    }
    make('button', panel, { type: 'button', class: 'next' }, say('Start')).addEventListener('click', end);
    return panel;
  }

  function end() {
    stop();
    box.remove();
    change({}, { done: true });
  }

  function stop() {
    gliding = false;
  }

  function begin() {
    if (still()) return;
    gliding = true;
    change({ mode: 'formula', phi: FROM }, {});
    let began = 0;
    frame((now) => {
      began ||= now;
      if (!gliding) return false;
      const part = Math.min(1, (now - began) / GLIDE_MS);
      const eased = part * part * (3 - 2 * part);
      gliding = part < 1;
      change({ phi: Number((FROM + (TO - FROM) * eased).toFixed(2)) }, { done: !gliding });
      return gliding;
    });
  }

  return { begin, stop, box, gliding: () => gliding };
}
