-- What the dish beside a box has said of itself last.
--
-- Invariant: it can be made anew from the hall's records; only the newest word stands
-- here, by the time of its event.
CREATE TABLE reach_dish (
    -- Of which site (Id<Site>).
    site_id BYTEA NOT NULL PRIMARY KEY,
    -- How it is: well unsaid no_account account_disabled data_used_up moved forbidden obstructed
    -- hot stowed booting searching unreachable.
    word TEXT NOT NULL,
    -- Since when it has been so without a break, and when it was said last.
    since_us BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    -- The last word as it came: protobuf, reach_core::dish::Said.
    said BYTEA NOT NULL
);
