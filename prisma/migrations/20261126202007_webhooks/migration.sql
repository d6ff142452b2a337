-- CreateEnum
CREATE TYPE "webhook_delivery_status" AS ENUM ('pending', 'delivered', 'dead');

-- AlterEnum
ALTER TYPE "key_rotation_phase" ADD VALUE 'webhook_secrets' BEFORE 'ending';

-- DropIndex
DROP INDEX "outbox_events_tenant_id_id_idx";

-- CreateTable
CREATE TABLE "webhook_endpoints" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "event_types" TEXT[],
    "connector_ids" UUID[],
    "entities" TEXT[],
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "gone_at" TIMESTAMPTZ(3),
    "secrets" JSONB NOT NULL,
    "secrets_key_id" UUID GENERATED ALWAYS AS ((secrets ->> 'kid')::uuid) STORED,
    "previous_until" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failing_since" TIMESTAMPTZ(3),
    "not_before" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "event_id" UUID NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "order_key" BIGINT NOT NULL,
    "status" "webhook_delivery_status" NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempt_id" UUID,
    "first_attempt_at" TIMESTAMPTZ(3),
    "last_attempt_at" TIMESTAMPTZ(3),
    "answer_status" INTEGER,
    "answer" TEXT,
    "failure_code" TEXT,
    "ended_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "webhook_endpoints_tenant_id_secrets_key_id_idx" ON "webhook_endpoints"("tenant_id", "secrets_key_id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_endpoints_tenant_id_id_key" ON "webhook_endpoints"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_tenant_id_endpoint_id_id_idx" ON "webhook_deliveries"("tenant_id", "endpoint_id", "id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_due_idx" ON "webhook_deliveries"("endpoint_id", "due_at", "seq") WHERE (status = 'pending');

-- CreateIndex
CREATE INDEX "webhook_deliveries_order_idx" ON "webhook_deliveries"("endpoint_id", "order_key", "seq") WHERE (status = 'pending');

-- CreateIndex
CREATE INDEX "webhook_deliveries_dead_idx" ON "webhook_deliveries"("endpoint_id", "id") WHERE (status = 'dead');

-- CreateIndex
CREATE UNIQUE INDEX "webhook_deliveries_event_id_endpoint_id_key" ON "webhook_deliveries"("event_id", "endpoint_id");

-- CreateIndex
CREATE INDEX "outbox_events_created_at_idx" ON "outbox_events"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_events_tenant_id_id_key" ON "outbox_events"("tenant_id", "id");

-- AddForeignKey
ALTER TABLE "webhook_endpoints" ADD CONSTRAINT "webhook_endpoints_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_endpoints" ADD CONSTRAINT "webhook_endpoints_tenant_id_created_by_fkey" FOREIGN KEY ("tenant_id", "created_by") REFERENCES "users"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_endpoints" ADD CONSTRAINT "webhook_endpoints_tenant_id_secrets_key_id_fkey" FOREIGN KEY ("tenant_id", "secrets_key_id") REFERENCES "data_keys"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_tenant_id_endpoint_id_fkey" FOREIGN KEY ("tenant_id", "endpoint_id") REFERENCES "webhook_endpoints"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_tenant_id_event_id_fkey" FOREIGN KEY ("tenant_id", "event_id") REFERENCES "outbox_events"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Beyond what Prisma can say, written by hand.

ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_told CHECK (cardinality(event_types) > 0);
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_failing
  CHECK (failures >= 0 AND (failures > 0) = (failing_since IS NOT NULL));
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_ended
  CHECK ((ended_at IS NOT NULL) = (status <> 'pending') AND (attempt_id IS NULL OR status = 'pending'));

GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints TO isthmus_app;
GRANT SELECT, INSERT, UPDATE ON webhook_deliveries TO isthmus_app;
GRANT USAGE ON SEQUENCE webhook_deliveries_seq_seq TO isthmus_app;

ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_endpoints FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON webhook_endpoints TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON webhook_endpoints TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON webhook_deliveries TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON webhook_deliveries TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- Takes deliveries that may be tried, each for so long: whoever does not land it by then has lost it. Of one order key only the
-- first that is not ended is taken, so that receivers get what is about one thing in its order. Tenants take turns, and in each
-- tenant its webhooks: a slow one holds what is its own and nothing else.
CREATE FUNCTION isthmus_claim_webhook_deliveries(
  new_attempts uuid[], lease_ms double precision, per_endpoint integer, per_tenant integer
)
RETURNS TABLE (
  delivery_id uuid, attempt_id uuid, tenant_id uuid, endpoint_id uuid, attempts integer, url text, secrets jsonb,
  previous_signs boolean, event_id uuid, type text, payload text, happened_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  -- Not the function itself in the conditions: no index is used for what may change from row to row.
  moment CONSTANT timestamptz := clock_timestamp();
  -- Rows that are looked at for each endpoint: some of them wait for others.
  depth CONSTANT integer := 100;
BEGIN
  RETURN QUERY
  WITH open AS MATERIALIZED (
    SELECT e.id, e.tenant_id, (
      SELECT count(*) FROM public.webhook_deliveries h
      WHERE h.endpoint_id = e.id AND h.status = 'pending' AND h.due_at > moment AND h.attempt_id IS NOT NULL
        AND h.due_at <= moment + make_interval(secs => lease_ms / 1000)
    ) AS held
    FROM public.webhook_endpoints e
    WHERE e.is_active AND (e.not_before IS NULL OR e.not_before <= moment)
      AND EXISTS (
        SELECT FROM public.webhook_deliveries d
        WHERE d.endpoint_id = e.id AND d.status = 'pending' AND d.due_at <= moment
      )
  ), busy AS (
    SELECT o.tenant_id, sum(o.held) AS held FROM open o GROUP BY o.tenant_id
  ), looked AS MATERIALIZED (
    SELECT o.tenant_id, o.id AS endpoint_id, o.held, d.id, d.seq, d.due_at, EXISTS (
      SELECT FROM public.webhook_deliveries b
      WHERE b.endpoint_id = o.id AND b.order_key = d.order_key AND b.status = 'pending' AND b.seq < d.seq
    ) AS waits
    FROM open o
    CROSS JOIN LATERAL (
      SELECT c.id, c.seq, c.order_key, c.due_at FROM public.webhook_deliveries c
      WHERE c.endpoint_id = o.id AND c.status = 'pending' AND c.due_at <= moment
      ORDER BY c.due_at, c.seq LIMIT depth
    ) d
    WHERE o.held < per_endpoint
  ), put_off AS (
    -- What waits is looked at again when what it waits for has ended, and in a minute at the latest.
    UPDATE public.webhook_deliveries d SET due_at = moment + interval '1 minute'
    WHERE d.id IN (
      SELECT w.id FROM public.webhook_deliveries w JOIN looked l ON l.id = w.id AND l.waits
      WHERE w.status = 'pending' AND w.due_at <= moment FOR UPDATE OF w SKIP LOCKED
    )
  ), turns AS (
    SELECT l.*, l.held + row_number() OVER (PARTITION BY l.endpoint_id ORDER BY l.due_at, l.seq) AS turn
    FROM looked l WHERE NOT l.waits
  ), fair AS (
    SELECT t.id, t.due_at, t.seq,
      b.held + row_number() OVER (PARTITION BY t.tenant_id ORDER BY t.turn, t.due_at, t.seq) AS tenant_turn
    FROM turns t JOIN busy b ON b.tenant_id = t.tenant_id
    WHERE t.turn <= per_endpoint
  ), taken AS (
    SELECT d.id FROM public.webhook_deliveries d JOIN fair f ON f.id = d.id
    -- Again, because somebody may have taken it since.
    WHERE d.status = 'pending' AND d.due_at <= moment AND f.tenant_turn <= per_tenant
    ORDER BY f.tenant_turn, f.due_at, f.seq
    LIMIT cardinality(new_attempts)
    FOR UPDATE OF d SKIP LOCKED
  ), numbered AS (
    SELECT t.id, row_number() OVER () AS place FROM taken t
  ), leased AS (
    UPDATE public.webhook_deliveries d SET
      attempt_id = new_attempts[n.place], attempts = d.attempts + 1, last_attempt_at = moment,
      first_attempt_at = coalesce(d.first_attempt_at, moment),
      due_at = moment + make_interval(secs => lease_ms / 1000)
    FROM numbered n WHERE d.id = n.id
    RETURNING d.*
  )
  SELECT h.id, h.attempt_id, h.tenant_id, h.endpoint_id, h.attempts, e.url, e.secrets,
    coalesce(e.previous_until > moment, false), v.id, v.type, v.payload::text, v.created_at
  FROM leased h
  JOIN public.webhook_endpoints e ON e.tenant_id = h.tenant_id AND e.id = h.endpoint_id
  JOIN public.outbox_events v ON v.tenant_id = h.tenant_id AND v.id = h.event_id;
END
$$;

-- Stores what became of deliveries, of each as long as nobody else has it. A failed one is due again after its pause, until a day
-- after its event, and at least an hour after its first try; then it is dead. An endpoint that fails time after time is left
-- alone for a while, longer each time. Answers which deliveries were ended by this: delivered or dead.
CREATE FUNCTION isthmus_land_webhook_deliveries(items jsonb, lives_ms double precision)
RETURNS TABLE (delivery_id uuid, status text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := clock_timestamp();
  item record;
  done record;
  stays_until timestamptz;
BEGIN
  FOR item IN
    SELECT * FROM jsonb_to_recordset(items) AS i (
      id uuid, endpoint_id uuid, attempt_id uuid, delivered boolean, answer_status integer, answer text, failure_code text,
      retry_ms double precision, pause_ms double precision
    ) ORDER BY i.endpoint_id, i.id
  LOOP
    -- In one order for all who lock an endpoint and what is of it: itself first.
    PERFORM FROM public.webhook_endpoints e
      WHERE e.id = item.endpoint_id AND (NOT item.delivered OR e.failures > 0) FOR NO KEY UPDATE;
    SELECT d.id, d.endpoint_id, d.order_key, d.seq,
      greatest(d.created_at + make_interval(secs => lives_ms / 1000), d.first_attempt_at + interval '1 hour') AS lives_until
    INTO done
    FROM public.webhook_deliveries d WHERE d.id = item.id AND d.attempt_id = item.attempt_id FOR UPDATE;
    CONTINUE WHEN NOT FOUND;
    IF item.delivered THEN
      UPDATE public.webhook_endpoints e SET failures = 0, failing_since = NULL, not_before = NULL
        WHERE e.id = done.endpoint_id AND e.failures > 0;
    ELSE
      UPDATE public.webhook_endpoints e SET
        failures = e.failures + 1, failing_since = coalesce(e.failing_since, moment),
        not_before = greatest(e.not_before, moment + make_interval(secs => coalesce(item.pause_ms / 1000,
          CASE WHEN e.failures >= 9 THEN least(300, power(2, least(e.failures - 9, 10))) END)))
        WHERE e.id = done.endpoint_id;
    END IF;
    UPDATE public.webhook_deliveries d SET
      attempt_id = NULL, answer_status = item.answer_status, answer = item.answer, failure_code = item.failure_code,
      status = (CASE WHEN item.delivered THEN 'delivered' WHEN moment >= done.lives_until THEN 'dead' ELSE 'pending' END
        )::public.webhook_delivery_status,
      ended_at = CASE WHEN item.delivered OR moment >= done.lives_until THEN moment END,
      due_at = CASE WHEN item.delivered THEN moment
        ELSE least(moment + make_interval(secs => item.retry_ms / 1000), greatest(done.lives_until, moment)) END
      WHERE d.id = done.id;
    CONTINUE WHEN NOT item.delivered AND moment < done.lives_until;
    -- What waited for it goes next.
    UPDATE public.webhook_deliveries n SET due_at = moment
      WHERE n.id = (
        SELECT w.id FROM public.webhook_deliveries w
        WHERE w.endpoint_id = done.endpoint_id AND w.order_key = done.order_key AND w.status = 'pending' AND w.seq > done.seq
        ORDER BY w.seq LIMIT 1
      ) AND n.attempt_id IS NULL AND n.due_at > moment;
    RETURN QUERY SELECT done.id, CASE WHEN item.delivered THEN 'delivered' ELSE 'dead' END;
  END LOOP;
END
$$;

-- Gives up what is older than so long and has no hope: of endpoints that took nothing for as long, or that are switched off.
-- So many at most. Answers how many. Several may do this at once.
CREATE FUNCTION isthmus_expire_webhook_deliveries(lives_ms double precision, at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given_up integer;
  oldest CONSTANT timestamptz := clock_timestamp() - make_interval(secs => lives_ms / 1000);
BEGIN
  UPDATE public.webhook_deliveries d SET status = 'dead', ended_at = clock_timestamp(), attempt_id = NULL
  WHERE d.id IN (
    SELECT w.id FROM public.webhook_endpoints e
    JOIN public.webhook_deliveries w ON w.endpoint_id = e.id AND w.status = 'pending'
    WHERE (e.failing_since < oldest OR NOT e.is_active) AND w.created_at < oldest
      AND (w.attempt_id IS NULL OR w.due_at < clock_timestamp())
    LIMIT at_most FOR UPDATE OF w SKIP LOCKED
  );
  GET DIAGNOSTICS given_up = ROW_COUNT;
  RETURN given_up;
END
$$;

-- Removes events that happened so long ago, with their deliveries: not while one is pending, and what has a dead one is kept for
-- longer. So many at most. Answers how many. Several may do this at once.
CREATE FUNCTION isthmus_prune_outbox(kept_for_ms double precision, dead_kept_for_ms double precision, at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed integer;
  newest CONSTANT timestamptz := clock_timestamp() - make_interval(secs => kept_for_ms / 1000);
  newest_dead CONSTANT timestamptz := clock_timestamp() - make_interval(secs => dead_kept_for_ms / 1000);
BEGIN
  DELETE FROM public.outbox_events v WHERE v.id IN (
    SELECT o.id FROM public.outbox_events o
    WHERE o.created_at < newest AND NOT EXISTS (
      SELECT FROM public.webhook_deliveries d WHERE d.event_id = o.id
        AND (d.status = 'pending' OR d.status = 'dead' AND d.ended_at >= newest_dead)
    )
    ORDER BY o.created_at LIMIT at_most FOR UPDATE OF o SKIP LOCKED
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
        + (SELECT count(*) FROM public.change_requests q WHERE with_data_keys AND q.payload IS NOT NULL)
        + (SELECT count(*) FROM public.webhook_endpoints w WHERE with_data_keys)
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
    WHEN 'webhook_secrets' THEN
      RETURN QUERY SELECT w.tenant_id, w.id, w.secrets FROM public.webhook_endpoints w
        JOIN public.data_keys k ON k.tenant_id = w.tenant_id AND k.id = w.secrets_key_id AND k.status = 'retired'
        WHERE w.id > first_id ORDER BY w.id LIMIT page_size;
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
  ) + (
    SELECT count(*) FROM public.webhook_endpoints w
      JOIN public.data_keys k ON k.tenant_id = w.tenant_id AND k.id = w.secrets_key_id AND k.status = 'retired'
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
      WHEN 'webhook_secrets' THEN
        UPDATE public.webhook_endpoints w SET secrets = item.after
          WHERE w.tenant_id = item.tenant_id AND w.id = item.id AND w.secrets = item.before;
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
      AND NOT EXISTS (SELECT FROM public.webhook_endpoints w WHERE w.tenant_id = k.tenant_id AND w.secrets_key_id = k.id)
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
