-- What boxes read each minute is held for a term (`keep_readings_days`); what rooms have made
-- of it is theirs to keep. All else that boxes have said is held for ever.
--
-- Invariants
--   1. Nothing is let go that a room has not read yet.
--   2. The end of a chain in hall_record_chain stays: what comes a second time in its
--      chain is still known.
--   3. The newest record of all is never let go, since numbers count on from it.

-- What was let go of a chain.
CREATE TABLE hall_record_let_go (
    -- Which chain.
    agent_id BYTEA NOT NULL REFERENCES hall_agent (id),
    stream BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    -- The first and the last number that were let go, and how many there were: what else
    -- stands between these numbers is here.
    from_seq BIGINT NOT NULL,
    to_seq BIGINT NOT NULL,
    records BIGINT NOT NULL,
    -- When the first of them happened, as the box knew it.
    from_us BIGINT NOT NULL,
    -- When the last was let go.
    at_us BIGINT NOT NULL,
    PRIMARY KEY (agent_id, stream, epoch)
);

-- Up to where readings of all chains have been let go.
CREATE TABLE hall_record_kept (
    -- What: readings.
    name TEXT NOT NULL PRIMARY KEY,
    -- Up to which number of hall_record.
    number BIGINT NOT NULL,
    -- Whatever was held here from then on is here.
    since_us BIGINT NOT NULL
);
