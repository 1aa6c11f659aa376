// A model named on the command line, as a recipe names one: a checkpoint's folder, or an endpoint as a section in YAML. Opened for
// questions, outside any run.
import { parse } from "yaml";
import { openHost } from "../models/local.ts";
import { UserError } from "../user-error.ts";
import { connect, type ModelSource, type OpenModel } from "./named-model.ts";
import { endpointSchema } from "./recipe-endpoint.ts";
import { explainIssues } from "./recipe-issues.ts";

/**
 * What was given, as a source: text that is no section of YAML is a folder or an id of the hub, and comes back as it is.
 * @throws UserError for a section that is no endpoint
 * @example parseModel("{ endpoint: http://localhost:8000/v1, model: my-judge }", "--model")
 */
export function parseModel(given: string, option: string): ModelSource {
  if (!given.trimStart().startsWith("{")) return given;
  let value: unknown;
  try {
    value = parse(given);
  } catch (cause) {
    throw new UserError(
      "model-yaml",
      `${option}: expected an endpoint in YAML, got ${(cause as Error).message.split("\n")[0]}`,
      "For example '{ endpoint: http://localhost:8000/v1, model: my-judge, apiKey: $MY_KEY }'.",
      { cause },
    );
  }
  const { data, error } = endpointSchema.safeParse(value);
  if (error === undefined) return data;
  const where = (path: readonly (string | number)[]) => [option, ...path].join(" ");
  throw explainIssues(error.issues, { schema: endpointSchema, value, where });
}

/** @throws UserError when it cannot be opened, or is a preference model */
export async function openSource(source: ModelSource, now: () => number): Promise<OpenModel> {
  if (typeof source !== "string") return { ...(await connect(source, { now })), close: async () => {} };
  const host = await openHost({});
  try {
    const model = await host.open(source);
    if (model.head === "vocabulary") return { ...model, close: () => host.close() };
    throw new UserError(
      "not-a-speaker",
      `${source}: expected a model that answers, got one that scores (a preference model)`,
      "Name another checkpoint, such as checkpoints/rl-cai of the same run.",
    );
  } catch (error) {
    await host.close();
    throw error;
  }
}
