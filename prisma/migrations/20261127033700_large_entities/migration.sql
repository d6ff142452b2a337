-- Beyond what Prisma can say, written by hand.

-- What full runs have seen that have ended, `at_most` rows. Of each run that has any, the first row is found by its key: there are
-- few such runs, and many rows.
CREATE FUNCTION isthmus_prune_sightings(at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed integer;
BEGIN
  WITH RECURSIVE seen AS (
    (SELECT g.run_id FROM public.sync_sightings g ORDER BY g.run_id LIMIT 1)
    UNION ALL
    SELECT (SELECT g.run_id FROM public.sync_sightings g WHERE g.run_id > s.run_id ORDER BY g.run_id LIMIT 1)
    FROM seen s WHERE s.run_id IS NOT NULL
  )
  DELETE FROM public.sync_sightings g WHERE g.ctid = ANY (ARRAY(
    SELECT o.place FROM seen s
    JOIN public.sync_runs r ON r.id = s.run_id AND r.ended_at IS NOT NULL
    CROSS JOIN LATERAL (
      SELECT x.ctid AS place FROM public.sync_sightings x WHERE x.run_id = s.run_id LIMIT at_most
    ) o
    LIMIT at_most
  ));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;

-- Rows of a tenant whose connectors are all switched off, or of a connector that is deleted for good, `at_most` of each kind: so
-- many that their deletion with the tenant or the connector would take longer than a statement may.
CREATE FUNCTION isthmus_empty_connectors(of_tenant uuid, of_connector uuid, at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed integer;
  events integer := 0;
BEGIN
  IF EXISTS (
    SELECT FROM public.connectors c
    WHERE c.tenant_id = of_tenant AND (of_connector IS NULL OR c.id = of_connector) AND c.deleted_at IS NULL AND c.is_active
  ) THEN
    RETURN 0;
  END IF;
  DELETE FROM public.records r WHERE r.ctid = ANY (ARRAY(
    SELECT o.place FROM public.connectors c
    CROSS JOIN LATERAL (
      SELECT x.ctid AS place FROM public.records x WHERE x.connector_id = c.id LIMIT at_most
    ) o
    WHERE c.tenant_id = of_tenant AND (of_connector IS NULL OR c.id = of_connector)
    LIMIT at_most
  ));
  GET DIAGNOSTICS removed = ROW_COUNT;
  IF of_connector IS NULL THEN
    DELETE FROM public.outbox_events v WHERE v.ctid = ANY (ARRAY(
      SELECT o.ctid FROM public.outbox_events o WHERE o.tenant_id = of_tenant LIMIT at_most
    ));
    GET DIAGNOSTICS events = ROW_COUNT;
  END IF;
  RETURN removed + events;
END
$$;

REVOKE ALL ON FUNCTION isthmus_prune_sightings(integer), isthmus_empty_connectors(uuid, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_prune_sightings(integer), isthmus_empty_connectors(uuid, uuid, integer) TO isthmus_system;
