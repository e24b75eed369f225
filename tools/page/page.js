// Search, filter and order of the table of tensors. Everything can be read without it.
'use strict';
(() => {
  const table = document.querySelector('#tensors table');
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const query = document.getElementById('query');
  const role = document.getElementById('role');
  const count = document.getElementById('count');

  function show() {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      const fits = words.every((word) => texts[i].includes(word)) &&
          (role.value === '' || row.dataset.kind === role.value);
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    count.textContent = `${shown} of ${rows.length} tensors`;
  }

  // A search has an address, "#q=query", to be passed on.
  function remember() {
    const address = query.value ? '#q=' + encodeURIComponent(query.value) : '#tensors';
    history.replaceState(null, '', address);
    show();
  }

  function recall() {
    if (!location.hash.startsWith('#q=')) return;
    try {
      query.value = decodeURIComponent(location.hash.slice(3));
    } catch {
      return;
    }
    show();
    document.getElementById('tensors').scrollIntoView();
  }

  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };

  function sort(heading) {
    const column = heading.cellIndex;
    const numbers = heading.classList.contains('n');
    const before = heading.getAttribute('aria-sort');
    const order = before === (numbers ? 'descending' : 'ascending') ?
        (numbers ? 'ascending' : 'descending') : (numbers ? 'descending' : 'ascending');
    for (const other of heading.parentElement.cells) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', order);
    const sign = order === 'ascending' ? 1 : -1;
    const compare = (a, b) => {
      const [x, y] = [key(a, column), key(b, column)];
      if (typeof x === 'string' && typeof y === 'string') return x.localeCompare(y);
      return (typeof x === 'string') - (typeof y === 'string') || x - y;
    };
    body.append(...[...rows].sort((a, b) => sign * compare(a, b)));
  }

  query.addEventListener('input', remember);
  role.addEventListener('change', show);
  window.addEventListener('hashchange', recall);
  for (const heading of table.tHead.rows[0].cells) {
    const button = heading.querySelector('button');
    if (button) button.addEventListener('click', () => sort(heading));
  }
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(input|select|textarea)$/i.test(event.target.tagName)) return;
    event.preventDefault();
    query.focus();
  });
  document.querySelector('.tools').hidden = false;
  show();
  recall();
})();
