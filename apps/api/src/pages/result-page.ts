import { z } from "zod";
import { type Html, html } from "./html.js";

const resultPageSchema = z.object({
  status: z.int().min(200).max(599),
  title: z.string(),
  paragraphs: z.array(z.string()),
  reference: z.string().optional(),
});

/**
 * What a person is told after an authorisation: HTTP status, title, paragraphs of plain text, and a reference for whoever
 * helps them.
 */
export type ResultPage = z.infer<typeof resultPageSchema>;

/** Allows the page its own style and nothing else. */
export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

// A cookie holds 4096 bytes; a character takes up to 3 of them in UTF-8, and base64 makes 4 of 3.
const maxParagraph = 400;

/** A page as text that fits into a cookie. Long paragraphs are cut. */
export function packResultPage(page: ResultPage): string {
  const paragraphs = page.paragraphs.map((text) => text.slice(0, maxParagraph).toWellFormed());
  return Buffer.from(JSON.stringify({ ...page, paragraphs }), "utf8").toString("base64url");
}

/** The page of {@link packResultPage}; `undefined` for text that is none. */
export function unpackResultPage(text: string): ResultPage | undefined {
  const page = z.preprocess(parseJson, resultPageSchema).safeParse(Buffer.from(text, "base64url").toString("utf8"));
  return page.data;
}

function parseJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A small page without scripts. Every text in it is escaped. */
export function renderResultPage({ title, paragraphs, reference }: ResultPage): string {
  const body = paragraphs.map((text) => html`<p>${text}</p>\n`);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
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
