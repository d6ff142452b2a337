-- What the keys of sealed values are known by, what is due for a refresh, and what is to be told to the outside.
--
-- The data key of each sealed value stands beside it, taken out of the value by the database itself, and refers to
-- data_keys: a key that still seals something cannot be destroyed, whoever tries.

-- DropIndex
DROP INDEX "connector_tokens_refresh_at_idx";

-- DropIndex
DROP INDEX "data_keys_tenant_id_idx";

-- AlterTable
ALTER TABLE "connector_tokens" ADD COLUMN     "reconnect_before" TIMESTAMPTZ(3),
ADD COLUMN     "tokens_key_id" UUID GENERATED ALWAYS AS ((tokens ->> 'kid')::uuid) STORED;

-- AlterTable
ALTER TABLE "connectors" ADD COLUMN     "credentials_key_id" UUID GENERATED ALWAYS AS ((credentials ->> 'kid')::uuid) STORED;

-- AlterTable
ALTER TABLE "oauth_sessions" ADD COLUMN     "payload_key_id" UUID GENERATED ALWAYS AS ((payload ->> 'kid')::uuid) STORED;

-- CreateTable
CREATE TABLE "outbox_events" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "connector_id" UUID,
    "payload" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_events_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "outbox_events_tenant_id_id_idx" ON "outbox_events"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "connector_tokens_tenant_id_tokens_key_id_idx" ON "connector_tokens"("tenant_id", "tokens_key_id");

-- CreateIndex
CREATE INDEX "connectors_tenant_id_credentials_key_id_idx" ON "connectors"("tenant_id", "credentials_key_id");

-- CreateIndex
CREATE INDEX "data_keys_key_encryption_key_id_idx" ON "data_keys"("key_encryption_key_id");

-- CreateIndex
CREATE UNIQUE INDEX "data_keys_tenant_id_id_key" ON "data_keys"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "oauth_sessions_tenant_id_payload_key_id_idx" ON "oauth_sessions"("tenant_id", "payload_key_id");

-- AddForeignKey
ALTER TABLE "connectors" ADD CONSTRAINT "connectors_tenant_id_credentials_key_id_fkey" FOREIGN KEY ("tenant_id", "credentials_key_id") REFERENCES "data_keys"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "connector_tokens" ADD CONSTRAINT "connector_tokens_tenant_id_tokens_key_id_fkey" FOREIGN KEY ("tenant_id", "tokens_key_id") REFERENCES "data_keys"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "oauth_sessions" ADD CONSTRAINT "oauth_sessions_tenant_id_payload_key_id_fkey" FOREIGN KEY ("tenant_id", "payload_key_id") REFERENCES "data_keys"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "outbox_events" ADD CONSTRAINT "outbox_events_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Beyond what Prisma can say, written by hand.

GRANT SELECT, INSERT ON outbox_events TO isthmus_app;
ALTER TABLE outbox_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON outbox_events TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON outbox_events TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- When a row is due: never before its moment, while its vendor is being left alone, or while somebody may be at it.
CREATE INDEX connector_tokens_due ON connector_tokens (GREATEST(refresh_at, retry_at, lease_until))
  WHERE status = 'active' AND refresh_at IS NOT NULL;

-- The functions of core's TokenStore, one round trip each. Times are told in milliseconds from now, by the database's clock.

-- What is stored of a connector's tokens; no row before the first claim.
CREATE FUNCTION isthmus_load_tokens(of_tenant uuid, of_connector uuid)
RETURNS TABLE (version integer, tokens jsonb, status text, failures integer, retry_in_ms double precision)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT t.version, t.tokens, t.status::text, t.failure_count,
    coalesce(extract(epoch FROM t.retry_at - clock_timestamp()) * 1000, 0)::float8
  FROM public.connector_tokens t WHERE t.tenant_id = of_tenant AND t.connector_id = of_connector
$$;

