-- As before, by the keys of rows whatever a table held when its plans were made.
CREATE OR REPLACE FUNCTION isthmus_land_webhook_deliveries(items jsonb, lives_ms double precision)
RETURNS TABLE (delivery_id uuid, status text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := clock_timestamp();
  item record;
  done record;
  stays_until timestamptz;
BEGIN
  -- A plan that was made while the table was small is kept when it is large.
  PERFORM set_config('enable_seqscan', 'off', true);
  FOR item IN
    SELECT * FROM jsonb_to_recordset(items) AS i (
      id uuid, endpoint_id uuid, attempt_id uuid, delivered boolean, answer_status integer, answer text, failure_code text,
      retry_ms double precision, pause_ms double precision
    ) ORDER BY i.endpoint_id, i.id
  LOOP
    -- In one order for all who lock an endpoint and what is of it: itself first.
    PERFORM FROM public.webhook_endpoints e
      WHERE e.id = item.endpoint_id AND (NOT item.delivered OR e.failures > 0) FOR NO KEY UPDATE;
    SELECT d.id, d.endpoint_id, d.order_key, d.seq,
      greatest(d.created_at + make_interval(secs => lives_ms / 1000), d.first_attempt_at + interval '1 hour') AS lives_until
    INTO done
    FROM public.webhook_deliveries d WHERE d.id = item.id AND d.attempt_id = item.attempt_id FOR UPDATE;
    CONTINUE WHEN NOT FOUND;
    IF item.delivered THEN
      UPDATE public.webhook_endpoints e SET failures = 0, failing_since = NULL, not_before = NULL
        WHERE e.id = done.endpoint_id AND e.failures > 0;
    ELSE
      UPDATE public.webhook_endpoints e SET
        failures = e.failures + 1, failing_since = coalesce(e.failing_since, moment),
        not_before = greatest(e.not_before, moment + make_interval(secs => coalesce(item.pause_ms / 1000,
          CASE WHEN e.failures >= 9 THEN least(300, power(2, least(e.failures - 9, 10))) END)))
        WHERE e.id = done.endpoint_id;
    END IF;
    UPDATE public.webhook_deliveries d SET
      attempt_id = NULL, answer_status = item.answer_status, answer = item.answer, failure_code = item.failure_code,
      status = (CASE WHEN item.delivered THEN 'delivered' WHEN moment >= done.lives_until THEN 'dead' ELSE 'pending' END
        )::public.webhook_delivery_status,
      ended_at = CASE WHEN item.delivered OR moment >= done.lives_until THEN moment END,
      due_at = CASE WHEN item.delivered THEN moment
        ELSE least(moment + make_interval(secs => item.retry_ms / 1000), greatest(done.lives_until, moment)) END
      WHERE d.id = done.id;
    CONTINUE WHEN NOT item.delivered AND moment < done.lives_until;
    -- What waited for it goes next.
    UPDATE public.webhook_deliveries n SET due_at = moment
      WHERE n.id = (
        SELECT w.id FROM public.webhook_deliveries w
        WHERE w.endpoint_id = done.endpoint_id AND w.order_key = done.order_key AND w.status = 'pending' AND w.seq > done.seq
        ORDER BY w.seq LIMIT 1
      ) AND n.attempt_id IS NULL AND n.due_at > moment;
    RETURN QUERY SELECT done.id, CASE WHEN item.delivered THEN 'delivered' ELSE 'dead' END;
  END LOOP;
END
$$;

REVOKE ALL ON FUNCTION isthmus_land_webhook_deliveries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_land_webhook_deliveries TO isthmus_system;
