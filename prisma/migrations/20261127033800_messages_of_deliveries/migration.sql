-- DropIndex
DROP INDEX "outbox_events_inbound_received_idx";

-- Beyond what Prisma can say, written by hand.

-- As before, but without what was told of the deliveries: that goes as all events do, and not before it has arrived.
CREATE OR REPLACE FUNCTION isthmus_prune_inbound(kept_for_ms double precision, at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed integer;
BEGIN
  DELETE FROM public.inbound_deliveries d WHERE d.id IN (
    SELECT o.id FROM public.inbound_deliveries o
    WHERE o.received_at < clock_timestamp() - make_interval(secs => kept_for_ms / 1000)
    ORDER BY o.received_at LIMIT at_most FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;
