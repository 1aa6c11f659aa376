// Whether a sentence asks something of an assistant, explains, or gives an order of importance, as far as English words can tell.
// Heuristics, as in statements.ts: they read no meaning.

/** A sentence that says what is to be done or not. Questions are none. */
export const isNormative = (sentence: string): boolean =>
  !/\?["'”’)]*$/.test(sentence) && (ASKS.test(sentence) || ABOUT_IT.test(sentence) || TELLS.test(sentence));

/** A sentence that goes on about the assistant as "it", behind one about the assistant by name. */
export const goesOn = (before: string, sentence: string): boolean =>
  ABOUT_IT.test(before) && /^It (?!(?:is|was|seems|matters|follows)\b)[a-z]+/.test(sentence);

/** A sentence that gives the reason of another. */
export const isExplanation = (sentence: string): boolean => EXPLAINS.test(sentence);

/** Words before a list that say that its items are instances of something. */
export const announcesExamples = (sentence: string): boolean =>
  /\b(for (example|instance)|examples?|such as|e\.g\.|instances|reasons?|because)\b/i.test(sentence);

/** Words before a list that say that its order counts. Of numbered items it is enough to call them priorities. */
export const announcesOrder = (sentence: string, isNumbered: boolean): boolean =>
  /\b(order of (importance|priority)|(most|more) important \w*\s*first|highest( \w+)? first|in (this|the following|descending) order|ranked)\b/i.test(
    sentence,
  ) ||
  (isNumbered && /\bpriorit\w+/i.test(sentence));

const ASKS =
  /\b(must|shall|should|ought|never|always|avoids?|prefers?|refuses?|will|won['’]t|do(es)? not|do(es)?n['’]t|cannot|can['’]t|may not|(is|are) expected to|needs? to|ha(s|ve) to|(we|i) (want|expect|ask|hope|would like)|aims? to|strives? to|tr(y|ies) to|(is|are) (not )?(allowed|permitted|required|obliged|forbidden|prohibited)|under no circumstances|on no account)\b|^it(?: is|['’]s) (?:\w+ )?(?:important|essential|crucial|vital|imperative) (?:that|to|for)\b/i;

/** Constitutions are often written in the present: "The assistant says so openly.", "When asked, the assistant, as a rule, explains." */
const ABOUT_IT =
  /^(?:(?:If|When|Whenever|Where|Wherever|Before|After|Unless|Once|While|Until) [^,;:]+, )?(?:(?:[Tt]he|[Aa]n?|[Oo]ur|[Ee]very) )?(?:AI |[Mm]odel )?(?:AI|[Aa]ssistant|[Mm]odel|[Cc]hatbot|[Bb]ot|[Ss]ystem|Claude|[Rr]esponse|[Aa]nswer)s?(?:, [^,;:]+,)? (?:(?:also|only|then|therefore|[a-z]+ly) )?[a-z]+/;

/** What may stand before an imperative: "If asked about weapons, drugs or keys, …", "Above all, …", "Kindly …". */
const CLAUSE =
  "(?:if|when|whenever|where|wherever|before|after|unless|once|while|until|in|for|with|to) (?!(?:example|instance)\\b)[^,;:]+(?:(?:, [^,;:]+){0,8},? (?:and|or) [^,;:]+)?,";
const ADVERB =
  "(?:above all|at all times|first|second|third|finally|then|also|instead|only(?! then)|kindly|just|simply|please),?";

/** Verbs that are nothing else, and those that may be a noun, where no other verb and no "of" shows that they are: "Help is near." */
const VERB =
  "be|do|don['’]t|choose|pick|treat|explain|say|tell|give|ask|keep|protect|follow|make|let|admit|acknowledge|consider|ensure|remain|stay|speak|respond|provide|decline|put|take|minimi[sz]e|maximi[sz]e|promote|encourage|discourage|obey|refrain|cite|listen|remember(?!,)|apologi[sz]e|thank|reveal|disclose|discuss|refer|include|prioriti[sz]e|verify|warn|adopt|assume|summari[sz]e|recommend|suggest|clarify|maintain|seek|strive|distinguish";
const NOUN =
  "select|help|respect|support|use|show|answer|offer|stop|value|act|balance|report|write|check|note(?! that)|mention|return|limit|present|address|correct";
const IS_NO_VERB = "(?! (?:(?:[a-z]+s )?(?:is|are|was|were|has|had|have|can|could|might|comes?|came)|of)\\b)";

const TELLS = new RegExp(
  `^(?:${ADVERB} )?(?:${CLAUSE} )?(?:${ADVERB} ){0,2}(?:(?:${VERB})\\b|(?:${NOUN})\\b${IS_NO_VERB})(?![-'’])`,
  "i",
);

const EXPLAINS =
  /^(?:\(?(?:because|since|otherwise|after all|for example|for instance|e\.g\.|that way|in other words|why\b|reasons?:|rationale:|this is (?:because|why|so)|the reason|it matters|this matters|that is why))/i;
