-- What vendors deliver: where it comes in, what came, and which connectors it concerns.

-- AlterEnum
-- No statement of this migration may use the new values before it is committed: the functions below name them only inside
-- PL/pgSQL, which reads them when it runs.
ALTER TYPE "key_rotation_phase" ADD VALUE 'inbound_secrets' BEFORE 'ending';
ALTER TYPE "key_rotation_phase" ADD VALUE 'deliveries' BEFORE 'ending';

-- CreateTable
CREATE TABLE "inbound_endpoints" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "connector_type" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "environment" "connector_environment" NOT NULL,
    "secrets" JSONB,
    "secrets_key_id" UUID GENERATED ALWAYS AS ((secrets ->> 'kid')::uuid) STORED,
    "secret_count" INTEGER NOT NULL DEFAULT 0,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbound_endpoints_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "inbound_deliveries" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "body" JSONB NOT NULL,
    "body_key_id" UUID GENERATED ALWAYS AS ((body ->> 'kid')::uuid) STORED,
    "request_id" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbound_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "inbound_events" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "delivery_id" UUID NOT NULL,
    "event_id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "entity" TEXT NOT NULL,
    "record_id" TEXT,
    "type" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbound_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "inbound_event_targets" (
    "event_id" UUID NOT NULL,
    "connector_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "handled_at" TIMESTAMPTZ(3),

    CONSTRAINT "inbound_event_targets_pkey" PRIMARY KEY ("event_id","connector_id")
);

-- CreateIndex
CREATE INDEX "inbound_endpoints_tenant_id_connector_type_id_idx" ON "inbound_endpoints"("tenant_id", "connector_type", "id");

-- CreateIndex
CREATE INDEX "inbound_endpoints_tenant_id_secrets_key_id_idx" ON "inbound_endpoints"("tenant_id", "secrets_key_id");

-- CreateIndex
CREATE UNIQUE INDEX "inbound_endpoints_tenant_id_id_key" ON "inbound_endpoints"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "inbound_deliveries_tenant_id_endpoint_id_idx" ON "inbound_deliveries"("tenant_id", "endpoint_id");

-- CreateIndex
CREATE INDEX "inbound_deliveries_tenant_id_body_key_id_idx" ON "inbound_deliveries"("tenant_id", "body_key_id");

-- CreateIndex
CREATE INDEX "inbound_deliveries_received_at_idx" ON "inbound_deliveries"("received_at");

-- CreateIndex
CREATE UNIQUE INDEX "inbound_deliveries_tenant_id_id_key" ON "inbound_deliveries"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "inbound_events_tenant_id_delivery_id_idx" ON "inbound_events"("tenant_id", "delivery_id");

-- CreateIndex
CREATE UNIQUE INDEX "inbound_events_endpoint_id_event_id_key" ON "inbound_events"("endpoint_id", "event_id");

-- CreateIndex
CREATE UNIQUE INDEX "inbound_events_tenant_id_id_key" ON "inbound_events"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "inbound_event_targets_tenant_id_connector_id_event_id_idx" ON "inbound_event_targets"("tenant_id", "connector_id", "event_id");

-- CreateIndex
CREATE INDEX "outbox_events_inbound_received_idx" ON "outbox_events"("created_at") WHERE (type = 'inbound.received');

