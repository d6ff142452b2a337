-- CreateEnum
CREATE TYPE "health_state" AS ENUM ('healthy', 'degraded', 'failing', 'reconnect_required');

-- CreateTable
CREATE TABLE "connector_health" (
    "connector_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "state" "health_state",
    "since" TIMESTAMPTZ(3),
    "reasons" JSONB NOT NULL DEFAULT '[]',
    "seen_state" "health_state",
    "seen_times" INTEGER NOT NULL DEFAULT 0,
    "facts" JSONB NOT NULL DEFAULT '{}',
    "limits" JSONB NOT NULL DEFAULT '{}',
    "last_success_at" TIMESTAMPTZ(3),
    "last_failure_at" TIMESTAMPTZ(3),
    "last_failure_code" TEXT,
    "checked_at" TIMESTAMPTZ(3),
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "connector_health_pkey" PRIMARY KEY ("connector_id")
);

-- CreateTable
CREATE TABLE "connector_outcomes" (
    "connector_id" UUID NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "tenant_id" UUID NOT NULL,
    "succeeded" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,

    CONSTRAINT "connector_outcomes_pkey" PRIMARY KEY ("connector_id","minute")
);

-- CreateIndex
CREATE INDEX "connector_health_due_at_idx" ON "connector_health"("due_at");

-- CreateIndex
CREATE UNIQUE INDEX "connector_health_tenant_id_connector_id_key" ON "connector_health"("tenant_id", "connector_id");

-- CreateIndex
CREATE INDEX "connector_outcomes_minute_idx" ON "connector_outcomes"("minute");

-- AddForeignKey
ALTER TABLE "connector_health" ADD CONSTRAINT "connector_health_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "connector_health" ADD CONSTRAINT "connector_health_tenant_id_connector_id_fkey" FOREIGN KEY ("tenant_id", "connector_id") REFERENCES "connectors"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "connector_outcomes" ADD CONSTRAINT "connector_outcomes_tenant_id_connector_id_fkey" FOREIGN KEY ("tenant_id", "connector_id") REFERENCES "connectors"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

GRANT SELECT, UPDATE ON connector_health TO isthmus_app;
ALTER TABLE connector_health ENABLE ROW LEVEL SECURITY;
ALTER TABLE connector_health FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON connector_health TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON connector_health TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

GRANT SELECT ON connector_outcomes TO isthmus_app;
ALTER TABLE connector_outcomes ENABLE ROW LEVEL SECURITY;
ALTER TABLE connector_outcomes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON connector_outcomes TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON connector_outcomes TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- Adds up what a process has counted: one object a connector, with tenant_id, connector_id, succeeded, failed, failure_code (of
-- the last one that failed) and limits. Connectors that are gone are left out. Answers how many it took.
CREATE FUNCTION isthmus_note_outcomes(told jsonb)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  taken integer;
BEGIN
  INSERT INTO public.connector_outcomes AS o (connector_id, tenant_id, minute, succeeded, failed)
  SELECT c.id, c.tenant_id, date_trunc('minute', clock_timestamp()), t.succeeded, t.failed
  FROM jsonb_to_recordset(told) AS t (tenant_id uuid, connector_id uuid, succeeded integer, failed integer)
  JOIN public.connectors c ON c.tenant_id = t.tenant_id AND c.id = t.connector_id
  -- Processes that add at once do so in the same order, so that none waits for another that waits for it.
  ORDER BY c.id
  ON CONFLICT (connector_id, minute) DO UPDATE
    SET succeeded = o.succeeded + excluded.succeeded, failed = o.failed + excluded.failed;

  INSERT INTO public.connector_health AS h
    (connector_id, tenant_id, last_success_at, last_failure_at, last_failure_code, limits)
  SELECT c.id, c.tenant_id, CASE WHEN t.succeeded > 0 THEN clock_timestamp() END,
    CASE WHEN t.failed > 0 THEN clock_timestamp() END, t.failure_code, t.limits
  FROM jsonb_to_recordset(told)
    AS t (tenant_id uuid, connector_id uuid, succeeded integer, failed integer, failure_code text, limits jsonb)
  JOIN public.connectors c ON c.tenant_id = t.tenant_id AND c.id = t.connector_id
  ORDER BY c.id
  ON CONFLICT (connector_id) DO UPDATE SET
    last_success_at = coalesce(excluded.last_success_at, h.last_success_at),
    last_failure_at = coalesce(excluded.last_failure_at, h.last_failure_at),
    last_failure_code = coalesce(excluded.last_failure_code, h.last_failure_code),
    limits = h.limits || excluded.limits;
  GET DIAGNOSTICS taken = ROW_COUNT;

  DELETE FROM public.connector_outcomes o WHERE (o.connector_id, o.minute) IN (
    SELECT p.connector_id, p.minute FROM public.connector_outcomes p
    WHERE p.minute < clock_timestamp() - interval '1 hour' LIMIT 1000 FOR UPDATE SKIP LOCKED
  );
  RETURN taken;
