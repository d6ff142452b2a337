-- A row is due from its beginning. Its time of insertion may not be: it is rounded to milliseconds, up as well as down.
ALTER TABLE "connector_health" ALTER COLUMN "due_at" SET DEFAULT '1970-01-01T00:00:00Z';
