// Short names for what the server sends about families and their lists.
import type { Sent } from '$api/model';
import type { components } from '$api/schema';

type S = components['schemas'];
export type Run = Sent<S['CardRun']>;
export type LateList = Sent<S['CardLateList']>;
export type Answer = Sent<S['CardAnswer']>;
export type AnswerPart = Sent<S['CardAnswerPart']>;
export type Counted = Sent<S['CardCounted']>;
export type Finding = Sent<S['CardFinding']>;
export type Findings = Sent<S['CardFindings']>;
export type RowOf = Sent<S['CardRowOf']>;
export type List = Sent<S['CardList']>;
export type Found = Sent<S['CardFamiliesFound']>;
export type PersonIndex = Sent<S['CardPersonIndex']>;
export type PersonsFound = Sent<S['CardPersonsFound']>;
export type Family = Sent<S['CardFamily']>;
export type Member = Sent<S['CardMember']>;
export type Photo = Sent<S['CardPhoto']>;
export type Photos = Sent<S['CardPhotos']>;
export type FamilyRecord = Sent<S['CardRecord']>;
export type Says = Sent<S['CardSays']>;
export type Yardstick = S['CardYardstick'];
