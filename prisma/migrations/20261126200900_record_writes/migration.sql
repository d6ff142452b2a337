-- Records that runs write back to vendors, and what became of each.

-- CreateEnum
CREATE TYPE "record_outcome" AS ENUM ('created', 'updated', 'deleted', 'unchanged', 'kept', 'conflict', 'failed', 'unknown', 'not_sent');

-- CreateTable
CREATE TABLE "record_writes" (
    "run_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "tenant_id" UUID NOT NULL,
    "write" JSONB,
    "reached" BOOLEAN NOT NULL DEFAULT false,
    "tries" SMALLINT NOT NULL DEFAULT 0,
    "outcome" "record_outcome",
    "record_id" TEXT,
    "error" JSONB,

    CONSTRAINT "record_writes_pkey" PRIMARY KEY ("tenant_id","run_id","position")
);

-- AddForeignKey
ALTER TABLE "record_writes" ADD CONSTRAINT "record_writes_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "operation_runs"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Beyond what Prisma can say, written by hand.

ALTER TABLE record_writes ADD CONSTRAINT record_writes_decided CHECK ((outcome IS NULL) = (write IS NOT NULL));
ALTER TABLE record_writes ADD CONSTRAINT record_writes_counted CHECK (position >= 0 AND tries >= 0);

GRANT SELECT, INSERT, UPDATE ON record_writes TO isthmus_app;
ALTER TABLE record_writes ENABLE ROW LEVEL SECURITY;
ALTER TABLE record_writes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON record_writes TO isthmus_app
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY system_functions ON record_writes TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');
