-- As before, and nobody puts off what waits for an event that has ended meanwhile: a look that had begun before that was stored put
-- its follower off, by a minute or a second, and the landing did not notice.
CREATE OR REPLACE FUNCTION isthmus_land_webhook_deliveries(items jsonb, lives_ms double precision)
RETURNS TABLE (delivery_id uuid, status text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  -- Columns keep milliseconds, and may round it up.
  moment CONSTANT timestamptz := date_trunc('milliseconds', clock_timestamp());
  item record;
  done record;
  next_id uuid;
BEGIN
  -- A plan that was made while the table was small is kept when it is large.
  PERFORM set_config('enable_seqscan', 'off', true);
  FOR item IN
    SELECT * FROM jsonb_to_recordset(items) AS i (
      id uuid, endpoint_id uuid, attempt_id uuid, delivered boolean, answer_status integer, answer text, failure_code text,
      retry_ms double precision, pause_ms double precision
    ) ORDER BY i.endpoint_id, i.id
  LOOP
    -- In one order for all who lock an endpoint and what is of it: itself first.
    PERFORM FROM public.webhook_endpoints e
      WHERE e.id = item.endpoint_id AND (NOT item.delivered OR e.failures > 0) FOR NO KEY UPDATE;
    SELECT d.id, d.endpoint_id, d.order_key, d.seq,
      greatest(d.created_at + make_interval(secs => lives_ms / 1000), d.first_attempt_at + interval '1 hour') AS lives_until
    INTO done
    FROM public.webhook_deliveries d WHERE d.id = item.id AND d.attempt_id = item.attempt_id FOR UPDATE;
    CONTINUE WHEN NOT FOUND;
    IF item.delivered THEN
      UPDATE public.webhook_endpoints e SET failures = 0, failing_since = NULL, not_before = NULL
        WHERE e.id = done.endpoint_id AND e.failures > 0;
    ELSE
      UPDATE public.webhook_endpoints e SET
        failures = e.failures + 1, failing_since = coalesce(e.failing_since, moment),
        not_before = greatest(e.not_before, moment + make_interval(secs => coalesce(item.pause_ms / 1000,
          CASE WHEN e.failures >= 9 THEN least(300, power(2, least(e.failures - 9, 10))) END)))
        WHERE e.id = done.endpoint_id;
    END IF;
    UPDATE public.webhook_deliveries d SET
      attempt_id = NULL, answer_status = item.answer_status, answer = item.answer, failure_code = item.failure_code,
      status = (CASE WHEN item.delivered THEN 'delivered' WHEN moment >= done.lives_until THEN 'dead' ELSE 'pending' END
        )::public.webhook_delivery_status,
      ended_at = CASE WHEN item.delivered OR moment >= done.lives_until THEN moment END,
      due_at = CASE WHEN item.delivered THEN moment
        ELSE least(moment + make_interval(secs => item.retry_ms / 1000), greatest(done.lives_until, moment)) END
      WHERE d.id = done.id;
    CONTINUE WHEN NOT item.delivered AND moment < done.lives_until;
    -- What waited for it goes next.
    SELECT w.id INTO next_id FROM public.webhook_deliveries w
      WHERE w.endpoint_id = done.endpoint_id AND w.order_key = done.order_key AND w.status = 'pending' AND w.seq > done.seq
      ORDER BY w.seq LIMIT 1;
    -- Whoever is about to put it off has it locked, and is waited for.
    PERFORM FROM public.webhook_deliveries n WHERE n.id = next_id AND n.attempt_id IS NULL FOR UPDATE;
    UPDATE public.webhook_deliveries n SET due_at = moment
      WHERE n.id = next_id AND n.attempt_id IS NULL AND n.due_at > moment;
    RETURN QUERY SELECT done.id, CASE WHEN item.delivered THEN 'delivered' ELSE 'dead' END;
  END LOOP;
END
$$;

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
      -- Not where that has ended since this began to look: the next look, which comes because of that, takes it.
      UPDATE public.webhook_deliveries d SET due_at = moment + interval '1 minute'
        WHERE d.id = found_row.id AND EXISTS (
          SELECT FROM public.webhook_deliveries b
          WHERE b.endpoint_id = d.endpoint_id AND b.order_key = d.order_key AND b.status = 'pending' AND b.seq < d.seq
        );
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

CREATE OR REPLACE FUNCTION isthmus_land_sink_deliveries(of_sink text, items jsonb, most_refusals integer)
RETURNS TABLE (event_id uuid, taken boolean, dead boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  -- Columns keep milliseconds, and may round it up.
  moment CONSTANT timestamptz := date_trunc('milliseconds', clock_timestamp());
  landed record;
  next_id uuid;
BEGIN
  PERFORM set_config('enable_seqscan', 'off', true);
  FOR landed IN
    WITH failed AS (
      UPDATE public.sink_deliveries d SET
        attempt_id = NULL, due_at = clock_timestamp() + make_interval(secs => i.retry_ms / 1000),
        refusals = d.refusals + i.others_taken::integer,
        dead_at = CASE WHEN i.refused OR d.refusals + i.others_taken::integer >= most_refusals THEN clock_timestamp() END,
        failure_code = i.failure_code
      FROM jsonb_to_recordset(items) AS i (
        event_id uuid, attempt_id uuid, taken boolean, refused boolean, others_taken boolean, failure_code text,
        retry_ms double precision
      )
      WHERE d.sink = of_sink AND d.event_id = i.event_id AND d.attempt_id = i.attempt_id AND NOT i.taken
      RETURNING d.event_id, d.tenant_id, d.order_key, d.seq, false AS taken, d.dead_at IS NOT NULL AS dead
    ), gone AS (
      DELETE FROM public.sink_deliveries d
      USING jsonb_to_recordset(items) AS i (event_id uuid, attempt_id uuid, taken boolean)
      WHERE d.sink = of_sink AND d.event_id = i.event_id AND d.attempt_id = i.attempt_id AND i.taken
      RETURNING d.event_id, d.tenant_id, d.order_key, d.seq, true AS taken, false AS dead
    )
    SELECT * FROM failed UNION ALL SELECT * FROM gone
  LOOP
    IF landed.taken OR landed.dead THEN
      SELECT w.event_id INTO next_id FROM public.sink_deliveries w
        WHERE w.sink = of_sink AND w.tenant_id = landed.tenant_id AND w.order_key = landed.order_key
          AND w.dead_at IS NULL AND w.seq > landed.seq
        ORDER BY w.seq LIMIT 1;
      -- One that was tried and failed keeps its pause. Whoever is about to put it off has it locked, and is waited for.
      PERFORM FROM public.sink_deliveries n
        WHERE n.sink = of_sink AND n.event_id = next_id AND n.attempts = 0 FOR UPDATE;
      UPDATE public.sink_deliveries n SET due_at = moment
        WHERE n.sink = of_sink AND n.event_id = next_id AND n.attempts = 0 AND n.due_at > moment;
    END IF;
    RETURN QUERY SELECT landed.event_id, landed.taken, landed.dead;
  END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION isthmus_claim_sink_deliveries(
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
      -- Not where that has ended since this began to look: the next look, which comes because of that, takes it.
      UPDATE public.sink_deliveries d SET due_at = moment + interval '1 second'
        WHERE d.event_id = found_row.event_id AND d.sink = of_sink AND EXISTS (
          SELECT FROM public.sink_deliveries b
          WHERE b.sink = of_sink AND b.tenant_id = d.tenant_id AND b.order_key = d.order_key AND b.dead_at IS NULL AND b.seq < d.seq
        );
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

REVOKE ALL ON FUNCTION isthmus_land_webhook_deliveries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_land_webhook_deliveries TO isthmus_system;
REVOKE ALL ON FUNCTION isthmus_claim_webhook_deliveries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_claim_webhook_deliveries TO isthmus_system;
REVOKE ALL ON FUNCTION isthmus_land_sink_deliveries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_land_sink_deliveries TO isthmus_system;
REVOKE ALL ON FUNCTION isthmus_claim_sink_deliveries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_claim_sink_deliveries TO isthmus_system;
