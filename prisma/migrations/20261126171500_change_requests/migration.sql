-- Changes of production connectors, which need the approval of a second person.

-- CreateEnum
CREATE TYPE "change_request_status" AS ENUM ('pending', 'approved', 'rejected', 'withdrawn', 'expired', 'stale', 'emergency', 'confirmed', 'rolled_back', 'rollback_failed');

-- AlterEnum
-- No statement of this migration may use the new value before it is committed: the functions below name it only inside
-- PL/pgSQL, which reads it when it runs.
ALTER TYPE "key_rotation_phase" ADD VALUE 'change_requests' BEFORE 'ending';

-- AlterTable
ALTER TABLE "connectors" ADD COLUMN     "bound_account_id" TEXT,
ADD COLUMN     "bound_account_name" TEXT;

-- CreateTable
CREATE TABLE "change_requests" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "target_type" TEXT NOT NULL,
    "target_id" UUID NOT NULL,
    "target_version" INTEGER,
    "target_name" TEXT NOT NULL,
    "connector_type" TEXT NOT NULL,
    "payload" JSONB,
    "payload_key_id" UUID GENERATED ALWAYS AS ((payload ->> 'kid')::uuid) STORED,
    "payload_digest" TEXT NOT NULL,
    "diff" JSONB NOT NULL,
    "status" "change_request_status" NOT NULL DEFAULT 'pending',
    "version" INTEGER NOT NULL DEFAULT 1,
    "emergency_reason" TEXT,
    "applied_version" INTEGER,
    "requested_by" UUID NOT NULL,
    "confirmed_by" UUID,
    "decided_by" UUID,
    "decision_reason" TEXT,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "next_look_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "decided_at" TIMESTAMPTZ(3),

    CONSTRAINT "change_requests_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "change_request_comments" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "change_request_id" UUID NOT NULL,
    "created_by" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "change_request_comments_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "change_requests_tenant_id_target_type_target_id_id_idx" ON "change_requests"("tenant_id", "target_type", "target_id", "id");

-- CreateIndex
CREATE INDEX "change_requests_tenant_id_payload_key_id_idx" ON "change_requests"("tenant_id", "payload_key_id");

-- CreateIndex
CREATE INDEX "change_requests_next_look_at_idx" ON "change_requests"("next_look_at") WHERE (next_look_at IS NOT NULL);

