// Short names for what the server sends about pairs of rows that may be one person's.
import type { Sent } from '$api/model';
import type { components } from '$api/schema';

type S = components['schemas'];
export type Side = Sent<S['CardPairSide']>;
export type Word = Sent<S['CardPairWord']>;
export type PairRow = Sent<S['CardPair']>;
export type Pairs = Sent<S['CardPairs']>;
/** What a row says of a person, as it is written. */
export type Written = Sent<S['CardWritten']>;
/** What one field says for one person, or against. */
export type Evidence = Sent<S['CardPairEvidence']>;
export type PairOpened = Sent<S['CardPairOpened']>;
/** A share with its interval of 95 %. */
export type Share = Sent<S['CardShare']>;
/** Compared pairs of some probability. */
export type Band = Sent<S['CardBand']>;
export type Summary = Sent<S['CardPairSummary']>;
