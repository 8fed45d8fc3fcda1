// What the server sends about pairs of records that may be one person.

/** Who stands in a row, masked. */
export interface Masked {
  name: string;
  nik: string;
  birth_year: string;
}
/** One of the two rows of a pair. */
export interface Side {
  list: number;
  kind: string;
  title: string;
  row: number;
  who: Masked | null;
}
/** What somebody has said of a pair. */
export interface Word {
  answer: string;
  by_name: string | null;
  at_us: number;
  mine: boolean;
}
export interface PairRow {
  id: string;
  /** How probable it is that both are one person, 0 to 1. */
  same: number;
  joined: boolean;
  /** `grey`, `refused` or `sample`. */
  kind: string;
  pays: boolean;
  state: string;
  area: string | null;
  area_name: string | null;
  left: Side;
  right: Side;
  words: Word[];
  /** The word that is settled. */
  counts: string | null;
}
/** What a row says of a person, as it is written. */
export interface Written {
  nik: string;
  kk: string;
  name: string;
  birth: string;
  sex: string;
  birthplace: string;
  mother: string;
  relation: string;
  address: string;
  village: string;
}
/** What one field says for one person, or against. */
export interface Evidence {
  field: string;
  says: string;
  says_id: string;
  says_en: string;
  bits: number;
}
export interface PairOpened extends PairRow {
  evidence: Evidence[];
  prior: number;
  against: string;
  left_says: Written | null;
  right_says: Written | null;
}
export interface Pairs {
  items: PairRow[];
  next: string | null;
}
/** A share with its interval of 95 %. */
export interface Share {
  value: number;
  low: number;
  high: number;
}
/** Compared pairs of some probability. */
export interface Band {
  low: number;
  high: number;
  pairs: number;
  joined: number;
  sampled: number;
  reviewed: number;
  same: number;
  share: Share | null;
}
/** What joining from a probability on would do. */
export interface Threshold {
  at: number;
  joined: number;
  precision: Share | null;
  recall: Share | null;
}
export interface Summary {
  run: number | null;
  pairs: Record<string, number>;
  pays_open: number;
  agreed: { both: number; agree: number };
  not_yet_counted: number;
  bands: Band[];
  threshold: number | null;
  precision: Share | null;
  recall: Share | null;
  thresholds: Threshold[];
}
