-- AlterTable
ALTER TABLE "connectors" ADD COLUMN     "account_version" INTEGER;
