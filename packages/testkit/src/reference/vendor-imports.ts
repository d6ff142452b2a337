import type { VendorAnswer, VendorRequest } from "./vendor-messages.js";

/** An import of notes, which is done part by part. */
export interface VendorImport {
  readonly texts: readonly string[];
  /** Numbers of the parts that were done, in their order. */
  readonly parts: number[];
}

/** `POST /api/imports` makes one, `PUT /api/imports/{id}/parts/{number}` does a part of it once, `DELETE` ends it. */
export function answerImport({ method, url, body }: VendorRequest, imports: Map<string, VendorImport>): VendorAnswer {
  const [, , , id = "", , part] = url.pathname.split("/");
  if (method === "POST" && id === "") {
    const newId = `import-${imports.size + 1}`;
    imports.set(newId, { texts: JSON.parse(body), parts: [] });
    return { status: 201, body: { id: newId } };
  }
  const found = imports.get(id);
  if (found === undefined) {
    return { status: 404, body: { error: { code: "NO_SUCH_IMPORT", message: "There is no such import." } } };
  }
  if (method === "DELETE") {
    imports.delete(id);
    return { status: 204 };
  }
  // Without a number, it is one more part.
  const number = part === undefined ? found.parts.length + 1 : Number(part);
  if (part === undefined || !found.parts.includes(number)) found.parts.push(number);
  return { status: 200, body: { done: found.parts.length, total: found.texts.length } };
}
