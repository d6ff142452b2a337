import { Pool } from "undici";
import { openService } from "../clients/sap.js";
import { entitySet, serviceRoots } from "../clients/sap-service.js";

/** Ways to read a whole set, entity by entity, by name. */
export const readers: Readonly<Record<string, (origin: string) => AsyncIterable<unknown>>> = {
  undici: readPlainly,
  isthmus: readByConnector,
};

/** The least that it can cost: a request for each page, `JSON.parse`, and nothing converted. */
async function* readPlainly(origin: string): AsyncGenerator<unknown> {
  const pool = new Pool(origin, { connections: 1 });
  let next: string | undefined = `${serviceRoots.v2}${entitySet}`;
  while (next !== undefined) {
    const { body } = await pool.request({ path: next, method: "GET", headers: { accept: "application/json" } });
    const page = (await body.json()) as {
      readonly d: { readonly results: readonly unknown[]; readonly __next?: string };
    };
    yield* page.d.results;
    next = page.d.__next?.slice(origin.length);
  }
}

async function* readByConnector(origin: string): AsyncGenerator<unknown> {
  const service = await openService(origin, "v2");
  yield* service.query(entitySet);
}
