-- What witnesses outside the office hold of the chain (hall_audit): signed checkpoints of
-- a Merkle tree over its rows, RFC 6962, in tiles of C2SP tlog-tiles.
--
-- The content of leaf seq - 1 is SHA-256 over the bytes betang-leaf-1, then the row's salt
-- (32 bytes), then the row's hash. Tiles, checkpoints and proofs leave the house; a salt
-- leaves it only with the proof of its own row.

-- The salt of each row that has a leaf. A row whose salt was destroyed has a leaf that says
-- nothing of it any more, and the tree stands.
CREATE TABLE hall_audit_salt (
    -- The row's number in the chain.
    seq BIGINT NOT NULL PRIMARY KEY,
    -- 32 random bytes.
    salt BYTEA NOT NULL
);

-- Hashes of 32 bytes side by side, 256 in a whole tile: at level 0 those of leaves, above
-- those of whole tiles below. Only ever added to, at the right.
CREATE TABLE hall_audit_tile (
    -- Over the leaves, and from the left.
    level BIGINT NOT NULL,
    number BIGINT NOT NULL,
    -- As many as there are by now.
    hashes BYTEA NOT NULL,
    PRIMARY KEY (level, number)
);

-- Each checkpoint that was signed, and where it went.
CREATE TABLE hall_checkpoint (
    -- How many rows of the chain it covers.
    size BIGINT NOT NULL PRIMARY KEY,
    -- The day it is the checkpoint of, YYYY-MM-DD in the zone of the house. NULL: made in
    -- between, because somebody asked.
    day TEXT,
    -- When it was signed, over which root.
    made_us BIGINT NOT NULL,
    root BYTEA NOT NULL,
    -- The signed note.
    note TEXT NOT NULL,
    -- When it was put into the data folder, into the folder for witnesses, handed to the
    -- program that sends it, and printed for the first time. NULL: not, or not yet.
    filed_us BIGINT,
    foldered_us BIGINT,
    sent_us BIGINT,
    printed_us BIGINT
);
CREATE UNIQUE INDEX hall_checkpoint_day ON hall_checkpoint (day);
