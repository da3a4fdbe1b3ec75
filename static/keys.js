// Single keys, off in fields and with any modifier; `?` shows them. Switched off in this browser with localStorage "keys" = "off".
(() => {
  'use strict';
  const help = [
    ['c', 'New message'], ['/', 'Search'], ['j  k', 'Next, previous message'], ['Enter  o', 'Open'], ['u', 'Back to the list'],
    ['x', 'Select'], ['* a  * n', 'Select all, none'], ['e', 'Archive'], ['#', 'Delete'], ['!', 'Junk'], ['s', 'Star'], ['v', 'Move to a folder'],
    ['r', 'Reply'], ['a', 'Reply to all'], ['f', 'Forward'], ['Shift I', 'Mark as read'], ['Shift U', 'Mark as unread'],
    ['g i', 'Inbox'], ['g d', 'Drafts'], ['g t', 'Sent'], ['g a', 'Archive'], ['Ctrl Enter', 'Send'], ['Ctrl S', 'Save the draft'], ['?', 'These keys'],
  ];
  let prefix = '';
  let timer = 0;
  const find = (selector) => document.querySelector(selector);
  const rows = () => [...document.querySelectorAll('#messages .m > a')];
  const here = () => rows().findIndex((link) => link === document.activeElement || link.getAttribute('aria-current'));
  const step = (by) => {
    const all = rows();
    const next = all[Math.max(0, Math.min(all.length - 1, here() + by))];
    if (!next) return;
    next.focus();
    next.scrollIntoView({ block: 'nearest' });
    if (find('#reader #message')) next.click();
  };
  const chosen = () => find('#messages input[name=uid]:checked');
  // A selection in the list comes before the open message; with neither, the row that has the focus.
  const act = (value) => {
    if (!chosen() && !find('#message') && document.activeElement?.matches('#messages .m > a')) {
      const box = document.activeElement.closest('.m').querySelector('input[name=uid]');
      if (box) box.checked = true;
    }
    const scope = chosen() ? '#rows' : '#message';
    find(`${scope} button[name=do]:is(${value.map((one) => `[value=${one}]`).join(',')})`)?.click();
  };
  const all = (on) => { for (const box of document.querySelectorAll('#messages input[name=uid]')) box.checked = on; window.heliographList?.count(); };
  const keys = {
    'c': () => find('#folders [data-key=c]')?.click(),
    '/': () => find('#q')?.focus(),
    'j': () => step(1), 'ArrowDown': () => document.activeElement?.closest('#messages') && step(1),
    'k': () => step(-1), 'ArrowUp': () => document.activeElement?.closest('#messages') && step(-1),
    'o': () => document.activeElement?.click(),
    'u': () => find('#reader .back')?.click(),
    'x': () => { const box = document.activeElement?.closest('.m')?.querySelector('input[name=uid]'); if (box) { box.checked = !box.checked; window.heliographList?.count(); } },
    'e': () => act(['archive']), '#': () => act(['delete']), 'Delete': () => act(['delete']), '!': () => act(['junk', 'notjunk']), 's': () => act(['flag', 'unflag']),
    'I': () => act(['read']), 'U': () => act(['unread']),
    'v': () => find(chosen() ? '#rows .menu summary' : '#message [data-key=v]')?.click(),
    'r': () => find('#message [data-key=r]')?.click(), 'a': () => find('#message [data-key=a]')?.click(), 'f': () => find('#message [data-key=f]')?.click(),
    '*a': () => all(true), '*n': () => all(false),
    'gi': () => find('#folders [data-go=i]')?.click(), 'gd': () => find('#folders [data-go=d]')?.click(), 'gt': () => find('#folders [data-go=t]')?.click(), 'ga': () => find('#folders [data-go=a]')?.click(),
    '?': () => show(),
  };
  const show = () => {
    let dialog = find('#keys');
    if (!dialog) {
      dialog = document.createElement('dialog');
      dialog.id = 'keys';
      dialog.setAttribute('aria-labelledby', 'keys-title');
      const title = Object.assign(document.createElement('h2'), { id: 'keys-title', textContent: 'Keys' });
      const box = Object.assign(document.createElement('div'), { className: 'keys' });
      for (const [key, text] of help) {
        const line = document.createElement('div');
        const marks = document.createElement('span');
        for (const one of key.split('  ')) marks.append(Object.assign(document.createElement('kbd'), { textContent: one }), ' ');
        line.append(text, marks);
        box.append(line);
      }
      const off = Object.assign(document.createElement('button'), { className: 'btn line', type: 'button' });
      const name = () => { off.textContent = localStorage.getItem('keys') === 'off' ? 'Switch single keys on' : 'Switch single keys off'; };
      off.addEventListener('click', () => { localStorage.getItem('keys') === 'off' ? localStorage.removeItem('keys') : localStorage.setItem('keys', 'off'); name(); });
      name();
      const close = Object.assign(document.createElement('button'), { className: 'btn primary', type: 'button', textContent: 'Close' });
      close.addEventListener('click', () => dialog.close());
      const foot = Object.assign(document.createElement('p'), { className: 'sendbar' });
      foot.append(close, off);
      dialog.append(title, box, foot);
      document.body.append(dialog);
    }
    dialog.showModal();
  };
  for (const button of document.querySelectorAll('[data-help]')) { button.hidden = false; button.addEventListener('click', show); }

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || find('dialog[open]')) return;
    if (event.key === 'Escape') { document.activeElement?.matches('#q') ? document.activeElement.blur() : null; return; }
    if (event.target.closest?.('input:not([type=checkbox]), textarea, select, [contenteditable=true]')) return;
    if (localStorage.getItem('keys') === 'off' && event.key !== '?') return;
    const pressed = prefix + event.key;
    clearTimeout(timer);
    prefix = '';
    if (pressed === 'g' || pressed === '*') {
      prefix = pressed;
      timer = setTimeout(() => { prefix = ''; }, 1200);
      return;
    }
    const action = Object.hasOwn(keys, pressed) ? keys[pressed] : null;
    if (!action) return;
    event.preventDefault();
    action();
  });
})();
