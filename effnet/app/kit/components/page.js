// What a page needs once: its language, for screen readers and in the place of the English words
// that Streamlit writes into its own controls; and its place in the menu. `captions.js` stands
// before this.
const CONTROLS = ['stFileUploader', 'stCameraInput', 'stElementToolbar', 'stElementToolbarButton',
  'stTooltipContent',
  'stTooltipErrorContent', 'stSkipToContent', 'stStatusWidget', 'stDataFrame', 'stDataFrameColumnMenu',
  'stDataFrameColumnVisibilityMenu', 'stDataFrameColumnFormattingMenu', 'stDataFrameStatisticsMenu',
  'stSelectbox', 'stMultiSelect', 'stNumberInput', 'stTextInput', 'stTextArea', 'stDialog']
  .map((name) => `[data-testid="${name}"]`).join(', ') + ', [data-baseweb="popover"]';

const HOLE = /\{\w+\}/g;

// Words as they are looked up: whole texts, and those beside or around a limit or a file's name.
function lexicon(pairs) {
  const whole = new Map(), patterns = [];
  for (const [from, to, inside] of pairs) {
    let number = 0;
    if (!inside) whole.set(from, to);
    else {
      const found = new RegExp(from.replaceAll('.', '\\.').replace(HOLE, '(.+)'));
      patterns.push([found, to.replace(HOLE, () => `$${number += 1}`)]);
    }
  }
  return { whole, patterns };
}

function other(text, { whole, patterns }) {
  const bare = text.trim(), said = whole.get(bare);
  if (said) return text.replace(bare, said);
  const found = patterns.find(([pattern]) => pattern.test(text));
  return found && text.replace(...found);
}

function translate(words) {
  for (const control of document.querySelectorAll(CONTROLS)) {
    const texts = document.createTreeWalker(control, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const node = texts.currentNode, said = other(node.data, words);
      if (said) node.data = said;
    }
    for (const name of ['aria-label', 'placeholder']) {
      for (const node of control.querySelectorAll(`[${name}]`)) {
        const said = other(node.getAttribute(name), words);
        if (said) node.setAttribute(name, said);
      }
    }
  }
}

function speak(language, words) {
  const page = (globalThis.effnetPage ??= { pairs: [] });
  document.documentElement.lang = language;
  page.observer?.disconnect();
  translate(lexicon(page.pairs.map(([from, to, inside]) => [to, from, inside])));
  page.pairs = Object.entries(words).map(([from, to]) => (
    [from, to, from !== from.trim() || from.includes('{')]));
  if (!page.pairs.length) return;
  const spoken = lexicon(page.pairs);
  translate(spoken);
  page.observer = new MutationObserver(() => translate(spoken));
  page.observer.observe(document.body, { childList: true, characterData: true, subtree: true });
}

