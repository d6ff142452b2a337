-- Runs of bulk operations: work at vendors that outlives the request and the process that began it.

-- CreateEnum
CREATE TYPE "operation_run_status" AS ENUM ('starting', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled');

-- AlterEnum
-- No statement of this migration may use the new value before it is committed: the functions below name it only inside
-- PL/pgSQL, which reads it when it runs.
ALTER TYPE "key_rotation_phase" ADD VALUE 'operation_runs' BEFORE 'ending';

-- CreateTable
CREATE TABLE "operation_runs" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "connector_id" UUID NOT NULL,
    "operation" TEXT NOT NULL,
    "status" "operation_run_status" NOT NULL DEFAULT 'starting',
    "work" JSONB,
    "work_key_id" UUID GENERATED ALWAYS AS ((work ->> 'kid')::uuid) STORED,
    "processed" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "total" INTEGER,
    "error" JSONB,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "attempt_id" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "next_look_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "operation_runs_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "operation_runs_tenant_id_connector_id_id_idx" ON "operation_runs"("tenant_id", "connector_id", "id");

-- CreateIndex
CREATE INDEX "operation_runs_tenant_id_work_key_id_idx" ON "operation_runs"("tenant_id", "work_key_id");

-- CreateIndex
CREATE INDEX "operation_runs_next_look_at_idx" ON "operation_runs"("next_look_at") WHERE (ended_at IS NULL);

-- CreateIndex
CREATE INDEX "operation_runs_ended_at_idx" ON "operation_runs"("ended_at");

-- CreateIndex
CREATE UNIQUE INDEX "operation_runs_tenant_id_id_key" ON "operation_runs"("tenant_id", "id");

-- AddForeignKey
ALTER TABLE "operation_runs" ADD CONSTRAINT "operation_runs_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation_runs" ADD CONSTRAINT "operation_runs_tenant_id_connector_id_fkey" FOREIGN KEY ("tenant_id", "connector_id") REFERENCES "connectors"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation_runs" ADD CONSTRAINT "operation_runs_tenant_id_created_by_fkey" FOREIGN KEY ("tenant_id", "created_by") REFERENCES "users"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation_runs" ADD CONSTRAINT "operation_runs_tenant_id_work_key_id_fkey" FOREIGN KEY ("tenant_id", "work_key_id") REFERENCES "data_keys"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- Beyond what Prisma can say, written by hand.

ALTER TABLE operation_runs ADD CONSTRAINT operation_runs_counted
  CHECK (processed >= 0 AND failed >= 0 AND total >= 0 AND failures >= 0);
ALTER TABLE operation_runs ADD CONSTRAINT operation_runs_ended
  CHECK ((ended_at IS NOT NULL) = (status IN ('succeeded', 'failed', 'cancelled')));
ALTER TABLE operation_runs ADD CONSTRAINT operation_runs_held
  CHECK ((attempt_id IS NULL) = (lease_until IS NULL) AND (attempt_id IS NULL OR ended_at IS NULL));

GRANT SELECT, INSERT, UPDATE ON operation_runs TO isthmus_app;
ALTER TABLE operation_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE operation_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON operation_runs TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON operation_runs TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- Takes runs that are due, the longest overdue first: nobody else takes them while the lease lasts. Callers side by side get
-- different ones. Of a connector that is switched off, only what is to be ended is taken.
CREATE FUNCTION isthmus_claim_due_operation_runs(new_attempts uuid[], lease_ms double precision)
RETURNS TABLE (tenant_id uuid, run_id uuid, attempt_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH due AS (
    SELECT r.id
    FROM public.operation_runs r
    JOIN public.connectors c ON c.tenant_id = r.tenant_id AND c.id = r.connector_id
    WHERE r.ended_at IS NULL AND r.next_look_at <= clock_timestamp()
      AND (r.lease_until IS NULL OR r.lease_until <= clock_timestamp())
      AND (c.is_active OR r.status <> 'running') AND c.deleted_at IS NULL
    ORDER BY r.next_look_at
    LIMIT cardinality(new_attempts)
    FOR UPDATE OF r SKIP LOCKED
  ), numbered AS (
    SELECT d.*, row_number() OVER () AS place FROM due d
  )
  UPDATE public.operation_runs r SET
    attempt_id = new_attempts[n.place],
    lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  FROM numbered n WHERE r.id = n.id
  RETURNING r.tenant_id, r.id, r.attempt_id
$$;

-- Removes the runs that ended so long ago: so many at most. Answers how many went. Several may do this at once.
CREATE FUNCTION isthmus_prune_operation_runs(kept_for_ms double precision, at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed integer;
BEGIN
  DELETE FROM public.operation_runs r WHERE r.id IN (
    SELECT o.id FROM public.operation_runs o
    WHERE o.ended_at < clock_timestamp() - make_interval(secs => kept_for_ms / 1000)
    ORDER BY o.ended_at LIMIT at_most FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
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
