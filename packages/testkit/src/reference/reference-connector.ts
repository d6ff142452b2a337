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
