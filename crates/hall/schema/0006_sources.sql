-- Where data comes from, and files on their way in.
--
-- A source is a file that was imported or a feed that is read: whose it is, by
-- which right the house has it and for what, what its words mean, and how long it
-- may be kept. An intake is one import of one file, from the upload to its end.
--
-- A file lies sealed in the blobs from the moment it arrives, bound to the id of
-- the source that it becomes (table hall_source, row the printed id, column raw).
-- Nothing else of it is kept: a preview is read from the sealed file each time.
--
-- Days are ISO dates (YYYY-MM-DD) of the house's own zone. NULL means unknown.

-- A file or a feed, as it was registered; never changed.
CREATE TABLE hall_source (
    -- Which one, Id<Source>.
    id BYTEA NOT NULL PRIMARY KEY,
    -- file or feed.
    kind TEXT NOT NULL,
    -- What it is about, for example cameras.
    subject TEXT NOT NULL,
    -- What people call it.
    title TEXT NOT NULL,
    -- Whose data it is, and who answers for it by law (pengendali data).
    owner TEXT,
    controller TEXT,
    -- The regulation or decree, the agreement and the day it ends.
    legal_basis TEXT,
    agreement TEXT,
    agreement_until TEXT,
    -- What it may be used for, one purpose a line.
    purposes TEXT NOT NULL,
    -- The day whose state it tells.
    as_of TEXT,
    -- What its words and numbers mean.
    definition TEXT,
    -- terbuka, internal, terbatas or pribadi.
    classification TEXT NOT NULL,
    -- How long the raw copy may be kept.
    retention_days BIGINT,
    -- Of a file: its name, octets and SHA-256 in hexadecimal as it arrived.
    file_name TEXT,
    size_bytes BIGINT,
    sha256 TEXT,
    -- Rows of the file that count: those written and those left out.
    row_count BIGINT,
    -- The blob of the sealed file, by the SHA-256 of the sealed octets.
    raw_blob TEXT,
    -- Where it lies, as rights see it: around all that was written from it.
    area_code TEXT REFERENCES hall_area (code),
    agency_id BYTEA REFERENCES hall_agency (id),
    -- Who brought it in, and when.
    registered_by BYTEA NOT NULL,
    registered_us BIGINT NOT NULL
);
CREATE INDEX hall_source_sha256 ON hall_source (sha256);

-- One import of one file.
CREATE TABLE hall_intake (
    -- Which one, Id<Intake>, and the source that it becomes.
    id BYTEA NOT NULL PRIMARY KEY,
    source_id BYTEA NOT NULL,
    -- What is imported, for example cameras.
    subject TEXT NOT NULL,
    -- Whose preview: nobody else sees it.
    person_id BYTEA NOT NULL,
    -- The file: its name, octets and SHA-256 as it arrived, and its sealed blob.
    file_name TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    raw_blob TEXT NOT NULL,
    -- JSON: mode, sheet, and which column is which field, where a person has
    -- said so. Never a value of the file.
    choice TEXT NOT NULL,
    -- open or committed. One that is dropped has no row.
    state TEXT NOT NULL,
    -- JSON of what was written, for whoever asks again. NULL while open.
    result TEXT,
    opened_us BIGINT NOT NULL,
    -- NULL while open.
    committed_us BIGINT
);
CREATE INDEX hall_intake_person ON hall_intake (person_id, state, opened_us);
CREATE INDEX hall_intake_opened ON hall_intake (state, opened_us);
