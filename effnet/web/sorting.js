// Tables that are sorted by a click on a column's title: numbers by value, empty cells last.
const cell = (row, column) => row.cells[column];

function key(row, column) {
  const { dataset, textContent } = cell(row, column);
  if (!('value' in dataset)) return textContent.trim();
  return dataset.value === '' ? null : Number(dataset.value);
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === '') return Infinity;
  if (b === null || b === '') return -Infinity;
  return typeof a === 'number' ? a - b : a.localeCompare(b, document.documentElement.lang);
}

for (const table of document.querySelectorAll('table.sortable')) {
  const [body] = table.tBodies;
  const titles = [...table.tHead.rows[0].cells];
  titles.forEach((title, column) => {
    title.querySelector('button').onclick = () => {
      const down = title.ariaSort === 'ascending';
      for (const other of titles) other.ariaSort = null;
      title.ariaSort = down ? 'descending' : 'ascending';
      const rows = [...body.rows].sort((a, b) => {
        const order = compare(key(a, column), key(b, column));
        return down && Number.isFinite(order) ? -order : order;
      });
      body.append(...rows);
    };
  });
}
