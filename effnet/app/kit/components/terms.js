// Where a sentence first names a term of the page, that opens the term's card.
const EDGE = 8; // px, between a card and its term, and the window's edge

// A text in parts, with its term where one is named for the first time; the longest name counts.
function partsOf(text, terms) {
  const places = terms.flatMap((term) => {
    const named = new RegExp(`(?<!\\w)(?:${term.spot})(?!\\w)`, 'gi');
    return [...text.matchAll(named)].map(({ 0: { length }, index }) => [index, index + length, term]);
  });
  places.sort(([start, end], [other, otherEnd]) => start - other || otherEnd - end);
  const parts = [], told = new Set();
  let done = 0;
  for (const [start, end, term] of places) {
    if (start < done || told.has(term)) continue;
    parts.push([text.slice(done, start)], [text.slice(start, end), term]);
    told.add(term);
    done = end;
  }
  return [...parts, [text.slice(done)]].filter(([part]) => part);
}

function openCard(heading, button, { name, line, picture }) {
  const [image, title, text] = heading.card.children;
  [image.src, title.textContent, text.textContent] = [picture, name, line];
  heading.card.showPopover();
  const { left, bottom } = button.getBoundingClientRect();
  const most = innerWidth - heading.card.offsetWidth - EDGE;
  heading.card.style.left = `${Math.max(EDGE, Math.min(left, most))}px`;
  heading.card.style.top = `${bottom + EDGE}px`;
}

function cardBeside(heading) {
  const card = document.createElement('div');
  Object.assign(card, { className: 'card', popover: 'auto' });
  card.append(new Image(), document.createElement('strong'), document.createElement('p'));
  card.firstChild.alt = '';
  heading.after(card);
  return card;
}

function markTerms(heading, terms) {
  heading.card ??= cardBeside(heading);
  heading.replaceChildren(...partsOf(heading.textContent, terms).map(([part, term]) => {
    if (!term) return part;
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', className: 'term', textContent: part });
    button.onclick = () => openCard(heading, button, term);
    return button;
  }));
}
