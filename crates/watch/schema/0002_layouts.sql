-- Saved arrangements of the video wall: what it shows, in which grid, how fast it
-- turns. The page and the tile that somebody looks at just now are not kept.
--
-- Invariants
--   1. A layout says nothing about rights: whoever opens it sees those of its
--      cameras that he may see, and no name of any other.
--   2. A slug never changes, since addresses on walls hold it; names may.
--   3. Positions of one layout are 0, 1, 2, ... without a gap.

-- One arrangement.
CREATE TABLE watch_layout (
    id         BYTEA  NOT NULL PRIMARY KEY, -- Id<Layout>
    slug       TEXT   NOT NULL UNIQUE,      -- for addresses: a-z 0-9 -, up to 40, never digits only
    name       TEXT   NOT NULL,             -- as its owner calls it
    person_id  BYTEA  NOT NULL,             -- Id<Person>, whose it is
    shared     BIGINT NOT NULL,             -- 1: offered to everybody who may see cameras
    grid       BIGINT NOT NULL,             -- tiles of a page: 1, 4, 9, 16 or 25
    turn_s     BIGINT NOT NULL,             -- seconds that a page stays; 0 stands still
    everything BIGINT NOT NULL,             -- 1: all cameras that the looker may see, and no list
    created_us BIGINT NOT NULL,             -- when it was saved first
    changed_us BIGINT NOT NULL              -- when any of it last changed
);
CREATE INDEX watch_layout_person ON watch_layout (person_id);

-- Which camera in which place.
CREATE TABLE watch_layout_camera (
    layout_id BYTEA  NOT NULL REFERENCES watch_layout (id), -- of which arrangement
    position  BIGINT NOT NULL,                              -- from 0, in the order of the tiles
    camera_id BYTEA  NOT NULL REFERENCES watch_camera (id), -- which; a retired one is not shown
    PRIMARY KEY (layout_id, position)
);
