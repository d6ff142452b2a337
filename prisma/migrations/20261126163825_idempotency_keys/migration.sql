-- Requests that came with an Idempotency-Key, so that they are done once.

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "key_hash" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "data_key_id" UUID GENERATED ALWAYS AS ((split_part(fingerprint, '/', 2))::uuid) STORED,
    "request_id" TEXT NOT NULL,
    "attempt_id" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "begun_at" TIMESTAMPTZ(3),
    "answer" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "idempotency_keys_tenant_id_data_key_id_idx" ON "idempotency_keys"("tenant_id", "data_key_id");

-- CreateIndex
CREATE INDEX "idempotency_keys_expires_at_idx" ON "idempotency_keys"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "idempotency_keys_tenant_id_user_id_key_hash_key" ON "idempotency_keys"("tenant_id", "user_id", "key_hash");

-- AddForeignKey
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_tenant_id_user_id_fkey" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_tenant_id_data_key_id_fkey" FOREIGN KEY ("tenant_id", "data_key_id") REFERENCES "data_keys"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- Beyond what Prisma can say, written by hand.

ALTER TABLE idempotency_keys ADD CONSTRAINT idempotency_keys_one_data_key
  CHECK (answer IS NULL OR answer ->> 'kid' = split_part(fingerprint, '/', 2));
ALTER TABLE idempotency_keys ADD CONSTRAINT idempotency_keys_held
  CHECK (lease_until IS NULL OR attempt_id IS NOT NULL);

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO isthmus_app;
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON idempotency_keys TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON idempotency_keys TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- Removes keys that are free again, unless somebody is at them: so many at most. Answers how many went.
CREATE FUNCTION isthmus_prune_idempotency_keys(at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed integer;
BEGIN
  DELETE FROM public.idempotency_keys k WHERE k.id IN (
    SELECT o.id FROM public.idempotency_keys o
    WHERE o.expires_at <= clock_timestamp() AND (o.lease_until IS NULL OR o.lease_until <= clock_timestamp())
    ORDER BY o.expires_at LIMIT at_most FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;

REVOKE ALL ON FUNCTION isthmus_prune_idempotency_keys(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_prune_idempotency_keys(integer) TO isthmus_system;
