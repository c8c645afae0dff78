// A caption's first term that none above it has named: marked by a highlight, which leaves what
// Streamlit drew as it is, and opened by a click or a finger. `terms.js` stands before this.
const CAPTION = '[data-testid="stCaptionContainer"]';

function termOf(caption, terms) {
  const texts = document.createTreeWalker(caption, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode, [place] = placesOf(node.data, terms);
    if (!place || node.parentElement.closest('a')) continue;
    const range = new Range();
    range.setStart(node, place[0]);
    range.setEnd(node, place[1]);
    return Object.assign(range, { term: place[2] });
  }
  return null;
}

function markCaptions({ marks, terms }) {
  const left = new Set(terms);
  marks.clear();
  for (const caption of document.querySelectorAll(CAPTION)) {
    const range = termOf(caption, [...left]);
    if (!range) continue;
    left.delete(range.term);
    marks.add(range);
  }
}

function markAt({ marks }, { target, clientX: x, clientY: y }) {
  if (!target.closest?.(CAPTION)) return null;
  const around = ({ left, right, top, bottom }) => left <= x && x <= right && top <= y && y <= bottom;
  return [...marks].find((range) => [...range.getClientRects()].some(around));
}

function watchCaptions(page) {
  CSS.highlights.set('term', page.marks = new Highlight());
  let waiting = false;
  new MutationObserver(() => { // where there is time: a figure that is dragged comes first
    if (waiting) return;
    waiting = true;
    requestIdleCallback(() => {
      waiting = false;
      markCaptions(page);
    });
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
  document.addEventListener('click', (event) => {
    const mark = markAt(page, event);
    if (mark) openCard(page.card, mark, mark.term);
  });
  document.addEventListener('pointermove', (event) => {
    const caption = event.target.closest?.(CAPTION);
    if (caption) caption.style.cursor = markAt(page, event) ? 'help' : '';
  });
}

function explainCaptions(terms, place) {
  if (!CSS.highlights) return;
  const page = globalThis.effnetPage;
  page.terms = terms;
  if (!page.card?.isConnected) place.append(page.card = newCard());
  if (page.marks) markCaptions(page);
  else watchCaptions(page);
}
