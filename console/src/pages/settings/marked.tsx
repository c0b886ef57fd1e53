// English sentences of the server in which names and values stand between backticks.

/** The sentence, with what stands between backticks as code. */
export function Marked ({ text }: { text: string }) {
  return <span lang='en'>{text.split('`').map((part, index) => index % 2 === 0 ? part : <code key={index}>{part}</code>)}</span>
}
