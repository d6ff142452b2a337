-- Beyond what Prisma can say, written by hand.

-- As before, but what was begun goes before what was not. Ids are those of the processes that make runs: one that is committed
-- later, or made by a clock that is behind, may be smaller than that of the run that its entity has under way.
CREATE OR REPLACE FUNCTION isthmus_claim_sync_runs(
  new_attempts uuid[], lease_ms double precision, under_way uuid[], tenant_at_most integer, long_at_most integer
)
RETURNS TABLE (tenant_id uuid, run_id uuid, attempt_id uuid, is_long boolean)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH busy AS (
    SELECT r.tenant_id, count(*) AS held FROM public.sync_runs r
    WHERE r.ended_at IS NULL AND r.lease_until > clock_timestamp() GROUP BY r.tenant_id
  ), here AS (
    SELECT u.tenant_id, count(*) AS held FROM unnest(under_way) AS u (tenant_id) GROUP BY u.tenant_id
  ), tenants AS (
    SELECT DISTINCT r.tenant_id, r.is_long FROM public.sync_runs r
    WHERE r.ended_at IS NULL AND r.next_attempt_at <= clock_timestamp()
  ), open AS (
    SELECT o.* FROM tenants t CROSS JOIN LATERAL (
      -- No more of a tenant than could be taken, in the order of the index, however many wait.
      SELECT r.id, r.tenant_id, r.next_attempt_at, r.is_long
      FROM public.sync_runs r
      JOIN public.connectors c ON c.tenant_id = r.tenant_id AND c.id = r.connector_id
      WHERE r.tenant_id = t.tenant_id AND r.is_long = t.is_long AND r.ended_at IS NULL
        AND r.next_attempt_at <= clock_timestamp()
        AND (r.lease_until IS NULL OR r.lease_until <= clock_timestamp())
        AND (c.is_active AND c.deleted_at IS NULL OR r.cancelled_at IS NOT NULL)
        AND NOT EXISTS (
          SELECT FROM public.sync_runs o
          WHERE o.connector_id = r.connector_id AND o.entity = r.entity AND o.ended_at IS NULL
            AND (o.started_at IS NULL, o.id) < (r.started_at IS NULL, r.id)
        )
      -- Others who look at the same time may have locked the first of them.
      ORDER BY r.next_attempt_at LIMIT 4 * cardinality(new_attempts)
    ) o
  ), turned AS (
    SELECT o.*, coalesce(b.held, 0)
      + row_number() OVER (PARTITION BY o.tenant_id ORDER BY o.is_long, o.next_attempt_at) AS turn
    FROM open o LEFT JOIN busy b ON b.tenant_id = o.tenant_id
  ), short_enough AS (
    SELECT t.* FROM (
      SELECT t.*, row_number() OVER (PARTITION BY t.is_long ORDER BY t.turn, t.next_attempt_at) AS nth FROM turned t
    ) t WHERE NOT t.is_long OR t.nth <= long_at_most
  ), ready AS (
    SELECT e.* FROM (
      SELECT e.*, row_number() OVER (PARTITION BY e.tenant_id ORDER BY e.turn) AS nth_of_tenant FROM short_enough e
    ) e LEFT JOIN here h ON h.tenant_id = e.tenant_id
    WHERE e.nth_of_tenant + coalesce(h.held, 0) <= tenant_at_most
  ), taken AS (
    SELECT r.id, y.is_long FROM public.sync_runs r JOIN ready y ON y.id = r.id
    -- Again, because somebody may have taken or ended it since.
    WHERE r.ended_at IS NULL AND (r.lease_until IS NULL OR r.lease_until <= clock_timestamp())
    ORDER BY y.turn, y.next_attempt_at
    LIMIT cardinality(new_attempts)
    FOR UPDATE OF r SKIP LOCKED
  ), numbered AS (
    SELECT t.id, t.is_long, row_number() OVER () AS place FROM taken t
  )
  UPDATE public.sync_runs r SET
    status = 'running', started_at = coalesce(r.started_at, clock_timestamp()), updated_at = clock_timestamp(),
    attempt_id = new_attempts[n.place], lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  FROM numbered n WHERE r.id = n.id
  RETURNING r.tenant_id, r.id, r.attempt_id, n.is_long
$$;

-- As before, but no more than 100 runs of an entity wait: where its vendor is away for days, as many times are left out as
-- those that are caught up on.
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
  INSERT INTO public.sync_runs (id, tenant_id, connector_id, entity, mode, schedule_id, tick_at, trigger, backfill_from, is_long)
  SELECT k.run_id, m.tenant_id, m.connector_id, m.entity, m.mode, m.id, k.tick_at, 'schedule',
    CASE WHEN NOT f.is_read THEN m.backfill_from END, m.mode = 'full' OR NOT f.is_read
  FROM moved m
  CROSS JOIN LATERAL (
    SELECT t.*, row_number() OVER (ORDER BY t.tick_at) AS nth
    FROM jsonb_to_recordset(m.ticks) AS t (run_id uuid, tick_at timestamptz)
  ) k
  CROSS JOIN LATERAL (
    SELECT EXISTS (
      SELECT FROM public.sync_states e
      WHERE e.connector_id = m.connector_id AND e.entity = m.entity AND e.cursor IS NOT NULL
    ) AS is_read
  ) f
  CROSS JOIN LATERAL (
    SELECT count(*) AS open FROM (
      SELECT FROM public.sync_runs r
      WHERE r.connector_id = m.connector_id AND r.entity = m.entity AND r.ended_at IS NULL LIMIT 100
    ) r
  ) w
  WHERE w.open = 0 OR m.overlap = 'queue' AND w.open + k.nth <= 100
  ON CONFLICT (schedule_id, tick_at) DO NOTHING;
  GET DIAGNOSTICS made = ROW_COUNT;
  RETURN made;
END
$$;
