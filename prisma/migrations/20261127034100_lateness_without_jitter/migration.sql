-- Beyond what Prisma can say, written by hand.

-- As before, but a run that waits is late from when it was made.
CREATE OR REPLACE FUNCTION isthmus_claim_health(at_most integer, every_ms double precision, window_ms double precision)
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
      -- A run that reads is as late as its vendor is slow; one that waits is late from when it was made. Its time may be long before
      -- that: by the jitter of its schedule, which is no lateness, or because it was missed, which its schedule's was.
      SELECT max(x.failures) AS failures,
        floor(extract(epoch FROM clock_timestamp() - min(x.created_at) FILTER (WHERE x.status = 'queued' AND x.tick_at IS NOT NULL))) AS late
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