END
$$;

-- Looks at connectors that are due, and puts them off in the same step: nobody else looks at them until then. What it finds is
-- stored, and answered with what was told of them before.
CREATE FUNCTION isthmus_claim_health(at_most integer, every_ms double precision, window_ms double precision)
RETURNS TABLE (
  tenant_id uuid, connector_id uuid, state text, seen_state text, seen_times integer, reasons jsonb, facts jsonb, limits jsonb,
  checked_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO public.connector_health (connector_id, tenant_id)
  SELECT c.id, c.tenant_id FROM public.connectors c
  WHERE c.deleted_at IS NULL AND c.is_active
    AND NOT EXISTS (SELECT FROM public.connector_health h WHERE h.connector_id = c.id)
  LIMIT at_most
  ON CONFLICT (connector_id) DO NOTHING;

  RETURN QUERY
  WITH due AS (
    SELECT h.connector_id, c.status, c.tenant_id FROM public.connector_health h
    JOIN public.connectors c ON c.tenant_id = h.tenant_id AND c.id = h.connector_id
    WHERE h.due_at <= clock_timestamp() AND c.deleted_at IS NULL AND c.is_active
    ORDER BY h.due_at LIMIT at_most
    FOR UPDATE OF h SKIP LOCKED
  ), found AS (
    SELECT d.connector_id, jsonb_build_object(
      'connection', d.status, 'token', t.status, 'tokenFailures', coalesce(t.failure_count, 0),
      'tokenExpiresAt', to_char(t.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'succeeded', coalesce(o.succeeded, 0), 'failed', coalesce(o.failed, 0),
      'runFailures', coalesce(r.failures, 0), 'failedSchedules', coalesce(s.failed, 0),
      'lateSeconds', greatest(0, coalesce(s.late, 0), coalesce(r.late, 0))
    ) AS facts
    FROM due d
    LEFT JOIN public.connector_tokens t ON t.tenant_id = d.tenant_id AND t.connector_id = d.connector_id
    LEFT JOIN LATERAL (
      SELECT sum(x.succeeded) AS succeeded, sum(x.failed) AS failed FROM public.connector_outcomes x
      WHERE x.connector_id = d.connector_id AND x.minute >= clock_timestamp() - make_interval(secs => window_ms / 1000)
    ) o ON true
    LEFT JOIN LATERAL (
      -- A run that reads is as late as its vendor is slow; one that waits is late.
      SELECT max(x.failures) AS failures,
        floor(extract(epoch FROM clock_timestamp() - min(x.tick_at) FILTER (WHERE x.status = 'queued'))) AS late
      FROM public.sync_runs x WHERE x.connector_id = d.connector_id AND x.ended_at IS NULL
    ) r ON true
    LEFT JOIN LATERAL (
      SELECT count(*) FILTER (WHERE e.status = 'failed') AS failed,
        floor(extract(epoch FROM clock_timestamp() - min(x.due_at))) AS late
      FROM public.sync_schedules x
      LEFT JOIN LATERAL (
        SELECT y.status FROM public.sync_runs y
        WHERE y.tenant_id = x.tenant_id AND y.connector_id = x.connector_id AND y.schedule_id = x.id AND y.ended_at IS NOT NULL
        ORDER BY y.id DESC LIMIT 1
      ) e ON true
      WHERE x.tenant_id = d.tenant_id AND x.connector_id = d.connector_id AND x.paused_at IS NULL
    ) s ON true
  )
  UPDATE public.connector_health h SET
    due_at = clock_timestamp() + make_interval(secs => every_ms / 1000), checked_at = clock_timestamp(), facts = f.facts
  FROM found f WHERE h.connector_id = f.connector_id
  RETURNING h.tenant_id, h.connector_id, h.state::text, h.seen_state::text, h.seen_times, h.reasons, h.facts, h.limits,
    h.checked_at;
END
$$;

REVOKE ALL ON FUNCTION isthmus_note_outcomes, isthmus_claim_health FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_note_outcomes, isthmus_claim_health TO isthmus_system;
