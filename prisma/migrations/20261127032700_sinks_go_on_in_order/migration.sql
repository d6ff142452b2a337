-- As before, and what waited for an event that is done, or given up, goes next: it was looked at a second later.
CREATE OR REPLACE FUNCTION isthmus_land_sink_deliveries(of_sink text, items jsonb, most_refusals integer)
RETURNS TABLE (event_id uuid, taken boolean, dead boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  -- Columns keep milliseconds, and may round it up.
  moment CONSTANT timestamptz := date_trunc('milliseconds', clock_timestamp());
  landed record;
BEGIN
  PERFORM set_config('enable_seqscan', 'off', true);
  FOR landed IN
    WITH failed AS (
      UPDATE public.sink_deliveries d SET
        attempt_id = NULL, due_at = clock_timestamp() + make_interval(secs => i.retry_ms / 1000),
        refusals = d.refusals + i.others_taken::integer,
        dead_at = CASE WHEN i.refused OR d.refusals + i.others_taken::integer >= most_refusals THEN clock_timestamp() END,
        failure_code = i.failure_code
      FROM jsonb_to_recordset(items) AS i (
        event_id uuid, attempt_id uuid, taken boolean, refused boolean, others_taken boolean, failure_code text,
        retry_ms double precision
      )
      WHERE d.sink = of_sink AND d.event_id = i.event_id AND d.attempt_id = i.attempt_id AND NOT i.taken
      RETURNING d.event_id, d.tenant_id, d.order_key, d.seq, false AS taken, d.dead_at IS NOT NULL AS dead
    ), gone AS (
      DELETE FROM public.sink_deliveries d
      USING jsonb_to_recordset(items) AS i (event_id uuid, attempt_id uuid, taken boolean)
      WHERE d.sink = of_sink AND d.event_id = i.event_id AND d.attempt_id = i.attempt_id AND i.taken
      RETURNING d.event_id, d.tenant_id, d.order_key, d.seq, true AS taken, false AS dead
    )
    SELECT * FROM failed UNION ALL SELECT * FROM gone
  LOOP
    IF landed.taken OR landed.dead THEN
      -- One that was tried and failed keeps its pause.
      UPDATE public.sink_deliveries n SET due_at = moment
        WHERE n.sink = of_sink AND n.event_id = (
          SELECT w.event_id FROM public.sink_deliveries w
          WHERE w.sink = of_sink AND w.tenant_id = landed.tenant_id AND w.order_key = landed.order_key
            AND w.dead_at IS NULL AND w.seq > landed.seq
          ORDER BY w.seq LIMIT 1
        ) AND n.attempts = 0 AND n.due_at > moment;
    END IF;
    RETURN QUERY SELECT landed.event_id, landed.taken, landed.dead;
  END LOOP;
END
$$;

REVOKE ALL ON FUNCTION isthmus_land_sink_deliveries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_land_sink_deliveries TO isthmus_system;