-- Claims the right to call the vendor, durably and among all processes. outcome: begun, held (for lease_left_ms), ambiguous,
-- superseded or reconnect_required; no row when the tenant has no such connector. A purpose of "authorize" supersedes
-- whatever is under way, but lands only on the connector as it was when the person was sent to the vendor: no row, too, when
-- it was changed or deleted since.
--
-- The caller names the attempt: where the answer is lost on its way, it can still say that nothing was sent.
CREATE FUNCTION isthmus_claim_tokens(
  of_tenant uuid, of_connector uuid, purpose text, held_version integer, lease_ms double precision, repeats uuid,
  new_attempt uuid, expected_version integer
)
RETURNS TABLE (
  outcome text, attempt_id uuid, repeated boolean, lease_left_ms double precision,
  version integer, tokens jsonb, status text, failures integer, retry_in_ms double precision
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  found_row public.connector_tokens;
  left_ms double precision;
BEGIN
  IF purpose = 'authorize' AND expected_version IS NOT NULL THEN
    PERFORM FROM public.connectors c
      WHERE c.tenant_id = of_tenant AND c.id = of_connector AND c.version = expected_version AND c.deleted_at IS NULL
      FOR SHARE;
    IF NOT FOUND THEN RETURN; END IF;
  END IF;
  INSERT INTO public.connector_tokens (tenant_id, connector_id)
    SELECT c.tenant_id, c.id FROM public.connectors c
    WHERE c.tenant_id = of_tenant AND c.id = of_connector
      AND NOT EXISTS (SELECT FROM public.connector_tokens t WHERE t.connector_id = of_connector)
    ON CONFLICT DO NOTHING;
  -- Rivals come one after another. The clock is read after the wait.
  SELECT * INTO found_row FROM public.connector_tokens t
    WHERE t.tenant_id = of_tenant AND t.connector_id = of_connector FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  left_ms := coalesce(extract(epoch FROM found_row.lease_until - clock_timestamp()) * 1000, 0);
  outcome := CASE
    WHEN purpose = 'authorize' THEN 'begun'
    WHEN found_row.status = 'reconnect_required' THEN 'reconnect_required'
    WHEN found_row.version <> held_version THEN 'superseded'
    WHEN found_row.attempt_id IS NULL THEN 'begun'
    WHEN left_ms > 0 THEN 'held'
    WHEN found_row.attempt_id = repeats THEN 'begun'
    ELSE 'ambiguous'
  END;
  attempt_id := found_row.attempt_id;
  repeated := found_row.attempt_repeated;
  IF outcome = 'begun' THEN
    attempt_id := new_attempt;
    UPDATE public.connector_tokens t SET
      attempt_id = new_attempt,
      attempt_repeated = purpose = 'refresh' AND coalesce(found_row.attempt_id = repeats, false),
      attempt_started_at = clock_timestamp(),
      lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000),
      updated_at = clock_timestamp()
    WHERE t.connector_id = of_connector;
  END IF;
  lease_left_ms := left_ms;
  version := found_row.version;
  tokens := found_row.tokens;
  status := found_row.status;
  failures := found_row.failure_count;
  retry_in_ms := coalesce(extract(epoch FROM found_row.retry_at - clock_timestamp()) * 1000, 0);
  RETURN NEXT;
END
$$;

-- Takes token sets that are due for a refresh, the longest overdue first, and makes the intent durable: what begin() of
-- core's TokenStore does for one, for many at once. Workers skip each other's rows, and connectors that are switched off.
--
-- An attempt that somebody left behind is not taken over: it is answered as ambiguous, and its lease is prolonged by a
-- second, so that one worker and not all of them asks the vendor's policy what to do.
--
-- The caller names the attempts, as many as it can take: see isthmus_claim_tokens. active_key_id is the data key for what the
-- vendor answers.
CREATE FUNCTION isthmus_claim_due_tokens(new_attempts uuid[], lease_ms double precision)
RETURNS TABLE (
  attempt_id uuid, ambiguous boolean, version integer, tokens jsonb, failures integer, active_key_id uuid,
  connector public.connectors
)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH due AS (
    SELECT t.connector_id, t.attempt_id IS NOT NULL AS ambiguous
    FROM public.connector_tokens t
    JOIN public.connectors c ON c.tenant_id = t.tenant_id AND c.id = t.connector_id
    WHERE t.status = 'active' AND t.refresh_at IS NOT NULL
      AND GREATEST(t.refresh_at, t.retry_at, t.lease_until) <= clock_timestamp()
      AND c.is_active AND c.deleted_at IS NULL
    ORDER BY GREATEST(t.refresh_at, t.retry_at, t.lease_until)
    LIMIT cardinality(new_attempts)
    FOR UPDATE OF t SKIP LOCKED
  ), numbered AS (
    SELECT d.*, row_number() OVER () AS place FROM due d
  ), claimed AS (
    UPDATE public.connector_tokens t SET
      attempt_id = CASE WHEN due.ambiguous THEN t.attempt_id ELSE new_attempts[due.place] END,
      attempt_started_at = CASE WHEN due.ambiguous THEN t.attempt_started_at ELSE clock_timestamp() END,
      lease_until = clock_timestamp()
        + CASE WHEN due.ambiguous THEN interval '1 second' ELSE make_interval(secs => lease_ms / 1000) END,
      updated_at = clock_timestamp()
    FROM numbered due WHERE t.connector_id = due.connector_id
    RETURNING t.*, due.ambiguous
  )
  SELECT l.attempt_id, l.ambiguous, l.version, l.tokens, l.failure_count, k.id, c
  FROM claimed l
  JOIN public.connectors c ON c.tenant_id = l.tenant_id AND c.id = l.connector_id
  LEFT JOIN public.data_keys k ON k.tenant_id = l.tenant_id AND k.status = 'active'
$$;

