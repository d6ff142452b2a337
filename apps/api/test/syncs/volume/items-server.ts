import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const pageSize = 1_000;
const firstMs = Date.UTC(2026, 0, 1);

/** A REST API, as somebody describes it to the custom connector, that lists so many items in pages of 1,000. @returns its origin. */
export async function startItemsServer(count: number): Promise<string> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "http://items.invalid");
    const since = Date.parse(searchParams.get("since") ?? "");
    const first = Math.max(0, Number.isNaN(since) ? 0 : Math.ceil((since - firstMs) / 1_000));
    const from = first + Number(searchParams.get("after") ?? 0);
    const until = Math.min(count, from + pageSize);
    const items = Array.from({ length: Math.max(0, until - from) }, (_, place) => itemOf(from + place));
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ items, next: until < count ? String(until - first) : null }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The configuration that tells the custom connector of it. */
export function itemsConfiguration(url: string) {
  return {
    baseUrl: url,
    authentication: { apiKey: { in: "header", name: "x-api-key" } },
    test: { path: "/items" },
    operations: [{ name: "ping", summary: "Asks whether it is there.", kind: "read", method: "GET", path: "/items" }],
    entities: [
      {
        name: "items",
        list: {
          path: "/items",
          query: { since: "{since}" },
          records: "/items",
          paging: { kind: "cursor", parameter: "after", next: "/next" },
        },
        id: "/id",
        changes: { field: "/updatedAt" },
      },
    ],
  };
}

/** They change a second apart. */
function itemOf(index: number): object {
  return {
    id: `item-${index + 1}`,
    name: `Item ${index + 1}`,
    price: ((index * 37) % 100_000) / 100,
    tags: index % 3 === 0 ? ["new"] : [],
    updatedAt: new Date(firstMs + index * 1_000).toISOString(),
  };
}
