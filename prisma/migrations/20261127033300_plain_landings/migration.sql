-- Stores the token sets of many renewals at once, of any tenants: what isthmus_land_tokens does for one, where that is plain. It
-- waits for nobody, so that no set stands in the way of another: rows that somebody has locked are left to isthmus_land_tokens,
-- and so are an attempt that is not the current one, a connection that had been given up (its connector's row changes, too), and
-- a set under another data key than the one before it (PostgreSQL looks that key up, and waits for whoever destroys it).
--
-- Returns those that are stored, with their new versions.
CREATE FUNCTION isthmus_land_plain_renewals(renewals jsonb)
RETURNS TABLE (attempt_id uuid, version integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH plain AS (
    SELECT r.*
    FROM jsonb_to_recordset(renewals) AS r (
      tenant_id uuid, connector_id uuid, attempt_id uuid, tokens jsonb, expires_at timestamptz, refresh_at timestamptz,
      reconnect_before timestamptz, event_id uuid
    )
    JOIN public.connector_tokens t ON t.tenant_id = r.tenant_id AND t.connector_id = r.connector_id
      AND t.attempt_id = r.attempt_id AND t.status = 'active' AND t.tokens_key_id IS NOT DISTINCT FROM (r.tokens ->> 'kid')::uuid
    FOR UPDATE OF t SKIP LOCKED
  ), landed AS (
    UPDATE public.connector_tokens t SET
      tokens = p.tokens, version = t.version + 1,
      expires_at = p.expires_at, reconnect_before = p.reconnect_before,
      -- See isthmus_land_tokens.
      refresh_at = CASE WHEN p.refresh_at IS NOT NULL
        THEN GREATEST(p.refresh_at, clock_timestamp() + interval '30 seconds') END,
      landed_attempt_id = p.attempt_id,
      attempt_id = NULL, attempt_repeated = false, attempt_started_at = NULL, lease_until = NULL,
      failure_code = NULL, failed_at = NULL, failure_count = 0, retry_at = NULL,
      updated_at = clock_timestamp()
    FROM plain p WHERE t.tenant_id = p.tenant_id AND t.connector_id = p.connector_id
    RETURNING t.tenant_id, t.connector_id, t.version, p.attempt_id, p.event_id
  ), audited AS (
    INSERT INTO public.audit_events (id, tenant_id, action, target_type, target_id, outcome, details)
      SELECT l.event_id, l.tenant_id, 'token.refreshed', 'connector', l.connector_id::text, 'success',
        jsonb_build_object('version', l.version)
      FROM landed l
  )
  SELECT l.attempt_id, l.version FROM landed l;
END
$$;

REVOKE ALL ON FUNCTION isthmus_land_plain_renewals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_land_plain_renewals TO isthmus_system;
