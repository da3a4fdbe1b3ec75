// Writing: uploads with progress, saving by itself, people suggested, Ctrl+Enter. Without this file the same form works by itself.
(() => {
  'use strict';
  const form = () => document.getElementById('compose');
  const token = () => form()?.elements.namedItem('csrf')?.value ?? '';
  const uploads = new Set();
  let timer = 0;
  let dirty = false;
  let saving = null;

  // Tiles of uploads and of refused files live in this page only: what the server sends must not take them away.
  const swap = async (text, target) => {
    const own = [...document.querySelectorAll('#files [data-own]')];
    const note = target === '#saved' ? document.querySelector('#files > .note') : null;
    const focused = document.activeElement;
    await htmx.swap({ text, target, swap: 'outerHTML', push: 'false', sourceElement: form() });
    const files = document.getElementById('files');
    if (note && files && !files.querySelector('.note')) files.prepend(note);
    files?.querySelector('ul')?.append(...own.filter((item) => !item.hasAttribute('data-done')));
    if (own.some((item) => item.contains(focused))) focused.focus();
  };
  const megabytes = (bytes) => (Math.ceil(bytes / 104857.6) / 10).toString();
  // Base64 in lines of 76 and CRLF, as the message will have it.
  const encoded = (bytes) => Math.ceil(bytes / 3) * 4 + Math.ceil(Math.ceil(bytes / 3) * 4 / 76) * 2;

  // Uploads: one request a file, the bar inside the file's tile.
  const tile = (file) => {
    const item = Object.assign(document.createElement('li'), { className: 'file' });
    const words = document.createElement('span');
    const name = Object.assign(document.createElement('span'), { textContent: file.name, dir: 'auto' });
    const state = document.createElement('small');
    const bar = Object.assign(document.createElement('progress'), { max: Math.max(file.size, 1), value: 0 });
    bar.setAttribute('aria-label', `Upload of ${file.name}`);
    words.append(name, state, bar);
    const stop = Object.assign(document.createElement('button'), { className: 'btn', type: 'button', textContent: 'Cancel' });
    stop.setAttribute('aria-label', `Cancel the upload of ${file.name}`);
    item.append(words, stop);
    item.dataset.own = '';
    document.querySelector('#files ul')?.append(item);
    return { item, state, bar, stop };
  };
  const upload = (file) => new Promise((done) => {
    const files = document.getElementById('files');
    const shown = tile(file);
    const used = Number(files.dataset.used);
    const limit = Number(files.dataset.limit);
    const refuse = (text) => {
      shown.item.dataset.refused = '';
      shown.state.setAttribute('role', 'alert');
      shown.bar.remove();
      shown.state.textContent = text;
      shown.stop.textContent = 'Dismiss';
      shown.stop.setAttribute('aria-label', `Dismiss ${file.name}`);
      shown.stop.onclick = () => shown.item.remove();
      done();
    };
    if (used + encoded(file.size) > limit) {
      const [size, most] = [used + encoded(file.size), limit];
      const same = megabytes(size) === megabytes(most);
      refuse(`Too large: the message would be ${same ? `${size} bytes` : `${megabytes(size)} MB`} as sent, ${same ? `${most} bytes` : `${megabytes(most)} MB`} are allowed.`);
      return;
    }
    const data = new FormData();
    data.append('csrf', token());
    for (const field of form().querySelectorAll('#files input[type=hidden]')) data.append(field.name, field.value);
    data.append('file', file);
    const request = new XMLHttpRequest();
    uploads.add(request);
    request.open('POST', form().dataset.upload);
    request.setRequestHeader('X-CSRF-Token', token());
    request.setRequestHeader('HX-Request', 'true');
    request.upload.onprogress = (event) => {
      shown.bar.value = event.loaded;
      shown.state.textContent = `${megabytes(event.loaded)} of ${megabytes(event.total)} MB`;
    };
    request.onload = async () => {
      uploads.delete(request);
      if (request.status === 200 || request.status === 413) { shown.item.dataset.done = ''; shown.item.remove(); await swap(request.responseText, '#files'); changed(); done(); } else refuse('The server refused the file.');
    };
    request.onerror = () => { uploads.delete(request); refuse('The connection was lost. Attach the file again.'); };
    request.onabort = () => { uploads.delete(request); shown.item.remove(); done(); };
    shown.stop.onclick = () => request.abort();
    request.send(data);
  });
  const attach = async (files) => { for (const old of document.querySelectorAll('#files [data-refused]')) old.remove(); for (const file of files) await upload(file); };

  document.addEventListener('change', (event) => {
    if (event.target.id !== 'file') return;
    const files = [...event.target.files];
    event.target.value = '';
    attach(files);
  });
  document.addEventListener('dragover', (event) => { if (form()?.contains(event.target) && event.dataTransfer.types.includes('Files')) { event.preventDefault(); form().classList.add('drop'); } });
  document.addEventListener('dragleave', () => form()?.classList.remove('drop'));
  document.addEventListener('drop', (event) => {
    if (!form()?.contains(event.target) || !event.dataTransfer.files.length) return;
    event.preventDefault();
    form().classList.remove('drop');
    attach([...event.dataTransfer.files]);
  });
  document.addEventListener('paste', (event) => {
    if (!form()?.contains(event.target) || !event.clipboardData?.files.length) return;
    event.preventDefault();
    attach([...event.clipboardData.files]);
  });

  // Saving: three seconds after the last change, and before anything else takes the pane.
  const fields = () => {
    const data = new FormData(form());
    data.delete('file');
    data.set('do', 'save');
    return data;
  };
  const save = async () => {
    if (!form() || saving) return saving;
    clearTimeout(timer);
    dirty = false;
    const id = form().action;
    saving = fetch(id, { method: 'POST', body: fields(), headers: { 'X-CSRF-Token': token(), 'X-Autosave': '1', 'HX-Request': 'true' } })
      .then(async (answer) => {
        const text = await answer.text();
        if (form()?.action !== id) return;
        if (answer.ok || answer.status === 422) await swap(text, '#saved');
        else document.getElementById('saved').textContent = answer.status === 401 ? 'Not saved: you are signed out' : 'Not saved';
      })
      .catch(() => { dirty = true; const saved = document.getElementById('saved'); if (saved) saved.textContent = 'Not saved: offline'; })
      .finally(() => { saving = null; if (dirty) changed(); });
    return saving;
  };
  const changed = () => { dirty = true; clearTimeout(timer); timer = setTimeout(save, 3000); };
  document.addEventListener('input', (event) => { if (event.target.closest?.('#compose') && event.target.type !== 'file') changed(); });

  // Leaving the pane for another message keeps what was written.
  document.addEventListener('htmx:config:request', (event) => {
    const ctx = event.detail.ctx;
    if (!form() || ctx.sourceElement?.closest?.('#compose')) return;
    const target = ctx.target?.id;
    if (dirty && (target === 'reader' || target === 'main')) save();
  });
  window.addEventListener('beforeunload', (event) => { if (form() && (dirty || uploads.size)) event.preventDefault(); });

  // Sending waits for uploads, and asks about a forgotten attachment or subject.
  document.addEventListener('submit', (event) => {
    if (event.target.id !== 'compose') return;
    const action = event.submitter?.value;
    clearTimeout(timer);
    if (action !== 'send') { dirty = false; return; }
    const stop = (text) => { event.preventDefault(); event.stopImmediatePropagation(); if (text) window.heliograph?.say(text); };
    if (uploads.size) return stop('A file is still being uploaded.');
    const own = form().elements.namedItem('body').value.split(/\n(?:>|On .* wrote:)/)[0];
    if (/\b(attach(ed|ment)?|enclosed)\b/i.test(own) && !document.querySelector('#files .file') && !confirm('You wrote of an attachment, but there is none. Send anyway?')) return stop('');
    if (!form().elements.namedItem('subject').value.trim() && !confirm('Send without a subject?')) return stop('');
    dirty = false;
  }, true);
  document.addEventListener('keydown', (event) => {
    if (!form() || !(event.ctrlKey || event.metaKey)) return;
    if (event.key === 'Enter') { event.preventDefault(); form().querySelector('button[value=send]').click(); }
    if (event.key === 's') { event.preventDefault(); save(); }
  });

  // Cc and Bcc fold away while they are empty.
  const fold = () => {
    const more = document.querySelector('#compose [data-more]');
    if (!more) return;
    more.hidden = !document.querySelector('#compose .extra:not(.shown)');
    more.onclick = () => { for (const line of document.querySelectorAll('#compose .extra')) line.classList.add('shown'); more.hidden = true; document.getElementById('cc').focus(); };
    const text = document.getElementById('text');
    text?.setSelectionRange(0, 0);
  };
  document.addEventListener('htmx:after:swap', (event) => { if (event.detail.ctx.target?.querySelector?.('#compose')) fold(); });
  fold();

  // People: what is typed after the last comma is looked up.
  let asked = 0;
  document.addEventListener('input', (event) => {
    const field = event.target.closest?.('[data-people]');
    if (!field) return;
    const start = field.value.lastIndexOf(',') + 1;
    const word = field.value.slice(start).trim();
    clearTimeout(asked);
    close();
    if (word.length < 2) return;
    asked = setTimeout(async () => {
      const answer = await fetch(`/addresses?q=${encodeURIComponent(word)}`).catch(() => null);
      if (!answer?.ok || document.activeElement !== field) return;
      const people = await answer.json();
      if (people.length) open(field, start, people);
    }, 150);
  });
  const close = () => { document.getElementById('people')?.remove(); for (const field of document.querySelectorAll('[data-people][aria-expanded]')) { field.setAttribute('aria-expanded', 'false'); field.removeAttribute('aria-controls'); field.removeAttribute('aria-activedescendant'); } };
  const open = (field, start, people) => {
    const box = Object.assign(document.createElement('ul'), { id: 'people', className: 'people' });
    box.setAttribute('role', 'listbox');
    box.setAttribute('aria-label', 'People');
    people.forEach((person, at) => {
      const item = Object.assign(document.createElement('li'), { id: `person-${at}` });
      item.setAttribute('role', 'option');
      item.setAttribute('aria-selected', at === 0);
      item.append(Object.assign(document.createElement('b'), { textContent: person.name }), ' ', Object.assign(document.createElement('span'), { className: 'muted', textContent: person.mail }));
      item.onmousedown = (event) => { event.preventDefault(); take(at); };
      box.append(item);
    });
    const quoted = (name) => /[()<>[\]:;@\\,."]/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name;
    const take = (at) => {
      const person = people[at];
      const before = field.value.slice(0, start).trimEnd();
      field.value = `${before}${before ? ' ' : ''}${person.name ? `${quoted(person.name)} <${person.mail}>` : person.mail}, `;
      close();
      changed();
    };
    field.closest('.line').append(box);
    field.setAttribute('role', 'combobox');
    field.setAttribute('aria-controls', 'people');
    field.setAttribute('aria-expanded', 'true');
    field.setAttribute('aria-activedescendant', 'person-0');
    field.onkeydown = (event) => {
      const list = document.getElementById('people');
      if (!list) return;
      const now = [...list.children].findIndex((item) => item.getAttribute('aria-selected') === 'true');
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        const next = (now + (event.key === 'ArrowDown' ? 1 : -1) + list.children.length) % list.children.length;
        [...list.children].forEach((item, at) => item.setAttribute('aria-selected', at === next));
        field.setAttribute('aria-activedescendant', `person-${next}`);
      } else if (event.key === 'Enter' || event.key === 'Tab') {
        event.preventDefault();
        take(now);
      } else if (event.key === 'Escape') close();
    };
    field.onblur = close;
  };
})();