-- CreateIndex
CREATE UNIQUE INDEX "change_requests_tenant_id_id_key" ON "change_requests"("tenant_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "change_requests_one_emergency_key" ON "change_requests"("tenant_id", "target_type", "target_id") WHERE (status = 'emergency');

-- CreateIndex
CREATE INDEX "change_request_comments_tenant_id_change_request_id_id_idx" ON "change_request_comments"("tenant_id", "change_request_id", "id");

-- AddForeignKey
ALTER TABLE "change_requests" ADD CONSTRAINT "change_requests_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "change_requests" ADD CONSTRAINT "change_requests_tenant_id_requested_by_fkey" FOREIGN KEY ("tenant_id", "requested_by") REFERENCES "users"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "change_requests" ADD CONSTRAINT "change_requests_tenant_id_confirmed_by_fkey" FOREIGN KEY ("tenant_id", "confirmed_by") REFERENCES "users"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "change_requests" ADD CONSTRAINT "change_requests_tenant_id_decided_by_fkey" FOREIGN KEY ("tenant_id", "decided_by") REFERENCES "users"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "change_requests" ADD CONSTRAINT "change_requests_tenant_id_payload_key_id_fkey" FOREIGN KEY ("tenant_id", "payload_key_id") REFERENCES "data_keys"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "change_request_comments" ADD CONSTRAINT "change_request_comments_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "change_request_comments" ADD CONSTRAINT "change_request_comments_tenant_id_change_request_id_fkey" FOREIGN KEY ("tenant_id", "change_request_id") REFERENCES "change_requests"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "change_request_comments" ADD CONSTRAINT "change_request_comments_tenant_id_created_by_fkey" FOREIGN KEY ("tenant_id", "created_by") REFERENCES "users"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- Beyond what Prisma can say, written by hand.

-- What a connector is connected to now is what it was last connected to.
ALTER TABLE connectors NO FORCE ROW LEVEL SECURITY;
UPDATE connectors SET bound_account_id = account_id, bound_account_name = account_name WHERE account_id IS NOT NULL;
ALTER TABLE connectors FORCE ROW LEVEL SECURITY;

ALTER TABLE change_requests ADD CONSTRAINT change_requests_decided
  CHECK ((decided_at IS NULL) = (status IN ('pending', 'emergency')));
ALTER TABLE change_requests ADD CONSTRAINT change_requests_payload
  CHECK (payload IS NOT NULL OR status NOT IN ('pending', 'emergency'));
ALTER TABLE change_requests ADD CONSTRAINT change_requests_emergency
  CHECK (emergency_reason IS NOT NULL OR status NOT IN ('emergency', 'confirmed', 'rolled_back', 'rollback_failed'));
-- Four eyes, whatever the service believes: nobody approves what they asked for, and the two of an emergency are two.
ALTER TABLE change_requests ADD CONSTRAINT change_requests_four_eyes
  CHECK (status NOT IN ('approved', 'confirmed') OR (decided_by IS NOT NULL AND decided_by <> requested_by));
ALTER TABLE change_requests ADD CONSTRAINT change_requests_six_eyes
  CHECK (status <> 'confirmed' OR (confirmed_by IS NOT NULL AND confirmed_by <> decided_by));
ALTER TABLE change_requests ADD CONSTRAINT change_requests_confirmer CHECK (confirmed_by <> requested_by);

GRANT SELECT, INSERT, UPDATE ON change_requests TO isthmus_app;
ALTER TABLE change_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE change_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON change_requests TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON change_requests TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

GRANT SELECT, INSERT ON change_request_comments TO isthmus_app;
ALTER TABLE change_request_comments ENABLE ROW LEVEL SECURITY;
ALTER TABLE change_request_comments FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON change_request_comments TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON change_request_comments TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- Takes change requests that a worker has to look at, the longest overdue first: nobody else takes them while the lease lasts.
-- Callers side by side get different ones.
CREATE FUNCTION isthmus_claim_due_change_requests(at_most integer, lease_ms double precision)
RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH due AS (
    SELECT r.id FROM public.change_requests r
    WHERE r.next_look_at <= clock_timestamp()
    ORDER BY r.next_look_at
    LIMIT at_most
    FOR UPDATE SKIP LOCKED
  )
  UPDATE public.change_requests r SET next_look_at = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  FROM due WHERE r.id = due.id
  RETURNING r.tenant_id, r.id
$$;

-- The functions of key rotations, with the new kind of sealed value.

-- Begins a rotation to a key-encryption key. No row while one runs.
CREATE OR REPLACE FUNCTION isthmus_begin_key_rotation(
  rotation_id uuid, with_data_keys boolean, to_key text, event_id uuid, event_ip text, event_request_id text
)
RETURNS SETOF public.key_rotations
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- The last batch of a stopped rotation lands before this one begins, or not at all.
  PERFORM FROM public.key_rotations r WHERE r.status = 'stopped' ORDER BY r.id FOR UPDATE;
  RETURN QUERY
    INSERT INTO public.key_rotations (id, data_keys, key_encryption_key_id, keys_total, values_total)
    SELECT rotation_id, with_data_keys, to_key,
      (SELECT count(*) FROM public.data_keys k)
        + (SELECT count(*) FROM public.data_keys k WHERE with_data_keys AND k.status = 'active'),
      (SELECT count(*) FROM public.connectors c WHERE with_data_keys AND c.credentials IS NOT NULL)
        + (SELECT count(*) FROM public.connector_tokens t WHERE with_data_keys AND t.tokens IS NOT NULL)
        + (SELECT count(*) FROM public.oauth_sessions s WHERE with_data_keys)
        + (SELECT count(*) FROM public.inbound_endpoints e WHERE with_data_keys AND e.secrets IS NOT NULL)
        + (SELECT count(*) FROM public.inbound_deliveries d WHERE with_data_keys)
        + (SELECT count(*) FROM public.operation_runs o WHERE with_data_keys AND o.work IS NOT NULL)
        + (SELECT count(*) FROM public.change_requests q WHERE with_data_keys AND q.payload IS NOT NULL)
    ON CONFLICT (status) WHERE status = 'running' DO NOTHING
    RETURNING *;
  IF FOUND THEN
    INSERT INTO public.platform_events (id, action, target_type, target_id, outcome, ip, request_id, details)
      VALUES (event_id, 'key_rotation.begun', 'key_rotation', rotation_id::text, 'success', event_ip, event_request_id,
        jsonb_build_object('dataKeys', with_data_keys, 'keyEncryptionKeyId', to_key));
  END IF;
END
$$;

-- Values that a retired data key seals, of one phase, in the order of their records' ids, after the one given. A query for
-- each table, which walks along its primary key: over all tables at once it would sort every value for each batch.
CREATE OR REPLACE FUNCTION isthmus_list_stale_values(of_phase public.key_rotation_phase, after_id uuid, page_size integer)
RETURNS TABLE (tenant_id uuid, id uuid, sealed jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  first_id CONSTANT uuid := coalesce(after_id, '00000000-0000-0000-0000-000000000000');
BEGIN
  CASE of_phase
    WHEN 'credentials' THEN
      RETURN QUERY SELECT c.tenant_id, c.id, c.credentials FROM public.connectors c
        JOIN public.data_keys k ON k.tenant_id = c.tenant_id AND k.id = c.credentials_key_id AND k.status = 'retired'
        WHERE c.id > first_id ORDER BY c.id LIMIT page_size;
    WHEN 'tokens' THEN
      RETURN QUERY SELECT t.tenant_id, t.connector_id, t.tokens FROM public.connector_tokens t
        JOIN public.data_keys k ON k.tenant_id = t.tenant_id AND k.id = t.tokens_key_id AND k.status = 'retired'
        WHERE t.connector_id > first_id ORDER BY t.connector_id LIMIT page_size;
    WHEN 'authorizations' THEN
      RETURN QUERY SELECT s.tenant_id, s.id, s.payload FROM public.oauth_sessions s
        JOIN public.data_keys k ON k.tenant_id = s.tenant_id AND k.id = s.payload_key_id AND k.status = 'retired'
        WHERE s.id > first_id ORDER BY s.id LIMIT page_size;
    WHEN 'inbound_secrets' THEN
      RETURN QUERY SELECT e.tenant_id, e.id, e.secrets FROM public.inbound_endpoints e
        JOIN public.data_keys k ON k.tenant_id = e.tenant_id AND k.id = e.secrets_key_id AND k.status = 'retired'
        WHERE e.id > first_id ORDER BY e.id LIMIT page_size;
    WHEN 'deliveries' THEN
      RETURN QUERY SELECT d.tenant_id, d.id, d.body FROM public.inbound_deliveries d
        JOIN public.data_keys k ON k.tenant_id = d.tenant_id AND k.id = d.body_key_id AND k.status = 'retired'
        WHERE d.id > first_id ORDER BY d.id LIMIT page_size;
    WHEN 'operation_runs' THEN
      RETURN QUERY SELECT o.tenant_id, o.id, o.work FROM public.operation_runs o
        JOIN public.data_keys k ON k.tenant_id = o.tenant_id AND k.id = o.work_key_id AND k.status = 'retired'
        WHERE o.id > first_id ORDER BY o.id LIMIT page_size;
    WHEN 'change_requests' THEN
      RETURN QUERY SELECT q.tenant_id, q.id, q.payload FROM public.change_requests q
        JOIN public.data_keys k ON k.tenant_id = q.tenant_id AND k.id = q.payload_key_id AND k.status = 'retired'
        WHERE q.id > first_id ORDER BY q.id LIMIT page_size;
  END CASE;
END
$$;

-- How many values a retired data key seals.
CREATE OR REPLACE FUNCTION isthmus_count_stale_values()
RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT ((
    SELECT count(*) FROM public.connectors c
      JOIN public.data_keys k ON k.tenant_id = c.tenant_id AND k.id = c.credentials_key_id AND k.status = 'retired'
  ) + (
    SELECT count(*) FROM public.connector_tokens t
      JOIN public.data_keys k ON k.tenant_id = t.tenant_id AND k.id = t.tokens_key_id AND k.status = 'retired'
  ) + (
    SELECT count(*) FROM public.oauth_sessions s
      JOIN public.data_keys k ON k.tenant_id = s.tenant_id AND k.id = s.payload_key_id AND k.status = 'retired'
  ) + (
    SELECT count(*) FROM public.inbound_endpoints e
      JOIN public.data_keys k ON k.tenant_id = e.tenant_id AND k.id = e.secrets_key_id AND k.status = 'retired'
  ) + (
    SELECT count(*) FROM public.inbound_deliveries d
      JOIN public.data_keys k ON k.tenant_id = d.tenant_id AND k.id = d.body_key_id AND k.status = 'retired'
  ) + (
    SELECT count(*) FROM public.operation_runs o
      JOIN public.data_keys k ON k.tenant_id = o.tenant_id AND k.id = o.work_key_id AND k.status = 'retired'
  ) + (
    SELECT count(*) FROM public.change_requests q
      JOIN public.data_keys k ON k.tenant_id = q.tenant_id AND k.id = q.payload_key_id AND k.status = 'retired'
  ))::integer
$$;

-- Writes values of one phase that were sealed again. Each item says what was read, and changes its row only while that
-- still stands there, so that a write in between wins. Nothing but the sealed value changes: neither versions nor times.
-- Answers how many rows changed.
CREATE OR REPLACE FUNCTION isthmus_land_sealed_values(of_phase public.key_rotation_phase, items jsonb)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  item record;
  changes integer := 0;
BEGIN
  FOR item IN
    SELECT * FROM jsonb_to_recordset(items) AS i (tenant_id uuid, id uuid, before jsonb, after jsonb) ORDER BY i.id
  LOOP
    CASE of_phase
      WHEN 'credentials' THEN
        UPDATE public.connectors c SET credentials = item.after
          WHERE c.tenant_id = item.tenant_id AND c.id = item.id AND c.credentials = item.before;
      WHEN 'tokens' THEN
        UPDATE public.connector_tokens t SET tokens = item.after
          WHERE t.tenant_id = item.tenant_id AND t.connector_id = item.id AND t.tokens = item.before;
      WHEN 'authorizations' THEN
        UPDATE public.oauth_sessions s SET payload = item.after
          WHERE s.tenant_id = item.tenant_id AND s.id = item.id AND s.payload = item.before;
      WHEN 'inbound_secrets' THEN
        UPDATE public.inbound_endpoints e SET secrets = item.after
          WHERE e.tenant_id = item.tenant_id AND e.id = item.id AND e.secrets = item.before;
      WHEN 'deliveries' THEN
        UPDATE public.inbound_deliveries d SET body = item.after
          WHERE d.tenant_id = item.tenant_id AND d.id = item.id AND d.body = item.before;
      WHEN 'operation_runs' THEN
        UPDATE public.operation_runs o SET work = item.after
          WHERE o.tenant_id = item.tenant_id AND o.id = item.id AND o.work = item.before;
      WHEN 'change_requests' THEN
        UPDATE public.change_requests q SET payload = item.after
          WHERE q.tenant_id = item.tenant_id AND q.id = item.id AND q.payload = item.before;
    END CASE;
    changes := changes + FOUND::integer;
  END LOOP;
  -- The time until a key is destroyed counts from the last value that left it, in one order for all who do this.
  FOR item IN
    SELECT DISTINCT i.tenant_id, (i.before ->> 'kid')::uuid AS id
    FROM jsonb_to_recordset(items) AS i (tenant_id uuid, before jsonb) ORDER BY 2
  LOOP
    UPDATE public.data_keys k SET retired_at = clock_timestamp()
      WHERE k.tenant_id = item.tenant_id AND k.id = item.id AND k.status = 'retired';
  END LOOP;
  RETURN changes;
END
$$;

-- Destroys data keys that were retired, or left by a value, so long ago and seal nothing any more: so many of them at most.
-- Where a value is being written under one in this very moment, the foreign key keeps that one.
CREATE OR REPLACE FUNCTION isthmus_destroy_retired_data_keys(retired_for_ms double precision, at_most integer, event_id uuid)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unused uuid;
  destroyed integer := 0;
BEGIN
  FOR unused IN
    SELECT k.id FROM public.data_keys k
    WHERE k.status = 'retired' AND k.retired_at <= clock_timestamp() - make_interval(secs => retired_for_ms / 1000)
      AND NOT EXISTS (SELECT FROM public.connectors c WHERE c.tenant_id = k.tenant_id AND c.credentials_key_id = k.id)
      AND NOT EXISTS (SELECT FROM public.connector_tokens t WHERE t.tenant_id = k.tenant_id AND t.tokens_key_id = k.id)
      AND NOT EXISTS (SELECT FROM public.oauth_sessions s WHERE s.tenant_id = k.tenant_id AND s.payload_key_id = k.id)
      AND NOT EXISTS (SELECT FROM public.inbound_endpoints e WHERE e.tenant_id = k.tenant_id AND e.secrets_key_id = k.id)
      AND NOT EXISTS (SELECT FROM public.inbound_deliveries d WHERE d.tenant_id = k.tenant_id AND d.body_key_id = k.id)
      AND NOT EXISTS (SELECT FROM public.operation_runs o WHERE o.tenant_id = k.tenant_id AND o.work_key_id = k.id)
      AND NOT EXISTS (SELECT FROM public.change_requests q WHERE q.tenant_id = k.tenant_id AND q.payload_key_id = k.id)
    ORDER BY k.id LIMIT at_most
  LOOP
    BEGIN
      DELETE FROM public.data_keys k WHERE k.id = unused;
      destroyed := destroyed + 1;
    EXCEPTION WHEN foreign_key_violation THEN
      NULL; -- it seals something again
    END;
  END LOOP;
  IF destroyed > 0 THEN
    INSERT INTO public.platform_events (id, action, target_type, outcome, details)
      VALUES (event_id, 'data_keys.destroyed', 'data_key', 'success', jsonb_build_object('dataKeys', destroyed));
  END IF;
  RETURN destroyed;
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
