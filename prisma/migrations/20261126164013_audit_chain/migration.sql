-- AlterTable
ALTER TABLE "audit_events" ADD COLUMN     "chain_hash" BYTEA,
ADD COLUMN     "chain_seq" BIGINT,
ADD COLUMN     "previous_hash" BYTEA;

-- CreateTable
CREATE TABLE "audit_heads" (
    "tenant_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL DEFAULT 0,
    "hash" BYTEA,
    "key_id" UUID,
    "public_key" TEXT,
    "signature" TEXT,
    "signed_at" TIMESTAMPTZ(3),
    "lease_until" TIMESTAMPTZ(3),

    CONSTRAINT "audit_heads_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateIndex
CREATE INDEX "audit_events_unsealed_idx" ON "audit_events"("tenant_id", "id") WHERE (chain_seq IS NULL);

-- CreateIndex
CREATE UNIQUE INDEX "audit_events_tenant_id_chain_seq_key" ON "audit_events"("tenant_id", "chain_seq");

-- Beyond what Prisma can say, written by hand. A tenant's audit events are chained by hash after they were committed, in the
-- order in which they are sealed, and the end of the chain is signed.

ALTER TABLE audit_events ADD CONSTRAINT audit_events_chained CHECK (
  (chain_seq IS NULL AND previous_hash IS NULL AND chain_hash IS NULL)
  OR (chain_seq IS NOT NULL AND chain_seq > 0 AND octet_length(previous_hash) = 32 AND octet_length(chain_hash) = 32)
);

-- Whoever appends an event has no say in where it stands.
REVOKE INSERT ON audit_events FROM isthmus_app;
GRANT INSERT (
  id, tenant_id, actor_user_id, actor_api_key_id, action, target_type, target_id, outcome, ip, request_id, details, occurred_at
) ON audit_events TO isthmus_app;

-- Functions could change and remove every event. Now they read and append, and change one that is not sealed yet.
DROP POLICY system_functions ON audit_events;
CREATE POLICY system_reads ON audit_events FOR SELECT TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system');
CREATE POLICY system_appends ON audit_events FOR INSERT TO CURRENT_USER
  WITH CHECK (current_setting('role') = 'isthmus_system');
CREATE POLICY system_seals ON audit_events FOR UPDATE TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system' AND chain_seq IS NULL)
  WITH CHECK (current_setting('role') = 'isthmus_system' AND chain_seq IS NOT NULL);

ALTER TABLE audit_heads ADD CONSTRAINT audit_heads_signed CHECK (
  (seq = 0 AND num_nonnulls(hash, key_id, public_key, signature, signed_at) = 0)
  OR (seq > 0 AND num_nonnulls(hash, key_id, public_key, signature, signed_at) = 5 AND octet_length(hash) = 32)
);
GRANT SELECT ON audit_heads TO isthmus_app;
ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON audit_heads TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON audit_heads TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- Takes tenants with events to seal, those first whose chain was signed longest ago: nobody else takes them while the lease
-- lasts. Callers side by side get different ones. With older_keys also those whose head is signed under a data key that was
-- replaced. What a deleted tenant has left behind cannot be signed any more.
CREATE FUNCTION isthmus_claim_audits_to_seal(at_most integer, lease_ms double precision, older_keys boolean)
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

-- Puts events behind the end of a tenant's chain, and the new end in its place, if the end is still the one that was read:
-- of several that seal the same events, one does. The lease goes on for so long, or ends. Answers whether it was done.
CREATE FUNCTION isthmus_land_audit_seals(
  of_tenant uuid, from_seq bigint, items jsonb,
  to_seq bigint, to_hash text, signing_key_id uuid, signing_public_key text, head_signature text, head_signed_at timestamptz,
  lease_ms double precision
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  sealed integer;
BEGIN
  IF from_seq = 0 THEN
    INSERT INTO public.audit_heads (tenant_id) VALUES (of_tenant) ON CONFLICT DO NOTHING;
  END IF;
  PERFORM FROM public.audit_heads h WHERE h.tenant_id = of_tenant AND h.seq = from_seq FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE public.audit_events e
  SET chain_seq = i.seq, previous_hash = decode(i.previous_hash, 'hex'), chain_hash = decode(i.hash, 'hex')
  FROM jsonb_to_recordset(items) AS i (id uuid, seq bigint, previous_hash text, hash text)
  WHERE e.tenant_id = of_tenant AND e.id = i.id AND e.chain_seq IS NULL;
  GET DIAGNOSTICS sealed = ROW_COUNT;
  IF sealed <> jsonb_array_length(items) THEN
    RAISE EXCEPTION 'audit events of tenant % changed while they were sealed', of_tenant;
  END IF;
  UPDATE public.audit_heads h SET
    seq = to_seq, hash = decode(to_hash, 'hex'), key_id = signing_key_id, public_key = signing_public_key,
    signature = head_signature, signed_at = head_signed_at,
    lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  WHERE h.tenant_id = of_tenant;
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
