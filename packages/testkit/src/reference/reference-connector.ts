import {
  type AccessToken,
  BaseConnector,
  type ConnectedAccount,
  type ConnectorError,
  type ConnectorRequest,
  mapHttpStatus,
  readAnswer,
  redactText,
  type TransportResponse,
  type VendorFault,
} from "@isthmus/core";
import { z } from "zod";

/** Settings that are not secret. */
export interface ReferenceConfiguration {
  /** Origin of the vendor, without a path. */
  readonly baseUrl: string;
  /** Milliseconds without an answer after which a request is given up. */
  readonly timeoutMs: number;
}

/** A note as the vendor sends it. */
export interface Note {
  readonly id: number;
  readonly text: string;
}

/** What a caller may say of one call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** A card as the vendor has it. */
export interface Card {
  readonly id: string;
  /** Counts its changes. */
  readonly version: number;
  readonly title: string;
}

/** What a card is to be. */
export interface CardWish {
  /** The vendor answers a second request with it by its answer to the first. */
  readonly key: string;
  /** Missing: a new one. */
  readonly id?: string;
  readonly title?: unknown;
  /** The version that it has to have. Missing: any. */
  readonly version?: number;
}

const cardWireSchema = z.looseObject({ id: z.string(), version: z.int(), title: z.string() });
const accountWireSchema = z.looseObject({ id: z.string(), name: z.string(), user: z.string() });
const pageWireSchema = z.looseObject({
  notes: z.array(z.looseObject({ id: z.int(), text: z.string() })),
  next: z.string().nullable(),
});
const createdWireSchema = z.looseObject({ id: z.int() });
const importWireSchema = z.looseObject({ id: z.string() });
const partWireSchema = z.looseObject({ done: z.int(), total: z.int() });
const failureWireSchema = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string() }) });

/** A connector for the reference vendor, as small as one that keeps the whole contract can be. */
export class ReferenceConnector extends BaseConnector<unknown, ReferenceConfiguration> {
  /** The first page of notes. */
  async listNotes(options: CallOptions = {}): Promise<Note[]> {
    return this.readPage("/api/notes", options).then((page) => page.notes);
  }

  /** Every note, following the vendor's pages. */
  async listAllNotes(options: CallOptions = {}): Promise<Note[]> {
    const notes: Note[] = [];
    for (let path: string | null = "/api/notes"; path !== null; ) {
      const page: z.infer<typeof pageWireSchema> = await this.readPage(path, options);
      notes.push(...page.notes);
      path = page.next;
    }
    return notes;
  }

  /** Adds a note. Two calls make two notes. */
  async createNote(text: string, options: CallOptions = {}): Promise<{ id: number }> {
    const response = await this.send({
      method: "POST",
      path: "/api/notes",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text }),
      reconcile: "List the notes and look for its text.",
      name: "notes.create",
      ...options,
    });
    return { id: readAnswer(response, createdWireSchema, "a new note").id };
  }

  /** Makes an import of many notes, of which nothing is done yet. @returns its id. */
  async beginImport(texts: readonly string[], options: CallOptions = {}): Promise<string> {
    const body = JSON.stringify(texts);
    const request = { method: "POST", path: "/api/imports", body, name: "notes.import", ...options } as const;
    return readAnswer(await this.send(request), importWireSchema, "a new import").id;
  }

  /** Does a part of an import, once, however often it is asked for. @returns how many are done by now. */
  async importPart(id: string, part: number, options: CallOptions = {}): Promise<{ done: number; total: number }> {
    const path = `/api/imports/${id}/parts/${part}`;
    const response = await this.send({ method: "PUT", path, name: "notes.import", ...options });
    return readAnswer(response, partWireSchema, "a part of an import");
  }

  /** Does one more part of an import. Two calls do two. @returns how many are done by now. */
  async importNextPart(id: string, options: CallOptions = {}): Promise<{ done: number; total: number }> {
    const path = `/api/imports/${id}/parts`;
    const response = await this.send({ method: "POST", path, name: "notes.import", ...options });
    return readAnswer(response, partWireSchema, "a part of an import");
  }

  /** Ends an import. @throws {NotFoundError} when it is gone. */
  async endImport(id: string, options: CallOptions = {}): Promise<void> {
    await this.send({ method: "DELETE", path: `/api/imports/${id}`, name: "notes.import", ...options });
  }

  /** Every card, as the vendor has it. */
  async listCards(options: CallOptions = {}): Promise<Card[]> {
    const response = await this.send({ method: "GET", path: "/api/cards", name: "cards.list", ...options });
    return readAnswer(response, z.array(cardWireSchema), "a list of cards");
  }

  /** Makes or changes a card, once for each key. @throws {ConflictError} when it has another version. */
  async writeCard(wish: CardWish, options: CallOptions = {}): Promise<Card> {
    const body = JSON.stringify(wish);
    const request = {
      method: "POST",
      path: "/api/cards",
      body,
      name: "cards.write",
      idempotent: true,
      ...options,
    } as const;
    return readAnswer(await this.send(request), cardWireSchema, "a card");
  }

  protected async identify(signal: AbortSignal): Promise<ConnectedAccount> {
    const response = await this.send({ method: "GET", path: "/api/me", name: "me", signal });
    const { id, name, user } = readAnswer(response, accountWireSchema, "an account");
    return { id, name, user, environment: "sandbox" };
  }

  protected baseUrl(): string {
    return this.context.configuration.baseUrl;
  }

  protected mapFailure(response: TransportResponse, request: ConnectorRequest): ConnectorError {
    const { status, headers } = response;
    return mapHttpStatus({ status, headers, request, vendor: readFault(response), nowMs: this.clock.now() });
  }

  /** The page of notes at a path, or at the full URL that the vendor named. */
  protected async readPage(path: string, options: CallOptions): Promise<z.infer<typeof pageWireSchema>> {
    const response = await this.send({ method: "GET", path, name: "notes.list", ...options });
    return readAnswer(response, pageWireSchema, "a page of notes");
  }

  protected override credentialHeaders(token: AccessToken | undefined): Readonly<Record<string, string>> {
    if (this.context.authenticationMethod !== "basic") return super.credentialHeaders(token);
    const { username, password } = basicCredentialsSchema.parse(this.context.credentials);
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
  }
}

/** Credentials of the scheme `basic`. */
export const basicCredentialsSchema = z.strictObject({
  username: z.string().min(1),
  password: z.string().min(1).meta({ writeOnly: true }),
});

function readFault(response: TransportResponse): VendorFault {
  const { status } = response;
  const parsed = failureWireSchema.safeParse(response.tryJson());
  if (!parsed.success) return { status };
  const { code, message } = parsed.data.error;
  return { status, code, message: redactText(message) };
}
