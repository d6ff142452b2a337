import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");

it("docs/token-stores.md shows the whole example as it is", () => {
  const blocks = read("docs/token-stores.md").matchAll(/^<!-- example -->\n```ts\n([\s\S]*?)^```$/gm);
  expect([...blocks].map(([, block]) => block).join("\n")).toBe(read("packages/core/examples/file-token-store.ts"));
});
