import { randomUUID } from "node:crypto";
import type pg from "pg";
import { fill } from "./fill.js";
import { type BenchTask, openServices } from "./service.js";

/** One way to renew, and the table whose rows become due at `refresh_at` and come to version 2 by it. */
export interface Contender {
  readonly name: string;
  readonly program: string;
  readonly table: string;
  readonly processes: number;
  readonly slots: number;
  /** Makes so many token sets at version 1, due tomorrow. */
  readonly fill: (task: BenchTask, admin: pg.Client, total: number) => Promise<void>;
}

const isthmus = { program: "./worker.js", table: "connector_tokens", fill: fillService };

/** The service as it is used, one renewal after the other, and what a renewal costs at least. */
export const contenders: readonly [Contender, Contender, Contender] = [
  { ...isthmus, name: "isthmus", processes: 4, slots: 64 },
  { ...isthmus, name: "one by one", processes: 1, slots: 1 },
  { name: "plain", program: "./plain-worker.js", table: "plain_tokens", processes: 4, slots: 64, fill: fillPlain },
];

async function fillService(task: BenchTask, admin: pg.Client, total: number): Promise<void> {
  const services = await openServices(task);
  await admin.query("truncate tenants cascade");
  await fill(services, admin, task.vendor, total);
  await services.database.close();
}

async function fillPlain(_task: BenchTask, admin: pg.Client, total: number): Promise<void> {
  await admin.query(`drop table if exists plain_tokens;
    create table plain_tokens (id uuid primary key, access_token text, refresh_token text not null, version integer not null,
      refresh_at timestamptz not null, attempted_at timestamptz);
    create index on plain_tokens (refresh_at)`);
  await admin.query(
    `insert into plain_tokens (id, refresh_token, version, refresh_at)
     select id, 'refresh-' || id, 1, now() + interval '1 day' from unnest($1::uuid[]) as id`,
    [Array.from({ length: total }, () => randomUUID())],
  );
  await admin.query("analyze plain_tokens");
}
