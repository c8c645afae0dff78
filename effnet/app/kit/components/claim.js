// The page's sentence; a screen reader hears it when it changes. `terms.js` stands before this.
export default function ({ parentElement, data: [data] }) {
  const heading = parentElement.querySelector('.claim');
  if (heading.textContent === data.text) return;
  heading.textContent = data.text;
  markTerms(heading, data.terms);
}
