-- The reach room: lists of villages as they were imported, what the house says of
-- each village, points, how far they have come, what they cost, and targets.
--
-- The villages themselves are areas of the hall, and what sources say of them are
-- claims of the hall.
--
-- Invariants
--   1. A row of a list is never changed. What a person decides about it is a row of
--      reach_decision, the last of which counts.
--   2. Events and money are only ever added to. A correction is another row.
--   3. reach_village can be made anew from the hall's claims at any time; it is
--      written in the transaction of the claims.
--   4. Unknown money is NULL and never 0.
--
-- Days are ISO dates (YYYY-MM-DD) of the house's own zone, times are microseconds
-- since 1970 UTC (_us), amounts are whole rupiah.

-- A list of villages, by the source that its file became.
CREATE TABLE reach_list (
    -- Id<Source>; what people call it and whose it is, as the source says.
    source_id BYTEA NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    owner TEXT NOT NULL,
    -- The owner without case and signs: under it decisions are remembered.
    owner_key TEXT NOT NULL,
    -- The day whose state it tells, and what its words mean. NULL: unknown.
    as_of TEXT NOT NULL,
    definition TEXT,
    -- How many its source says there are. NULL: it has said nothing.
    announced BIGINT,
    -- The same of each status: JSON, an object of state and number.
    announced_of TEXT NOT NULL,
    -- Rows of the file that were left out at the import.
    left_out BIGINT NOT NULL,
    -- The smallest area around all that it names, as rights see it.
    area_code TEXT NOT NULL,
    -- When it was imported; when it was withdrawn, NULL while it counts.
    imported_us BIGINT NOT NULL,
    withdrawn_us BIGINT
);

-- A row of a list, as it was understood when it was imported.
CREATE TABLE reach_list_row (
    -- Of which list, and its number beside the spreadsheet.
    source_id BYTEA NOT NULL REFERENCES reach_list (source_id),
    number BIGINT NOT NULL,
    -- Code and names as they stand there.
    code TEXT,
    regency TEXT,
    district TEXT,
    village TEXT,
    -- The same without case and signs: under it a decision is remembered.
    row_key TEXT NOT NULL,
    -- The village that it was found to mean, and by what: code code_without_dots
    -- name_in_district name_in_regency decided. NULL: a person has to say.
    village_code TEXT,
    how TEXT,
    -- Why a person has to say, and the codes that it could be, a blank between.
    -- NULL: it was found.
    doubt TEXT,
    candidates TEXT NOT NULL,
    -- The status that it gives, as a state of the flow. NULL: none.
    status TEXT,
    -- What it says besides: JSON, an array of property, kind and value.
    says TEXT NOT NULL,
    -- Where it lies, as rights see it: the village, or what is known of the place.
    area_code TEXT NOT NULL,
    PRIMARY KEY (source_id, number)
);
CREATE INDEX reach_list_row_village ON reach_list_row (village_code);

-- What a person has said about a row.
CREATE TABLE reach_decision (
    -- Which row, and the how manyth decision about it.
    source_id BYTEA NOT NULL,
    number BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    -- The village that it means. NULL: no village of the register.
    village_code TEXT,
    -- When, by whom (Id<Person>), and why.
    at_us BIGINT NOT NULL,
    by_person BYTEA NOT NULL,
    why TEXT,
    PRIMARY KEY (source_id, number, seq)
);

-- Decisions as they are remembered for the next file of the same owner.
CREATE TABLE reach_remembered (
    -- Whose files, and what stood in the row.
    owner_key TEXT NOT NULL,
    row_key TEXT NOT NULL,
    -- The village that it means. NULL: no village of the register.
    village_code TEXT,
    -- When it was decided last.
    at_us BIGINT NOT NULL,
    PRIMARY KEY (owner_key, row_key)
);

-- What the house says of a village as of today; see invariant 3. A village of which
-- nobody has said anything has no row.
CREATE TABLE reach_village (
    -- Kemendagri code.
    area_code TEXT NOT NULL PRIMARY KEY,
    -- JSON: for each property its value, the claim it rests on, and why.
    said TEXT NOT NULL,
    -- Lists that name it, and properties about which sources disagree.
    lists BIGINT NOT NULL,
    disputes BIGINT NOT NULL,
    -- When it was computed.
    computed_us BIGINT NOT NULL
);
