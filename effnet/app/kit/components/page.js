// What a page needs once: its language, for screen readers and in the place of the English words
// that Streamlit writes into its own controls; and plotly.js, whose source is put in below.
const CONTROLS = '[data-testid="stFileUploader"], [data-testid="stCameraInput"]';

function translate(words) {
  for (const control of document.querySelectorAll(CONTROLS)) {
    const texts = document.createTreeWalker(control, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const node = texts.currentNode;
      for (const [from, to] of words) {
        if (node.data.includes(from)) node.data = node.data.replace(from, to);
      }
    }
  }
}

function speak(language, words) {
  const page = (globalThis.effnetPage ??= { words: [] });
  document.documentElement.lang = language;
  page.observer?.disconnect();
  translate(page.words.map(([from, to]) => [to, from]));
  page.words = Object.entries(words);
  if (!page.words.length) return;
  translate(page.words);
  page.observer = new MutationObserver(() => translate(page.words));
  page.observer.observe(document.body, { childList: true, characterData: true, subtree: true });
}

export default function ({ data }) {
  speak(data.language, data.words);
  if (globalThis.Plotly) return;
  const script = document.createElement("script");
  script.textContent = PLOTLY;
  document.head.appendChild(script);
}