// The link to this page is marked.
function showPlace() {
  const page = (address) => address.split('/').at(-1);
  for (const link of document.querySelectorAll('.st-key-menu a')) {
    const here = page(link.getAttribute('href')) === page(location.pathname);
    if (here) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

// It is brought into sight where the menu is longer than the screen.
function reachPlace() {
  const strip = document.querySelector('.st-key-menu');
  const link = strip?.querySelector('[aria-current]');
  if (!link) return;
  const [all, one] = [strip, link].map((node) => node.getBoundingClientRect());
  if (one.left >= all.left && one.right <= all.right) return;
  strip.scrollLeft += one.left + one.width / 2 - (all.left + all.width / 2);
}

// What scrolls inside itself, which the keyboard could not reach.
function letScroll() {
  const page = globalThis.effnetPage;
  page.scrolls ??= new MutationObserver(() => {
    for (const box of document.querySelectorAll('.st-key-receipt')) box.tabIndex = 0;
  });
  page.scrolls.observe(document.body, { childList: true, subtree: true });
}

const CALM = 250; // ms without a change: a tab's elements have their places
const ANSWER = 1000; // ms until the server has begun to work, if it does
const PATIENCE = 4000; // ms; then a tab is seen while the rest of it is worked out
const WORKS = '[role="progressbar"], [data-testid="stSpinner"]';

// Whether it opens another tab: a mouse does when it goes down, a finger when it comes up where it
// did not scroll, arrows from the open one.
function isTurn({ type, key, pointerType }, tab) {
  if (type === 'keydown' && /^(Arrow|Home|End)/.test(key)) return true;
  const acts = type === 'keydown' ? key !== 'Tab' : (type === 'pointerdown') === (pointerType === 'mouse');
  return acts && tab.getAttribute('aria-selected') !== 'true';
}

// While another tab fills, the row keeps the height that it had. The tab is seen once all is in its
// place, or says that it is at work; what follows the row, only then.
function keepRoom(event) {
  const tab = event.target.closest?.('[role="tab"]'), row = tab?.closest('[data-testid="stTabs"]');
  if (!row || !isTurn(event, tab)) return;
  const app = document.querySelector('.stApp'), { dataset } = document.documentElement;
  const start = performance.now();
  let changed = start, asked = false;
  const changes = new MutationObserver((all) => {
    changed = performance.now();
    asked ||= all.some((one) => one.target === app);
  });
  row.turn = changes;
  changes.observe(row, { childList: true, subtree: true, attributes: true });
  changes.observe(app, { attributeFilter: ['data-test-script-state'] });
  row.style.minHeight = `${row.offsetHeight}px`;
  for (const one of document.querySelectorAll('.st-key-terms, .st-key-next_step')) {
    one.parentElement.dataset.follows = '';
  }
  dataset.turns = 'unseen';
  const look = () => {
    if (row.turn !== changes) return; // another tab was chosen meanwhile
    const now = performance.now();
    const answered = (asked || now - start > ANSWER) && app.dataset.testScriptState === 'notRunning';
    const open = row.querySelector('[role="tab"][aria-selected="true"]')?.getAttribute('aria-controls');
    const works = asked && document.getElementById(open)?.querySelector(WORKS);
    if (now - start > PATIENCE || works) dataset.turns = 'seen';
    if (!answered || now - changed < CALM || !there(row)) {
      setTimeout(look, 50);
      return;
    }
    changes.disconnect();
    shrink(row);
    requestAnimationFrame(() => { delete dataset.turns; });
  };
  look();
}

// Gives back the room that the row doesn't need, as far as the window stays where it is.
function shrink(row) {
  const page = document.querySelector('[data-testid="stMain"]');
  const { scrollTop, scrollHeight, clientHeight } = page;
  const least = row.offsetHeight - (scrollHeight - scrollTop - clientHeight);
  row.style.minHeight = `${Math.max(0, least)}px`;
}

function keepRooms() {
  for (const event of ['pointerdown', 'pointerup', 'keydown']) document.addEventListener(event, keepRoom, true);
}

const inSight = (node) => node.getBoundingClientRect().top < innerHeight;

// Whether a page has said its sentence, which it does once all that stands above the fold is sent.
function claimed(content) {
  const host = content?.querySelector(':is(.st-key-claim, .st-key-explorer) [data-testid="stBidiComponentIsolated"]');
  return host?.shadowRoot?.querySelector('h3')?.textContent
    && ![...content.querySelectorAll('[data-stale="true"]')].some(inSight);
}

// Whether a component's code has run: each writes words, and none has any before; the explorer's has
// its size once it no longer waits to be drawn.
function speaks(host) {
  if (host.shadowRoot?.querySelector('.effnet.waiting')) return false;
  const nodes = [...(host.shadowRoot?.querySelectorAll(':not(style, script)') ?? [])];
  return nodes.some(({ childNodes }) => [...childNodes].some(({ nodeType, data }) => (
    nodeType === Node.TEXT_NODE && data.trim())));
}

// Whether what is still on its way has its size already, as `frame.css` says.
const isSized = (node) => getComputedStyle(node).getPropertyValue('--sized');

// Whether what the window shows of a part is there and has its size: elements, their code, pictures.
function there(part) {
  const shown = (selector) => [...part.querySelectorAll(selector)].filter(inSight);
  return shown('[data-testid="stSkeleton"]:not(.stSkeleton)').every(isSized)
    && shown('[data-testid="stBidiComponentIsolated"]').every(speaks)
    && [...part.querySelectorAll('img')].every((image) => image.complete);
}

// The same of a page, its letters and what `frame.css` says of it: its size then.
function whole() {
  const content = document.querySelector('.st-key-content');
  const sent = claimed(content)
    || document.querySelector('.stApp').dataset.testScriptState === 'notRunning';
  const styled = getComputedStyle(document.documentElement).getPropertyValue('--edge');
  return sent && styled && content?.childElementCount && there(document)
    && document.fonts.status === 'loaded' && `${content.offsetWidth} ${content.offsetHeight}`;
}

const LOOKS = 3; // frames: Streamlit measures what has come, waits for a frame, and sets it again

// Shows a page at once instead of piece by piece.
function showWhole(page) {
  const { dataset } = document.documentElement;
  if (globalThis.effnetPage.shown === page) return;
  globalThis.effnetPage.shown = page;
  delete dataset.whole;
  let size, looks = 0;
  const look = () => {
    if (globalThis.effnetPage.shown !== page) return;
    const before = size;
    size = whole();
    looks = size && size === before ? looks + 1 : 0;
    if (looks === LOOKS) {
      dataset.whole = page;
      showPlace();
      reachPlace();
    } else requestAnimationFrame(look);
  };
  look();
}

export default function ({ data: [data], parentElement }) {
  speak(data.language, data.words);
  explainCaptions(data.terms, parentElement);
  showPlace();
  letScroll();
  keepRooms();
  showWhole(data.page);
}
