// The only place that turns the server's HTML into nodes, through the Trusted Types policy of the page.

const policy = globalThis.trustedTypes?.createPolicy('quintet', { createHTML: (html) => html }) ?? { createHTML: (html) => html };

/** @param {string} html a fragment or a whole page from our own server */
export function fragment(html) {
  const template = document.createElement('template');
  template.innerHTML = policy.createHTML(html);
  return document.importNode(template.content, true);
}

/** @param {string} html @returns {Element | null} its first element */
export const element = (html) => (html ? fragment(html).firstElementChild : null);

/**
 * Makes an element with properties, `data-`, `aria-` and other attributes that contain a hyphen, `role`, and children.
 * @param {string} name
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string)} children
 */
export function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes('-') || key === 'role' || key === 'popover') made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}

const SHAPES = {
  copy: 'M7 9a2 2 0 0 1 2-2h5.5a2 2 0 0 1 2 2v5.5a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2zM13 4.8A2 2 0 0 0 11.2 3.5H5.5a2 2 0 0 0-2 2v5.7A2 2 0 0 0 4.8 13',
  delete: 'M4 5.5h12M8 5.5V4a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v1.5M5.5 5.5l.7 10a1.4 1.4 0 0 0 1.4 1.3h4.8a1.4 1.4 0 0 0 1.4-1.3l.7-10',
  export: 'M10 3.5v9M6 9l4 4 4-4M3.5 16.5h13',
  file: 'M11.5 2.5h-6a1.5 1.5 0 0 0-1.5 1.5v12a1.5 1.5 0 0 0 1.5 1.5h9A1.5 1.5 0 0 0 16 16V7zM11.5 2.5V7H16',
  latest: 'M10 4v11.5M5 10.7l5 5 5-5',
  remove: 'm5.5 5.5 9 9M14.5 5.5l-9 9',
  rename: 'm4 16 .8-3.4L13.4 4a1.9 1.9 0 0 1 2.6 2.6l-8.6 8.6z',
  stop: 'M6.5 3.5h7a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-7a3 3 0 0 1-3-3v-7a3 3 0 0 1 3-3z',
};

/** @param {keyof typeof SHAPES} name */
export function icon(name) {
  const drawing = (tag, attributes) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const svg = drawing('svg', { class: 'i', viewBox: '0 0 20 20', 'aria-hidden': 'true' });
  svg.append(drawing('path', { d: SHAPES[name] }));
  return svg;
}
