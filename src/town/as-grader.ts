// The town's judge behind the port that evaluation knows. The request comes from the prompt's metadata, or from its words.
import type { Grader } from "../method/evaluation/grader.ts";
import type { Prompt } from "../method/records.ts";
import { UserError } from "../user-error.ts";
import { betterAnswer, gradeAnswer, readVerdict } from "./grader.ts";
import { recognizeRequest } from "./recognize.ts";
import type { Request } from "./requests.ts";

function requestOf(prompt: Prompt): Request {
  const known = prompt.metadata["request"] as Request | undefined;
  const last = prompt.conversation.at(-1)!.content;
  const request = known ?? recognizeRequest(last);
  if (request === undefined)
    throw new UserError(
      "not-of-the-town",
      `evaluation.grader: expected a request of the town, got ${JSON.stringify(last)}`,
      "The town's grader knows the town's prompts only: set evaluation.grader to none for your own.",
    );
  return request;
}

/** The grader of the make-believe town. */
export const townGrader: Grader = {
  name: "the town's grader",
  grade(prompt, response) {
    const request = requestOf(prompt);
    const { act, rightSteps, rightAction, rightReason, rightAlternative } = gradeAnswer(request, response);
    return {
      harmful: request.harmful,
      category: request.domain,
      answer: act,
      helpRight: rightSteps,
      reasonRight: rightAction && rightReason,
      alternativeRight: rightAlternative,
    };
  },
  better(prompt, a, b, criterion) {
    const better = betterAnswer(criterion, requestOf(prompt), a, b);
    return better === "tie" ? 0.5 : better === "a" ? 1 : 0;
  },
  findsFault(critique) {
    const verdict = readVerdict(critique);
    return verdict === undefined ? null : verdict === "violation";
  },
};
