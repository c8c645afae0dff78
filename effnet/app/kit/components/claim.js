// The page's sentence; a screen reader hears it when it changes. `terms.js` stands before this.
// What a longer one needed stays its room while page and window are the same: no slider moves what
// is below to and fro.
function keepRoom(heading) {
  const place = `${globalThis.effnetPage?.shown} ${innerWidth}`;
  if (heading.place !== place) heading.style.minHeight = '';
  heading.place = place;
  const height = heading.offsetHeight;
  if (document.fonts.status === 'loaded') heading.style.minHeight = `${height}px`; // in its letters
}

export default function ({ parentElement, data: [data] }) {
  const heading = parentElement.querySelector('.claim');
  if (heading.textContent === data.text) return;
  heading.textContent = data.text;
  markTerms(heading, data.terms);
  keepRoom(heading);
}
