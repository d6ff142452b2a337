-- A tenant's audit begins with its own making: in the same statement, so that neither is there without the other.
-- Written by hand: Prisma's schema cannot say it.

-- One with other parameters would be a second function beside the old one, which audits nothing.
DROP FUNCTION isthmus_create_tenant(uuid, text, uuid, text, text, text[], uuid, text, text, text, timestamptz);

-- Makes a tenant with its first user and that user's first key, and the audit event that says so. Nobody of the tenant
-- did it, so the event has no acting user: details name the platform.
CREATE FUNCTION isthmus_create_tenant(
  tenant_id uuid, tenant_name text,
  user_id uuid, user_email text, user_name text, user_roles text[],
  key_id uuid, key_name text, key_prefix text, key_hash text, key_expires_at timestamptz,
  event_id uuid, event_ip text, event_request_id text
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
  INSERT INTO public.audit_events (id, tenant_id, action, target_type, target_id, outcome, ip, request_id, details)
    VALUES (event_id, tenant_id, 'tenant.created', 'tenant', tenant_id::text, 'success', event_ip, event_request_id,
      jsonb_build_object('actor', 'platform', 'name', tenant_name, 'administratorId', user_id, 'apiKeyId', key_id));
$$;

REVOKE ALL ON FUNCTION isthmus_create_tenant FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_create_tenant TO isthmus_system;
