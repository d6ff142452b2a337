import type { SalesforceSandbox } from "../../src/index.js";
import { type Answer, callApi, requestToken, tokensOf } from "../client.js";

/** What a job says of itself. */
export type JobInfo = Record<string, unknown> & { id: string; state: string };

/** Asks the Bulk API with a token, without knowing it any better than HTTP does. */
export async function openBulk(sandbox: SalesforceSandbox, version = "v60.0") {
  const token = tokensOf(await requestToken(sandbox, { grant_type: "client_credentials" })).access_token;
  const call = (path: string, options: { method?: string; body?: unknown; headers?: Record<string, string> } = {}) =>
    callApi(sandbox, token, path, { version, ...options });
  const job = (answer: Answer): JobInfo => {
    const info: unknown = answer.json;
    if (typeof info !== "object" || info === null || !("id" in info))
      throw new Error(`${answer.status} ${answer.text}`);
    const fields: Record<string, unknown> = { ...info };
    return { ...fields, id: String(fields.id), state: String(fields.state) };
  };
  const create = async (kind: "ingest" | "query", body: Record<string, unknown>) =>
    job(await call(`/jobs/${kind}`, { method: "POST", body }));
  const upload = (id: string, csv: string) =>
    call(`/jobs/ingest/${id}/batches`, {
      method: "PUT",
      body: csv,
      headers: { "content-type": "text/csv; charset=UTF-8" },
    });
  const setState = (kind: "ingest" | "query", id: string, state: string) =>
    call(`/jobs/${kind}/${id}`, { method: "PATCH", body: { state } });
  const info = async (kind: "ingest" | "query", id: string) => job(await call(`/jobs/${kind}/${id}`));
  const finish = async (kind: "ingest" | "query", id: string): Promise<JobInfo> => {
    for (;;) {
      const now = await info(kind, id);
      if (["JobComplete", "Failed", "Aborted"].includes(now.state)) return now;
    }
  };
  const load = async (body: Record<string, unknown>, csv: string): Promise<JobInfo> => {
    const { id } = await create("ingest", body);
    await upload(id, csv);
    await setState("ingest", id, "UploadComplete");
    return finish("ingest", id);
  };
  const results = async (id: string, kind: string) => (await call(`/jobs/ingest/${id}/${kind}`)).text;
  return { token, call, create, upload, setState, info, finish, load, results };
}
