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

/** @param {string} shape the path of a drawing of 20 by 20 */
export function icon(shape) {
  const drawing = (tag, attributes) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const svg = drawing('svg', { class: 'i', viewBox: '0 0 20 20', 'aria-hidden': 'true' });
  svg.append(drawing('path', { d: shape }));
  return svg;
}
