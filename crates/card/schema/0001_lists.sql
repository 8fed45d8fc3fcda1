-- Lists of people, and who is who on them.
--
-- Nothing here tells who anybody is. What a row of a list says of a person is sealed
-- under a key of its own (card_key); whoever destroys that key has destroyed the row, in
-- every copy that holds no key. Found is a row by card_index: what equal numbers have in
-- common, made with a key of the vault. In the clear stand only the village, since rights
-- and counts go by it, and what was found about a row.
--
-- Times are microseconds since 1970 UTC, days ISO dates. NULL means unknown.

-- A file on its way in, from the upload to its end.
CREATE TABLE card_import (
    -- Which one, Id<Intake>, and the source that it becomes.
    id BYTEA NOT NULL PRIMARY KEY,
    source_id BYTEA NOT NULL,
    -- dtsen, bansos, kematian, pindah, desa, kpm or gagal.
    kind TEXT NOT NULL,
    -- Whose: nobody else sees it while it is open.
    person_id BYTEA NOT NULL,
    -- The file as it arrived: name, octets, SHA-256 in hexadecimal.
    file_name TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    -- The blob that it lies sealed in, and its own key, wrapped by the vault
    -- (table card_import, row the printed id of the source, column file).
    raw_blob TEXT NOT NULL,
    file_key BYTEA NOT NULL,
    -- JSON: which kind of file it is, as it was found while it arrived.
    shape TEXT NOT NULL,
    -- JSON: sheet, which column is which field, and of which system the codes of
    -- villages are. Never a value of the file.
    choice TEXT NOT NULL,
    -- open, staged (rows are being written and nobody sees them yet) or written.
    state TEXT NOT NULL,
    -- JSON of what was written. NULL before.
    result TEXT,
    opened_us BIGINT NOT NULL,
    written_us BIGINT
);
CREATE INDEX card_import_person ON card_import (person_id, opened_us);

-- A list that was written, or is being written.
CREATE TABLE card_list (
    -- Counts up from one: rows name their list by it.
    number BIGINT NOT NULL PRIMARY KEY,
    -- The source in the register of the hall.
    source_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    -- staged: not whole yet, nobody reads it. standing: in force. withdrawn: no more.
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    owner TEXT,
    -- The day whose state it tells.
    as_of TEXT,
    -- Which part of its kind it is of, as its rows say: of other aid the programmes, of
    -- village proposals the area around them. A newer list of the same owner takes the
    -- place of one of the same part.
    part TEXT NOT NULL,
    -- How many rows it has.
    rows BIGINT NOT NULL,
    -- What it was written from: the sealed file and its wrapped key. Both NULL once the
    -- term of the raw copy is over (keep_until_us).
    raw_blob TEXT,
    file_key BYTEA,
    keep_until_us BIGINT,
    -- Who brought it in, and when it was whole.
    by_person BYTEA NOT NULL,
    written_us BIGINT NOT NULL
);

-- A row of a list, sealed under its own key (associated data: card_record, list and
-- number). What is inside is written down in src/record.rs.
CREATE TABLE card_record (
    -- The number of its list.
    list BIGINT NOT NULL,
    -- Its number beside the spreadsheet.
    number BIGINT NOT NULL,
    -- The village, or the smallest area around it that is known.
    area_code TEXT,
    -- What it says.
    sealed BYTEA NOT NULL,
    PRIMARY KEY (list, number)
);

-- The key of a row, wrapped by the vault (table card_key, row list:number, column key).
-- A row whose key is gone is gone.
CREATE TABLE card_key (
    -- Of which row.
    list BIGINT NOT NULL,
    number BIGINT NOT NULL,
    -- The key, as the vault seals it.
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (list, number)
);

-- By which numbers a row is found: the first 63 bits of the vault's blind index of a
-- NIK or of a number of a family card.
CREATE TABLE card_index (
    -- What equal values have in common.
    hash BIGINT NOT NULL,
    -- Which row has it.
    list BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (hash, list, number)
);

-- An examination: all standing lists linked, and the running list answered.
CREATE TABLE card_run (
    -- Counts up from one.
    number BIGINT NOT NULL PRIMARY KEY,
    -- working, done or failed. The newest that is done counts.
    state TEXT NOT NULL,
    -- Who had it done, and from when to when.
    by_person BYTEA NOT NULL,
    began_us BIGINT NOT NULL,
    ended_us BIGINT,
    -- JSON: by what was measured.
    yardstick TEXT NOT NULL,
    -- JSON: which lists, how many records, persons and families, how many of each finding.
    result TEXT,
    -- What went wrong, where it failed.
    failure TEXT
);

-- Whose a row is, as a run has found it: person Id<Resident>, family Id<Family>. Rows are
-- never changed but for their end, so that what counted at any run can be told.
CREATE TABLE card_member (
    -- The row.
    list BIGINT NOT NULL,
    number BIGINT NOT NULL,
    -- From this run on,
    since_run BIGINT NOT NULL,
    -- until before this one. NULL: it counts.
    until_run BIGINT,
    -- whose it is.
    person BYTEA NOT NULL,
    family BYTEA NOT NULL,
    PRIMARY KEY (list, number, since_run)
);
CREATE INDEX card_member_person ON card_member (person);
CREATE INDEX card_member_family ON card_member (family);

-- How long the running list was in each village, as a run has met it: of what shares are.
CREATE TABLE card_total (
    -- Of which run.
    run BIGINT NOT NULL,
    -- The area of the rows; empty where none is known.
    area_code TEXT NOT NULL,
    -- How many rows lie there.
    rows BIGINT NOT NULL,
    -- What was paid to those of which it is known, and how many are not.
    rupiah BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    PRIMARY KEY (run, area_code)
);

-- What a run has found about a row of the running list, and which families are not on it.
CREATE TABLE card_finding (
    -- By which run.
    run BIGINT NOT NULL,
    -- The row: of the running list, or of DTSEN where a family is not on it.
    list BIGINT NOT NULL,
    number BIGINT NOT NULL,
    -- duplicate, same_card, dead, moved, aided, decile, unknown or left_out.
    what TEXT NOT NULL,
    -- The area that the row lies in, and the family that it is about.
    area_code TEXT,
    family BYTEA NOT NULL,
    -- What was paid to the row in the last cycle. NULL: unknown.
    rupiah BIGINT,
    -- What the record that shows it says: a decile, programmes as bits.
    value BIGINT NOT NULL,
    -- The record that shows it.
    with_list BIGINT,
    with_number BIGINT,
    -- Whether more than this speaks against the row, and this is not the first: sums of
    -- money count a row once.
    further BIGINT NOT NULL,
    PRIMARY KEY (run, list, number, what)
);
CREATE INDEX card_finding_what ON card_finding (run, what, area_code, list, number);
CREATE INDEX card_finding_family ON card_finding (run, family);
