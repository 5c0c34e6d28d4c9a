/** The whole style of guide.html. It is named by its hash in the page's policy, so nothing else can style the page. */
export const guideStyle = `
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--text:#16181d;--soft:#555c69;--line:#dfe3ea;--accent:#3346d3;--on-accent:#fff;--mark:#e11d48;--notice:#fff6e0;--notice-line:#d99a00}
@media(prefers-color-scheme:dark){:root{--page:#101218;--card:#191c24;--text:#eceef3;--soft:#a2a9b8;--line:#2c313d;--accent:#97a3ff;--on-accent:#10131f;--mark:#ff5c7f;--notice:#2b2412;--notice-line:#d99a00}}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
body{margin:0;background:var(--page);color:var(--text);font:17px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--card);padding:8px 12px;border-radius:8px}
header,main,footer{max-width:860px;margin:0 auto;padding:0 20px}
header{padding-top:56px}
h1{font-size:clamp(1.7rem,4.4vw,2.5rem);line-height:1.15;letter-spacing:-.02em;margin:0 0 12px;text-wrap:balance}
.summary{font-size:1.12rem;color:var(--soft);margin:0 0 16px}
.facts{display:flex;flex-wrap:wrap;gap:8px;list-style:none;padding:0;margin:0 0 24px;font-size:.88rem;color:var(--soft)}
.facts li{border:1px solid var(--line);border-radius:999px;padding:3px 12px;background:var(--card)}
.notice{border-left:4px solid var(--notice-line);background:var(--notice);border-radius:0 10px 10px 0;padding:10px 16px;margin:0 0 12px}
nav{border:1px solid var(--line);border-radius:14px;background:var(--card);padding:14px 20px;margin:0 0 8px}
nav h2{font-size:.95rem;margin:0 0 6px}nav ol{margin:0;padding-left:1.6em;columns:2;column-gap:32px;font-size:.94rem}nav li{break-inside:avoid;padding:2px 0}
a{color:var(--accent);text-underline-offset:2px}
a:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:4px}
.steps{list-style:none;padding:0;margin:24px 0}
.step{position:relative;background:var(--card);border:1px solid var(--line);border-radius:16px;padding:22px 24px;margin:0 0 20px;scroll-margin-top:16px}
.step h2{display:flex;gap:14px;align-items:baseline;font-size:1.18rem;line-height:1.35;font-weight:500;margin:0}
.step h2 strong{font-weight:700}
.number{flex:none;min-width:2em;height:2em;line-height:2em;text-align:center;border-radius:999px;background:var(--accent);color:var(--on-accent);font-size:.95rem;font-weight:700;padding:0 .4em}
.step p{margin:10px 0 0}.where,.value{color:var(--soft);font-size:.92rem}
kbd,code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--page);border:1px solid var(--line);border-radius:6px;padding:1px 7px}
kbd{border-bottom-width:2px}
figure{position:relative;margin:16px 0 0;border:1px solid var(--line);border-radius:12px;overflow:hidden;line-height:0}
figure img{width:100%;height:auto;display:block}
figure svg{position:absolute;inset:0;width:100%;height:100%}
.ring{fill:none;stroke:var(--mark)}.halo{fill:none;stroke:#fff;stroke-opacity:.85}.dot{fill:var(--mark)}.box{fill:var(--mark);fill-opacity:.08;stroke:var(--mark)}
footer{color:var(--soft);font-size:.88rem;padding-top:8px;padding-bottom:56px}
@media(max-width:600px){nav ol{columns:1}.step{padding:18px 16px}}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media print{:root{--page:#fff;--card:#fff;--text:#000;--soft:#333;--line:#bbb;--accent:#222;--on-accent:#fff;--mark:#c8102e;--notice:#fff}body{font-size:11pt}header{padding-top:0}nav,.skip{display:none}.step{break-inside:avoid;border:0;border-top:1px solid var(--line);border-radius:0;padding:12pt 0}figure img{max-height:15cm;object-fit:contain;object-position:left}figure{width:fit-content}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
