// Short names for what the server sends about programmes, their rules, and what they would do.
import type { Sent } from '$api/model';
import type { components } from '$api/schema';

type S = components['schemas'];
/** Whom a programme is for: `keluarga`, `orang` or `usaha`. */
export type Subject = string;
/** `included`, `excluded` or `unknown`. */
export type Verdict = string;

export type Programme = Sent<S['CardProgramme']>;
export type ProgrammeWhole = Sent<S['CardProgrammeWhole']>;
export type Version = Sent<S['CardProgrammeVersion']>;
/** A text that was looked at and stands. */
export type Checked = Sent<S['CardProgrammeChecked']>;
export type RuleView = Sent<S['CardRule']>;
export type Column = Sent<S['CardColumn']>;
export type Tally = Sent<S['CardTally']>;
export type Move = Sent<S['CardMove']>;
export type PartOf = Sent<S['CardAreaPart']>;
export type Margin = Sent<S['CardMarginCount']>;
export type Near = Sent<S['CardNearest']>;
export type Hint = Sent<S['CardHint']>;
export type Simulation = Sent<S['CardSimulation']>;
export type SimulationForm = S['CardSimulationForm'];
export type Decision = Sent<S['CardDecision']>;
export type Decisions = Sent<S['CardDecisions']>;
