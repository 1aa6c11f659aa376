// The grader that a recipe names, loaded when it is asked for.
import type { Grader } from "../method/evaluation/grader.ts";
import type { Recipe } from "./recipe.ts";

export async function graderOf({ evaluation }: Recipe): Promise<Grader | null> {
  return evaluation.grader === "town" ? (await import("../town/as-grader.ts")).townGrader : null;
}
