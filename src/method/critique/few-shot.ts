// Demonstrations of critique and revision that precede the turn (CAI paper, section 3.1 and appendix E): whole
// conversations, one of which should show that nothing needs changing.
import type { Conversation } from "../../models/model.ts";

/** A hand-written critique and revision of one response. */
export interface Demonstration {
  readonly conversation: Conversation;
  readonly response: string;
  readonly critiqueRequest: string;
  readonly critique: string;
  readonly revisionRequest: string;
  readonly revision: string;
}

/** The demonstrations as turns that come before the conversation at hand. */
export function demonstrationTurns(
  demonstrations: readonly Demonstration[],
  withCritique: boolean,
): Conversation {
  return demonstrations.flatMap(
    (shown): Conversation => [
      ...shown.conversation,
      { role: "assistant", content: shown.response },
      ...(withCritique
        ? ([
            { role: "user", content: shown.critiqueRequest },
            { role: "assistant", content: shown.critique },
          ] as const)
        : []),
      { role: "user", content: shown.revisionRequest },
      { role: "assistant", content: shown.revision },
    ],
  );
}
