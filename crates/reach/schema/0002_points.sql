-- Points of villages: where a village is to be online, how far each has come, what it
-- costs; and targets over them.

-- A place of a village that is to be online.
CREATE TABLE reach_point (
    -- Id<Point>; what it is called.
    id BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- kantor_desa sekolah pustu titik_publik lainnya
    kind TEXT NOT NULL,
    -- The village it lies in, and the OPD that answers for it. NULL: none.
    area_code TEXT NOT NULL,
    agency_id BYTEA,
    -- Where it stands, WGS 84 degrees. NULL where nobody has been.
    lat_deg DOUBLE PRECISION,
    lon_deg DOUBLE PRECISION,
    -- Whether citizens may use it: 1, 0; when; how far it reaches; how many do in a
    -- day. NULL: unknown.
    open_to_citizens BIGINT,
    open_hours TEXT,
    radius_m BIGINT,
    users_a_day BIGINT,
    -- The site whose box stands there. NULL: none.
    site_id BYTEA,
    -- How far it has come, by its events, and since when; for lists.
    state TEXT NOT NULL,
    state_us BIGINT,
    -- When it was added, last changed, and taken off. NULL: it is on.
    added_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL,
    retired_us BIGINT
);
CREATE INDEX reach_point_area ON reach_point (area_code);
CREATE UNIQUE INDEX reach_point_site ON reach_point (site_id);

-- What was said of a point's way, in the order in which it was said.
CREATE TABLE reach_event (
    -- Of which point, and the how manyth.
    point_id BYTEA NOT NULL REFERENCES reach_point (id),
    seq BIGINT NOT NULL,
    -- The event that it corrects. NULL: it is a step of its own.
    corrects BIGINT,
    -- Where the step leads, and when it happened. NULL: what it corrects never was.
    to_state TEXT,
    happened_us BIGINT,
    -- Why it was suspended: unpaid supplier_stop damage.
    cause TEXT,
    -- What shows it: the SHA-256 of a photograph of this point; where whoever says it
    -- stood, WGS 84 degrees.
    photo TEXT,
    lat_deg DOUBLE PRECISION,
    lon_deg DOUBLE PRECISION,
    -- And the number on the equipment, and words.
    serial TEXT,
    note TEXT,
    -- Of a correction: why.
    why TEXT,
    -- When it was said, and by whom (Id<Person>).
    said_us BIGINT NOT NULL,
    by_person BYTEA NOT NULL,
    PRIMARY KEY (point_id, seq)
);
CREATE INDEX reach_event_serial ON reach_event (serial);

-- Photographs of points. The octets lie in the blobs.
CREATE TABLE reach_photo (
    -- Of which point, and the SHA-256 of the picture.
    point_id BYTEA NOT NULL REFERENCES reach_point (id),
    sha256 TEXT NOT NULL,
    -- image/jpeg or image/png.
    media_type TEXT NOT NULL,
    -- When it came, and from whom (Id<Person>).
    put_us BIGINT NOT NULL,
    by_person BYTEA NOT NULL,
    PRIMARY KEY (point_id, sha256)
);

-- What a point costs, version by version; the newest counts. NULL: unknown.
CREATE TABLE reach_money (
    -- Of which point, and the how manyth version.
    point_id BYTEA NOT NULL REFERENCES reach_point (id),
    seq BIGINT NOT NULL,
    -- Budget line, contract, and the papers of grant and hand-over (NPHD, BAST).
    budget_line TEXT,
    contract TEXT,
    grant_paper TEXT,
    handover_paper TEXT,
    -- Who pays, and until which day it is paid.
    payer TEXT,
    paid_until TEXT,
    -- Of the equipment, and of the connection each month.
    price_rupiah BIGINT,
    monthly_rupiah BIGINT,
    -- In the budget, bound by contract, and paid out: three numbers that are never
    -- one.
    planned_rupiah BIGINT,
    committed_rupiah BIGINT,
    paid_rupiah BIGINT,
    -- When it was said, and by whom (Id<Person>).
    said_us BIGINT NOT NULL,
    by_person BYTEA NOT NULL,
    PRIMARY KEY (point_id, seq)
);

-- So many points by a day.
CREATE TABLE reach_target (
    -- Id<Target>; what it is called.
    id BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- Where its points lie, and the OPD that it is of. NULL: none.
    area_code TEXT NOT NULL,
    agency_id BYTEA,
    -- Who answers for it.
    owner TEXT NOT NULL,
    -- How far a point has to have come to count: installed or active.
    reached TEXT NOT NULL,
    -- How many points.
    goal BIGINT NOT NULL,
    -- The day before the first that counts, and the last.
    start_day TEXT NOT NULL,
    end_day TEXT NOT NULL,
    -- kalender or kerja.
    calendar TEXT NOT NULL,
    -- When it was set, and by whom (Id<Person>); when it was taken back. NULL: it
    -- stands.
    set_us BIGINT NOT NULL,
    set_by BYTEA NOT NULL,
    withdrawn_us BIGINT
);
CREATE INDEX reach_target_area ON reach_target (area_code);

-- A year whose holidays are entered, whole.
CREATE TABLE reach_holiday_year (
    -- The year, and the decree that lists them.
    year BIGINT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    -- When they were entered last, and by whom (Id<Person>).
    at_us BIGINT NOT NULL,
    by_person BYTEA NOT NULL
);

-- The holidays of a year that is entered.
CREATE TABLE reach_holiday (
    -- The day, and what it is.
    day TEXT NOT NULL PRIMARY KEY,
    year BIGINT NOT NULL REFERENCES reach_holiday_year (year),
    name TEXT NOT NULL
);
