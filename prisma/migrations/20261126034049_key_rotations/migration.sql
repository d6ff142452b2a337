-- Keys are rotated while the service runs, tenants are deleted for good, and the platform has an audit of its own.

-- CreateEnum
CREATE TYPE "key_rotation_status" AS ENUM ('running', 'stopped', 'completed');

-- CreateEnum
CREATE TYPE "key_rotation_phase" AS ENUM ('wrapping', 'replacing', 'credentials', 'tokens', 'authorizations', 'ending');

-- AlterTable
ALTER TABLE "data_keys" ADD COLUMN     "rotation_id" UUID;

-- CreateTable
CREATE TABLE "key_rotations" (
    "id" UUID NOT NULL,
    "data_keys" BOOLEAN NOT NULL,
    "key_encryption_key_id" TEXT NOT NULL,
    "status" "key_rotation_status" NOT NULL DEFAULT 'running',
    "phase" "key_rotation_phase" NOT NULL DEFAULT 'wrapping',
    "cursor" UUID,
    "round" INTEGER NOT NULL DEFAULT 0,
    "round_changes" INTEGER NOT NULL DEFAULT 0,
    "keys_done" INTEGER NOT NULL DEFAULT 0,
    "keys_failed" INTEGER NOT NULL DEFAULT 0,
    "keys_failed_in_place" INTEGER NOT NULL DEFAULT 0,
    "keys_total" INTEGER NOT NULL,
    "values_done" INTEGER NOT NULL DEFAULT 0,
    "values_failed" INTEGER NOT NULL DEFAULT 0,
    "values_total" INTEGER NOT NULL,
    "failure" JSONB,
    "waiting" JSONB,
    "pauses" INTEGER NOT NULL DEFAULT 0,
    "retry_at" TIMESTAMPTZ(3),
    "holder" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "key_rotations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "platform_events" (
    "id" UUID NOT NULL,
    "action" TEXT NOT NULL,
    "target_type" TEXT NOT NULL,
    "target_id" TEXT,
    "outcome" "audit_outcome" NOT NULL,
    "ip" TEXT,
    "request_id" TEXT,
    "details" JSONB NOT NULL DEFAULT '{}',
    "occurred_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "platform_events_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "key_rotations_one_running_key" ON "key_rotations"("status") WHERE (status = 'running');

-- Beyond what Prisma can say, written by hand.

-- Both tables are the platform's: no tenant's role has a right on them, and no policy shows it a row. Events can be read
-- and appended inside the functions below; nothing lets anybody change or remove one.
ALTER TABLE key_rotations ENABLE ROW LEVEL SECURITY;
ALTER TABLE key_rotations FORCE ROW LEVEL SECURITY;
CREATE POLICY system_functions ON key_rotations TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system')
  WITH CHECK (current_setting('role') = 'isthmus_system');
ALTER TABLE platform_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform_events FORCE ROW LEVEL SECURITY;
CREATE POLICY system_reads ON platform_events FOR SELECT TO CURRENT_USER
  USING (current_setting('role') = 'isthmus_system');
CREATE POLICY system_appends ON platform_events FOR INSERT TO CURRENT_USER
  WITH CHECK (current_setting('role') = 'isthmus_system');

-- A tenant's making stands in the platform's audit beside its own.
CREATE OR REPLACE FUNCTION isthmus_create_tenant(
  tenant_id uuid, tenant_name text,
  user_id uuid, user_email text, user_name text, user_roles text[],
  key_id uuid, key_name text, key_prefix text, key_hash text, key_expires_at timestamptz,
  event_id uuid, event_ip text, event_request_id text
)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO public.tenants (id, name) VALUES (tenant_id, tenant_name);
  INSERT INTO public.users (id, tenant_id, email, name, roles)
    VALUES (user_id, tenant_id, user_email, user_name, user_roles);
  INSERT INTO public.api_keys (id, tenant_id, user_id, name, prefix, hash, expires_at)
    VALUES (key_id, tenant_id, user_id, key_name, key_prefix, key_hash, key_expires_at);
  INSERT INTO public.audit_events (id, tenant_id, action, target_type, target_id, outcome, ip, request_id, details)
    VALUES (event_id, tenant_id, 'tenant.created', 'tenant', tenant_id::text, 'success', event_ip, event_request_id,
      jsonb_build_object('actor', 'platform', 'name', tenant_name, 'administratorId', user_id, 'apiKeyId', key_id));
  INSERT INTO public.platform_events (id, action, target_type, target_id, outcome, ip, request_id, details)
    VALUES (event_id, 'tenant.created', 'tenant', tenant_id::text, 'success', event_ip, event_request_id,
      jsonb_build_object('name', tenant_name));
$$;

-- Removes a tenant and everything of it but its audit events, and says so in the platform's audit: all of it or nothing.
-- The wrapped data keys go with it, so that no copy of a sealed value opens any more. No row when there is no such tenant.
CREATE FUNCTION isthmus_delete_tenant(
  of_tenant uuid, grants jsonb, event_id uuid, event_ip text, event_request_id text
)
RETURNS TABLE (data_keys integer, connectors integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant_name text;
BEGIN
  -- Whoever makes a row of the tenant waits from here on, so the counts stay true.
  SELECT t.name INTO tenant_name FROM public.tenants t WHERE t.id = of_tenant FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT count(*) INTO data_keys FROM public.data_keys k WHERE k.tenant_id = of_tenant;
  SELECT count(*) INTO connectors FROM public.connectors c WHERE c.tenant_id = of_tenant;
  DELETE FROM public.tenants t WHERE t.id = of_tenant;
  INSERT INTO public.platform_events (id, action, target_type, target_id, outcome, ip, request_id, details)
    VALUES (event_id, 'tenant.deleted', 'tenant', of_tenant::text, 'success', event_ip, event_request_id,
      jsonb_build_object('name', tenant_name, 'dataKeys', data_keys, 'connectors', connectors, 'grants', grants));
  RETURN NEXT;
END
$$;

-- The platform's audit, newest first, before the event given.
CREATE FUNCTION isthmus_list_platform_events(before_id uuid, page_size integer)
RETURNS SETOF public.platform_events
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT e.* FROM public.platform_events e
  WHERE before_id IS NULL OR e.id < before_id
  ORDER BY e.id DESC LIMIT page_size
$$;

-- A tenant's audit as the platform reads it, also after the tenant was deleted; newest first, before the event given.
CREATE FUNCTION isthmus_list_tenant_events(of_tenant uuid, before_id uuid, page_size integer)
RETURNS SETOF public.audit_events
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT e.* FROM public.audit_events e
  WHERE e.tenant_id = of_tenant AND (before_id IS NULL OR e.id < before_id)
  ORDER BY e.id DESC LIMIT page_size
$$;

-- How many data keys each key-encryption key wraps, and which kind of provider that is.
CREATE FUNCTION isthmus_count_data_keys()
RETURNS TABLE (key_encryption_key_id text, provider text, active integer, retired integer)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT k.key_encryption_key_id, min(k.wrapped ->> 'provider'),
    count(*) FILTER (WHERE k.status = 'active')::integer, count(*) FILTER (WHERE k.status = 'retired')::integer
  FROM public.data_keys k GROUP BY k.key_encryption_key_id ORDER BY k.key_encryption_key_id
$$;

-- So many data keys of each key-encryption key, the newest ones.
CREATE FUNCTION isthmus_sample_data_keys(of_each integer)
RETURNS TABLE (tenant_id uuid, id uuid, wrapped jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT n.tenant_id, n.id, n.wrapped
  FROM (SELECT k.*, row_number() OVER (PARTITION BY k.key_encryption_key_id ORDER BY k.id DESC) AS place FROM public.data_keys k) n
  WHERE n.place <= of_each ORDER BY n.id
$$;

-- Begins a rotation to a key-encryption key. No row while one runs.
CREATE FUNCTION isthmus_begin_key_rotation(
  rotation_id uuid, with_data_keys boolean, to_key text, event_id uuid, event_ip text, event_request_id text
)
RETURNS SETOF public.key_rotations
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- The last batch of a stopped rotation lands before this one begins, or not at all.
  PERFORM FROM public.key_rotations r WHERE r.status = 'stopped' ORDER BY r.id FOR UPDATE;
  RETURN QUERY
    INSERT INTO public.key_rotations (id, data_keys, key_encryption_key_id, keys_total, values_total)
    SELECT rotation_id, with_data_keys, to_key,
      (SELECT count(*) FROM public.data_keys k)
        + (SELECT count(*) FROM public.data_keys k WHERE with_data_keys AND k.status = 'active'),
      (SELECT count(*) FROM public.connectors c WHERE with_data_keys AND c.credentials IS NOT NULL)
        + (SELECT count(*) FROM public.connector_tokens t WHERE with_data_keys AND t.tokens IS NOT NULL)
        + (SELECT count(*) FROM public.oauth_sessions s WHERE with_data_keys)
    ON CONFLICT (status) WHERE status = 'running' DO NOTHING
    RETURNING *;
  IF FOUND THEN
    INSERT INTO public.platform_events (id, action, target_type, target_id, outcome, ip, request_id, details)
      VALUES (event_id, 'key_rotation.begun', 'key_rotation', rotation_id::text, 'success', event_ip, event_request_id,
        jsonb_build_object('dataKeys', with_data_keys, 'keyEncryptionKeyId', to_key));
  END IF;
END
$$;

-- Stops a rotation that runs, with the batch after the one at work, or lets a stopped one go on. No row when it was not in
-- the state for it, or when another one was begun and ended since: what the older one goes on with would undo that;
-- unique_violation when it would be the second one that runs.
CREATE FUNCTION isthmus_switch_key_rotation(
  of_rotation uuid, is_to_run boolean, event_id uuid, event_ip text, event_request_id text
)
RETURNS SETOF public.key_rotations
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
    UPDATE public.key_rotations r SET
      status = CASE WHEN is_to_run THEN 'running' ELSE 'stopped' END::public.key_rotation_status,
      waiting = NULL, pauses = 0, retry_at = NULL, updated_at = clock_timestamp()
    WHERE r.id = of_rotation
      AND r.status = CASE WHEN is_to_run THEN 'stopped' ELSE 'running' END::public.key_rotation_status
      AND NOT (is_to_run AND EXISTS (
        SELECT FROM public.key_rotations n WHERE n.started_at > r.started_at AND n.status <> 'running'))
    RETURNING r.*;
  IF FOUND THEN
    INSERT INTO public.platform_events (id, action, target_type, target_id, outcome, ip, request_id)
      VALUES (event_id, CASE WHEN is_to_run THEN 'key_rotation.resumed' ELSE 'key_rotation.stopped' END,
        'key_rotation', of_rotation::text, 'success', event_ip, event_request_id);
  END IF;
END
$$;

-- Rotations, newest first, before the one given.
CREATE FUNCTION isthmus_list_key_rotations(before_id uuid, page_size integer)
RETURNS SETOF public.key_rotations
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT r.* FROM public.key_rotations r
  WHERE before_id IS NULL OR r.id < before_id
  ORDER BY r.id DESC LIMIT page_size
$$;

CREATE FUNCTION isthmus_find_key_rotation(rotation_id uuid)
RETURNS SETOF public.key_rotations
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT r.* FROM public.key_rotations r WHERE r.id = rotation_id
$$;

-- Takes the rotation that runs, unless it pauses, somebody is at it, or it is to another key than this worker wraps with: one
-- that was not yet restarted with the new key would undo it.
CREATE FUNCTION isthmus_claim_key_rotation(new_holder uuid, lease_ms double precision, current_key text)
RETURNS SETOF public.key_rotations
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE public.key_rotations r SET
    holder = new_holder, lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  WHERE r.status = 'running' AND r.key_encryption_key_id = current_key AND (r.retry_at IS NULL OR r.retry_at <= clock_timestamp())
    AND (r.holder IS NULL OR r.holder = new_holder OR r.lease_until <= clock_timestamp())
  RETURNING r.*
$$;

-- Data keys in the order of their ids, after the one given; all of them, or those that another key-encryption key wraps.
CREATE FUNCTION isthmus_list_data_keys(but_of_key text, after_id uuid, page_size integer)
RETURNS TABLE (tenant_id uuid, id uuid, wrapped jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT k.tenant_id, k.id, k.wrapped FROM public.data_keys k
  WHERE (after_id IS NULL OR k.id > after_id) AND (but_of_key IS NULL OR k.key_encryption_key_id <> but_of_key)
  ORDER BY k.id LIMIT page_size
$$;

-- Tenants whose active data key this rotation has not made, in the order of their ids, after the one given.
CREATE FUNCTION isthmus_list_tenants_with_older_keys(of_rotation uuid, after_id uuid, page_size integer)
RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT k.tenant_id FROM public.data_keys k
  WHERE k.status = 'active' AND k.rotation_id IS DISTINCT FROM of_rotation
    AND (after_id IS NULL OR k.tenant_id > after_id)
  ORDER BY k.tenant_id LIMIT page_size
$$;

-- Values that a retired data key seals, of one phase, in the order of their records' ids, after the one given. A query for
-- each table, which walks along its primary key: over all tables at once it would sort every value for each batch.
CREATE FUNCTION isthmus_list_stale_values(of_phase public.key_rotation_phase, after_id uuid, page_size integer)
RETURNS TABLE (tenant_id uuid, id uuid, sealed jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  first_id CONSTANT uuid := coalesce(after_id, '00000000-0000-0000-0000-000000000000');
BEGIN
  CASE of_phase
    WHEN 'credentials' THEN
      RETURN QUERY SELECT c.tenant_id, c.id, c.credentials FROM public.connectors c
        JOIN public.data_keys k ON k.tenant_id = c.tenant_id AND k.id = c.credentials_key_id AND k.status = 'retired'
        WHERE c.id > first_id ORDER BY c.id LIMIT page_size;
    WHEN 'tokens' THEN
      RETURN QUERY SELECT t.tenant_id, t.connector_id, t.tokens FROM public.connector_tokens t
        JOIN public.data_keys k ON k.tenant_id = t.tenant_id AND k.id = t.tokens_key_id AND k.status = 'retired'
        WHERE t.connector_id > first_id ORDER BY t.connector_id LIMIT page_size;
    WHEN 'authorizations' THEN
      RETURN QUERY SELECT s.tenant_id, s.id, s.payload FROM public.oauth_sessions s
        JOIN public.data_keys k ON k.tenant_id = s.tenant_id AND k.id = s.payload_key_id AND k.status = 'retired'
        WHERE s.id > first_id ORDER BY s.id LIMIT page_size;
  END CASE;
END
$$;

-- How many values a retired data key seals.
CREATE FUNCTION isthmus_count_stale_values()
RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT ((
    SELECT count(*) FROM public.connectors c
      JOIN public.data_keys k ON k.tenant_id = c.tenant_id AND k.id = c.credentials_key_id AND k.status = 'retired'
  ) + (
    SELECT count(*) FROM public.connector_tokens t
      JOIN public.data_keys k ON k.tenant_id = t.tenant_id AND k.id = t.tokens_key_id AND k.status = 'retired'
  ) + (
    SELECT count(*) FROM public.oauth_sessions s
      JOIN public.data_keys k ON k.tenant_id = s.tenant_id AND k.id = s.payload_key_id AND k.status = 'retired'
  ))::integer
$$;

-- Writes values of one phase that were sealed again. Each item says what was read, and changes its row only while that
-- still stands there, so that a write in between wins. Nothing but the sealed value changes: neither versions nor times.
-- Answers how many rows changed.
CREATE FUNCTION isthmus_land_sealed_values(of_phase public.key_rotation_phase, items jsonb)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  item record;
  changes integer := 0;
BEGIN
  FOR item IN
    SELECT * FROM jsonb_to_recordset(items) AS i (tenant_id uuid, id uuid, before jsonb, after jsonb) ORDER BY i.id
  LOOP
    CASE of_phase
      WHEN 'credentials' THEN
        UPDATE public.connectors c SET credentials = item.after
          WHERE c.tenant_id = item.tenant_id AND c.id = item.id AND c.credentials = item.before;
      WHEN 'tokens' THEN
        UPDATE public.connector_tokens t SET tokens = item.after
          WHERE t.tenant_id = item.tenant_id AND t.connector_id = item.id AND t.tokens = item.before;
      WHEN 'authorizations' THEN
        UPDATE public.oauth_sessions s SET payload = item.after
          WHERE s.tenant_id = item.tenant_id AND s.id = item.id AND s.payload = item.before;
    END CASE;
    changes := changes + FOUND::integer;
  END LOOP;
  -- The time until a key is destroyed counts from the last value that left it, in one order for all who do this.
  FOR item IN
    SELECT DISTINCT i.tenant_id, (i.before ->> 'kid')::uuid AS id
    FROM jsonb_to_recordset(items) AS i (tenant_id uuid, before jsonb) ORDER BY 2
  LOOP
    UPDATE public.data_keys k SET retired_at = clock_timestamp()
      WHERE k.tenant_id = item.tenant_id AND k.id = item.id AND k.status = 'retired';
  END LOOP;
  RETURN changes;
END
$$;

-- Lands a batch of the phase that the rotation is in, and how far that got, in one. As with values, each wrapped key
-- changes only while what was read still stands there.
--
-- Answers the rotation as it is now; no row, and nothing lands, when another worker has taken it over, or when it was
-- stopped and another one was begun since.
CREATE FUNCTION isthmus_land_key_rotation_batch(
  of_rotation uuid, of_holder uuid, lease_ms double precision,
  items jsonb, done integer, failed integer, failed_in_place integer, last_failure jsonb,
  next_phase public.key_rotation_phase, next_cursor uuid
)
RETURNS SETOF public.key_rotations
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  rotation public.key_rotations;
  item record;
  changes integer := 0;
  goes_round boolean := false;
BEGIN
  SELECT r.* INTO rotation FROM public.key_rotations r
    WHERE r.id = of_rotation AND r.holder = of_holder AND r.status <> 'completed' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  -- In a statement of its own, which sees one that was begun while this one waited for the row.
  IF EXISTS (SELECT FROM public.key_rotations n WHERE n.started_at > rotation.started_at) THEN
    RETURN;
  END IF;
  IF rotation.phase IN ('wrapping', 'replacing') THEN
    FOR item IN
      SELECT * FROM jsonb_to_recordset(items) AS i (tenant_id uuid, id uuid, before jsonb, after jsonb) ORDER BY i.id
    LOOP
      IF rotation.phase = 'wrapping' THEN
        UPDATE public.data_keys k SET
          wrapped = item.after, key_encryption_key_id = item.after ->> 'keyEncryptionKeyId'
        WHERE k.tenant_id = item.tenant_id AND k.id = item.id AND k.wrapped = item.before;
      ELSE
        UPDATE public.data_keys k SET status = 'retired', retired_at = clock_timestamp()
          WHERE k.tenant_id = item.tenant_id AND k.status = 'active' AND k.rotation_id IS DISTINCT FROM of_rotation;
        IF FOUND THEN
          INSERT INTO public.data_keys (id, tenant_id, wrapped, key_encryption_key_id, rotation_id)
            VALUES (item.id, item.tenant_id, item.after, item.after ->> 'keyEncryptionKeyId', of_rotation);
        END IF;
      END IF;
      changes := changes + FOUND::integer;
    END LOOP;
  ELSE
    changes := public.isthmus_land_sealed_values(rotation.phase, items);
  END IF;
  changes := changes + rotation.round_changes;
  -- What was written meanwhile may have landed behind the cursor: a data key by a process that has another key first, a
  -- value by one that had taken its key before. So it goes round, until nothing is left or a further round changed
  -- nothing, because all that it met has failed. Counts alone would take what came for what failed and went.
  IF next_phase = 'ending' AND (rotation.round = 0 OR changes > 0) AND (
    EXISTS (SELECT FROM public.data_keys k WHERE k.key_encryption_key_id <> rotation.key_encryption_key_id)
    OR (rotation.data_keys AND public.isthmus_count_stale_values() > 0)
  ) THEN
    goes_round := true;
    next_phase := 'wrapping';
    changes := 0;
  END IF;
  -- What failed is met again in the next round, but for the data keys that the new key wraps already.
  RETURN QUERY
    UPDATE public.key_rotations r SET
      keys_done = r.keys_done + CASE WHEN r.phase IN ('wrapping', 'replacing') THEN done ELSE 0 END,
      keys_failed = CASE
        WHEN goes_round THEN r.keys_failed_in_place + failed_in_place
        WHEN r.phase IN ('wrapping', 'replacing') THEN r.keys_failed + failed
        ELSE r.keys_failed
      END,
      keys_failed_in_place = r.keys_failed_in_place + failed_in_place,
      values_done = r.values_done + CASE WHEN r.phase IN ('wrapping', 'replacing') THEN 0 ELSE done END,
      values_failed = CASE
        WHEN goes_round THEN 0
        WHEN r.phase IN ('wrapping', 'replacing') THEN r.values_failed
        ELSE r.values_failed + failed
      END,
      failure = COALESCE(last_failure, r.failure),
      waiting = NULL, pauses = 0, retry_at = NULL,
      phase = next_phase, cursor = next_cursor, round = r.round + goes_round::integer, round_changes = changes,
      lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000), updated_at = clock_timestamp()
    WHERE r.id = of_rotation
    RETURNING r.*;
END
$$;

-- Lets go of a rotation. With a reason nobody goes on before the pause is over.
CREATE FUNCTION isthmus_leave_key_rotation(of_rotation uuid, of_holder uuid, reason jsonb, pause_ms double precision)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE public.key_rotations r SET
    holder = NULL, lease_until = NULL, updated_at = clock_timestamp(),
    waiting = reason, pauses = CASE WHEN reason IS NULL THEN r.pauses ELSE r.pauses + 1 END,
    retry_at = CASE WHEN reason IS NULL THEN NULL ELSE clock_timestamp() + make_interval(secs => pause_ms / 1000) END
  WHERE r.id = of_rotation AND r.holder = of_holder
$$;

-- Completes a rotation whose every phase is done. What was to do is what was done: rows come and go meanwhile.
CREATE FUNCTION isthmus_complete_key_rotation(of_rotation uuid, of_holder uuid, event_id uuid)
RETURNS SETOF public.key_rotations
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  completed public.key_rotations;
BEGIN
  UPDATE public.key_rotations r SET
    status = 'completed', finished_at = clock_timestamp(), updated_at = clock_timestamp(),
    holder = NULL, lease_until = NULL,
    keys_total = r.keys_done + r.keys_failed, values_total = r.values_done + r.values_failed
  WHERE r.id = of_rotation AND r.holder = of_holder AND r.status = 'running' AND r.phase = 'ending'
  RETURNING r.* INTO completed;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  -- A write that has taken one of these before may still be under way, however long the rotation was stopped meanwhile.
  UPDATE public.data_keys k SET retired_at = clock_timestamp()
    WHERE k.status = 'retired' AND k.retired_at >= completed.started_at;
  INSERT INTO public.platform_events (id, action, target_type, target_id, outcome, details)
    VALUES (event_id, 'key_rotation.completed', 'key_rotation', of_rotation::text,
      CASE WHEN completed.keys_failed + completed.values_failed = 0 THEN 'success' ELSE 'failure' END::public.audit_outcome,
      jsonb_build_object('dataKeys', completed.data_keys,
        'keysDone', completed.keys_done, 'keysFailed', completed.keys_failed,
        'valuesDone', completed.values_done, 'valuesFailed', completed.values_failed));
  RETURN NEXT completed;
END
$$;

-- Destroys data keys that were retired, or left by a value, so long ago and seal nothing any more: so many of them at most.
-- Where a value is being written under one in this very moment, the foreign key keeps that one.
CREATE FUNCTION isthmus_destroy_retired_data_keys(retired_for_ms double precision, at_most integer, event_id uuid)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unused uuid;
  destroyed integer := 0;
BEGIN
  FOR unused IN
    SELECT k.id FROM public.data_keys k
    WHERE k.status = 'retired' AND k.retired_at <= clock_timestamp() - make_interval(secs => retired_for_ms / 1000)
      AND NOT EXISTS (SELECT FROM public.connectors c WHERE c.tenant_id = k.tenant_id AND c.credentials_key_id = k.id)
      AND NOT EXISTS (SELECT FROM public.connector_tokens t WHERE t.tenant_id = k.tenant_id AND t.tokens_key_id = k.id)
      AND NOT EXISTS (SELECT FROM public.oauth_sessions s WHERE s.tenant_id = k.tenant_id AND s.payload_key_id = k.id)
    ORDER BY k.id LIMIT at_most
  LOOP
    BEGIN
      DELETE FROM public.data_keys k WHERE k.id = unused;
      destroyed := destroyed + 1;
    EXCEPTION WHEN foreign_key_violation THEN
      NULL; -- it seals something again
    END;
  END LOOP;
  IF destroyed > 0 THEN
    INSERT INTO public.platform_events (id, action, target_type, outcome, details)
      VALUES (event_id, 'data_keys.destroyed', 'data_key', 'success', jsonb_build_object('dataKeys', destroyed));
  END IF;
  RETURN destroyed;
END
$$;

-- Functions are open to everybody by default.
DO $$
DECLARE
  signature text;
BEGIN
  FOR signature IN SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'isthmus\_%' LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO isthmus_system', signature);
  END LOOP;
END
$$;
