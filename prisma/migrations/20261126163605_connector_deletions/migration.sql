-- Deleted connectors keep their tokens until they are restored or purged.

-- CreateTable
CREATE TABLE "connector_deletions" (
    "connector_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "purge_at" TIMESTAMPTZ(3) NOT NULL,
    "begun_at" TIMESTAMPTZ(3),
    "attempt_id" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "retry_at" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failure_code" TEXT,

    CONSTRAINT "connector_deletions_pkey" PRIMARY KEY ("connector_id")
);

-- CreateIndex
CREATE INDEX "connector_deletions_purge_at_idx" ON "connector_deletions"("purge_at");

-- CreateIndex
CREATE UNIQUE INDEX "connector_deletions_tenant_id_connector_id_key" ON "connector_deletions"("tenant_id", "connector_id");

-- AddForeignKey
ALTER TABLE "connector_deletions" ADD CONSTRAINT "connector_deletions_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "connector_deletions" ADD CONSTRAINT "connector_deletions_tenant_id_connector_id_fkey" FOREIGN KEY ("tenant_id", "connector_id") REFERENCES "connectors"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Beyond what Prisma can say, written by hand.

-- Those that were deleted before have no tokens any more: their grants were revoked then. Their time begins now.
ALTER TABLE connectors NO FORCE ROW LEVEL SECURITY;
INSERT INTO connector_deletions (connector_id, tenant_id, purge_at)
  SELECT id, tenant_id, now() + interval '30 days' FROM connectors WHERE deleted_at IS NOT NULL;
ALTER TABLE connectors FORCE ROW LEVEL SECURITY;

ALTER TABLE connector_deletions ADD CONSTRAINT connector_deletions_held
  CHECK ((attempt_id IS NULL) = (lease_until IS NULL) AND (attempt_id IS NULL OR begun_at IS NOT NULL));

GRANT SELECT, INSERT, UPDATE, DELETE ON connector_deletions TO isthmus_app;
ALTER TABLE connector_deletions ENABLE ROW LEVEL SECURITY;
ALTER TABLE connector_deletions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON connector_deletions TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON connector_deletions TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- A tenant's work may remove a connector, and only one whose purge was begun: whatever else it does, its tokens are not lost
-- while nobody has asked the vendor to revoke them.
GRANT DELETE ON connectors TO isthmus_app;
CREATE POLICY purges_only ON connectors AS RESTRICTIVE FOR DELETE TO isthmus_app
  USING (deleted_at IS NOT NULL AND EXISTS (
    SELECT FROM connector_deletions d
    WHERE d.tenant_id = connectors.tenant_id AND d.connector_id = connectors.id AND d.begun_at IS NOT NULL
  ));

-- Takes deleted connectors whose time is over, the longest overdue first: nobody else takes them while the lease lasts, and
-- nobody restores them any more. Callers side by side get different ones. is_last: the vendor was asked for so long by now.
CREATE FUNCTION isthmus_claim_due_purges(new_attempts uuid[], lease_ms double precision, give_up_after_ms double precision)
RETURNS TABLE (tenant_id uuid, connector_id uuid, attempt_id uuid, failures integer, is_last boolean)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH due AS (
    SELECT d.connector_id
    FROM public.connector_deletions d
    WHERE d.purge_at <= clock_timestamp() AND GREATEST(d.retry_at, d.lease_until, d.purge_at) <= clock_timestamp()
    ORDER BY d.purge_at
    LIMIT cardinality(new_attempts)
    FOR UPDATE SKIP LOCKED
  ), numbered AS (
    SELECT d.*, row_number() OVER () AS place FROM due d
  )
  UPDATE public.connector_deletions d SET
    attempt_id = new_attempts[n.place],
    begun_at = coalesce(d.begun_at, clock_timestamp()),
    lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  FROM numbered n WHERE d.connector_id = n.connector_id
  RETURNING d.tenant_id, d.connector_id, d.attempt_id, d.failures,
    d.begun_at <= clock_timestamp() - make_interval(secs => give_up_after_ms / 1000)
$$;

REVOKE ALL ON FUNCTION isthmus_claim_due_purges FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_claim_due_purges TO isthmus_system;

-- Claims the right to call the vendor, durably and among all processes. outcome: begun, held (for lease_left_ms), ambiguous,
-- superseded or reconnect_required; no row when the tenant has no such connector. A purpose of "authorize" supersedes
-- whatever is under way, but lands only on the connector as it was when the person was sent to the vendor: no row, too, when
-- it was changed or deleted since. Nobody begins to refresh the tokens of a deleted connector: no row; whoever is at it is
-- waited for all the same.
--
-- The caller names the attempt: where the answer is lost on its way, it can still say that nothing was sent.
CREATE OR REPLACE FUNCTION isthmus_claim_tokens(
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
  IF outcome = 'begun' AND purpose = 'refresh' AND EXISTS (
    SELECT FROM public.connectors c
    WHERE c.tenant_id = of_tenant AND c.id = of_connector AND c.deleted_at IS NOT NULL
  ) THEN RETURN; END IF;
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
