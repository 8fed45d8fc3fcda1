// Short names for what the server sends. The pages use these and never the raw schema.
import type { components } from './schema';

type S = components['schemas'];
export type Me = S['Me'];
export type Grant = S['Grant'];
export type House = S['House'];
export type Session = S['Session'];
export type Token = S['Token'];
export type Staff = S['Staff'];
export type Agency = S['Agency'];
export type Area = S['Area'];
export type Outline = S['Outline'];
export type AuditEntry = S['AuditEntry'];
export type Camera = S['Camera'];
export type CameraState = S['CameraState'];
export type NewCamera = S['NewCamera'];
export type Probe = S['Probe'];
export type Point = S['Point'];
export type ImportPreview = S['ImportPreview'];
export type ImportLine = S['ImportLine'];
export type ImportRemark = S['ImportRemark'];
export type ImportChange = S['ImportChange'];
export type ImportCommit = S['ImportCommit'];
export type ImportMode = S['ImportMode'];
export type ImportWritten = S['ImportWritten'];
export type Said = S['Said'];
