// The page's sentence; a screen reader hears it when it changes.
export default function ({ parentElement, data: [data] }) {
  const heading = parentElement.querySelector('.claim');
  if (heading.textContent !== data.text) heading.textContent = data.text;
}
