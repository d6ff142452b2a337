-- CreateEnum
CREATE TYPE "sync_mode" AS ENUM ('incremental', 'full');

-- CreateEnum
CREATE TYPE "sync_overlap" AS ENUM ('skip', 'queue');

-- CreateEnum
CREATE TYPE "sync_catch_up" AS ENUM ('once', 'all', 'none');

-- CreateEnum
CREATE TYPE "sync_run_status" AS ENUM ('queued', 'running', 'succeeded', 'failed', 'cancelled');

-- CreateTable
CREATE TABLE "sync_schedules" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "connector_id" UUID NOT NULL,
    "entity" TEXT NOT NULL,
    "mode" "sync_mode" NOT NULL,
    "cron" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL,
    "overlap" "sync_overlap" NOT NULL,
    "catch_up" "sync_catch_up" NOT NULL,
    "jitter_seconds" INTEGER NOT NULL DEFAULT 0,
    "paused_at" TIMESTAMPTZ(3),
    "tick_at" TIMESTAMPTZ(3),
    "due_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sync_schedules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sync_states" (
    "connector_id" UUID NOT NULL,
    "entity" TEXT NOT NULL,
    "tenant_id" UUID NOT NULL,
    "cursor" JSONB,
    "series" BIGSERIAL NOT NULL,
    "record_version" BIGINT NOT NULL DEFAULT 0,
    "succeeded_at" TIMESTAMPTZ(3),

    CONSTRAINT "sync_states_pkey" PRIMARY KEY ("connector_id","entity")
);

-- CreateTable
CREATE TABLE "sync_runs" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "connector_id" UUID NOT NULL,
    "entity" TEXT NOT NULL,
    "mode" "sync_mode" NOT NULL,
    "schedule_id" UUID,
    "tick_at" TIMESTAMPTZ(3),
    "status" "sync_run_status" NOT NULL DEFAULT 'queued',
    "cursor" JSONB,
    "read" INTEGER NOT NULL DEFAULT 0,
    "changed" INTEGER NOT NULL DEFAULT 0,
    "unchanged" INTEGER NOT NULL DEFAULT 0,
    "deleted" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "error" JSONB,
    "cancelled_at" TIMESTAMPTZ(3),
    "attempt_id" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "sync_runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sync_sightings" (
    "run_id" UUID NOT NULL,
    "external_id" TEXT NOT NULL,
    "tenant_id" UUID NOT NULL,

    CONSTRAINT "sync_sightings_pkey" PRIMARY KEY ("run_id","external_id")
);

-- CreateTable
CREATE TABLE "records" (
    "connector_id" UUID NOT NULL,
    "entity" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "tenant_id" UUID NOT NULL,
    "data" JSONB,
    "hash" BYTEA,
    "version" BIGINT NOT NULL,
    "modified_at" TIMESTAMPTZ(3),
    "deleted" BOOLEAN NOT NULL DEFAULT false,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "records_pkey" PRIMARY KEY ("connector_id","entity","external_id")
);

-- CreateIndex
CREATE INDEX "sync_schedules_tenant_id_connector_id_id_idx" ON "sync_schedules"("tenant_id", "connector_id", "id");

-- CreateIndex
CREATE INDEX "sync_schedules_due_at_idx" ON "sync_schedules"("due_at");

