-- What the demonstration has put in. A house that is not one has no row here.

-- A made-up thing that was put in once: what people made of it since is left as it is.
CREATE TABLE reach_simulated (
    -- What the simulation calls it: list/…, point/…, box/…, target/….
    key TEXT NOT NULL PRIMARY KEY,
    -- What it became: the id of a source, point, site or target.
    id BYTEA NOT NULL,
    -- Of a box: up to which slot (minute of UTC since 1970) it has spoken, without it.
    -- NULL: it is none.
    told_slot BIGINT,
    -- When it was put in.
    put_us BIGINT NOT NULL
);
