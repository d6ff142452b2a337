-- Roles, row-level security and the functions of isthmus_system. Written by hand: Prisma's schema cannot say these.
--
-- owner           whoever runs the migrations: owns the tables, and the service connects as it (or as a login that is a
--                 member of both roles below). Row-level security is FORCEd, so it binds the owner too, unless the owner
--                 is a superuser, as it is in the embedded database.
-- isthmus_app     what a tenant's unit of work switches to: sees rows of app.tenant_id only.
-- isthmus_system  what work without a tenant switches to: no table rights, only the functions named below.

-- Roles belong to the whole server, so another database may have made them already, or be making them right now.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['isthmus_app', 'isthmus_system'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', role_name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL; -- made by another database in this moment, with the same attributes
      END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = role_name AND (rolsuper OR rolbypassrls)) THEN
      RAISE EXCEPTION 'role % bypasses row-level security', role_name
        USING HINT = 'Run ALTER ROLE … NOSUPERUSER NOBYPASSRLS as an administrator, then start again.';
    END IF;
    IF NOT EXISTS (
      SELECT FROM pg_auth_members m
      JOIN pg_roles r ON r.oid = m.roleid
      JOIN pg_roles u ON u.oid = m.member
      WHERE r.rolname = role_name AND u.rolname = current_user AND m.set_option
    ) THEN
      BEGIN
        EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN
          NULL;
        WHEN insufficient_privilege THEN
          RAISE EXCEPTION 'user % may not become role %', current_user, role_name
            USING HINT = format('As an administrator: GRANT %I TO %I;', role_name, current_user);
      END;
    END IF;
  END LOOP;
END
$$;

GRANT USAGE ON SCHEMA public TO isthmus_app, isthmus_system;

-- What a tenant's work may do. Nothing here deletes connectors (soft delete), changes audit events, or makes tenants.
GRANT SELECT ON tenants TO isthmus_app;
GRANT SELECT, INSERT, UPDATE ON users, api_keys, connectors, data_keys TO isthmus_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON connector_tokens, oauth_sessions TO isthmus_app;
GRANT SELECT, INSERT ON audit_events TO isthmus_app;

ALTER TABLE users ADD CONSTRAINT users_roles_known
  CHECK (roles IS NOT NULL AND roles <@ ARRAY['admin', 'editor', 'approver', 'operator', 'viewer']);
ALTER TABLE users ADD CONSTRAINT users_email_lower_case CHECK (email = lower(email));

-- Row-level security of every table. The second policy lets the functions below work where the owner is an ordinary
-- role. It holds for the owner alone, and only while the session acts as isthmus_system: since SECURITY DEFINER changes
-- the current user but not the role setting, both are true together inside those functions and nowhere else.
DO $$
DECLARE
  table_name text;
  tenant_column text;
BEGIN
  FOREACH table_name IN ARRAY ARRAY['tenants', 'users', 'api_keys', 'connectors', 'connector_tokens', 'data_keys', 'oauth_sessions', 'audit_events'] LOOP
    tenant_column := CASE table_name WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END;
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', table_name);
    EXECUTE format(
      $policy$
        CREATE POLICY tenant_isolation ON %1$I TO isthmus_app
          USING (%2$I = nullif(current_setting('app.tenant_id', true), '')::uuid)
          WITH CHECK (%2$I = nullif(current_setting('app.tenant_id', true), '')::uuid)
      $policy$, table_name, tenant_column);
    EXECUTE format(
      $policy$
        CREATE POLICY system_functions ON %1$I TO CURRENT_USER
          USING (current_setting('role') = 'isthmus_system')
          WITH CHECK (current_setting('role') = 'isthmus_system')
      $policy$, table_name);
  END LOOP;
END
$$;

-- The functions of isthmus_system: each runs as the owner, with a fixed search_path, and answers one narrow question.

