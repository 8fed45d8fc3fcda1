-- Household businesses.
--
-- What a row of a list of them says lies sealed like that of any other (card_record), and
-- whose it is was found like that of any other (card_member). Here stands only which rows are
-- of one business, so that what was decided about it holds its rows.

CREATE TABLE card_business (
    -- The list and the row.
    list BIGINT NOT NULL,
    number BIGINT NOT NULL,
    -- 16 octets that rows of one business have in common, in any list: a keyed hash of the
    -- owner's number as it is given and the name of the business, which nobody without the key
    -- can make.
    business BYTEA NOT NULL,
    PRIMARY KEY (list, number)
);

CREATE INDEX card_business_of ON card_business (business);
