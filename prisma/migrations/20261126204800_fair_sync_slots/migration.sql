-- Takes runs that may go on, for a worker with so many free slots: of each entity of a connector the first that is open, tenants in
-- turn. Those who have less under way come first, and of a tenant's runs those that are not long. Long are those that read
-- everything: full ones, those from a time on, and the first of an entity. No more than `long_at_most` of them are taken, and no more
-- of a tenant than that it has `tenant_at_most` in this worker, with those in `under_way`, one tenant's id for each run: a
-- backfill takes hours, and what another tenant wants every five minutes finds a slot.
DROP FUNCTION isthmus_claim_sync_runs(uuid[], double precision);

CREATE FUNCTION isthmus_claim_sync_runs(
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
  ), open AS (
    SELECT r.id, r.tenant_id, r.next_attempt_at,
      r.mode = 'full' OR r.backfill_from IS NOT NULL OR s.cursor IS NULL AS is_long
    FROM public.sync_runs r
    JOIN public.connectors c ON c.tenant_id = r.tenant_id AND c.id = r.connector_id
    LEFT JOIN public.sync_states s ON s.connector_id = r.connector_id AND s.entity = r.entity
    WHERE r.ended_at IS NULL AND r.next_attempt_at <= clock_timestamp()
      AND (r.lease_until IS NULL OR r.lease_until <= clock_timestamp())
      AND (c.is_active AND c.deleted_at IS NULL OR r.cancelled_at IS NOT NULL)
      AND NOT EXISTS (
        SELECT FROM public.sync_runs o
        WHERE o.connector_id = r.connector_id AND o.entity = r.entity AND o.ended_at IS NULL AND o.id < r.id
      )
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

REVOKE ALL ON FUNCTION isthmus_claim_sync_runs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_claim_sync_runs TO isthmus_system;
