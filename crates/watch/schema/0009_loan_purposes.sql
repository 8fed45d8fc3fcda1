-- What a loan is for. Pictures of people are handed to another controller, who may use them
-- for a stated purpose only (Law 27 of 2022 on personal data, articles 16, 20 and 27).

-- What for, in the words of who lent it; absent for loans that were given before it was asked.
ALTER TABLE watch_loan ADD COLUMN purpose TEXT;

-- The letter or agreement that it stands on, where there is one.
ALTER TABLE watch_loan ADD COLUMN basis TEXT;
