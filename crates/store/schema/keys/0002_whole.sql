-- By what it is known whether all keys are there. Files of before have no such table.

-- One row, written last.
CREATE TABLE store_keys_whole (
    -- Always 1.
    id BIGINT NOT NULL PRIMARY KEY,
    -- How many keys there are,
    keys BIGINT NOT NULL,
    -- and their digest: the sum of the digests of their rows.
    digest TEXT NOT NULL
);