-- The key with this hash, if it works right now: not expired, not revoked, its user not disabled.
CREATE FUNCTION isthmus_find_api_key(key_hash text)
RETURNS TABLE (api_key_id uuid, tenant_id uuid, user_id uuid, user_name text, roles text[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT k.id, k.tenant_id, u.id, u.name, u.roles
  FROM public.api_keys k
  JOIN public.users u ON u.tenant_id = k.tenant_id AND u.id = k.user_id
  WHERE k.hash = key_hash
    AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > now())
    AND u.disabled_at IS NULL
$$;

-- Notes that a key was used, at most once a minute: authentication is a read that should not write each time.
CREATE FUNCTION isthmus_touch_api_key(key_id uuid)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE public.api_keys SET last_used_at = now()
  WHERE id = key_id AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
$$;

-- Opens a start link once and binds the session to the browser's cookie. outcome: claimed, used or expired; no row when
-- no session has this token.
CREATE FUNCTION isthmus_claim_oauth_start(token_hash text, browser_cookie_hash text)
RETURNS TABLE (outcome text, session_id uuid, tenant_id uuid, connector_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    UPDATE public.oauth_sessions s SET started_at = now(), cookie_hash = browser_cookie_hash
    WHERE s.start_token_hash = token_hash AND s.started_at IS NULL AND s.expires_at > now()
    RETURNING 'claimed', s.id, s.tenant_id, s.connector_id;
  IF NOT FOUND THEN
    RETURN QUERY
      SELECT CASE WHEN s.started_at IS NOT NULL THEN 'used' ELSE 'expired' END, s.id, s.tenant_id, s.connector_id
      FROM public.oauth_sessions s WHERE s.start_token_hash = token_hash;
  END IF;
END
$$;

-- Consumes an OAuth state once. outcome: claimed, used, expired or cookie_mismatch (also when the link was never
-- opened: then no browser holds a cookie); no row when no session has this state. A wrong cookie consumes nothing, so
-- that a stranger who saw the state cannot spoil the authorisation.
CREATE FUNCTION isthmus_claim_oauth_state(oauth_state_hash text, browser_cookie_hash text)
RETURNS TABLE (outcome text, session_id uuid, tenant_id uuid, connector_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    UPDATE public.oauth_sessions s SET used_at = now()
    WHERE s.state_hash = oauth_state_hash AND s.cookie_hash = browser_cookie_hash
      AND s.used_at IS NULL AND s.expires_at > now()
    RETURNING 'claimed', s.id, s.tenant_id, s.connector_id;
  IF NOT FOUND THEN
    RETURN QUERY
      SELECT
        CASE
          WHEN s.cookie_hash IS DISTINCT FROM browser_cookie_hash THEN 'cookie_mismatch'
          WHEN s.used_at IS NOT NULL THEN 'used'
          ELSE 'expired'
        END,
        s.id, s.tenant_id, s.connector_id
      FROM public.oauth_sessions s WHERE s.state_hash = oauth_state_hash;
  END IF;
END
$$;

-- Makes a tenant with its first user and that user's first key.
CREATE FUNCTION isthmus_create_tenant(
  tenant_id uuid, tenant_name text,
  user_id uuid, user_email text, user_name text, user_roles text[],
  key_id uuid, key_name text, key_prefix text, key_hash text, key_expires_at timestamptz
)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO public.tenants (id, name) VALUES (tenant_id, tenant_name);
  INSERT INTO public.users (id, tenant_id, email, name, roles)
    VALUES (user_id, tenant_id, user_email, user_name, user_roles);
  INSERT INTO public.api_keys (id, tenant_id, user_id, name, prefix, hash, expires_at)
    VALUES (key_id, tenant_id, user_id, key_name, key_prefix, key_hash, key_expires_at);
$$;

-- Tenants in the order of their ids, after the one given.
CREATE FUNCTION isthmus_list_tenants(after_id uuid, page_size integer)
RETURNS TABLE (id uuid, name text, created_at timestamptz, updated_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT t.id, t.name, t.created_at, t.updated_at FROM public.tenants t
  WHERE after_id IS NULL OR t.id > after_id
  ORDER BY t.id LIMIT page_size
$$;

-- Functions are open to everybody by default.
DO $$
DECLARE
  signature text;
BEGIN
  FOR signature IN SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'isthmus\_%' LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO isthmus_system', signature);
  END LOOP;
END
$$;
