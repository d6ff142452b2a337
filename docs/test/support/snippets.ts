import { readFileSync } from "node:fs";

/** The repository's root. */
export const root = new URL("../../../", import.meta.url);

/**
 * The code block behind `<!-- kind:name -->` in a Markdown file, exactly as a reader sees it.
 * @throws when there is no such block: a renamed one must not quietly stop being tested.
 */
export function readSnippet(file: string, marker: string): string {
  const text = readFileSync(new URL(file, root), "utf8");
  const block = text.split(`<!-- ${marker} -->\n`)[1]?.match(/^```\w*\n([\s\S]*?)^```$/m);
  if (!block?.[1]) throw new Error(`${file} has no code block behind <!-- ${marker} -->.`);
  return block[1];
}
