-- Sign-in with an organisation's own identity provider: whose tokens a tenant takes, and who people are there.

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "identity_issuer" TEXT,
ADD COLUMN     "identity_roles" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "identity_subject" TEXT;

-- CreateTable
CREATE TABLE "identity_providers" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "jwks_uri" TEXT NOT NULL,
    "audience" TEXT NOT NULL,
    "algorithms" TEXT[],
    "access_token_type" TEXT NOT NULL,
    "required_scope" TEXT,
    "roles_claim" TEXT[],
    "role_mapping" JSONB NOT NULL,
    "email_claim" TEXT[],
    "name_claim" TEXT[],
    "creates_users" BOOLEAN NOT NULL,
    "max_age_seconds" INTEGER NOT NULL,
    "tolerance_seconds" INTEGER NOT NULL,
    "is_enabled" BOOLEAN NOT NULL DEFAULT true,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "identity_providers_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "identity_providers_tenant_id_id_key" ON "identity_providers"("tenant_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "identity_providers_tenant_id_issuer_key" ON "identity_providers"("tenant_id", "issuer");

-- CreateIndex
CREATE UNIQUE INDEX "users_tenant_id_identity_issuer_identity_subject_key" ON "users"("tenant_id", "identity_issuer", "identity_subject");

-- AddForeignKey
ALTER TABLE "identity_providers" ADD CONSTRAINT "identity_providers_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Beyond what Prisma can say, written by hand.

ALTER TABLE users ADD CONSTRAINT users_identity_whole
  CHECK ((identity_issuer IS NULL) = (identity_subject IS NULL));
ALTER TABLE users ADD CONSTRAINT users_identity_roles_known
  CHECK (identity_roles IS NOT NULL AND identity_roles <@ ARRAY['admin', 'editor', 'approver', 'operator', 'viewer']);

-- Whatever the service believes: no unsigned token, and none signed with a secret that others could know.
ALTER TABLE identity_providers ADD CONSTRAINT identity_providers_algorithms_asymmetric
  CHECK (algorithms IS NOT NULL AND cardinality(algorithms) > 0 AND algorithms <@ ARRAY[
    'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'
  ]);
ALTER TABLE identity_providers ADD CONSTRAINT identity_providers_access_token_type_known
  CHECK (access_token_type IN ('at+jwt', 'jwt'));
ALTER TABLE identity_providers ADD CONSTRAINT identity_providers_audience_named CHECK (audience <> '');
ALTER TABLE identity_providers ADD CONSTRAINT identity_providers_times_sensible
  CHECK (max_age_seconds > 0 AND tolerance_seconds BETWEEN 0 AND 300);

GRANT SELECT, INSERT, UPDATE, DELETE ON identity_providers TO isthmus_app;
ALTER TABLE identity_providers ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity_providers FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON identity_providers TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON identity_providers TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- Whom this tenant trusts under this name; no row when nobody, or nobody at present. Asked before a token is proven, so it
-- tells what proves it and nothing else of the tenant.
CREATE FUNCTION isthmus_find_identity_provider(of_tenant uuid, of_issuer text)
RETURNS SETOF public.identity_providers
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT p.* FROM public.identity_providers p
  WHERE p.tenant_id = of_tenant AND p.issuer = of_issuer AND p.is_enabled
$$;

REVOKE ALL ON FUNCTION isthmus_find_identity_provider(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_find_identity_provider(uuid, text) TO isthmus_system;
