-- Who answers for what the house does with data of people.
--
-- Times are microseconds since 1970 UTC.

-- The controller, as its office has said. One row at most, and none until somebody fills it.
CREATE TABLE card_office (
    -- Always 1.
    id BIGINT NOT NULL PRIMARY KEY,
    -- What the office is called, and where it is.
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    -- Its data protection officer (UU 27/2022, article 53): name or post, and how to reach it.
    officer TEXT NOT NULL,
    contact TEXT NOT NULL,
    -- Who has said so last, and when.
    by_person BYTEA NOT NULL,
    at_us BIGINT NOT NULL
);
