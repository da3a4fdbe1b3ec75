// Every page: the HTML policy for htmx, time zone, menus, drawer, toasts, a renewed token.
(() => {
  'use strict';
  const root = document.documentElement;
  root.classList.add('js');
  document.cookie = `heliograph-zone=${-new Date().getTimezoneOffset()}; Path=/; Max-Age=31536000; SameSite=Strict${location.protocol === 'https:' ? '; Secure' : ''}`;
  if (!window.htmx) return;

  // Trusted Types: htmx puts in what our own server rendered; nothing may become script (no js: attributes, no eval).
  const policy = window.trustedTypes?.createPolicy('htmx', { createHTML: (text) => text });
  const never = () => { throw new Error('no script from markup'); };
  htmx.registerExtension('policy', {
    init: (api) => api.initSecurity({ createHTML: (text) => policy ? policy.createHTML(text) : text, createScript: never }, never, never),
  });

  document.addEventListener('click', (event) => {
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(event.target) || event.target.closest('.menu > div :is(a, button)')) menu.open = false;
    }
    const drawer = document.getElementById('drawer');
    if (drawer?.checked && (event.target.closest('#folders a') || event.target.closest('.panes'))) drawer.checked = false;
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const open = document.querySelector('details.menu[open]');
    if (open) { open.open = false; open.querySelector('summary').focus(); event.stopPropagation(); }
  });

  // Toasts go after ten seconds, but not while they are read or hold an error.
  const fade = () => {
    for (const toast of document.querySelectorAll('.toast:not([role=alert]):not([data-timed])')) {
      toast.dataset.timed = '';
      const go = () => toast.matches(':hover, :focus-within') ? setTimeout(go, 2000) : toast.remove();
      setTimeout(go, 10000);
    }
  };
  fade();
  document.addEventListener('htmx:after:swap', fade);

  const say = (text) => {
    const box = document.getElementById('toasts');
    if (!box) return;
    const toast = document.createElement('div');
    toast.className = 'toast';
    toast.textContent = text;
    box.replaceChildren(toast);
    fade();
  };
  window.heliograph = { say };

  // A page from before a new sign-in gets a token that works now.
  document.addEventListener('htmx:before:response', (event) => {
    const token = event.detail.ctx.response.headers.get('x-csrf-token');
    if (!token) return;
    document.body.setAttribute('hx-headers:inherited', JSON.stringify({ 'X-CSRF-Token': token }));
    for (const field of document.querySelectorAll('input[name=csrf]')) field.value = token;
  });

  window.addEventListener('offline', () => say('You are offline. What you see may be old.'));
  window.addEventListener('online', () => say('Back online.'));
  document.addEventListener('htmx:error', (event) => {
    if (event.detail.error?.name !== 'AbortError' && !event.detail.ctx?.sourceElement?.matches?.('#events')) say('The server does not answer. Please try again in a moment.');
  });

  // After a pane was filled the keyboard goes on from there.
  document.addEventListener('htmx:after:swap', (event) => {
    const target = event.detail.ctx.target;
    if (target?.id === 'reader') document.getElementById('reader')?.querySelector('.scroll')?.scrollTo(0, 0);
    if (target?.id === 'main' && document.activeElement === document.body) document.getElementById('main').focus({ preventScroll: true });
  });
})();
