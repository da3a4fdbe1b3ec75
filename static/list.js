// The list: selection with Shift, select all, the open row, new mail as it comes.
(() => {
  'use strict';
  const list = () => document.getElementById('list');
  const rows = () => [...document.querySelectorAll('#messages .m')];
  let last = null;

  document.addEventListener('click', (event) => {
    const box = event.target.closest?.('#messages input[name=uid]');
    if (!box) return;
    const row = box.closest('.m');
    if (event.shiftKey && last?.isConnected) {
      const all = rows();
      const [from, to] = [all.indexOf(last), all.indexOf(row)].sort((a, b) => a - b);
      for (const one of all.slice(from, to + 1)) one.querySelector('input[name=uid]').checked = box.checked;
    }
    last = row;
    count();
  });
  document.addEventListener('change', (event) => {
    if (event.target.id !== 'select-all') return;
    for (const row of rows()) row.querySelector('input[name=uid]').checked = event.target.checked;
    count();
  });
  const count = () => {
    const chosen = document.querySelectorAll('#messages input[name=uid]:checked').length;
    const all = document.getElementById('select-all');
    if (all) { all.checked = chosen > 0 && chosen === rows().length; all.indeterminate = chosen > 0 && !all.checked; }
    const live = document.getElementById('live');
    if (live && chosen) live.textContent = `${chosen} selected`;
  };

  // The row of the message in the reader.
  const mark = () => {
    const uid = document.querySelector('#reader #message')?.dataset.uid;
    for (const link of document.querySelectorAll('#messages .m > a[aria-current]')) link.removeAttribute('aria-current');
    if (uid) document.querySelector(`#m${uid} > a`)?.setAttribute('aria-current', 'true');
  };
  document.addEventListener('htmx:after:swap', mark);
  document.addEventListener('htmx:after:request', (event) => {
    const ctx = event.detail.ctx;
    if (ctx.sourceElement?.id !== 'mark-read' || ctx.response?.status !== 200) return;
    const uid = document.querySelector('#reader #message')?.dataset.uid;
    document.getElementById(`m${uid}`)?.classList.remove('new');
  });

  // New mail: only the list is fetched again, and only what changed is touched.
  document.addEventListener('mail', async () => {
    const url = document.getElementById('refresh')?.getAttribute('href');
    if (!url || document.querySelector('#messages input[name=uid]:checked')) return;
    const before = new Set(rows().map((row) => row.id));
    await htmx.ajax('GET', url, { source: '#events', target: '#list', swap: 'outerMorph', headers: { 'HX-Target': 'section#list' } });
    mark();
    const fresh = rows().filter((row) => row.matches('.new') && !before.has(row.id)).length;
    const live = document.getElementById('live');
    if (fresh && live) live.textContent = fresh === 1 ? 'One new message' : `${fresh} new messages`;
  });

  // Drag a row to a folder.
  document.addEventListener('dragstart', (event) => {
    const row = event.target.closest?.('#messages .m');
    if (!row) return;
    const box = row.querySelector('input[name=uid]');
    if (!box || !row.draggable) return;
    event.dataTransfer.setData('application/x-heliograph-uid', box.value);
    event.dataTransfer.effectAllowed = 'move';
  });
  const target = (event) => event.dataTransfer?.types.includes('application/x-heliograph-uid') && event.target.closest?.('#folders li a[data-name]');
  document.addEventListener('dragover', (event) => { if (target(event)) event.preventDefault(); });
  document.addEventListener('drop', (event) => {
    const folder = target(event);
    if (!folder) return;
    event.preventDefault();
    const uid = event.dataTransfer.getData('application/x-heliograph-uid');
    const box = document.querySelector(`#messages input[name=uid][value="${CSS.escape(uid)}"]`);
    const button = [...document.querySelectorAll('#rows button[name=move]')].find((one) => one.value === folder.dataset.name);
    if (box && button) { box.checked = true; button.click(); }
  });
  window.heliographList = { list, rows, count };
})();
