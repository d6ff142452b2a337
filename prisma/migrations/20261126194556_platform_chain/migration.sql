-- AlterTable
ALTER TABLE "platform_events" ADD COLUMN     "chain_hash" BYTEA,
ADD COLUMN     "chain_seq" BIGINT,
ADD COLUMN     "previous_hash" BYTEA;

-- CreateTable
CREATE TABLE "platform_keys" (
    "id" UUID NOT NULL,
    "wrapped" JSONB NOT NULL,
    "key_encryption_key_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "platform_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "platform_events_chain_seq_key" ON "platform_events"("chain_seq");

-- CreateIndex
CREATE INDEX "platform_events_unsealed_idx" ON "platform_events"("id") WHERE (chain_seq IS NULL);

-- Beyond what Prisma can say, written by hand. The platform's own audit is chained and signed as those of tenants are. Where
-- those have a tenant's id it has zeros, which no tenant may have.

ALTER TABLE tenants ADD CONSTRAINT tenants_not_the_platform CHECK (id <> '00000000-0000-0000-0000-000000000000');

ALTER TABLE platform_events ADD CONSTRAINT platform_events_chained CHECK (
  (chain_seq IS NULL AND previous_hash IS NULL AND chain_hash IS NULL)
  OR (chain_seq IS NOT NULL AND chain_seq > 0 AND octet_length(previous_hash) = 32 AND octet_length(chain_hash) = 32)
);

-- Functions read and append, and now change one that is not sealed yet, and no other.
CREATE POLICY system_seals ON platform_events FOR UPDATE TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system' AND chain_seq IS NULL)
  WITH CHECK (current_setting('role') = 'isthmus_system' AND chain_seq IS NOT NULL);

ALTER TABLE platform_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY system_functions ON platform_keys TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- Nothing asks for it: the audit of a tenant is read as that tenant, deleted or not.
DROP FUNCTION isthmus_list_tenant_events(uuid, uuid, integer);

-- The key that the platform's audit is signed with now; no row when there is none, or when the last rotation of keys was begun
-- after it was made: then the next one is made, and this one hands over to it.
CREATE FUNCTION isthmus_current_platform_key()
RETURNS SETOF public.platform_keys
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT k.* FROM public.platform_keys k
  WHERE NOT EXISTS (
    SELECT FROM public.key_rotations r
    WHERE r.started_at > k.created_at
      OR (r.status = 'running' AND r.key_encryption_key_id <> k.key_encryption_key_id)
  )
  ORDER BY k.created_at DESC, k.id DESC LIMIT 1
$$;

CREATE FUNCTION isthmus_find_platform_key(of_key uuid)
RETURNS SETOF public.platform_keys
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT k.* FROM public.platform_keys k WHERE k.id = of_key
$$;

-- Stores the platform's key if it has none now, and answers the one that it has then: of two callers at once, the later one gets
-- the earlier one's. No row while a rotation runs to another key-encryption key than the caller's.
CREATE FUNCTION isthmus_add_platform_key(new_id uuid, new_wrapped jsonb, new_key_encryption_key_id text)
RETURNS SETOF public.platform_keys
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  LOCK TABLE public.platform_keys IN SHARE ROW EXCLUSIVE MODE;
  INSERT INTO public.platform_keys (id, wrapped, key_encryption_key_id, created_at)
  SELECT new_id, new_wrapped, new_key_encryption_key_id, clock_timestamp()
  WHERE NOT EXISTS (SELECT FROM public.isthmus_current_platform_key())
    AND NOT EXISTS (
      SELECT FROM public.key_rotations r
      WHERE r.status = 'running' AND r.key_encryption_key_id <> new_key_encryption_key_id
    );
  RETURN QUERY SELECT * FROM public.isthmus_current_platform_key();
END
$$;

-- The keys of the platform are looked after as data keys are: one that wraps them is needed.
CREATE OR REPLACE FUNCTION isthmus_count_data_keys()
RETURNS TABLE (key_encryption_key_id text, provider text, active integer, retired integer)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT k.key_encryption_key_id, min(k.wrapped ->> 'provider'),
    count(*) FILTER (WHERE k.is_active)::integer, count(*) FILTER (WHERE NOT k.is_active)::integer
  FROM (
    SELECT d.key_encryption_key_id, d.wrapped, d.status = 'active' AS is_active FROM public.data_keys d
    UNION ALL
    SELECT p.key_encryption_key_id, p.wrapped, true FROM public.platform_keys p
  ) k GROUP BY k.key_encryption_key_id ORDER BY k.key_encryption_key_id
$$;

CREATE OR REPLACE FUNCTION isthmus_sample_data_keys(of_each integer)
RETURNS TABLE (tenant_id uuid, id uuid, wrapped jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT n.tenant_id, n.id, n.wrapped
  FROM (
    SELECT k.*, row_number() OVER (PARTITION BY k.key_encryption_key_id ORDER BY k.id DESC) AS place
    FROM (
      SELECT d.tenant_id, d.id, d.wrapped, d.key_encryption_key_id FROM public.data_keys d
      UNION ALL
      SELECT '00000000-0000-0000-0000-000000000000', p.id, p.wrapped, p.key_encryption_key_id FROM public.platform_keys p
    ) k
  ) n
  WHERE n.place <= of_each ORDER BY n.id
$$;

-- Writes what the holder of the platform key has done that no other function writes down.
CREATE FUNCTION isthmus_append_platform_event(
  event_id uuid, event_action text, event_target_type text, event_target_id text, event_outcome text,
  event_ip text, event_request_id text, event_details jsonb
)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO public.platform_events (id, action, target_type, target_id, outcome, ip, request_id, details)
  VALUES (event_id, event_action, event_target_type, event_target_id, event_outcome::public.audit_outcome,
    event_ip, event_request_id, event_details)
$$;

-- The signed end of the platform's chain.
CREATE FUNCTION isthmus_find_platform_head()
RETURNS SETOF public.audit_heads
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT h.* FROM public.audit_heads h WHERE h.tenant_id = '00000000-0000-0000-0000-000000000000'
$$;

-- Sealed events of the platform with numbers above one and up to another, in their order.
CREATE FUNCTION isthmus_list_platform_chain(after_seq bigint, last_seq bigint, page_size integer)
RETURNS SETOF public.platform_events
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT e.* FROM public.platform_events e
  WHERE e.chain_seq > after_seq AND e.chain_seq <= last_seq ORDER BY e.chain_seq LIMIT page_size
$$;

-- Events of the platform that are not sealed, in the order of their ids.
CREATE FUNCTION isthmus_list_unsealed_platform_events(page_size integer)
RETURNS SETOF public.platform_events
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT e.* FROM public.platform_events e WHERE e.chain_seq IS NULL ORDER BY e.id LIMIT page_size
$$;

-- Where the platform's chain ends, and what is not in it yet, all of it read at once.
CREATE FUNCTION isthmus_describe_platform_chain()
RETURNS TABLE (
  head_seq bigint, last_seq bigint, last_event_id uuid, unsealed integer, oldest_id uuid, oldest_age_ms double precision
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT h.seq, l.chain_seq, l.id,
    (SELECT count(*)::integer FROM public.platform_events e WHERE e.chain_seq IS NULL),
    o.id, extract(epoch FROM clock_timestamp() - o.occurred_at)::double precision * 1000
  FROM (SELECT) AS one
  LEFT JOIN public.audit_heads h ON h.tenant_id = '00000000-0000-0000-0000-000000000000'
  LEFT JOIN LATERAL (
    SELECT e.chain_seq, e.id FROM public.platform_events e
    WHERE e.chain_seq IS NOT NULL ORDER BY e.chain_seq DESC LIMIT 1
  ) AS l ON true
  LEFT JOIN LATERAL (
    SELECT e.id, e.occurred_at FROM public.platform_events e WHERE e.chain_seq IS NULL ORDER BY e.occurred_at LIMIT 1
  ) AS o ON true
$$;

-- As before, and the platform's chain, too.
CREATE OR REPLACE FUNCTION isthmus_claim_audits_to_seal(at_most integer, lease_ms double precision, older_keys boolean)
RETURNS TABLE (tenant_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  candidates uuid[];
BEGIN
  -- From tenant to tenant along the index: DISTINCT would read every event of a backlog.
  WITH RECURSIVE found AS (
    (SELECT e.tenant_id FROM public.audit_events e WHERE e.chain_seq IS NULL ORDER BY e.tenant_id LIMIT 1)
    UNION ALL
    SELECT (
      SELECT e.tenant_id FROM public.audit_events e
      WHERE e.chain_seq IS NULL AND e.tenant_id > f.tenant_id ORDER BY e.tenant_id LIMIT 1
    ) FROM found f WHERE f.tenant_id IS NOT NULL
  )
  SELECT array_agg(t.id) INTO candidates FROM found f JOIN public.tenants t ON t.id = f.tenant_id;
  IF EXISTS (SELECT FROM public.platform_events e WHERE e.chain_seq IS NULL) THEN
    candidates := candidates || '00000000-0000-0000-0000-000000000000'::uuid;
  END IF;
  IF older_keys THEN
    candidates := candidates || ARRAY(
      SELECT h.tenant_id FROM public.audit_heads h JOIN public.tenants t ON t.id = h.tenant_id
      WHERE h.seq > 0 AND NOT EXISTS (
        SELECT FROM public.data_keys k WHERE k.tenant_id = h.tenant_id AND k.id = h.key_id AND k.status = 'active'
      ) LIMIT at_most
    );
  END IF;
  IF cardinality(candidates) IS NULL OR cardinality(candidates) = 0 THEN
    RETURN;
  END IF;
  INSERT INTO public.audit_heads (tenant_id) SELECT DISTINCT unnest(candidates) ORDER BY 1 ON CONFLICT DO NOTHING;
  RETURN QUERY
    UPDATE public.audit_heads h SET lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
    WHERE h.tenant_id IN (
      SELECT d.tenant_id FROM public.audit_heads d
      WHERE d.tenant_id = ANY (candidates) AND (d.lease_until IS NULL OR d.lease_until <= clock_timestamp())
      ORDER BY d.signed_at NULLS FIRST, d.tenant_id LIMIT at_most FOR UPDATE SKIP LOCKED
    )
    RETURNING h.tenant_id;
END
$$;

-- As before, of the platform, too. An item may bring its event along, which is written with its place: what the chain says of
-- itself stands exactly where it has to. A key of the platform that has handed over is destroyed.
CREATE OR REPLACE FUNCTION isthmus_land_audit_seals(
  of_tenant uuid, from_seq bigint, items jsonb,
  to_seq bigint, to_hash text, signing_key_id uuid, signing_public_key text, head_signature text, head_signed_at timestamptz,
  lease_ms double precision
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  is_platform boolean := of_tenant = '00000000-0000-0000-0000-000000000000';
  sealed integer;
BEGIN
  IF from_seq = 0 THEN
    INSERT INTO public.audit_heads (tenant_id) VALUES (of_tenant) ON CONFLICT DO NOTHING;
  END IF;
  PERFORM FROM public.audit_heads h WHERE h.tenant_id = of_tenant AND h.seq = from_seq FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF is_platform THEN
    INSERT INTO public.platform_events (id, action, target_type, outcome, details, occurred_at)
    SELECT i.id, i.event ->> 'action', i.event ->> 'targetType', (i.event ->> 'outcome')::public.audit_outcome,
      i.event -> 'details', (i.event ->> 'occurredAt')::timestamptz
    FROM jsonb_to_recordset(items) AS i (id uuid, event jsonb) WHERE i.event IS NOT NULL;
    UPDATE public.platform_events e
    SET chain_seq = i.seq, previous_hash = decode(i.previous_hash, 'hex'), chain_hash = decode(i.hash, 'hex')
    FROM jsonb_to_recordset(items) AS i (id uuid, seq bigint, previous_hash text, hash text)
    WHERE e.id = i.id AND e.chain_seq IS NULL;
  ELSE
    INSERT INTO public.audit_events (id, tenant_id, action, target_type, outcome, details, occurred_at)
    SELECT i.id, of_tenant, i.event ->> 'action', i.event ->> 'targetType', (i.event ->> 'outcome')::public.audit_outcome,
      i.event -> 'details', (i.event ->> 'occurredAt')::timestamptz
    FROM jsonb_to_recordset(items) AS i (id uuid, event jsonb) WHERE i.event IS NOT NULL;
    UPDATE public.audit_events e
    SET chain_seq = i.seq, previous_hash = decode(i.previous_hash, 'hex'), chain_hash = decode(i.hash, 'hex')
    FROM jsonb_to_recordset(items) AS i (id uuid, seq bigint, previous_hash text, hash text)
    WHERE e.tenant_id = of_tenant AND e.id = i.id AND e.chain_seq IS NULL;
  END IF;
  GET DIAGNOSTICS sealed = ROW_COUNT;
  IF sealed <> jsonb_array_length(items) THEN
    RAISE EXCEPTION 'audit events of tenant % changed while they were sealed', of_tenant;
  END IF;
  UPDATE public.audit_heads h SET
    seq = to_seq, hash = decode(to_hash, 'hex'), key_id = signing_key_id, public_key = signing_public_key,
    signature = head_signature, signed_at = head_signed_at,
    lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  WHERE h.tenant_id = of_tenant;
  IF is_platform THEN
    DELETE FROM public.platform_keys k USING public.platform_keys s
    WHERE s.id = signing_key_id AND k.created_at < s.created_at;
  END IF;
  RETURN true;
END
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
