// Short names for what the server sends. The pages use these and never the raw schema.
import type { components } from './schema';

/**
 * What arrives: the server leaves no key out and writes null where nothing is known, while
 * the description counts a key that may be null as one that may be missing.
 */
export type Sent<T> = T extends readonly (infer Item)[] ? Sent<Item>[] : T extends object ? { [Key in keyof T]-?: Sent<T[Key]> } : T;

type S = components['schemas'];
export type Me = Sent<S['MeView']>;
export type Grant = Sent<S['GrantView']>;
export type House = Sent<S['HouseView']>;
export type Session = Sent<S['SessionView']>;
/** A television on a wall, as a list shows it. */
export type Screen = Sent<S['ScreenView']>;
/** What a television is told of itself. */
export type OwnScreen = Sent<S['OwnScreenView']>;
/** What a session is asked for besides the password. */
export type Asked = Sent<S['AskedView']>;
/** What an app that computes codes is told, once. */
export type Enrolment = Sent<S['EnrolmentView']>;
export type Passkey = Sent<S['PasskeyView']>;
/** What a browser is asked to sign by a passkey. */
export type PasskeyChallenge = Sent<S['ChallengeView']>;
/** What a browser is asked to make. */
export type Making = PasskeyChallenge & Sent<S['MakingView']>;
export type Network = Sent<S['NetworkView']>;
/** Whether a second factor is required outside the offices, and of whom. */
export type FactorRule = Sent<S['RuleView']>;
export type Token = Sent<S['TokenView']>;
export type Staff = Sent<S['StaffView']>;
export type Agency = Sent<S['AgencyView']>;
export type Area = Sent<S['AreaView']>;
export type Site = Sent<S['SiteView']>;
/** A box that stands at a site, or asks to. */
export type Sitter = Sent<S['AgentView']>;
export type SiteCode = Sent<S['CodeView']>;
export type Incident = Sent<S['IncidentView']>;
export type IncidentShown = Sent<S['IncidentShown']>;
export type IncidentStep = Sent<S['IncidentStep']>;
export type ShiftShown = Sent<S['ShiftShown']>;
export type Handover = Sent<S['Handover']>;
export type Outline = Sent<S['Outlines']>;
export type AuditEntry = Sent<S['EntryView']>;
/** A checkpoint of the audit, and where it went. */
export type AuditCheckpoint = Sent<S['CheckpointView']>;
export type AuditVerifier = Sent<S['VerifierView']>;
export type Camera = Sent<S['CameraView']>;
export type CameraState = Sent<S['StateView']>;
/** How a camera can be turned, and who does. */
export type Ptz = Sent<S['PtzView']>;
export type Preset = Sent<S['PresetView']>;
/** Where a camera is asked by ONVIF. */
export type Onvif = Sent<S['OnvifView']>;
export type Discoveries = Sent<S['Discoveries']>;
export type Discovery = Sent<S['DiscoveryView']>;
export type Sighted = Sent<S['SightedView']>;
/** Something that happened before a camera, as it has said. */
export type CameraEvent = Sent<S['EventView']>;
/** How a camera is listened to. */
export type Listening = Sent<S['ListeningView']>;
export type OnvifProbe = Sent<S['OnvifProbed']>;
export type Layout = Sent<S['LayoutView']>;
export type Probe = Sent<S['Probed']>;
export type Point = Sent<S['LatLon']>;
/** What a page sends: a key that is left out stays as it is. */
export type NewCamera = S['CameraForm'];
/** A box with many channels (NVR, DVR). */
export type Look = Sent<S['LookView']>;
export type Clip = Sent<S['ClipView']>;
/** Cameras lent to another system. */
export type Loan = Sent<S['LoanView']>;
/** The same with its secret, once. */
export type Given = Sent<S['LoanGivenView']>;
export type Recorder = Sent<S['RecorderView']>;
export type NewRecorder = S['RecorderForm'];
export type RecorderMake = Sent<S['TemplateView']>;
export type RecorderSearch = Sent<S['SearchView']>;
/** What a channel of a recorder shows. */
export type ChannelFound = Sent<S['FoundView']>;
export type FoundStream = Sent<S['TriedView']>;
export type ChannelRow = S['ChosenRow'];
/** Channels that seem rearranged. */
export type RecorderSwap = Sent<S['SwapView']>;
export type ImportPreview = Sent<S['ImportPreview']>;
export type ImportLine = Sent<S['ImportLine']>;
export type ImportRemark = Sent<S['ImportRemark']>;
export type ImportChange = S['ImportChange'];
export type ImportCommit = S['ImportCommit'];
export type ImportMode = S['ImportMode'];
export type ImportWritten = Sent<S['ImportWritten']>;
export type Said = Sent<S['Said']>;
export type Village = Sent<S['Village']>;
export type SpeedOffer = Sent<S['SpeedOffer']>;
export type SpeedTest = Sent<S['SpeedTest']>;
export type VillageShown = Sent<S['VillageShown']>;
export type VillageSpeed = Sent<S['VillageSpeed']>;
export type VillagePoint = Sent<S['VillagePoint']>;
export type VillageMark = Sent<S['VillageMark']>;
export type VillageList = Sent<S['VillageList']>;
export type QueuedRow = Sent<S['VillageListRow']>;
export type VillageConflict = Sent<S['VillageConflict']>;
export type Reconciliation = Sent<S['Reconciliation']>;
export type Source = Sent<S['SourceView']>;
export type Claim = Sent<S['Claim']>;
/** What the house says of one property of a village, and why. */
export type SaidOf = Sent<S['SaidView']>;
export type Stage = S['StageWord'];
export type PointEvent = Sent<S['PointEvent']>;
export type PointsProgress = Sent<S['PointProgress']>;
export type MoneyTotals = Sent<S['MoneyTotals']>;
export type Target = Sent<S['Target']>;
export type SiteContact = Sent<S['SiteContact']>;
/** An address that the centre asks by itself. */
export type ProbedNode = Sent<S['Node']>;
export type NodePage = Sent<S['NodePage']>;
export type NodeList = Sent<S['NodeList']>;
export type ContactPage = Sent<S['ContactPage']>;
export type SiteLedger = Sent<S['SiteLedger']>;
export type LedgerRun = Sent<S['LedgerRun']>;
export type LedgerLine = Sent<S['LedgerLine']>;
export type LedgerNumbers = Sent<S['LedgerNumbers']>;
