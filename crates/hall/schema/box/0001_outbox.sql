-- What a box keeps until the house holds it. This is the box's own database.
--
-- A row is a record of its outbox; a gap stands where rows had to be let go. Epochs
-- are 64 random bits, kept as signed numbers. Streams: 1 money, 2 event, 3 sample.

-- Whose outbox it is. One row.
CREATE TABLE hall_box (
    -- Always 1.
    id BIGINT NOT NULL PRIMARY KEY,
    -- What the house calls this box, and the epoch that new records are made in.
    agent_id BYTEA NOT NULL,
    epoch BIGINT NOT NULL
);

-- One stream in one epoch.
CREATE TABLE hall_box_chain (
    -- Which; older epochs were put in first.
    stream BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    born BIGINT NOT NULL,
    -- The newest number, and its digest.
    head_seq BIGINT NOT NULL,
    head_digest BYTEA NOT NULL,
    -- Up to where the house holds everything.
    acked BIGINT NOT NULL,
    PRIMARY KEY (stream, epoch)
);

-- A record.
CREATE TABLE hall_box_row (
    -- Its identity.
    stream BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    -- The digest of the one before it.
    prev BYTEA NOT NULL,
    -- The name it was made under, if it was another: epoch, number, digest.
    made_epoch BIGINT,
    made_seq BIGINT,
    made_digest BYTEA,
    -- When it happened, as the box knew it; its octets and their CRC-32C.
    at_us BIGINT NOT NULL,
    record BYTEA NOT NULL,
    crc BIGINT NOT NULL,
    PRIMARY KEY (stream, epoch, seq)
);

-- Numbers whose rows were let go.
CREATE TABLE hall_box_gap (
    -- Of which chain, from which number to which.
    stream BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    from_seq BIGINT NOT NULL,
    to_seq BIGINT NOT NULL,
    -- When the first and the last happened; why they were let go.
    from_us BIGINT NOT NULL,
    to_us BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (stream, epoch, from_seq)
);

-- Commands that were taken. Remembered so that nothing is done twice.
CREATE TABLE hall_box_command (
    -- A ULID.
    id BYTEA NOT NULL PRIMARY KEY,
    -- 1 once its outcome is a record; 0 while it is begun and not known to be done.
    over BIGINT NOT NULL,
    expires_us BIGINT NOT NULL
);
