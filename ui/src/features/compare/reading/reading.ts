/** One answer of several that are read side by side. */

export interface Reading {
  id: string;
  /** The name it is called by on screen. */
  label: string;
  /** The number of its cable colour. */
  colour: number;
  /** Markdown, as the model wrote it. */
  text: string;
}

/** A piece of an answer. Offsets are in UTF-16 code units of its text. */
export interface Passage {
  answerId: string;
  start: number;
  end: number;
  /** Its words, without Markdown. */
  text: string;
}
