-- Areas of the house: one row per code of the register, and their outlines.
--
-- Codes are those of Kemendagri (PP, PP.RR, PP.RR.DD, PP.RR.DD.VVVV) and never
-- those of BPS, which look alike. A row is never deleted: villages split and
-- merge, and old records keep pointing at the code they were made under.

CREATE TABLE hall_area (
    -- The Kemendagri code.
    code TEXT NOT NULL PRIMARY KEY,
    -- As the decree writes it.
    name TEXT NOT NULL,
    -- province, regency, district or village. Follows from the length of the code.
    level TEXT NOT NULL,
    -- The code around this one. NULL for the province only.
    parent TEXT,
    -- WGS 84 degrees. NULL where no point is known.
    lat_deg DOUBLE PRECISION,
    lon_deg DOUBLE PRECISION,
    -- How good the point is. Seeded points are "indicative": kilometres from the
    -- centroid, and not the village office. "surveyed" is somebody standing there.
    point_quality TEXT NOT NULL,
    elevation_m DOUBLE PRECISION,
    postal_code TEXT,
    -- The decree that lists the code.
    decree TEXT NOT NULL,
    -- The code is in force in [valid_from_us, valid_to_us), microseconds UTC.
    -- NULL on the left: since before this register. NULL on the right: still.
    valid_from_us BIGINT,
    valid_to_us BIGINT,
    -- Codes that took its place when it ended, separated by one blank each.
    successors TEXT NOT NULL
);
CREATE INDEX hall_area_parent ON hall_area (parent, code);
CREATE INDEX hall_area_level ON hall_area (level, code);

-- Outlines that the operator has imported. The house ships none below the province.
CREATE TABLE hall_area_polygon (
    -- Whose outline.
    code TEXT NOT NULL PRIMARY KEY REFERENCES hall_area (code),
    -- A GeoJSON geometry (RFC 7946), Polygon or MultiPolygon, longitude first.
    geojson TEXT NOT NULL,
    -- What the importer said about where it comes from.
    source TEXT NOT NULL,
    imported_us BIGINT NOT NULL
);

-- Which edition of an embedded list has been copied into its table, so that a
-- start copies only what has changed.
CREATE TABLE hall_seed (
    -- The list, for example areas.
    name TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the list as copied.
    sha256 BYTEA NOT NULL,
    at_us BIGINT NOT NULL
);
