-- DropIndex
DROP INDEX "sink_deliveries_sink_tenant_id_due_at_seq_idx";

-- DropIndex
DROP INDEX "sink_deliveries_sink_tenant_id_order_key_seq_idx";

-- AlterTable
ALTER TABLE "sink_deliveries" ADD COLUMN     "dead_at" TIMESTAMPTZ(3),
ADD COLUMN     "failure_code" TEXT,
ADD COLUMN     "refusals" INTEGER NOT NULL DEFAULT 0;

-- CreateIndex
CREATE INDEX "sink_deliveries_due_idx" ON "sink_deliveries"("sink", "tenant_id", "due_at", "seq") WHERE (dead_at IS NULL);

-- CreateIndex
CREATE INDEX "sink_deliveries_order_idx" ON "sink_deliveries"("sink", "tenant_id", "order_key", "seq") WHERE (dead_at IS NULL);

-- CreateIndex
CREATE INDEX "sink_deliveries_dead_idx" ON "sink_deliveries"("sink", "event_id") WHERE (dead_at IS NOT NULL);

-- Beyond what Prisma can say, written by hand.

-- As before, and dead letters neither come nor keep others waiting.
CREATE OR REPLACE FUNCTION isthmus_claim_sink_deliveries(of_sink text, new_attempts uuid[], lease_ms double precision)
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
      WHERE b.sink = of_sink AND b.tenant_id = d.tenant_id AND b.order_key = d.order_key AND b.dead_at IS NULL AND b.seq < d.seq
    ) AS waits
    FROM public.tenants t
    CROSS JOIN LATERAL (
      SELECT c.event_id, c.tenant_id, c.order_key, c.seq, c.due_at FROM public.sink_deliveries c
      WHERE c.sink = of_sink AND c.tenant_id = t.id AND c.dead_at IS NULL AND c.due_at <= moment
      ORDER BY c.due_at, c.seq LIMIT most
    ) d
    ORDER BY 4, 2, 3
  LOOP
    EXIT WHEN taken >= most;
    -- Again, because somebody may have taken it since.
    PERFORM FROM public.sink_deliveries d
      WHERE d.event_id = found_row.event_id AND d.sink = of_sink AND d.dead_at IS NULL AND d.due_at <= moment
      FOR UPDATE SKIP LOCKED;
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

