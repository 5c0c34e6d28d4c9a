import { element } from './dom.ts';

const places = [
  { href: '/', label: 'Library' },
  { href: '/analytics', label: 'Analytics' },
  { href: '/topology', label: 'Topology' },
] as const;

/** Draws the bar above every page and hands out the page's content area, emptied. */
export function openPage(title: string): HTMLElement {
  document.title = `${title} · Stepwright`;
  const links = places.map(({ href, label }) =>
    element('a', { href, 'aria-current': location.pathname === href ? 'page' : undefined }, label),
  );
  const bar = document.querySelector('header.bar');
  bar?.replaceChildren(element('a', { href: '/', class: 'brand' }, 'Stepwright'), element('nav', { 'aria-label': 'Main' }, ...links));
  const content = document.querySelector('main') ?? document.body.appendChild(element('main'));
  content.replaceChildren();
  return content;
}

/** Last part of the path: `/guides/abc` → `abc`. */
export function idFromPath(): string {
  return decodeURIComponent(location.pathname.split('/').at(-1) ?? '');
}
