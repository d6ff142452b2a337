-- AlterTable
ALTER TABLE "inbound_event_targets" ADD COLUMN     "entity" TEXT;
