import pg from "pg";
import { Pool } from "undici";
import { answerMain } from "./answer-main.js";
import type { BenchTask } from "./service.js";

// What a renewal costs at least: claims, a call over a kept connection, a commit. No seal, no tenants' walls, no attempt that
// outlives its process, no policy of a vendor, no audit.
const { slots, databaseUrl, vendor }: BenchTask & { readonly slots: number } = JSON.parse(process.argv[2] ?? "{}");
const database = new pg.Pool({ connectionString: databaseUrl, max: 10 });
const endpoint = new Pool(vendor, { connections: slots });

interface DueRow {
  readonly id: string;
  readonly version: number;
  readonly refresh_token: string;
}

const due: DueRow[] = [];
let claiming: Promise<void> | undefined;

answerMain(async (signal) => {
  await Promise.all(Array.from({ length: slots }, () => renewAll(signal)));
});

async function renewAll(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const row = due.pop();
    if (row !== undefined) await renew(row);
    else if (!(await claimMore())) return;
  }
}

async function claimMore(): Promise<boolean> {
  claiming ??= claim().finally(() => {
    claiming = undefined;
  });
  await claiming;
  return due.length > 0;
}

async function claim(): Promise<void> {
  const { rows } = await database.query<DueRow>({
    name: "claim",
    text: `update plain_tokens set attempted_at = now() where id in (
      select id from plain_tokens where refresh_at <= now() and attempted_at is null limit $1 for update skip locked)
      returning id, version, refresh_token`,
    values: [slots],
  });
  due.push(...rows);
}

async function renew({ id, version, refresh_token }: DueRow): Promise<void> {
  const answer = await endpoint.request({
    path: "/services/oauth2/token",
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token }).toString(),
  });
  const tokens = (await answer.body.json()) as { access_token: string; refresh_token: string; expires_in: number };
  await database.query({
    name: "land",
    text: `update plain_tokens set access_token = $3, refresh_token = $4, version = version + 1, attempted_at = null,
      refresh_at = now() + make_interval(secs => $5) where id = $1 and version = $2`,
    values: [id, version, tokens.access_token, tokens.refresh_token, tokens.expires_in],
  });
}
