// Where a sentence first names a term of the page, that opens the term's card.
const EDGE = 8; // px, between a card and its term, and the window's edge

// Where a text first names each term: start, end, term. Of names that begin alike the longest counts.
function placesOf(text, terms) {
  const found = terms.flatMap((term) => {
    const named = new RegExp(`(?<!\\w)(?:${term.spot})(?!\\w)`, 'gi');
    return [...text.matchAll(named)].map(({ 0: { length }, index }) => [index, index + length, term]);
  });
  found.sort(([start, end], [other, otherEnd]) => start - other || otherEnd - end);
  const told = new Set();
  let done = 0;
  return found.filter(([start, end, term]) => {
    if (start < done || told.has(term)) return false;
    told.add(term);
    done = end;
    return true;
  });
}

function newCard() {
  const card = document.createElement('div');
  Object.assign(card, { className: 'term-card', popover: 'auto' });
  card.append(new Image(), document.createElement('strong'), document.createElement('p'));
  card.firstChild.alt = '';
  return card;
}

function openCard(card, place, { name, line, picture }) {
  const [image, title, text] = card.children;
  [image.src, title.textContent, text.textContent] = [picture, name, line];
  card.showPopover();
  const { left, top, bottom } = place.getBoundingClientRect();
  const most = innerWidth - card.offsetWidth - EDGE, below = bottom + EDGE;
  const fits = below + card.offsetHeight <= innerHeight;
  card.style.left = `${Math.max(EDGE, Math.min(left, most))}px`;
  card.style.top = `${fits ? below : Math.max(EDGE, top - EDGE - card.offsetHeight)}px`;
}

function markTerms(heading, terms) {
  if (!heading.card) heading.after(heading.card = newCard());
  const text = heading.textContent, parts = [];
  let done = 0;
  for (const [start, end, term] of placesOf(text, terms)) {
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', className: 'term', textContent: text.slice(start, end) });
    button.onclick = () => openCard(heading.card, button, term);
    parts.push(text.slice(done, start), button);
    done = end;
  }
  heading.replaceChildren(...parts, text.slice(done));
}
