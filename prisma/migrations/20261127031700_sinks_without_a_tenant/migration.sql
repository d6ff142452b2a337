-- As before, and without the events of tenants that rest: the sink takes nothing of theirs until somebody mends it. The default is for
-- processes that do not say yet who rests.
DROP FUNCTION isthmus_claim_sink_deliveries(text, uuid[], double precision);
CREATE FUNCTION isthmus_claim_sink_deliveries(
  of_sink text, new_attempts uuid[], lease_ms double precision, resting uuid[] DEFAULT '{}'
)
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
    WHERE t.id <> ALL (resting)
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

REVOKE ALL ON FUNCTION isthmus_claim_sink_deliveries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_claim_sink_deliveries TO isthmus_system;
