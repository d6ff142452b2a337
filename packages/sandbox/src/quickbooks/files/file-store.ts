import { BoundedMap } from "../../shared/bounded-map.js";
import { isJsonObject } from "../data/json.js";

/** An uploaded file. */
export interface StoredFile {
  name: string;
  contentType: string;
  content: Buffer;
}

/** Files kept at most; the oldest go first. */
const maximumFiles = 200;

/** The contents of attachments, by the id of their `Attachable`. */
export class FileStore {
  readonly #files = new BoundedMap<string, StoredFile>(maximumFiles);

  get(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }

  set(id: string, file: StoredFile): void {
    this.#files.set(id, file);
  }

  clear(): void {
    this.#files.clear();
  }

  snapshot(): Record<string, { name: string; contentType: string; base64: string }> {
    return Object.fromEntries(
      [...this.#files.entries()].map(([id, { name, contentType, content }]) => [
        id,
        { name, contentType, base64: content.toString("base64") },
      ]),
    );
  }

  restore(saved: unknown): void {
    if (!isJsonObject(saved)) return;
    for (const [id, file] of Object.entries(saved)) {
      if (!isJsonObject(file)) continue;
      const content = Buffer.from(String(file.base64), "base64");
      this.set(id, { name: String(file.name), contentType: String(file.contentType), content });
    }
  }
}
