-- A deletion in an emergency is undone unless two approvers confirm it, so until then no purge takes its connector.

-- As before, but for connectors of which an emergency is open.
CREATE OR REPLACE FUNCTION isthmus_claim_due_purges(
  new_attempts uuid[], lease_ms double precision, give_up_after_ms double precision)
RETURNS TABLE (tenant_id uuid, connector_id uuid, attempt_id uuid, failures integer, is_last boolean)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH due AS (
    SELECT d.connector_id
    FROM public.connector_deletions d
    WHERE d.purge_at <= clock_timestamp() AND GREATEST(d.retry_at, d.lease_until, d.purge_at) <= clock_timestamp()
      AND NOT EXISTS (
        SELECT FROM public.change_requests c
        WHERE c.tenant_id = d.tenant_id AND c.target_type = 'connector' AND c.target_id = d.connector_id
          AND c.status = 'emergency')
    ORDER BY d.purge_at
    LIMIT cardinality(new_attempts)
    FOR UPDATE SKIP LOCKED
  ), numbered AS (
    SELECT d.*, row_number() OVER () AS place FROM due d
  )
  UPDATE public.connector_deletions d SET
    attempt_id = new_attempts[n.place],
    begun_at = coalesce(d.begun_at, clock_timestamp()),
    lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  FROM numbered n WHERE d.connector_id = n.connector_id
  RETURNING d.tenant_id, d.connector_id, d.attempt_id, d.failures,
    d.begun_at <= clock_timestamp() - make_interval(secs => give_up_after_ms / 1000)
$$;
