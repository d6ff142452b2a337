import { type Html, html } from "./html.js";

/** What a person is told after an authorisation. */
export interface ResultPage {
  readonly title: string;
  /** Paragraphs of plain text. */
  readonly paragraphs: readonly string[];
  /** For whoever helps them. */
  readonly reference?: string;
}

/** Allows the page its own style and nothing else. */
export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** A small page without scripts. */
export function renderResultPage({ title, paragraphs, reference }: ResultPage): string {
  const body = paragraphs.map((text) => html`<p>${text}</p>\n`);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>body{font-family:system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;line-height:1.5}small{color:#666}</style>
</head>
<body>
<h1>${title}</h1>
${joinHtml(body)}${reference === undefined ? html`` : html`<p><small>Reference: ${reference}</small></p>`}
</body>
</html>
`;
  return page.text;
}

function joinHtml(parts: readonly Html[]): Html {
  return parts.reduce((all, part) => html`${all}${part}`, html``);
}