-- Says of attempts that nothing was sent for them: their claims were made, but nobody heard of it. They are free again, one
-- that was given up meanwhile works again, and a repeat leaves what it repeated as doubtful as it was.
CREATE FUNCTION isthmus_release_attempts(attempts uuid[], event_ids uuid[])
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_row record;
  released integer := 0;
BEGIN
  FOR found_row IN
    SELECT t.tenant_id, t.connector_id, t.attempt_id, t.attempt_repeated, t.status
    FROM public.connector_tokens t WHERE t.attempt_id = ANY (attempts) ORDER BY t.connector_id FOR UPDATE
  LOOP
    UPDATE public.connector_tokens t SET
      status = 'active',
      attempt_id = CASE WHEN found_row.attempt_repeated THEN gen_random_uuid() END,
      attempt_started_at = CASE WHEN found_row.attempt_repeated THEN t.attempt_started_at END,
      lease_until = CASE WHEN found_row.attempt_repeated THEN clock_timestamp() END,
      attempt_repeated = false, updated_at = clock_timestamp()
    WHERE t.connector_id = found_row.connector_id;
    IF found_row.status = 'reconnect_required' THEN
      UPDATE public.connectors c SET status = 'connected'
        WHERE c.tenant_id = found_row.tenant_id AND c.id = found_row.connector_id AND c.deleted_at IS NULL;
      INSERT INTO public.outbox_events (id, tenant_id, type, connector_id, payload)
        VALUES (event_ids[array_position(attempts, found_row.attempt_id)], found_row.tenant_id, 'connector.reconnected',
          found_row.connector_id, jsonb_build_object('connectorId', found_row.connector_id));
    END IF;
    released := released + 1;
  END LOOP;
  RETURN released;
END
$$;

-- Stores a new token set if the attempt is still the current one, whatever its lease says: what commit() of core's
-- TokenStore does. A renewal is audited with it. A connection that had been given up meanwhile works again, and that is told
-- to the outside.
--
-- Returns the new version; the same again when this attempt's tokens are the current ones already; null when something
-- else came after it.
CREATE FUNCTION isthmus_land_tokens(
  of_tenant uuid, of_connector uuid, of_attempt uuid, new_tokens jsonb,
  new_expires_at timestamptz, new_refresh_at timestamptz, new_reconnect_before timestamptz, is_renewal boolean,
  event_id uuid
)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  status_before public.token_status;
  new_version integer;
BEGIN
  SELECT status INTO status_before FROM public.connector_tokens
    WHERE tenant_id = of_tenant AND connector_id = of_connector AND attempt_id = of_attempt FOR UPDATE;
  IF NOT FOUND THEN
    RETURN (SELECT version FROM public.connector_tokens
      WHERE tenant_id = of_tenant AND connector_id = of_connector AND landed_attempt_id = of_attempt);
  END IF;
  UPDATE public.connector_tokens SET
    tokens = new_tokens, version = version + 1, status = 'active',
    expires_at = new_expires_at, reconnect_before = new_reconnect_before,
    -- A vendor that grants for seconds, or a clock that is behind this one, must not make a renewal due at once, for ever.
    refresh_at = CASE WHEN is_renewal AND new_refresh_at IS NOT NULL
      THEN GREATEST(new_refresh_at, clock_timestamp() + interval '30 seconds') ELSE new_refresh_at END,
    landed_attempt_id = of_attempt,
    attempt_id = NULL, attempt_repeated = false, attempt_started_at = NULL, lease_until = NULL,
    failure_code = NULL, failed_at = NULL, failure_count = 0, retry_at = NULL,
    updated_at = clock_timestamp()
  WHERE tenant_id = of_tenant AND connector_id = of_connector
  RETURNING version INTO new_version;
  IF is_renewal THEN
    INSERT INTO public.audit_events (id, tenant_id, action, target_type, target_id, outcome, details)
      VALUES (event_id, of_tenant, 'token.refreshed', 'connector', of_connector::text, 'success',
        jsonb_build_object('version', new_version));
  END IF;
  IF status_before = 'reconnect_required' THEN
    UPDATE public.connectors SET status = 'connected'
      WHERE tenant_id = of_tenant AND id = of_connector AND deleted_at IS NULL;
    INSERT INTO public.outbox_events (id, tenant_id, type, connector_id, payload)
      VALUES (event_id, of_tenant, 'connector.reconnected', of_connector, jsonb_build_object('connectorId', of_connector));
  END IF;
  RETURN new_version;
END
$$;

REVOKE ALL ON FUNCTION isthmus_load_tokens, isthmus_claim_tokens, isthmus_claim_due_tokens, isthmus_release_attempts,
  isthmus_land_tokens FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_load_tokens, isthmus_claim_tokens, isthmus_claim_due_tokens, isthmus_release_attempts,
  isthmus_land_tokens TO isthmus_system;
