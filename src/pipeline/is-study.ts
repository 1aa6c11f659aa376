// Whether a folder with a ledger is a study's: one of many runs, none of which takes another's place.
import { existsSync } from "node:fs";
import { join } from "node:path";

export const isStudy = (directory: string): boolean => existsSync(join(directory, "variants"));
