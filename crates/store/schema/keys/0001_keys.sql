-- The keys of one backup, in a file of their own. It is kept apart from the backups and
-- replaced at each: a key that is not here any more opens nothing in any of them.

-- What the keys are of. One row.
CREATE TABLE store_keys (
    -- Always 1.
    id BIGINT NOT NULL PRIMARY KEY,
    -- Of which house: when its first step was applied.
    house_us BIGINT NOT NULL,
    -- When they were taken, and the newest fact of the house then.
    taken_us BIGINT NOT NULL,
    fact BIGINT NOT NULL
);

-- A key, wrapped by the vault of the house.
CREATE TABLE store_key (
    -- Table and column that it stands in, with a point between.
    place TEXT NOT NULL,
    -- The primary key of its row: per column the octets as they count in a digest.
    of_row BYTEA NOT NULL,
    -- The key, as it stood there.
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (place, of_row)
);
