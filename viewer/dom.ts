type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Makes an element. Text goes in as text nodes only, so nothing of a recording is ever parsed as HTML. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

export function svgElement(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(made, attributes);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    target.setAttribute(name, value === true ? '' : String(value));
  }
}

/** A button that runs `action`; what goes wrong is shown to the person. */
export function actionButton(label: string, action: () => Promise<void> | void): HTMLButtonElement {
  const button = element('button', { type: 'button' }, label);
  button.addEventListener('click', () => {
    Promise.resolve()
      .then(action)
      .catch((error: unknown) => showProblem(error));
  });
  return button;
}

/** Says a thing to people who look and to people who listen. */
export function say(message: string): void {
  const status =
    document.querySelector('#status') ??
    document.body.appendChild(element('p', { id: 'status', role: 'status', class: 'notice no-print' }));
  status.textContent = message;
}

export function showProblem(error: unknown): void {
  say(error instanceof Error ? error.message : 'Something went wrong. Reload the page.');
}
