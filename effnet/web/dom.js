// Making nodes, and writing only what is new, so that the browser lays out nothing else.
const SVG = new Set(['svg', 'path', 'line', 'circle', 'rect', 'text', 'g', 'title']);

export function make(tag, parent, attributes = {}, text = '') {
  const node = SVG.has(tag) ? document.createElementNS('http://www.w3.org/2000/svg', tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  // JupyterLab takes arrow keys for itself where an input does not ask it to leave them
  if (tag === 'input' || tag === 'select') node.setAttribute('data-lm-suppress-shortcuts', '');
  if (text) node.textContent = text;
  parent?.append(node);
  return node;
}

export function write(node, text) {
  if (node.written !== text) node.textContent = node.written = text;
}

export function put(node, attributes) {
  node.putBefore ??= {};
  for (const [name, value] of Object.entries(attributes)) {
    if (node.putBefore[name] === value) continue;
    node.putBefore[name] = value;
    if (value === null) node.removeAttribute(name); else node.setAttribute(name, value);
  }
}

export const show = (node, shown) => { if (node.hidden === shown) node.hidden = !shown; };

export function save(name, blob) {
  const link = make('a', null, { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
