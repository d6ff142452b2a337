-- CreateTable
CREATE TABLE "sink_deliveries" (
    "event_id" UUID NOT NULL,
    "sink" TEXT NOT NULL,
    "tenant_id" UUID NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "order_key" BIGINT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempt_id" UUID,

    CONSTRAINT "sink_deliveries_pkey" PRIMARY KEY ("event_id","sink")
);

-- CreateIndex
CREATE INDEX "sink_deliveries_sink_tenant_id_due_at_seq_idx" ON "sink_deliveries"("sink", "tenant_id", "due_at", "seq");

-- CreateIndex
CREATE INDEX "sink_deliveries_sink_tenant_id_order_key_seq_idx" ON "sink_deliveries"("sink", "tenant_id", "order_key", "seq");

-- AddForeignKey
ALTER TABLE "sink_deliveries" ADD CONSTRAINT "sink_deliveries_tenant_id_event_id_fkey" FOREIGN KEY ("tenant_id", "event_id") REFERENCES "outbox_events"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Beyond what Prisma can say, written by hand.

GRANT SELECT, INSERT ON sink_deliveries TO isthmus_app;
GRANT USAGE ON SEQUENCE sink_deliveries_seq_seq TO isthmus_app;

ALTER TABLE sink_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE sink_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON sink_deliveries TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON sink_deliveries TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- Takes events for a sink, each for so long: whoever does not land it by then has lost it. Of one order key only the first is
-- taken. Tenants take turns, so that the first load of one does not keep the others' events waiting. Row by row, each by its key:
-- joined, the rows of a table that has just grown were compared each with each.
CREATE FUNCTION isthmus_claim_sink_deliveries(of_sink text, new_attempts uuid[], lease_ms double precision)
RETURNS TABLE (
  event_id uuid, attempt_id uuid, tenant_id uuid, attempts integer, type text, payload text, happened_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  -- Not the function itself in the conditions: no index is used for what may change from row to row.
  moment CONSTANT timestamptz := clock_timestamp();
  most CONSTANT integer := cardinality(new_attempts);
  taken integer := 0;
  found_row record;
BEGIN
  -- A plan that was made while the table was small is kept when it is large.
  PERFORM set_config('enable_seqscan', 'off', true);
  FOR found_row IN
    SELECT d.event_id, d.due_at, d.seq, row_number() OVER (PARTITION BY d.tenant_id ORDER BY d.due_at, d.seq) AS turn, EXISTS (
      SELECT FROM public.sink_deliveries b
      WHERE b.sink = of_sink AND b.tenant_id = d.tenant_id AND b.order_key = d.order_key AND b.seq < d.seq
    ) AS waits
    FROM public.tenants t
    CROSS JOIN LATERAL (
      SELECT c.event_id, c.tenant_id, c.order_key, c.seq, c.due_at FROM public.sink_deliveries c
      WHERE c.sink = of_sink AND c.tenant_id = t.id AND c.due_at <= moment
      ORDER BY c.due_at, c.seq LIMIT most
    ) d
    ORDER BY 4, 2, 3
  LOOP
    EXIT WHEN taken >= most;
    -- Again, because somebody may have taken it since.
    PERFORM FROM public.sink_deliveries d
      WHERE d.event_id = found_row.event_id AND d.sink = of_sink AND d.due_at <= moment FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    IF found_row.waits THEN
      -- Looked at again a little later.
      UPDATE public.sink_deliveries d SET due_at = moment + interval '1 second'
        WHERE d.event_id = found_row.event_id AND d.sink = of_sink;
      CONTINUE;
    END IF;
    taken := taken + 1;
    UPDATE public.sink_deliveries d SET
      attempt_id = new_attempts[taken], attempts = d.attempts + 1, due_at = moment + make_interval(secs => lease_ms / 1000)
      WHERE d.event_id = found_row.event_id AND d.sink = of_sink;
    RETURN QUERY
      SELECT d.event_id, d.attempt_id, d.tenant_id, d.attempts, v.type, v.payload::text, v.created_at
      FROM public.sink_deliveries d JOIN public.outbox_events v ON v.id = d.event_id
      WHERE d.event_id = found_row.event_id AND d.sink = of_sink;
  END LOOP;
END
$$;

-- Stores what a sink said: what it has taken is done, the rest comes again after its pause. Others' are left alone. Answers how
-- many are done.
CREATE FUNCTION isthmus_land_sink_deliveries(of_sink text, items jsonb)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  done integer;
BEGIN
  PERFORM set_config('enable_seqscan', 'off', true);
  UPDATE public.sink_deliveries d SET
    attempt_id = NULL, due_at = clock_timestamp() + make_interval(secs => i.retry_ms / 1000)
  FROM jsonb_to_recordset(items) AS i (event_id uuid, attempt_id uuid, taken boolean, retry_ms double precision)
  WHERE d.sink = of_sink AND d.event_id = i.event_id AND d.attempt_id = i.attempt_id AND NOT i.taken;
  DELETE FROM public.sink_deliveries d
  USING jsonb_to_recordset(items) AS i (event_id uuid, attempt_id uuid, taken boolean)
  WHERE d.sink = of_sink AND d.event_id = i.event_id AND d.attempt_id = i.attempt_id AND i.taken;
  GET DIAGNOSTICS done = ROW_COUNT;
  RETURN done;
END
$$;

-- Removes events that happened so long ago, with their deliveries: not while one is pending, and what has a dead one, or one that
-- a sink has not taken, is kept for longer. So many at most. Answers how many. Several may do this at once.
CREATE OR REPLACE FUNCTION isthmus_prune_outbox(
  kept_for_ms double precision, dead_kept_for_ms double precision, at_most integer
)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed integer;
  newest CONSTANT timestamptz := clock_timestamp() - make_interval(secs => kept_for_ms / 1000);
  newest_dead CONSTANT timestamptz := clock_timestamp() - make_interval(secs => dead_kept_for_ms / 1000);
BEGIN
  DELETE FROM public.outbox_events v WHERE v.id IN (
    SELECT o.id FROM public.outbox_events o
    WHERE o.created_at < newest AND NOT EXISTS (
      SELECT FROM public.webhook_deliveries d WHERE d.event_id = o.id
        AND (d.status = 'pending' OR d.status = 'dead' AND d.ended_at >= newest_dead)
    ) AND (o.created_at < newest_dead OR NOT EXISTS (SELECT FROM public.sink_deliveries s WHERE s.event_id = o.id))
    ORDER BY o.created_at LIMIT at_most FOR UPDATE OF o SKIP LOCKED
  );
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;

-- As before, row by row and each by its key: joined, the rows of a table that has just grown were compared each with each.
CREATE OR REPLACE FUNCTION isthmus_claim_webhook_deliveries(
  new_attempts uuid[], lease_ms double precision, per_endpoint integer, per_tenant integer
)
RETURNS TABLE (
  delivery_id uuid, attempt_id uuid, tenant_id uuid, endpoint_id uuid, attempts integer, url text, secrets jsonb,
  previous_signs boolean, event_id uuid, type text, payload text, happened_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  -- Not the function itself in the conditions: no index is used for what may change from row to row.
  moment CONSTANT timestamptz := clock_timestamp();
  most CONSTANT integer := cardinality(new_attempts);
  -- Rows that are looked at for each endpoint: some of them wait for others.
  depth CONSTANT integer := 100;
  taken integer := 0;
  found_row record;
BEGIN
  -- A plan that was made while the table was small is kept when it is large.
  PERFORM set_config('enable_seqscan', 'off', true);
  FOR found_row IN
    WITH open AS MATERIALIZED (
      SELECT e.id, e.tenant_id, (
        SELECT count(*) FROM public.webhook_deliveries h
        WHERE h.endpoint_id = e.id AND h.status = 'pending' AND h.due_at > moment AND h.attempt_id IS NOT NULL
          AND h.due_at <= moment + make_interval(secs => lease_ms / 1000)
      ) AS held
      FROM public.webhook_endpoints e
      WHERE e.is_active AND (e.not_before IS NULL OR e.not_before <= moment)
        AND EXISTS (
          SELECT FROM public.webhook_deliveries d
          WHERE d.endpoint_id = e.id AND d.status = 'pending' AND d.due_at <= moment
        )
    ), busy AS (
      SELECT o.tenant_id, sum(o.held) AS held FROM open o GROUP BY o.tenant_id
    ), looked AS MATERIALIZED (
      SELECT o.tenant_id, o.id AS endpoint_id, o.held, d.id, d.seq, d.due_at, EXISTS (
        SELECT FROM public.webhook_deliveries b
        WHERE b.endpoint_id = o.id AND b.order_key = d.order_key AND b.status = 'pending' AND b.seq < d.seq
      ) AS waits
      FROM open o
      CROSS JOIN LATERAL (
        SELECT c.id, c.seq, c.order_key, c.due_at FROM public.webhook_deliveries c
        WHERE c.endpoint_id = o.id AND c.status = 'pending' AND c.due_at <= moment
        ORDER BY c.due_at, c.seq LIMIT depth
      ) d
      WHERE o.held < per_endpoint
    ), turns AS (
      SELECT l.*, l.held + row_number() OVER (PARTITION BY l.endpoint_id, l.waits ORDER BY l.due_at, l.seq) AS turn
      FROM looked l
    )
    SELECT t.id, t.waits,
      b.held + row_number() OVER (PARTITION BY t.tenant_id, t.waits ORDER BY t.turn, t.due_at, t.seq) AS tenant_turn
    FROM turns t JOIN busy b ON b.tenant_id = t.tenant_id
    WHERE t.waits OR t.turn <= per_endpoint
    ORDER BY t.waits DESC, tenant_turn, t.due_at, t.seq
  LOOP
    EXIT WHEN taken >= most;
    CONTINUE WHEN NOT found_row.waits AND found_row.tenant_turn > per_tenant;
    -- Again, because somebody may have taken it since.
    PERFORM FROM public.webhook_deliveries d
      WHERE d.id = found_row.id AND d.status = 'pending' AND d.due_at <= moment FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    IF found_row.waits THEN
      -- Looked at again when what it waits for has ended, and in a minute at the latest.
      UPDATE public.webhook_deliveries d SET due_at = moment + interval '1 minute' WHERE d.id = found_row.id;
      CONTINUE;
    END IF;
    taken := taken + 1;
    UPDATE public.webhook_deliveries d SET
      attempt_id = new_attempts[taken], attempts = d.attempts + 1, last_attempt_at = moment,
      first_attempt_at = coalesce(d.first_attempt_at, moment), due_at = moment + make_interval(secs => lease_ms / 1000)
      WHERE d.id = found_row.id;
    RETURN QUERY
      SELECT d.id, d.attempt_id, d.tenant_id, d.endpoint_id, d.attempts, e.url, e.secrets,
        coalesce(e.previous_until > moment, false), v.id, v.type, v.payload::text, v.created_at
      FROM public.webhook_deliveries d
      JOIN public.webhook_endpoints e ON e.id = d.endpoint_id
      JOIN public.outbox_events v ON v.id = d.event_id
      WHERE d.id = found_row.id;
  END LOOP;
END
$$;

REVOKE ALL ON FUNCTION isthmus_claim_sink_deliveries, isthmus_land_sink_deliveries, isthmus_prune_outbox,
  isthmus_claim_webhook_deliveries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_claim_sink_deliveries, isthmus_land_sink_deliveries, isthmus_prune_outbox,
  isthmus_claim_webhook_deliveries TO isthmus_system;
