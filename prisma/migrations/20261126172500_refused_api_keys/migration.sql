-- A key that is known and works no more tells whose audit its use belongs into.

-- The key with this hash, if it does not work right now, and why.
CREATE FUNCTION isthmus_find_refused_api_key(key_hash text)
RETURNS TABLE (api_key_id uuid, tenant_id uuid, user_id uuid, reason text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT k.id, k.tenant_id, u.id,
    CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired' ELSE 'user_disabled' END
  FROM public.api_keys k
  JOIN public.users u ON u.tenant_id = k.tenant_id AND u.id = k.user_id
  WHERE k.hash = key_hash AND (k.revoked_at IS NOT NULL OR k.expires_at <= now() OR u.disabled_at IS NOT NULL)
$$;

-- Functions are open to everybody by default.
REVOKE ALL ON FUNCTION isthmus_find_refused_api_key(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_find_refused_api_key(text) TO isthmus_system;
