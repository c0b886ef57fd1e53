// Components that are loaded when they are first drawn.
import type { ComponentChildren, ComponentType } from 'preact'
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import { texts } from '../texts.ts'
import { Problem } from './problem.tsx'

const Fallback = createContext<ComponentChildren>(null)

/** Says what is shown while a component below is loaded. */
export function Suspense ({ fallback, children }: { fallback: ComponentChildren, children: ComponentChildren }) {
  return <Fallback.Provider value={fallback}>{children}</Fallback.Provider>
}

/** A component that is loaded when it is first drawn. */
export function lazy<Props extends object> (load: () => Promise<{ default: ComponentType<Props> }>): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined
  return function Lazy (props: Props) {
    const [Component, setComponent] = useState<ComponentType<Props> | undefined>(() => loaded)
    const [hasFailed, setFailed] = useState(false)
    const fallback = useContext(Fallback)
    useEffect(() => {
      if (Component !== undefined) return
      load().then(module => {
        loaded = module.default
        setComponent(() => module.default)
      }, () => setFailed(true))
    }, [])
    if (hasFailed) return <Problem title={texts.failedToLoad}><button type='button' onClick={() => location.reload()}>{texts.reload}</button></Problem>
    return Component === undefined ? <>{fallback}</> : <Component {...props} />
  }
}