-- Stores what a sink said: what it has taken is done, the rest comes again after its pause, or becomes a dead letter where the sink
-- refused it for good, or failed on it so often while it took others. Others' are left alone. Answers those that became one.
DROP FUNCTION isthmus_land_sink_deliveries(text, jsonb);
CREATE FUNCTION isthmus_land_sink_deliveries(of_sink text, items jsonb, most_refusals integer)
RETURNS TABLE (event_id uuid, taken boolean, dead boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  PERFORM set_config('enable_seqscan', 'off', true);
  RETURN QUERY UPDATE public.sink_deliveries d SET
    attempt_id = NULL, due_at = clock_timestamp() + make_interval(secs => i.retry_ms / 1000),
    refusals = d.refusals + i.others_taken::integer,
    dead_at = CASE WHEN i.refused OR d.refusals + i.others_taken::integer >= most_refusals THEN clock_timestamp() END,
    failure_code = i.failure_code
  FROM jsonb_to_recordset(items) AS i (
    event_id uuid, attempt_id uuid, taken boolean, refused boolean, others_taken boolean, failure_code text,
    retry_ms double precision
  )
  WHERE d.sink = of_sink AND d.event_id = i.event_id AND d.attempt_id = i.attempt_id AND NOT i.taken
  RETURNING d.event_id, false, d.dead_at IS NOT NULL;
  RETURN QUERY DELETE FROM public.sink_deliveries d
  USING jsonb_to_recordset(items) AS i (event_id uuid, attempt_id uuid, taken boolean)
  WHERE d.sink = of_sink AND d.event_id = i.event_id AND d.attempt_id = i.attempt_id AND i.taken
  RETURNING d.event_id, true, false;
END
$$;

-- Dead letters of a sink, the newest first, of one tenant or all. Not what they say: that is the tenant's.
CREATE FUNCTION isthmus_list_sink_dead_letters(of_sink text, of_tenant uuid, before_id uuid, page_size integer)
RETURNS TABLE (
  event_id uuid, tenant_id uuid, type text, attempts integer, failure_code text, happened_at timestamptz, dead_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT d.event_id, d.tenant_id, v.type, d.attempts, d.failure_code, v.created_at, d.dead_at
  FROM public.sink_deliveries d JOIN public.outbox_events v ON v.id = d.event_id
  WHERE d.sink = of_sink AND d.dead_at IS NOT NULL AND (of_tenant IS NULL OR d.tenant_id = of_tenant)
    AND (before_id IS NULL OR d.event_id < before_id)
  ORDER BY d.event_id DESC LIMIT page_size
$$;

-- Lets dead letters of a sink come again, the oldest first, so many at most: one, those of a tenant, or all. Notes it in the
-- platform's audit. Answers how many.
CREATE FUNCTION isthmus_replay_sink_deliveries(
  of_sink text, of_tenant uuid, of_event uuid, at_most integer, audit_id uuid, from_ip text, from_request text
)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  replayed integer;
BEGIN
  UPDATE public.sink_deliveries d SET
    dead_at = NULL, failure_code = NULL, refusals = 0, attempts = 0, attempt_id = NULL, due_at = clock_timestamp()
  WHERE d.sink = of_sink AND d.dead_at IS NOT NULL AND d.event_id IN (
    SELECT o.event_id FROM public.sink_deliveries o
    WHERE o.sink = of_sink AND o.dead_at IS NOT NULL AND (of_tenant IS NULL OR o.tenant_id = of_tenant)
      AND (of_event IS NULL OR o.event_id = of_event)
    ORDER BY o.event_id LIMIT at_most
  );
  GET DIAGNOSTICS replayed = ROW_COUNT;
  PERFORM public.isthmus_append_platform_event(audit_id, 'sink.replayed', 'sink', of_sink, 'success', from_ip, from_request,
    jsonb_strip_nulls(jsonb_build_object('replayed', replayed, 'tenantId', of_tenant, 'eventId', of_event)));
  RETURN replayed;
END
$$;

-- How much waits for each sink that something waits for, since when the first of it has, and how many dead letters there are.
CREATE FUNCTION isthmus_count_sink_deliveries()
RETURNS TABLE (sink text, pending bigint, oldest_at timestamptz, dead bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT c.sink, c.pending, (SELECT v.created_at FROM public.outbox_events v WHERE v.id = c.first_id), c.dead
  FROM (
    SELECT d.sink, count(*) FILTER (WHERE d.dead_at IS NULL) AS pending, count(d.dead_at) AS dead,
      -- Ids begin with the time.
      (min(d.event_id::text COLLATE "C") FILTER (WHERE d.dead_at IS NULL))::uuid AS first_id
    FROM public.sink_deliveries d GROUP BY d.sink
  ) c
  ORDER BY c.sink
$$;

-- The same of webhooks that are switched on, all of them together.
CREATE FUNCTION isthmus_count_webhook_deliveries()
RETURNS TABLE (pending bigint, oldest_at timestamptz, dead bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT p.pending, p.oldest_at, (SELECT count(*) FROM public.webhook_deliveries d WHERE d.status = 'dead')
  FROM (
    SELECT count(*) AS pending, min(d.created_at) AS oldest_at
    FROM public.webhook_deliveries d JOIN public.webhook_endpoints e ON e.id = d.endpoint_id
    WHERE d.status = 'pending' AND e.is_active
  ) p
$$;

-- As before, and a dead letter is kept so long after it became one.
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
    ) AND NOT EXISTS (
      SELECT FROM public.sink_deliveries s WHERE s.event_id = o.id
        AND CASE WHEN s.dead_at IS NULL THEN o.created_at >= newest_dead ELSE s.dead_at >= newest_dead END
    )
    ORDER BY o.created_at LIMIT at_most FOR UPDATE OF o SKIP LOCKED
  );
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;

REVOKE ALL ON FUNCTION isthmus_land_sink_deliveries, isthmus_list_sink_dead_letters, isthmus_replay_sink_deliveries,
  isthmus_count_sink_deliveries, isthmus_count_webhook_deliveries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_land_sink_deliveries, isthmus_list_sink_dead_letters, isthmus_replay_sink_deliveries,
  isthmus_count_sink_deliveries, isthmus_count_webhook_deliveries TO isthmus_system;
