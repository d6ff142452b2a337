-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "rotated_to" UUID;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_tenant_id_rotated_to_fkey" FOREIGN KEY ("tenant_id", "rotated_to") REFERENCES "api_keys"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;
