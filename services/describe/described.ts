// The form that every description has.

/** What a graphic shows, in words. */
export interface Description {
  /** The whole description: plain sentences, the most important first; paragraphs are separated by a line feed. Safe to show as HTML: nothing in it begins a tag. */
  text: string
  /** The same in a few words, without a stop at its end: "A person and two cups", "Line chart “Rainfall”". */
  title: string
}
