-- AlterTable
ALTER TABLE "sync_runs" ADD COLUMN     "backfill_from" TIMESTAMPTZ(3),
ADD COLUMN     "expected" INTEGER;

-- AlterTable
ALTER TABLE "sync_schedules" ADD COLUMN     "backfill_from" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "sync_states" ADD COLUMN     "account_id" TEXT;

-- CreateTable
CREATE TABLE "sync_run_lines" (
    "id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "event" TEXT NOT NULL,
    "code" TEXT,
    "detail" TEXT NOT NULL,

    CONSTRAINT "sync_run_lines_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "sync_run_lines_tenant_id_run_id_id_idx" ON "sync_run_lines"("tenant_id", "run_id", "id");

-- AddForeignKey
ALTER TABLE "sync_run_lines" ADD CONSTRAINT "sync_run_lines_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "sync_runs"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Deleted records are looked for by age; those that live are not in it, so writing them costs nothing more.
CREATE INDEX records_deleted_idx ON records (updated_at) WHERE deleted;

GRANT SELECT, INSERT ON sync_run_lines TO isthmus_app;
ALTER TABLE sync_run_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync_run_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON sync_run_lines TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON sync_run_lines TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- As before, and: the runs of a schedule that begins in the past do so until the entity has been read once.
CREATE OR REPLACE FUNCTION isthmus_fire_schedules(fired jsonb)
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
  INSERT INTO public.sync_runs (id, tenant_id, connector_id, entity, mode, schedule_id, tick_at, backfill_from)
  SELECT k.run_id, m.tenant_id, m.connector_id, m.entity, m.mode, m.id, k.tick_at,
    CASE WHEN NOT EXISTS (
      SELECT FROM public.sync_states e
      WHERE e.connector_id = m.connector_id AND e.entity = m.entity AND e.cursor IS NOT NULL
    ) THEN m.backfill_from END
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

-- Removes what the vendors deleted so long ago: so many at most. Answers how many went. Several may do this at once.
CREATE FUNCTION isthmus_prune_records(kept_for_ms double precision, at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed integer;
BEGIN
  DELETE FROM public.records r USING (
    SELECT o.connector_id, o.entity, o.external_id FROM public.records o
    WHERE o.deleted AND o.updated_at < clock_timestamp() - make_interval(secs => kept_for_ms / 1000)
    ORDER BY o.updated_at LIMIT at_most FOR UPDATE SKIP LOCKED
  ) old
  WHERE r.connector_id = old.connector_id AND r.entity = old.entity AND r.external_id = old.external_id;
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;
REVOKE ALL ON FUNCTION isthmus_prune_records FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_prune_records TO isthmus_system;
