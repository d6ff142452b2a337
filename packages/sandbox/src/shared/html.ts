/** Escapes text for HTML content and double-quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** Headers for every page: no script, no framing, no caching. */
export const pageHeaders: Record<string, string> = {
  "content-type": "text/html;charset=UTF-8",
  "cache-control": "no-store",
  // No form-action here: Chromium applies it to the redirect after the form as well, and would block the way back to the client.
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** A whole page around `content`, which must already be HTML. */
export function renderPage(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; --ink: #16325c; --quiet: #5a6b85; --line: #d8dde6; --paper: #fff; --ground: #eef2f8; --accent: #0b5cab; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf5; --quiet: #a9b6c9; --line: #3a4658; --paper: #1b2432; --ground: #111824; --accent: #4ea1f3; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 27rem; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; padding: 2rem; }
h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.3; text-wrap: balance; }
p { margin: .5rem 0; }
.quiet { color: var(--quiet); font-size: .875rem; overflow-wrap: anywhere; }
ul { margin: .75rem 0; padding-left: 1.25rem; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; font-size: .875rem; }
select { width: 100%; padding: .5rem; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--quiet); border-radius: .375rem; }
.actions { display: flex; gap: .75rem; margin-top: 1.5rem; }
button { flex: 1; padding: .625rem 1rem; font: inherit; font-weight: 600; border-radius: .375rem; border: 1px solid var(--accent); background: var(--paper); color: var(--accent); cursor: pointer; }
button.primary { background: var(--accent); color: var(--paper); }
button:focus-visible, select:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
code { font-size: .875em; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`;
}
