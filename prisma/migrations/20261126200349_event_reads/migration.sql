-- CreateEnum
CREATE TYPE "sync_trigger" AS ENUM ('schedule', 'request', 'event');

-- AlterTable
ALTER TABLE "sync_runs" ADD COLUMN     "trigger" "sync_trigger" NOT NULL DEFAULT 'request';

-- CreateIndex
CREATE INDEX "inbound_event_targets_unread_idx" ON "inbound_event_targets"("tenant_id", "connector_id") WHERE (handled_at IS NULL);

-- CreateIndex
CREATE UNIQUE INDEX "sync_runs_waiting_event_idx" ON "sync_runs"("connector_id", "entity") WHERE (trigger = 'event' AND started_at IS NULL AND ended_at IS NULL);

ALTER TABLE sync_runs NO FORCE ROW LEVEL SECURITY;
UPDATE sync_runs SET trigger = 'schedule' WHERE tick_at IS NOT NULL;
ALTER TABLE sync_runs FORCE ROW LEVEL SECURITY;

-- As before, and: the runs say what began them.
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
  INSERT INTO public.sync_runs (id, tenant_id, connector_id, entity, mode, schedule_id, tick_at, trigger, backfill_from)
  SELECT k.run_id, m.tenant_id, m.connector_id, m.entity, m.mode, m.id, k.tick_at, 'schedule',
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
