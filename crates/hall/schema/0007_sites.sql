-- Places that dial in, the boxes that stand there, and how a box is let in.
--
-- A box makes its key itself and never gives it away; here lies only the public
-- half. A code lets one key ask for one site; a person, or a rule that was set when
-- the code was made, lets it in. Nothing is deleted: who was let in by whom, and
-- until when, can be told years later.

-- The authority that signs the certificates of boxes, and of the door they come to.
CREATE TABLE hall_authority (
    -- What it signs for: sites.
    name TEXT NOT NULL PRIMARY KEY,
    -- Its certificate (PEM, X.509).
    certificate TEXT NOT NULL,
    -- Its private key (PKCS#8 DER), sealed: table hall_authority, row the name,
    -- column key.
    key_sealed BYTEA NOT NULL,
    made_us BIGINT NOT NULL
);

-- A place that dials in.
CREATE TABLE hall_site (
    -- Which one, Id<Site>; what it is called.
    id BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- kantor_desa lokasi_kamera simpul_kabupaten titik_penyaluran
    kind TEXT NOT NULL,
    -- Where it lies, and whose it is. NULL: of no office.
    area_code TEXT NOT NULL REFERENCES hall_area (code),
    agency_id BYTEA REFERENCES hall_agency (id),
    -- Where the box stands, WGS 84 degrees. NULL where nobody has been yet.
    lat_deg DOUBLE PRECISION,
    lon_deg DOUBLE PRECISION,
    -- Whom to call there. Personal: not for logs.
    contact_name TEXT,
    contact_phone TEXT,
    -- Who provides the connection, and under which contract.
    provider TEXT,
    contract TEXT,
    -- planned claimed pending active suspended revoked; the newest step says since
    -- when and by whom.
    state TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL
);
CREATE INDEX hall_site_area ON hall_site (area_code, name);

-- What has happened to a site, in order. Only ever added to.
CREATE TABLE hall_site_step (
    -- Whose, and the how manyth.
    site_id BYTEA NOT NULL REFERENCES hall_site (id),
    seq BIGINT NOT NULL,
    -- added code_made asked let_in turned_away suspended resumed revoked
    step TEXT NOT NULL,
    -- The state of the site behind it.
    state TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    -- Who. NULL: the box itself, or the rule of its code.
    by_person BYTEA REFERENCES hall_person (id),
    -- The box it was about. NULL: none.
    agent_id BYTEA,
    -- What the person said.
    why TEXT,
    PRIMARY KEY (site_id, seq)
);

-- A code that lets one box ask for one site. Both of its forms are kept as hashes:
-- the long one (128 bits, in the QR) as SHA-256, the short one (40 bits, typed) as
-- HMAC under a key of the vault, since it could be guessed from a stolen copy.
CREATE TABLE hall_enrol_code (
    -- Of the long and of the short form.
    secret_hash BYTEA NOT NULL PRIMARY KEY,
    short_hash BYTEA NOT NULL,
    site_id BYTEA NOT NULL REFERENCES hall_site (id),
    -- When and by whom.
    made_us BIGINT NOT NULL,
    made_by BYTEA NOT NULL REFERENCES hall_person (id),
    -- Good in [made_us, expires_us).
    expires_us BIGINT NOT NULL,
    -- The rule: a box that comes by the long form is let in by itself when it says
    -- that it stands no further from the site than this. NULL: a person decides.
    near_m BIGINT,
    -- The serial number on the box that is expected. NULL: any.
    serial TEXT,
    -- When and by which box it was used up; when a person took it back.
    used_us BIGINT,
    agent_id BYTEA,
    withdrawn_us BIGINT
);
CREATE UNIQUE INDEX hall_enrol_code_short ON hall_enrol_code (short_hash);
CREATE INDEX hall_enrol_code_site ON hall_enrol_code (site_id, made_us);

-- A box, by its key. Another key is another box, also in the same case.
CREATE TABLE hall_agent (
    -- Which one, and where.
    id BYTEA NOT NULL PRIMARY KEY,
    site_id BYTEA NOT NULL REFERENCES hall_site (id),
    -- The public key (SubjectPublicKeyInfo DER, ECDSA P-256) and its SHA-256.
    public_key BYTEA NOT NULL,
    key_hash BYTEA NOT NULL,
    -- pending active turned_away replaced revoked
    state TEXT NOT NULL,
    -- 1 if it knew the authority of this house beforehand, by the long form of the
    -- code. 0: six words have to be compared by people.
    knows_house BIGINT NOT NULL,
    -- What it says of itself: serial number on the case, version of the program,
    -- where it stands (WGS 84 degrees).
    serial TEXT,
    version TEXT,
    lat_deg DOUBLE PRECISION,
    lon_deg DOUBLE PRECISION,
    -- Where it came from.
    address TEXT,
    asked_us BIGINT NOT NULL,
    -- When it was let in, turned away, replaced or revoked.
    decided_us BIGINT,
    -- Until when its newest certificate is good.
    certificate_until_us BIGINT
);
CREATE UNIQUE INDEX hall_agent_key ON hall_agent (key_hash);
CREATE INDEX hall_agent_site ON hall_agent (site_id, asked_us);