-- CreateIndex
CREATE UNIQUE INDEX "sync_schedules_tenant_id_id_key" ON "sync_schedules"("tenant_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "sync_states_series_key" ON "sync_states"("series");

-- CreateIndex
CREATE INDEX "sync_states_tenant_id_connector_id_idx" ON "sync_states"("tenant_id", "connector_id");

-- CreateIndex
CREATE INDEX "sync_runs_tenant_id_connector_id_id_idx" ON "sync_runs"("tenant_id", "connector_id", "id");

-- CreateIndex
CREATE INDEX "sync_runs_open_idx" ON "sync_runs"("connector_id", "entity", "id") WHERE (ended_at IS NULL);

-- CreateIndex
CREATE INDEX "sync_runs_next_attempt_at_idx" ON "sync_runs"("next_attempt_at") WHERE (ended_at IS NULL);

-- CreateIndex
CREATE INDEX "sync_runs_ended_at_idx" ON "sync_runs"("ended_at");

-- CreateIndex
CREATE UNIQUE INDEX "sync_runs_tenant_id_id_key" ON "sync_runs"("tenant_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "sync_runs_schedule_id_tick_at_key" ON "sync_runs"("schedule_id", "tick_at");

-- CreateIndex
CREATE INDEX "sync_sightings_tenant_id_run_id_idx" ON "sync_sightings"("tenant_id", "run_id");

-- CreateIndex
CREATE UNIQUE INDEX "records_version_key" ON "records"("version");

-- AddForeignKey
ALTER TABLE "sync_schedules" ADD CONSTRAINT "sync_schedules_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sync_schedules" ADD CONSTRAINT "sync_schedules_tenant_id_connector_id_fkey" FOREIGN KEY ("tenant_id", "connector_id") REFERENCES "connectors"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sync_schedules" ADD CONSTRAINT "sync_schedules_tenant_id_created_by_fkey" FOREIGN KEY ("tenant_id", "created_by") REFERENCES "users"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sync_states" ADD CONSTRAINT "sync_states_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sync_states" ADD CONSTRAINT "sync_states_tenant_id_connector_id_fkey" FOREIGN KEY ("tenant_id", "connector_id") REFERENCES "connectors"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_tenant_id_connector_id_fkey" FOREIGN KEY ("tenant_id", "connector_id") REFERENCES "connectors"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sync_sightings" ADD CONSTRAINT "sync_sightings_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "sync_runs"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "records" ADD CONSTRAINT "records_tenant_id_connector_id_fkey" FOREIGN KEY ("tenant_id", "connector_id") REFERENCES "connectors"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Beyond what Prisma can say, written by hand.

ALTER TABLE sync_schedules ADD CONSTRAINT sync_schedules_jitter CHECK (jitter_seconds BETWEEN 0 AND 86400);
ALTER TABLE sync_schedules ADD CONSTRAINT sync_schedules_due
  CHECK ((tick_at IS NULL) = (due_at IS NULL) AND (paused_at IS NULL OR tick_at IS NULL));
ALTER TABLE sync_runs ADD CONSTRAINT sync_runs_counted
  CHECK (read >= 0 AND changed >= 0 AND unchanged >= 0 AND deleted >= 0 AND failed >= 0 AND failures >= 0);
ALTER TABLE sync_runs ADD CONSTRAINT sync_runs_ended
  CHECK ((ended_at IS NOT NULL) = (status IN ('succeeded', 'failed', 'cancelled')));
ALTER TABLE sync_runs ADD CONSTRAINT sync_runs_held
  CHECK ((attempt_id IS NULL) = (lease_until IS NULL) AND (attempt_id IS NULL OR status = 'running'));
ALTER TABLE records ADD CONSTRAINT records_hashed CHECK ((data IS NULL) = (hash IS NULL) AND (data IS NOT NULL OR deleted));

GRANT SELECT, INSERT, UPDATE, DELETE ON sync_schedules TO isthmus_app;
GRANT SELECT, INSERT, UPDATE ON sync_states, sync_runs, records TO isthmus_app;
GRANT SELECT, INSERT, DELETE ON sync_sightings TO isthmus_app;
GRANT USAGE ON SEQUENCE sync_states_series_seq TO isthmus_app;

ALTER TABLE sync_schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync_schedules FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON sync_schedules TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON sync_schedules TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

ALTER TABLE sync_states ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync_states FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON sync_states TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON sync_states TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

ALTER TABLE sync_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON sync_runs TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON sync_runs TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

ALTER TABLE sync_sightings ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync_sightings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON sync_sightings TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON sync_sightings TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

ALTER TABLE records ENABLE ROW LEVEL SECURITY;
ALTER TABLE records FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON records TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON records TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- Schedules that are due, the longest overdue first. They are put off for a while in the same step: nobody else looks at them
-- until then, and whoever ends before it has fired them leaves them to the next one. What is to be fired depends on `cron`,
-- which the service reads; the time of the database comes with each.
CREATE FUNCTION isthmus_claim_due_schedules(at_most integer, held_for_ms double precision)
RETURNS TABLE (
  tenant_id uuid, schedule_id uuid, cron text, time_zone text, overlap text, catch_up text, jitter_seconds integer,
  tick_at timestamptz, looked_at timestamptz
)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH due AS (
    SELECT s.id FROM public.sync_schedules s
    JOIN public.connectors c ON c.tenant_id = s.tenant_id AND c.id = s.connector_id
    WHERE s.due_at <= clock_timestamp() AND c.is_active AND c.deleted_at IS NULL
    ORDER BY s.due_at LIMIT at_most
    FOR UPDATE OF s SKIP LOCKED
  )
  UPDATE public.sync_schedules s SET due_at = clock_timestamp() + make_interval(secs => held_for_ms / 1000)
  FROM due d WHERE s.id = d.id
  RETURNING s.tenant_id, s.id, s.cron, s.time_zone, s.overlap::text, s.catch_up::text, s.jitter_seconds, s.tick_at,
    clock_timestamp()
$$;

-- Makes the runs of schedules and sets their next times: those that are still at the time for which they were claimed.
-- `fired` has one object a schedule: schedule_id, tick_at (expected), ticks (to run), next_tick_at, next_due_at. A time that
-- has its run already makes none, and neither does one of a schedule that skips while a run of the entity is open.
CREATE FUNCTION isthmus_fire_schedules(fired jsonb)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  made integer;
BEGIN
  WITH told AS (
    SELECT f.* FROM jsonb_to_recordset(fired)
      AS f (schedule_id uuid, tick_at timestamptz, ticks jsonb, next_tick_at timestamptz, next_due_at timestamptz)
  ), moved AS (
    UPDATE public.sync_schedules s SET tick_at = t.next_tick_at, due_at = t.next_due_at
    FROM told t WHERE s.id = t.schedule_id AND s.tick_at = t.tick_at
    RETURNING s.*, t.ticks
  )
  INSERT INTO public.sync_runs (id, tenant_id, connector_id, entity, mode, schedule_id, tick_at)
  SELECT k.run_id, m.tenant_id, m.connector_id, m.entity, m.mode, m.id, k.tick_at
  FROM moved m, jsonb_to_recordset(m.ticks) AS k (run_id uuid, tick_at timestamptz)
  WHERE m.overlap = 'queue' OR NOT EXISTS (
    SELECT FROM public.sync_runs r
    WHERE r.connector_id = m.connector_id AND r.entity = m.entity AND r.ended_at IS NULL
  )
  ON CONFLICT (schedule_id, tick_at) DO NOTHING;
  GET DIAGNOSTICS made = ROW_COUNT;
  RETURN made;
END
$$;

-- Takes runs that may go on: of each entity of a connector the first that is open, tenants in turn. Those who have less under
-- way come first, so that nobody's many runs keep another's waiting.
CREATE FUNCTION isthmus_claim_sync_runs(new_attempts uuid[], lease_ms double precision)
RETURNS TABLE (tenant_id uuid, run_id uuid, attempt_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH busy AS (
    SELECT r.tenant_id, count(*) AS held FROM public.sync_runs r
    WHERE r.ended_at IS NULL AND r.lease_until > clock_timestamp() GROUP BY r.tenant_id
  ), ready AS (
    SELECT r.id, r.tenant_id, coalesce(b.held, 0) + row_number() OVER (PARTITION BY r.tenant_id ORDER BY r.next_attempt_at) AS turn,
      r.next_attempt_at
    FROM public.sync_runs r
    JOIN public.connectors c ON c.tenant_id = r.tenant_id AND c.id = r.connector_id
    LEFT JOIN busy b ON b.tenant_id = r.tenant_id
    WHERE r.ended_at IS NULL AND r.next_attempt_at <= clock_timestamp()
      AND (r.lease_until IS NULL OR r.lease_until <= clock_timestamp())
      AND (c.is_active AND c.deleted_at IS NULL OR r.cancelled_at IS NOT NULL)
      AND NOT EXISTS (
        SELECT FROM public.sync_runs o
        WHERE o.connector_id = r.connector_id AND o.entity = r.entity AND o.ended_at IS NULL AND o.id < r.id
      )
  ), taken AS (
    SELECT r.id FROM public.sync_runs r JOIN ready y ON y.id = r.id
    -- Again, because somebody may have taken or ended it since.
    WHERE r.ended_at IS NULL AND (r.lease_until IS NULL OR r.lease_until <= clock_timestamp())
    ORDER BY y.turn, y.next_attempt_at
    LIMIT cardinality(new_attempts)
    FOR UPDATE OF r SKIP LOCKED
  ), numbered AS (
    SELECT t.id, row_number() OVER () AS place FROM taken t
  )
  UPDATE public.sync_runs r SET
    status = 'running', started_at = coalesce(r.started_at, clock_timestamp()), updated_at = clock_timestamp(),
    attempt_id = new_attempts[n.place], lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  FROM numbered n WHERE r.id = n.id
  RETURNING r.tenant_id, r.id, r.attempt_id
$$;

-- Removes the runs that ended so long ago: so many at most. Answers how many went. Several may do this at once.
CREATE FUNCTION isthmus_prune_sync_runs(kept_for_ms double precision, at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed integer;
BEGIN
  DELETE FROM public.sync_runs r WHERE r.id IN (
    SELECT o.id FROM public.sync_runs o
    WHERE o.ended_at < clock_timestamp() - make_interval(secs => kept_for_ms / 1000)
    ORDER BY o.ended_at LIMIT at_most FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;

REVOKE ALL ON FUNCTION isthmus_claim_due_schedules, isthmus_fire_schedules, isthmus_claim_sync_runs, isthmus_prune_sync_runs
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_claim_due_schedules, isthmus_fire_schedules, isthmus_claim_sync_runs, isthmus_prune_sync_runs
  TO isthmus_system;
