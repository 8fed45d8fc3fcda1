// Short names for what the server sends about lists that people decide on, and about what is
// said against them.
import type { Sent } from '$api/model';
import type { components } from '$api/schema';

type S = components['schemas'];
export type Tally = Sent<S['CardTally']>;
export type Move = Sent<S['CardMove']>;
export type PartOf = Sent<S['CardAreaPart']>;
export type Signatory = S['CardSignatory'];
export type Adopted = Sent<S['CardAdopted']>;
export type Decision = Sent<S['CardDecision']>;
export type DecisionWhole = Sent<S['CardDecisionWhole']>;
export type Group = Sent<S['CardGroup']>;
/** What somebody ruled about a group. */
export type Ruling = Sent<S['CardRuling']>;
export type Exception = Sent<S['CardException']>;
export type SubjectRow = Sent<S['CardSubjectRow']>;
export type SubjectRows = Sent<S['CardSubjects']>;
export type Subject = Sent<S['CardSubject']>;
export type Node = Sent<S['CardReasonNode']>;
/** A rule that says something else than before. */
export type Change = Sent<S['CardReasonChange']>;
export type Cover = Sent<S['CardCover']>;
export type CoverPart = Sent<S['CardPart']>;
export type Verification = Sent<S['CardVerification']>;
export type Objection = Sent<S['CardObjection']>;
export type Objections = Sent<S['CardObjections']>;
export type FamilyDecision = Sent<S['CardFamilyDecision']>;
export type RulingForm = S['CardRulingForm'];
export type ExceptionForm = S['CardExceptionForm'];
export type Adoption = S['CardAdoption'];
export type AnnexForm = S['CardAnnexForm'];
export type ObjectionForm = S['CardObjectionForm'];
export type AnswerForm = S['CardObjectionAnswerForm'];
/** An annex as a whole that somebody asked for. */
export type Export = Sent<S['CardExport']>;
export type Exports = Sent<S['CardExports']>;
