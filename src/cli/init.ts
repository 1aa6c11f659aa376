// charter init <folder>: a folder to begin with: a commented recipe, a constitution to change, prompts that show the shape. Asks
// what it is not told, where someone is there to answer.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { stringify } from "yaml";
import { explainStorageError } from "../ledger/storage-error.ts";
import { checkNothingThere } from "../lm/write-folder.ts";
import { KEY_NAME } from "../pipeline/recipe-endpoint.ts";
import { UserError } from "../user-error.ts";
import { quoted } from "./quoted.ts";
import { shownPath } from "./shown-path.ts";
import type { Terminal } from "./terminal.ts";

export interface InitOptions {
  readonly policy?: string;
  readonly endpoint?: string;
  readonly model?: string;
  readonly apiKey?: string;
  readonly protocol?: Protocol;
}

type Protocol = "openai" | "anthropic";

const DEFAULT_POLICY = "HuggingFaceTB/SmolLM2-135M-Instruct";

/** A model behind an endpoint, as a recipe names it. */
interface Large {
  readonly endpoint: string;
  readonly model: string;
  readonly apiKey?: string;
  readonly protocol?: Protocol;
  readonly labels?: { readonly votes: number };
}

/** What the templates leave open. */
interface Answers {
  readonly policy: string;
  /** Who criticises, revises and judges; null for the policy itself. */
  readonly large: Large | null;
}

/** Anthropic's protocol has no log-probabilities, so labels are counted. */
const spoken = (endpoint: string, protocol?: Protocol): Pick<Large, "protocol" | "labels"> =>
  (protocol ?? (/^https:\/\/api\.anthropic\.com\b/.test(endpoint) ? "anthropic" : "openai")) === "anthropic"
    ? { protocol: "anthropic", labels: { votes: 10 } }
    : {};

export async function init(given: string, options: InitOptions, terminal: Terminal): Promise<number> {
  const { workingDirectory, projectRoot, call, write } = terminal;
  const folder = resolve(workingDirectory, given);
  checkNothingThere(folder, given);
  const answers = await ask(options, terminal);
  const name =
    basename(folder)
      .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "") || "charter";
  try {
    mkdirSync(folder, { recursive: true });
    cpSync(join(projectRoot, "templates"), folder, { recursive: true });
  } catch (error) {
    throw explainStorageError(error, given);
  }
  renameSync(join(folder, "gitignore"), join(folder, ".gitignore"));
  const filled = fillings(name, answers, folder, terminal);
  for (const file of ["README.md", "constitution.yaml", "recipe.yaml"]) {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8").replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => filled[key]!);
    writeFileSync(path, text);
  }
  const shown = shownPath(folder, workingDirectory);
  const recipe = quoted(`${shown}/recipe.yaml`);
  write(`${shown} has a recipe, a constitution and some prompts: change them, then
  ${call} constitution check ${quoted(`${shown}/constitution.yaml`)}
  ${call} doctor ${recipe}
  ${call} plan ${recipe}
  ${call} run ${recipe}
`);
  return 0;
}

function fillings(
  name: string,
  { policy, large }: Answers,
  folder: string,
  { workingDirectory }: Terminal,
): Readonly<Record<string, string>> {
  const local = resolve(workingDirectory, policy);
  const indented = (key: string) =>
    `  ${stringify({ [key]: large }, { flowCollectionPadding: true, collectionStyle: "flow", lineWidth: 0 })
      .trim()
      .replace(/^\{ (.*) \}$/s, "$1")}\n`;
  const asYaml = (text: string) => stringify(text, { lineWidth: 0 }).trim();
  return {
    name,
    nameInRecipe: asYaml(name),
    policy: asYaml(existsSync(local) ? relative(folder, local).split("\\").join("/") : policy),
    critic: large === null ? "" : indented("critiqueModel") + indented("revisionModel"),
    judge: large === null ? "" : indented("model"),
  };
}

/** Options as they were given; the rest asked, or as it usually is. */
async function ask(options: InitOptions, { isInteractive, paint }: Terminal): Promise<Answers> {
  const { endpoint, model, apiKey, protocol } = options;
  if ((endpoint === undefined) !== (model === undefined))
    throw new UserError(
      "init-endpoint",
      `expected --endpoint and --model together, got --${endpoint === undefined ? "model" : "endpoint"} alone`,
      "For example --endpoint http://localhost:8000/v1 --model my-judge",
    );
  if (endpoint === undefined && (apiKey ?? protocol) !== undefined)
    throw new UserError(
      "init-endpoint",
      `expected --endpoint with --${apiKey === undefined ? "protocol" : "api-key"}, got it alone`,
      "For example --endpoint https://api.openai.com/v1 --model my-judge --api-key '$OPENAI_API_KEY'",
    );
  if (apiKey !== undefined && !KEY_NAME.test(apiKey))
    throw new UserError(
      "init-key",
      "--api-key: expected the name of an environment variable with its $, got something else, perhaps the key itself",
      "Put it between single quotes, so that the shell leaves it as it is: --api-key '$OPENAI_API_KEY'",
    );
  const large =
    endpoint === undefined || model === undefined
      ? null
      : { endpoint, model, ...(apiKey !== undefined && { apiKey }), ...spoken(endpoint, protocol) };
  if (!isInteractive || process.stdin.isTTY !== true || large !== null || options.policy !== undefined)
    return { policy: options.policy ?? DEFAULT_POLICY, large };
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = async (question: string, usual: string) =>
    (await lines.question(`${question} ${paint("dim", `[${usual}]`)} `)).trim() || usual;
  try {
    const policy = await answer("Which model do you train (folder, or id of the hub)?", DEFAULT_POLICY);
    const where = await answer(
      "Who criticises and judges: the address of an endpoint (OpenAI-compatible, or Anthropic's), or the model itself?",
      "itself",
    );
    if (where === "itself") return { policy, large: null };
    const named = await answer("Which model is there?", "default");
    const key = await answer("Environment variable that holds its key?", "none");
    return {
      policy,
      large: {
        endpoint: where,
        model: named,
        ...(key !== "none" && { apiKey: `$${key.replace(/^\$/, "")}` }),
        ...spoken(where, protocol),
      },
    };
  } finally {
    lines.close();
  }
}