-- AddForeignKey
ALTER TABLE "inbound_endpoints" ADD CONSTRAINT "inbound_endpoints_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_endpoints" ADD CONSTRAINT "inbound_endpoints_tenant_id_created_by_fkey" FOREIGN KEY ("tenant_id", "created_by") REFERENCES "users"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_endpoints" ADD CONSTRAINT "inbound_endpoints_tenant_id_secrets_key_id_fkey" FOREIGN KEY ("tenant_id", "secrets_key_id") REFERENCES "data_keys"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "inbound_deliveries" ADD CONSTRAINT "inbound_deliveries_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_deliveries" ADD CONSTRAINT "inbound_deliveries_tenant_id_endpoint_id_fkey" FOREIGN KEY ("tenant_id", "endpoint_id") REFERENCES "inbound_endpoints"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_deliveries" ADD CONSTRAINT "inbound_deliveries_tenant_id_body_key_id_fkey" FOREIGN KEY ("tenant_id", "body_key_id") REFERENCES "data_keys"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "inbound_events" ADD CONSTRAINT "inbound_events_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_events" ADD CONSTRAINT "inbound_events_tenant_id_endpoint_id_fkey" FOREIGN KEY ("tenant_id", "endpoint_id") REFERENCES "inbound_endpoints"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_events" ADD CONSTRAINT "inbound_events_tenant_id_delivery_id_fkey" FOREIGN KEY ("tenant_id", "delivery_id") REFERENCES "inbound_deliveries"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_event_targets" ADD CONSTRAINT "inbound_event_targets_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_event_targets" ADD CONSTRAINT "inbound_event_targets_tenant_id_event_id_fkey" FOREIGN KEY ("tenant_id", "event_id") REFERENCES "inbound_events"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_event_targets" ADD CONSTRAINT "inbound_event_targets_tenant_id_connector_id_fkey" FOREIGN KEY ("tenant_id", "connector_id") REFERENCES "connectors"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Beyond what Prisma can say, written by hand.

ALTER TABLE inbound_endpoints ADD CONSTRAINT inbound_endpoints_secrets_counted
  CHECK (secret_count >= 0 AND (secret_count = 0) = (secrets IS NULL));

-- What was delivered is changed by nobody; only that it was handled is noted.
GRANT SELECT, INSERT, UPDATE, DELETE ON inbound_endpoints TO isthmus_app;
GRANT SELECT, INSERT, DELETE ON inbound_deliveries TO isthmus_app;
GRANT SELECT, INSERT ON inbound_events, inbound_event_targets TO isthmus_app;
GRANT UPDATE (handled_at) ON inbound_event_targets TO isthmus_app;

DO $$
DECLARE
  table_name text;
BEGIN
  FOREACH table_name IN ARRAY ARRAY['inbound_endpoints', 'inbound_deliveries', 'inbound_events', 'inbound_event_targets'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', table_name);
    EXECUTE format(
      $policy$
        CREATE POLICY tenant_isolation ON %1$I TO isthmus_app
          USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
          WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      $policy$, table_name);
    EXECUTE format(
      $policy$
        CREATE POLICY system_functions ON %1$I TO CURRENT_USER
          USING (current_setting('role') = 'isthmus_system')
          WITH CHECK (current_setting('role') = 'isthmus_system')
      $policy$, table_name);
  END LOOP;
END
$$;

-- Whose an endpoint is, with what proves its deliveries, and the data key that seals them. No row when there is none of
-- this type that takes deliveries.
CREATE FUNCTION isthmus_find_inbound_endpoint(of_type text, endpoint_id uuid)
RETURNS TABLE (tenant_id uuid, environment text, secrets jsonb, active_key_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT e.tenant_id, e.environment::text, e.secrets, k.id
  FROM public.inbound_endpoints e
  LEFT JOIN public.data_keys k ON k.tenant_id = e.tenant_id AND k.status = 'active'
  WHERE e.id = endpoint_id AND e.connector_type = of_type AND e.is_active
$$;

-- Removes the oldest deliveries that came so long ago, with their events, and what was told of those: so many of each at
-- most. Answers how many deliveries and messages went. Several may do this at once.
CREATE FUNCTION isthmus_prune_inbound(kept_for_ms double precision, at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  cutoff CONSTANT timestamptz := clock_timestamp() - make_interval(secs => kept_for_ms / 1000);
  deliveries integer;
  messages integer;
BEGIN
  DELETE FROM public.inbound_deliveries d WHERE d.id IN (
    SELECT o.id FROM public.inbound_deliveries o WHERE o.received_at < cutoff
    ORDER BY o.received_at LIMIT at_most FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS deliveries = ROW_COUNT;
  DELETE FROM public.outbox_events m WHERE m.id IN (
    SELECT o.id FROM public.outbox_events o WHERE o.type = 'inbound.received' AND o.created_at < cutoff
    ORDER BY o.created_at LIMIT at_most FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS messages = ROW_COUNT;
  RETURN deliveries + messages;
END
$$;

-- The functions of key rotations, with the two new kinds of sealed values.

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
