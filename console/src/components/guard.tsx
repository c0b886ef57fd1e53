// Keeps the frame where a page fails.
import { Component } from 'preact'
import type { ComponentChildren } from 'preact'
import { texts } from '../texts.ts'
import { Problem } from './problem.tsx'

/** Shows its children, or that they have failed. */
export class Guard extends Component<{ children: ComponentChildren }, { error?: unknown }> {
  /**
   *
   */
  static override getDerivedStateFromError (error: unknown) {
    return { error }
  }

  /**
   *
   */
  override componentDidCatch (error: unknown) {
    console.error(error)
  }

  /**
   *
   */
  render () {
    if (this.state.error === undefined) return this.props.children
    return <Problem title={texts.unexpected}><button type='button' onClick={() => location.reload()}>{texts.reload}</button></Problem>
  }
}
