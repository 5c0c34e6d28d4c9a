/** What the page holds, besides some text that is nobody's. */
export interface LargePage {
  readonly elementCount: number;
  readonly emailCount: number;
  readonly fieldCount: number;
}

export const largePage: LargePage = { elementCount: 10_000, emailCount: 1_000, fieldCount: 1_000 };

/** A table of people, as an administrator's page is: in each row an e-mail address, an order number, a field, plain texts. */
export function largePageHtml({ emailCount }: LargePage): string {
  const row = (index: number): string =>
    `<div class="row"><span>Row ${index}</span> <b>person${index}@example.com</b> <a href="#">Order ${1_000_000 + index}</a>` +
    `<p>Some more <i>text</i> with 12 words</p><span>open</span><span>paid</span><input aria-label="Note" value="call ${index}"></div>`;
  return `<!doctype html><title>People</title><style>.row{height:24px;overflow:hidden}.row *{display:inline}</style><h1>People</h1>
<button id="go" style="position:fixed;right:20px;top:20px;z-index:1">Next</button><main>${Array.from({ length: emailCount }, (_, index) => row(index)).join('')}</main>`;
}

/** Runs in the page: every 16 ms 20 rows are made anew, 50 texts change, and 20 elements move. */
export function startStorm(): void {
  const main = document.querySelector('main');
  let turn = 0;
  setInterval(() => {
    turn += 1;
    const rows = main?.children ?? [];
    for (let count = 0; count < 20; count += 1) {
      const row = rows[(turn * 37 + count) % rows.length];
      row?.replaceWith(row.cloneNode(true));
    }
    for (let count = 0; count < 50; count += 1) {
      const text = rows[(turn * 53 + count) % rows.length]?.querySelector('b')?.firstChild;
      if (text) text.nodeValue = `person${turn}.${count}@example.com`;
    }
    for (const row of main?.querySelectorAll<HTMLElement>('.row:nth-child(50n)') ?? []) row.style.marginLeft = `${turn % 9}px`;
  }, 16);
}
