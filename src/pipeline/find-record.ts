// Which record a person means: an id or its beginning, or the stage of a checkpoint.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { holdsBlob } from "../ledger/blobs.ts";
import type { Entry, Ledger } from "../ledger/ledger.ts";
import { ADAPTER_CONFIG } from "../lm/adapter-checkpoint.ts";
import { nearestName } from "../nearest-name.ts";
import { UserError } from "../user-error.ts";

/**
 * The id of the record that is meant.
 * @param directory the run's
 * @param given an id or its beginning, or a checkpoint's stage such as rl-cai
 * @throws UserError when there is none
 */
export function findRecord(ledger: Ledger, directory: string, given: string): string {
  const own = modelOf(ledger, directory, given);
  if (own !== undefined) return own.id;
  if (/^[0-9a-f]{1,64}$/.test(given)) return ledger.get(given, 0).id;
  const near = nearestName(
    given,
    modelsOf(ledger).map(({ body }) => stageOf(body)),
  );
  throw new UserError(
    "unknown-record",
    `expected a record's id or a checkpoint, got "${given}"`,
    near === undefined
      ? "Ids are 64 hexadecimal digits; the first 8 do. `charter show` without an id lists the latest."
      : `Did you mean "${near}"?`,
  );
}

/**
 * The entry of a stage's checkpoint or endpoint: of several, the one that is laid out, or else the last. A reworded principle may
 * leave the weights what they were: of those with the same files it is the one that the run laid out.
 */
export function modelOf(ledger: Ledger, directory: string, stage: string): Entry | undefined {
  const own = modelsOf(ledger).filter(({ body }) => stageOf(body) === stage);
  if (own.length < 2) return own[0];
  const path = layOutNote(directory, stage);
  const noted = existsSync(path) ? readFileSync(path, "utf8") : null;
  return (
    own.find((entry) => entry.id === noted && isLaidOut(directory, entry)) ??
    own.findLast((entry) => isLaidOut(directory, entry)) ??
    own.at(-1)
  );
}

/** The file that has the id of the checkpoint laid out in a stage's folder. */
export const layOutNote = (directory: string, stage: string): string =>
  join(directory, "checkpoints", `.${stage}.record`);

/** Every model that a run has used or made, in order of writing. */
export const modelsOf = (ledger: Ledger): readonly Entry[] => [
  ...ledger.entries("checkpoint"),
  ...ledger.entries("endpoint"),
];

const stageOf = (body: Entry["body"]): string => (body as { readonly stage: string }).stage;

/** Whether the stage's folder holds this checkpoint: settings may have changed, and changed back, since another was made. */
function isLaidOut(directory: string, { body }: Entry): boolean {
  const { files } = body as { readonly files?: Readonly<Record<string, string>> };
  if (files === undefined) return false;
  const folder = join(directory, "checkpoints", stageOf(body));
  // Laid out, that of adapters names their base, which the ledger does not: the weights tell.
  return Object.entries(files).every(
    ([name, blob]) => name === ADAPTER_CONFIG || holdsBlob(join(folder, name), blob),
  );
}
