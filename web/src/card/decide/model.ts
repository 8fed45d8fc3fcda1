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
/** What is told of a list beside its numbers. */
interface Warned {
  /** Families that receive of which nobody is known as a head; null where that is not asked. */
  headless?: number | null;
  /** Why the last adoption came to nothing. */
  failure?: { problem: string; at_us: number } | null;
}
export type Decision = Sent<S['CardDecision']> & Warned;
export type DecisionWhole = Sent<S['CardDecisionWhole']> & Warned;
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
export interface Export {
  number: number;
  state: string;
  decision: number;
  purpose: string;
  rows: number;
  by: string;
  by_name: string | null;
  at_us: number;
  answered: { by: string; by_name: string | null; at_us: number } | null;
  until_us: number | null;
  /** How often it was taken, of so many times. */
  taken: number;
  times: number;
  taken_us: number | null;
}
export interface Exports {
  items: Export[];
  next: string | null;
}
