-- Requests with the platform key that came with an Idempotency-Key, so that they are done once. They belong to no tenant, whose
-- data key could seal their answers: each has one of its own, wrapped, in its row.

-- CreateTable
CREATE TABLE "platform_idempotency_keys" (
    "id" UUID NOT NULL,
    "key_hash" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "data_key" JSONB NOT NULL,
    "request_id" TEXT NOT NULL,
    "attempt_id" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "begun_at" TIMESTAMPTZ(3),
    "answer" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "platform_idempotency_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "platform_idempotency_keys_key_hash_key" ON "platform_idempotency_keys"("key_hash");

-- CreateIndex
CREATE INDEX "platform_idempotency_keys_expires_at_idx" ON "platform_idempotency_keys"("expires_at");

-- Beyond what Prisma can say, written by hand.

ALTER TABLE platform_idempotency_keys ADD CONSTRAINT platform_idempotency_keys_one_data_key CHECK (
  data_key ->> 'id' = split_part(fingerprint, '/', 2) AND (answer IS NULL OR answer ->> 'kid' = data_key ->> 'id'));
ALTER TABLE platform_idempotency_keys ADD CONSTRAINT platform_idempotency_keys_held
  CHECK (lease_until IS NULL OR attempt_id IS NOT NULL);

ALTER TABLE platform_idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform_idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY system_functions ON platform_idempotency_keys TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- Notes a request and takes it, unless there is one of its key that is not free again. Answers the one that is noted then.
CREATE FUNCTION isthmus_note_platform_request(
  request uuid, hash_of_key text, digest text, own_key jsonb, http_request text, attempt uuid, lease_ms float8, kept_ms float8)
RETURNS SETOF platform_idempotency_keys
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM public.platform_idempotency_keys k
  WHERE k.key_hash = hash_of_key AND k.expires_at <= clock_timestamp()
    AND (k.lease_until IS NULL OR k.lease_until <= clock_timestamp());
  -- Where a rival's insert is under way this waits for its end.
  INSERT INTO public.platform_idempotency_keys
    (id, key_hash, fingerprint, data_key, request_id, attempt_id, lease_until, created_at, expires_at)
  VALUES (request, hash_of_key, digest, own_key, http_request, attempt,
    clock_timestamp() + make_interval(secs => lease_ms / 1000), clock_timestamp(),
    clock_timestamp() + make_interval(secs => kept_ms / 1000))
  ON CONFLICT (key_hash) DO NOTHING;
  RETURN QUERY SELECT k.* FROM public.platform_idempotency_keys k WHERE k.key_hash = hash_of_key;
END
$$;

-- Takes a request that nobody is at, and that has had no effect. Answers whether it could be had.
CREATE FUNCTION isthmus_take_platform_request(request uuid, attempt uuid, lease_ms float8)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.platform_idempotency_keys k
  SET attempt_id = attempt, lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  WHERE k.id = request AND (k.lease_until IS NULL OR k.lease_until <= clock_timestamp())
    AND k.begun_at IS NULL AND k.answer IS NULL;
  RETURN FOUND;
END
$$;

-- Answers whether the attempt still has the request.
CREATE FUNCTION isthmus_renew_platform_request(request uuid, attempt uuid, lease_ms float8)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.platform_idempotency_keys k
  SET lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  WHERE k.id = request AND k.attempt_id = attempt AND k.answer IS NULL;
  RETURN FOUND;
END
$$;

-- Notes that doing it again could do it twice: in the transaction that has the effect. Answers whether the attempt still has it.
CREATE FUNCTION isthmus_begin_platform_request(request uuid, attempt uuid)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.platform_idempotency_keys k
  SET begun_at = coalesce(k.begun_at, clock_timestamp())
  WHERE k.id = request AND k.attempt_id = attempt;
  RETURN FOUND;
END
$$;

-- Ends an attempt that still has the request: with its answer; so that it may be done again (`reopen`); so that nobody does
-- (`leave`); or so that its key may be used for anything (`forget`). Answers whether it did.
CREATE FUNCTION isthmus_end_platform_request(request uuid, attempt uuid, ending text, sealed jsonb)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF ending = 'forget' THEN
    DELETE FROM public.platform_idempotency_keys k
    WHERE k.id = request AND k.attempt_id = attempt AND k.answer IS NULL;
  ELSE
    UPDATE public.platform_idempotency_keys k
    SET lease_until = NULL, answer = sealed, begun_at = CASE WHEN ending = 'reopen' THEN NULL ELSE k.begun_at END
    WHERE k.id = request AND k.attempt_id = attempt AND k.answer IS NULL;
  END IF;
  RETURN FOUND;
END
$$;

-- Now of the platform's, too: so many at most of each kind.
CREATE OR REPLACE FUNCTION isthmus_prune_idempotency_keys(at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  of_tenants integer;
  of_platform integer;
BEGIN
  DELETE FROM public.idempotency_keys k WHERE k.id IN (
    SELECT o.id FROM public.idempotency_keys o
    WHERE o.expires_at <= clock_timestamp() AND (o.lease_until IS NULL OR o.lease_until <= clock_timestamp())
    ORDER BY o.expires_at LIMIT at_most FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS of_tenants = ROW_COUNT;
  DELETE FROM public.platform_idempotency_keys k WHERE k.id IN (
    SELECT o.id FROM public.platform_idempotency_keys o
    WHERE o.expires_at <= clock_timestamp() AND (o.lease_until IS NULL OR o.lease_until <= clock_timestamp())
    ORDER BY o.expires_at LIMIT at_most FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS of_platform = ROW_COUNT;
  RETURN of_tenants + of_platform;
END
$$;

REVOKE ALL ON FUNCTION
  isthmus_note_platform_request(uuid, text, text, jsonb, text, uuid, float8, float8),
  isthmus_take_platform_request(uuid, uuid, float8), isthmus_renew_platform_request(uuid, uuid, float8),
  isthmus_begin_platform_request(uuid, uuid), isthmus_end_platform_request(uuid, uuid, text, jsonb)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  isthmus_note_platform_request(uuid, text, text, jsonb, text, uuid, float8, float8),
  isthmus_take_platform_request(uuid, uuid, float8), isthmus_renew_platform_request(uuid, uuid, float8),
  isthmus_begin_platform_request(uuid, uuid), isthmus_end_platform_request(uuid, uuid, text, jsonb)
TO isthmus_system;
