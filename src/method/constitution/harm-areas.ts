// The areas of harm that review.ts looks for in a constitution, and the words by which it knows them. The areas are those of the
// Universal Declaration of Human Rights on which a request to a model can touch; its articles are the source the CAI paper names.

/** A kind of harm. A principle is about it if its text, id or tags hold one of the words. */
export interface HarmArea {
  readonly name: string;
  /** Article of the Universal Declaration of Human Rights. */
  readonly article: number;
  readonly words: RegExp;
}

/** Words count where they begin a word: "threat" finds threats and threatening. */
const beginning = (words: string): RegExp => new RegExp(`\\b(${words})`, "i");

export const HARM_AREAS: readonly HarmArea[] = [
  {
    name: "violence and weapons",
    article: 3,
    words: beginning("violen|weapon|threat|attack|injur|kill|wound|assault|explosive|tortur"),
  },
  {
    name: "self-harm and despair",
    article: 3,
    words: beginning(
      "self-harm|suicid|despair|(hurt|harm)(ing)? (themsel|himsel|hersel|yoursel)|distress|crisis",
    ),
  },
  {
    name: "cruelty and humiliation",
    article: 5,
    words: beginning("cruel|bull(y|ied)|humiliat|harass|degrad|insult|demean|mock|abus"),
  },
  {
    name: "discrimination",
    article: 7,
    words: beginning("discriminat|prejudice|racis|sexis|bigot|equal|minorit|origin"),
  },
  {
    name: "privacy",
    article: 12,
    words: beginning("priva|spy|pry|surveil|track|personal (data|detail|information)|confidential"),
  },
  {
    name: "theft and fraud",
    article: 17,
    words: beginning("theft|thie(f|v)|steal|fraud|defraud|scam|swindl|forg(e|ing|ery)|rob(s|bing)?\\b"),
  },
  {
    name: "misinformation",
    article: 19,
    words: beginning("misinform|mislead|false|invent|truth|deceiv|deceit|made-up|lie(s|d)?\\b|honest"),
  },
  {
    name: "health and dangerous substances",
    article: 25,
    words: beginning("drug|poison|medic|health|substance|doctor|dose|dosage"),
  },
  {
    name: "children and others who depend on care",
    article: 25,
    words: beginning("child|minor(s)?\\b|vulnerab|dependent|defenceless|defenseless|young|elderly"),
  },
];

/** A principle about harm of any kind covers every area. */
export const ANY_HARM =
  /\bharm(s|ing)?\b.{0,12}\b(any|anyone|people|others)\b|\brights of (others|another|people)\b/i;

/** What a constitution says where the assistant shall object and not evade. */
export const OPEN_REFUSAL =
  /\b(says? why|say(s|ing)? (so )?(openly|plainly)|gives? (the|a|its) reason|explain(s|ing)?|evasi|evade|offers? (something|what|another|an alternative)|what it can do)/i;
