-- AlterTable
ALTER TABLE "vendor_budgets" ADD COLUMN     "paused_at" TIMESTAMPTZ(6);

-- CreateIndex
CREATE INDEX "vendor_budgets_paused_at_idx" ON "vendor_budgets"("paused_at");

-- Beyond what Prisma can say, written by hand.

-- As before, with calls that go at once, and a note of when a pause was asked for.
DROP FUNCTION isthmus_ask_budgets(jsonb);
CREATE FUNCTION isthmus_ask_budgets(asks jsonb)
RETURNS TABLE (
  for_holder uuid, answered_at_ms double precision, first_in_ms double precision, at_once integer, calls integer, places integer,
  yields boolean, wait_ms double precision, reason text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  ask record;
  budget public.vendor_budgets;
  mine public.vendor_budget_places;
  others record;
  present timestamptz;
  step interval;
  horizon interval;
  opens_at timestamptz;
  turn timestamptz;
  since timestamptz;
  fresh_until timestamptz;
  wanted integer;
  -- What it wants, quota permitting, at once or later.
  more integer;
  short_of_moments boolean;
  held integer;
  quota_left integer;
BEGIN
  -- Nothing of this has to outlive a crash of the database by more than the moment that it takes to come back.
  PERFORM set_config('synchronous_commit', 'off', true);
  FOR ask IN
    SELECT a.* FROM jsonb_to_recordset(asks) AS a (
      account text, holder uuid, calls integer, most integer, again boolean, returned integer, interval_ms double precision,
      burst integer,
      horizon_ms double precision,
      places_max integer, in_use integer, quota_max integer, share double precision, told_used integer,
      told_max integer, pause_ms double precision, fresh_ms double precision, lease_ms double precision
    ) ORDER BY a.account
  LOOP
    SELECT * INTO budget FROM public.vendor_budgets b WHERE b.account = ask.account FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      INSERT INTO public.vendor_budgets (account) VALUES (ask.account) ON CONFLICT DO NOTHING;
      SELECT * INTO budget FROM public.vendor_budgets b WHERE b.account = ask.account FOR UPDATE SKIP LOCKED;
      CONTINUE WHEN NOT FOUND;
    END IF;
    present := clock_timestamp();
    wanted := least(ask.calls, ask.most); more := ask.calls;
    held := NULL; yields := false; wait_ms := NULL; reason := NULL; first_in_ms := NULL; at_once := 1; quota_left := NULL;

    IF ask.pause_ms IS NOT NULL THEN
      budget.blocked_until := greatest(
        budget.blocked_until, present + make_interval(secs => least(ask.pause_ms, 86400000) / 1000));
      budget.paused_at := present;
    END IF;

    -- The quota of the day: as the vendor tells it, or counted from the first call on.
    IF ask.told_max IS NOT NULL THEN
      budget.quota_used := ask.told_used; budget.quota_max := ask.told_max;
      budget.quota_from := present; budget.quota_is_told := true;
    ELSIF budget.quota_max IS NULL OR budget.quota_from <= present - interval '1 day' OR budget.quota_from > present THEN
      budget.quota_used := 0; budget.quota_max := ask.quota_max;
      budget.quota_from := present; budget.quota_is_told := false;
    ELSE
      budget.quota_used := greatest(0, budget.quota_used - ask.returned);
    END IF;
    IF budget.quota_max IS NOT NULL THEN
      quota_left := greatest(0, floor(budget.quota_max * ask.share)::integer - budget.quota_used);
      -- A vendor's own day rolls: one call every quarter of an hour finds out what it says now.
      IF quota_left = 0 AND wanted > 0 AND budget.quota_is_told AND budget.quota_from <= present - interval '15 minutes' THEN
        quota_left := 1; budget.quota_from := present;
      END IF;
      IF quota_left < wanted THEN
        wanted := quota_left; more := wanted; reason := 'quota';
        wait_ms := 1000 * extract(epoch FROM budget.quota_from - present
          + CASE WHEN budget.quota_is_told THEN interval '15 minutes' ELSE interval '1 day' END);
      END IF;
    END IF;

    -- The rate: moments one interval apart, from the next free one on.
    opens_at := greatest(budget.blocked_until, present);
    IF ask.interval_ms IS NOT NULL THEN
      step := make_interval(secs => ask.interval_ms / 1000);
      horizon := make_interval(secs => ask.horizon_ms / 1000);
      -- Further away than anything leads to: the clock of the database was set back.
      IF budget.free_at > present + step + interval '1 minute' THEN budget.free_at := present + step; END IF;
      opens_at := greatest(budget.free_at, opens_at);
      -- One interval more than the horizon: who comes back at its turn may be a little early.
      wanted := least(wanted, greatest(0,
        2 + floor(extract(epoch FROM present + horizon - opens_at) * 1000 / ask.interval_ms)::integer));
    ELSIF opens_at > present THEN
      wanted := 0;
    END IF;
    short_of_moments := wanted < more;

    -- Calls at work at once. Who has some shares with those who want some; who has none comes before others get more.
    IF ask.places_max IS NOT NULL THEN
      IF wanted = 0 AND ask.in_use = 0 THEN
        DELETE FROM public.vendor_budget_places p WHERE p.account = ask.account AND p.holder_id = ask.holder;
        held := 0;
      ELSE
        SELECT * INTO mine FROM public.vendor_budget_places p WHERE p.account = ask.account AND p.holder_id = ask.holder;
        since := CASE WHEN ask.in_use = 0 AND mine.held = 0 AND mine.fresh_until > present THEN mine.waiting_since
          ELSE present END;
        SELECT
          coalesce(sum(CASE WHEN p.fresh_until > present THEN greatest(p.held, p.in_use) ELSE p.in_use END), 0) AS taken,
          coalesce(sum(p.wanted) FILTER (WHERE p.fresh_until > present), 0) AS wanted,
          count(*) FILTER (WHERE p.fresh_until > present) AS active,
          count(*) FILTER (WHERE p.fresh_until > present AND p.held = 0
            AND (ask.in_use > 0 OR p.waiting_since < since)) AS before
        INTO others FROM public.vendor_budget_places p
        WHERE p.account = ask.account AND p.holder_id <> ask.holder AND p.lease_until > present;
        fresh_until := present + make_interval(secs => ask.fresh_ms / 1000);
        IF ask.interval_ms IS NOT NULL AND wanted > 0 THEN
          fresh_until := fresh_until + (opens_at - present) + (wanted - 1) * step;
        END IF;
        held := greatest(ask.in_use, least(
          ask.in_use + wanted, ask.places_max - others.taken - others.before,
          CASE WHEN others.wanted + ask.in_use + wanted > ask.places_max
            THEN ceil(ask.places_max / (others.active + 1.0))::integer ELSE ask.places_max END));
        yields := others.before > 0;
        INSERT INTO public.vendor_budget_places AS p
          (account, holder_id, held, in_use, wanted, waiting_since, fresh_until, lease_until)
        VALUES (ask.account, ask.holder, held, ask.in_use, ask.in_use + wanted, since,
          fresh_until, fresh_until + make_interval(secs => ask.lease_ms / 1000))
        ON CONFLICT (account, holder_id) DO UPDATE SET held = EXCLUDED.held, in_use = EXCLUDED.in_use,
          wanted = EXCLUDED.wanted, waiting_since = EXCLUDED.waiting_since, fresh_until = EXCLUDED.fresh_until,
          lease_until = EXCLUDED.lease_until;
        IF wanted > 0 AND held = ask.in_use THEN
          reason := 'places'; wait_ms := greatest(100, least(1000, ask.interval_ms));
        END IF;
        wanted := least(wanted, held - ask.in_use);
      END IF;
    END IF;

    IF wanted > 0 THEN
      -- At once, where as many intervals before had no call as a burst may have calls. As many intervals after it have none.
      IF ask.interval_ms IS NOT NULL AND (budget.free_at IS NULL OR budget.free_at <= opens_at - (ask.burst - 1) * step) THEN
        at_once := least(ask.burst, wanted);
      END IF;
      first_in_ms := 1000 * extract(epoch FROM opens_at - present);
      IF ask.interval_ms IS NOT NULL THEN budget.free_at := opens_at + wanted * step; END IF;
    END IF;
    IF reason IS NULL AND (short_of_moments OR ask.again AND wanted > 0 AND ask.interval_ms IS NOT NULL AND budget.turns_until > present) THEN
      reason := CASE WHEN budget.blocked_until > present THEN 'paused' ELSE 'rate' END;
      wait_ms := 1000 * extract(epoch FROM opens_at - present);
      IF ask.interval_ms IS NOT NULL THEN
        -- Those for whom there is nothing come back one after the other, and not all for the same call. Where some did not come,
        -- so that moments are left before the horizon, the next ones come sooner by so much.
        opens_at := greatest(budget.free_at, opens_at);
        turn := greatest(
          present, opens_at - horizon, budget.turns_until - greatest(interval '0', present + horizon - opens_at));
        budget.turns_until := least(
          greatest(turn, budget.turns_until) + step, greatest(present, opens_at) + interval '10 seconds' + 32 * step);
        turn := least(turn, budget.turns_until);
        wait_ms := 1000 * extract(epoch FROM turn - present);
      END IF;
    END IF;
    budget.quota_used := budget.quota_used + wanted;

    UPDATE public.vendor_budgets b SET free_at = budget.free_at, turns_until = budget.turns_until,
      blocked_until = budget.blocked_until, paused_at = budget.paused_at, quota_used = budget.quota_used, quota_max = budget.quota_max,
      quota_from = budget.quota_from, quota_is_told = budget.quota_is_told, used_at = present
    WHERE b.account = ask.account;

    for_holder := ask.holder; answered_at_ms := 1000 * extract(epoch FROM present); places := held;
    calls := CASE WHEN ask.interval_ms IS NULL AND budget.quota_max IS NULL AND reason IS NULL THEN NULL ELSE wanted END;
    RETURN NEXT;
  END LOOP;
END
$$;

-- Accounts whose vendor asked to be left alone within so many milliseconds, and does still.
CREATE FUNCTION isthmus_list_paused_budgets(within_ms double precision)
RETURNS TABLE (account text, until_ms double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  present CONSTANT timestamptz := clock_timestamp();
  since CONSTANT timestamptz := present - make_interval(secs => within_ms / 1000);
BEGIN
  RETURN QUERY SELECT b.account, (1000 * extract(epoch FROM b.blocked_until))::double precision FROM public.vendor_budgets b
    WHERE b.paused_at >= since AND b.blocked_until > present;
END
$$;

REVOKE ALL ON FUNCTION isthmus_ask_budgets, isthmus_list_paused_budgets FROM PUBLIC;
GRANT EXECUTE ON FUNCTION isthmus_ask_budgets, isthmus_list_paused_budgets TO isthmus_system;
