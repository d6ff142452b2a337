import { expect } from "vitest";
import type { SalesforceSandbox } from "../../src/index.js";
import { type Answer, callApi, query, signIn } from "../client.js";

/** The data API of a sandbox, as the administrator; each call over HTTP. */
export class Caller {
  readonly sandbox: SalesforceSandbox;
  readonly token: string;

  constructor(sandbox: SalesforceSandbox, token: string) {
    this.sandbox = sandbox;
    this.token = token;
  }

  static async signIn(sandbox: SalesforceSandbox): Promise<Caller> {
    return new Caller(sandbox, (await signIn(sandbox)).access_token);
  }

  get(path: string, headers: Record<string, string> = {}, version = "v60.0"): Promise<Answer> {
    return callApi(this.sandbox, this.token, path, { headers, version });
  }

  post(path: string, body: unknown, version = "v60.0"): Promise<Answer> {
    return callApi(this.sandbox, this.token, path, { method: "POST", body, version });
  }

  patch(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return callApi(this.sandbox, this.token, path, { method: "PATCH", body, headers });
  }

  delete(path: string): Promise<Answer> {
    return callApi(this.sandbox, this.token, path, { method: "DELETE" });
  }

  /** Makes a record. @returns its id */
  async create(object: string, record: object): Promise<string> {
    const answer = await this.post(`/sobjects/${object}`, record);
    expect(answer).toMatchObject({ status: 201, json: { success: true, errors: [] } });
    const { id } = answer.json as { id: string };
    return id;
  }

  /** How many records a `SELECT COUNT() …` finds. */
  async count(from: string): Promise<number> {
    const answer = await query(this.sandbox, this.token, `SELECT COUNT() FROM ${from}`);
    const { totalSize } = answer.json as { totalSize: number };
    return totalSize;
  }
}
